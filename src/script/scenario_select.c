/* What the command line makes of a scenario: a profile, the classes and tags to run,
 * what is counted in groups; see scenario.h. Knows no Lua. */
#include "script/scenario.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/suggest.h"

#include <stdlib.h>
#include <string.h>

/* ERR_USAGE about a word that is none of the n names of a kind. */
static int unknown(struct err *err, const char *kind, const char *word, const char *const *names,
                   size_t n)
{
    const char *near = suggest(word, names, n);
    if (near)
        return err_set(err, ERR_USAGE, "the scenario has no %s '%s'; did you mean '%s'?", kind,
                       word, near);
    struct buf list = BUF_INIT;
    for (size_t i = 0; i < n; i++)
        buf_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (n > 0)
        err_set(err, ERR_USAGE, "the scenario has no %s '%s'; it has %s", kind, word,
                buf_cstr(&list));
    else
        err_set(err, ERR_USAGE, "the scenario has no %s '%s', nor any other", kind, word);
    buf_release(&list);
    return -1;
}

static void lay_over(struct scenario_settings *to, const struct scenario_settings *profile)
{
    double *const fields[] = {&to->users,    &to->spawn_rate,     &to->duration_s,
                              &to->warmup_s, &to->stop_timeout_s, &to->timeout_s};
    const double values[] = {profile->users,    profile->spawn_rate,     profile->duration_s,
                             profile->warmup_s, profile->stop_timeout_s, profile->timeout_s};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (values[i] >= 0)
            *fields[i] = values[i];
    }
    if (profile->title) {
        free(to->title);
        to->title = xstrdup(profile->title);
    }
    if (profile->stages.len > 0 || profile->users >= 0 || profile->duration_s >= 0)
        scenario_clear_stages(to); /* it names another course of the run */
    for (size_t i = 0; i < profile->stages.len; i++) {
        struct scenario_stage stage = profile->stages.items[i];
        stage.name = xstrdup(stage.name);
        vec_push(&to->stages, stage);
    }
}

int scenario_use_profile(struct scenario *scenario, const char *name, struct err *err)
{
    VEC(const char *) names = VEC_INIT;
    int rc = -1;
    for (size_t i = 0; i < scenario->profiles.len; i++) {
        const struct scenario_settings *profile = &scenario->profiles.items[i];
        vec_push(&names, profile->name);
        if (strcmp(profile->name, name) == 0) {
            lay_over(&scenario->defaults, profile);
            rc = 0;
            goto out;
        }
    }
    unknown(err, "profile", name, names.items, names.len);
out:
    vec_release(&names);
    return rc;
}

static struct scenario_class *find_class(struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->classes.len; i++) {
        if (strcmp(scenario->classes.items[i].name, name) == 0)
            return &scenario->classes.items[i];
    }
    return NULL;
}

static int unknown_class(struct scenario *scenario, const char *name, struct err *err)
{
    const char **names = xcalloc(scenario->classes.len, sizeof(*names));
    for (size_t i = 0; i < scenario->classes.len; i++)
        names[i] = scenario->classes.items[i].name;
    int rc = unknown(err, "user class", name, names, scenario->classes.len);
    free(names);
    return rc;
}

static int check_any_selected(const struct scenario *scenario, struct err *err)
{
    for (size_t i = 0; i < scenario->classes.len; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        if (class->selected && (class->weight > 0 || class->fixed_count > 0))
            return 0;
    }
    return err_set(err, ERR_USAGE,
                   "no user class is left to run; select fewer away, or give one a "
                   "weight above 0");
}

int scenario_select_classes(struct scenario *scenario, char *const *names, size_t names_len,
                            char *const *excluded, size_t excluded_len, struct err *err)
{
    if (names_len > 0) {
        for (size_t i = 0; i < scenario->classes.len; i++)
            scenario->classes.items[i].selected = false;
    }
    for (size_t i = 0; i < names_len; i++) {
        struct scenario_class *class = find_class(scenario, names[i]);
        if (!class)
            return unknown_class(scenario, names[i], err);
        class->selected = scenario_can_run(class);
        if (class->weight <= 0 && class->fixed_count == 0)
            class->weight = 1; /* named: so it is meant to run */
    }
    for (size_t i = 0; i < excluded_len; i++) {
        struct scenario_class *class = find_class(scenario, excluded[i]);
        if (!class)
            return unknown_class(scenario, excluded[i], err);
        class->selected = false;
    }
    return check_any_selected(scenario, err);
}

static bool is_among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static bool has_tag(const struct scenario_task *task, const char *tag)
{
    return is_among(tag, (const char *const *)task->tags.items, task->tags.len);
}

static bool has_any(const struct scenario_task *task, char *const *tags, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (has_tag(task, tags[i]))
            return true;
    }
    return false;
}

/* Every tag must be on some task: a misspelt one would select nothing. */
static int check_tags(const struct scenario *scenario, char *const *tags, size_t n, struct err *err)
{
    VEC(const char *) known = VEC_INIT;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++) {
            const struct scenario_task *task = &class->tasks.items[j];
            for (size_t k = 0; k < task->tags.len; k++) {
                if (!is_among(task->tags.items[k], known.items, known.len))
                    vec_push(&known, task->tags.items[k]);
            }
        }
    }
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (!is_among(tags[i], known.items, known.len))
            rc = unknown(err, "tag", tags[i], known.items, known.len);
    }
    vec_release(&known);
    return rc;
}

int scenario_select_tags(struct scenario *scenario, char *const *tags, size_t tags_len,
                         char *const *excluded, size_t excluded_len, struct err *err)
{
    if (check_tags(scenario, tags, tags_len, err) < 0 ||
        check_tags(scenario, excluded, excluded_len, err) < 0)
        return -1;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++) {
            struct scenario_task *task = &class->tasks.items[j];
            if (tags_len > 0 && !has_any(task, tags, tags_len))
                task->enabled = false;
            if (has_any(task, excluded, excluded_len))
                task->enabled = false;
        }
        if (!scenario_can_run(class))
            class->selected = false;
    }
    return check_any_selected(scenario, err);
}

int scenario_group_class(struct scenario *scenario, const char *name, uint32_t number,
                         struct err *err)
{
    struct scenario_class *class = find_class(scenario, name);
    if (!class)
        return unknown_class(scenario, name, err);
    vec_push(&class->groups, number);
    for (size_t i = 0; i < class->tasks.len; i++)
        vec_push(&class->tasks.items[i].groups, number);
    return 0;
}

int scenario_group_tag(struct scenario *scenario, const char *tag, uint32_t number, struct err *err)
{
    if (check_tags(scenario, &(char *){(char *)tag}, 1, err) < 0)
        return -1;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++) {
            if (has_tag(&class->tasks.items[j], tag))
                vec_push(&class->tasks.items[j].groups, number);
        }
    }
    return 0;
}
