/* Reading the declared classes out of Lua, and narrowing them. */
#include "script/scenario.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "script/internal.h"

#include <stdlib.h>
#include <string.h>

static char *copy_field(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    const char *text = lua_tostring(L, -1);
    char *copy = text ? xstrdup(text) : NULL;
    lua_pop(L, 1);
    return copy;
}

static double number_field_or(lua_State *L, const char *field, double otherwise)
{
    lua_getfield(L, -1, field);
    double n = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
    lua_pop(L, 1);
    return n;
}

static bool boolean_field(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    bool b = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return b;
}

/* The field `stages`: a list of tables; an unnamed one is called by its number. */
static void read_stages(lua_State *L, struct scenario_settings *to)
{
    lua_getfield(L, -1, "stages");
    int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        char *name = copy_field(L, "name");
        vec_push(&to->stages, ((struct scenario_stage){
                                  .name = name ? name : xasprintf("stage %d", i),
                                  .duration_s = number_field_or(L, "duration", 0),
                                  .users = (uint32_t)number_field_or(L, "users", 0),
                              }));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void release_stages(struct scenario_settings *settings)
{
    for (size_t i = 0; i < settings->stages.len; i++)
        free(settings->stages.items[i].name);
    vec_release(&settings->stages);
}

static void read_settings(lua_State *L, struct scenario_settings *to)
{
    to->title = copy_field(L, "title");
    to->users = number_field_or(L, "users", -1);
    to->spawn_rate = number_field_or(L, "spawn_rate", -1);
    to->duration_s = number_field_or(L, "duration", -1);
    to->warmup_s = number_field_or(L, "warmup", -1);
    to->stop_timeout_s = number_field_or(L, "stop_timeout", -1);
    to->timeout_s = number_field_or(L, "timeout", -1);
    read_stages(L, to);
}

/* Appends the strings of the list in `field`. */
static void read_tags(lua_State *L, const char *field, struct scenario_task *task)
{
    lua_getfield(L, -1, field);
    int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        vec_push(&task->tags, xstrdup(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The class's table is on top. */
static void read_arrivals(lua_State *L, struct scenario_class *class)
{
    lua_getfield(L, -1, "arrivals");
    class->has_arrivals = lua_istable(L, -1);
    if (class->has_arrivals) {
        class->arrivals.from = number_field_or(L, "from", 0);
        class->arrivals.to = number_field_or(L, "to", 0);
        class->poisson = boolean_field(L, "poisson");
    }
    lua_pop(L, 1);
    class->max_users = (uint32_t)number_field_or(L, "max_users", 0);
}

/* The class's table is on top. */
static void read_class(lua_State *L, struct scenario_class *class)
{
    class->name = copy_field(L, "name");
    class->weight = number_field_or(L, "weight", 1);
    class->fixed_count = (uint32_t)number_field_or(L, "fixed_count", 0);
    read_arrivals(L, class);
    class->host = copy_field(L, "host");
    class_tls_read(L, &class->tls);
    class->target = copy_field(L, "target");
    class->abstract = boolean_field(L, "abstract");
    class->optional = boolean_field(L, "optional");
    lua_getfield(L, -1, "probe");
    class->has_probe = lua_isfunction(L, -1);
    lua_pop(L, 1);
    class->selected = !class->abstract;

    lua_getfield(L, -1, "tasks");
    int n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        struct scenario_task *task = vec_add(&class->tasks);
        task->name = copy_field(L, "name");
        task->weight = number_field_or(L, "weight", 1);
        task->enabled = task->weight > 0;
        read_tags(L, "tags", task);
        lua_pushvalue(L, -3); /* the class */
        read_tags(L, "tags", task);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

static void number_tasks(struct scenario *scenario)
{
    uint32_t number = 0;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++)
            class->tasks.items[j].number = number++;
    }
}

static bool can_run(const struct scenario_class *class)
{
    for (size_t i = 0; i < class->tasks.len; i++) {
        if (class->tasks.items[i].enabled)
            return true;
    }
    return false;
}

/* Whether the file has some of the hooks that wrk calls. */
static bool looks_like_wrks(lua_State *L)
{
    static const char *const hooks[] = {"setup", "init", "delay", "request", "response", "done"};
    bool found = false;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]) && !found; i++) {
        lua_pushstring(L, hooks[i]);
        lua_rawget(L, LUA_GLOBALSINDEX);
        found = lua_isfunction(L, -1);
        lua_pop(L, 1);
    }
    return found;
}

static int check(const struct scenario *scenario, lua_State *L, const char *file, struct err *err)
{
    if (scenario->classes.len == 0 && looks_like_wrks(L))
        return err_set(err, ERR_CONFIG, SCRIPT_IS_WRKS, file, file);
    if (scenario->classes.len == 0)
        return err_set(err, ERR_CONFIG,
                       "%s declares no user class; begin with inrush.user_class(\"Name\", {...}) "
                       "(`inrush new FILE` writes an example)",
                       file);
    for (size_t i = 0; i < scenario->classes.len; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        if (!class->abstract && !can_run(class))
            return err_set(err, ERR_CONFIG,
                           "%s: user class '%s' has no task; add one with %s:task(\"name\", "
                           "function(user) ... end), or declare it abstract",
                           file, class->name, class->name);
    }
    return 0;
}

int scenario_read(struct scenario *scenario, struct script *control, struct err *err)
{
    lua_State *L = control->L;
    int top = lua_gettop(L);
    memset(scenario, 0, sizeof(*scenario));
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "inrush");
    lua_getfield(L, -1, "scenario");

    lua_getfield(L, -1, "defaults");
    read_settings(L, &scenario->defaults);
    lua_pop(L, 1);

    lua_getfield(L, -1, "profiles");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        struct scenario_settings *profile = vec_add(&scenario->profiles);
        read_settings(L, profile);
        profile->name = xstrdup(lua_tostring(L, -2));
    }
    lua_pop(L, 1);

    lua_getfield(L, -1, "thresholds");
    int n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        vec_push(&scenario->thresholds, xstrdup(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);

    lua_getfield(L, -1, "classes");
    n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        read_class(L, vec_add(&scenario->classes));
        lua_pop(L, 1);
    }
    lua_settop(L, top);
    number_tasks(scenario);

    if (check(scenario, L, control->options->source->chunkname + 1, err) < 0) {
        scenario_release(scenario);
        return -1;
    }
    return 0;
}

static void settings_release(struct scenario_settings *settings)
{
    free(settings->name);
    free(settings->title);
    release_stages(settings);
}

void scenario_release(struct scenario *scenario)
{
    settings_release(&scenario->defaults);
    for (size_t i = 0; i < scenario->profiles.len; i++)
        settings_release(&scenario->profiles.items[i]);
    vec_release(&scenario->profiles);
    for (size_t i = 0; i < scenario->thresholds.len; i++)
        free(scenario->thresholds.items[i]);
    vec_release(&scenario->thresholds);
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++) {
            struct scenario_task *task = &class->tasks.items[j];
            for (size_t k = 0; k < task->tags.len; k++)
                free(task->tags.items[k]);
            vec_release(&task->tags);
            vec_release(&task->groups);
            free(task->name);
        }
        vec_release(&class->tasks);
        vec_release(&class->groups);
        free(class->name);
        free(class->host);
        class_tls_release(&class->tls);
        free(class->target);
    }
    vec_release(&scenario->classes);
    memset(scenario, 0, sizeof(*scenario));
}

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

int scenario_use_profile(struct scenario *scenario, const char *name, struct err *err)
{
    VEC(const char *) names = VEC_INIT;
    for (size_t i = 0; i < scenario->profiles.len; i++) {
        struct scenario_settings *profile = &scenario->profiles.items[i];
        vec_push(&names, profile->name);
        if (strcmp(profile->name, name) != 0)
            continue;
        struct scenario_settings *to = &scenario->defaults;
        if (profile->title) {
            free(to->title);
            to->title = xstrdup(profile->title);
        }
        double *const fields[] = {&to->users,    &to->spawn_rate,     &to->duration_s,
                                  &to->warmup_s, &to->stop_timeout_s, &to->timeout_s};
        const double values[] = {profile->users,    profile->spawn_rate,     profile->duration_s,
                                 profile->warmup_s, profile->stop_timeout_s, profile->timeout_s};
        for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++) {
            if (values[j] >= 0)
                *fields[j] = values[j];
        }
        if (profile->stages.len > 0) {
            release_stages(to);
            for (size_t j = 0; j < profile->stages.len; j++) {
                struct scenario_stage stage = profile->stages.items[j];
                stage.name = xstrdup(stage.name);
                vec_push(&to->stages, stage);
            }
        } else if (profile->users >= 0 || profile->duration_s >= 0) {
            release_stages(to); /* it names another course of the run */
        }
        vec_release(&names);
        return 0;
    }
    int rc = unknown(err, "profile", name, names.items, names.len);
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
        class->selected = can_run(class);
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

static bool has_tag(const struct scenario_task *task, const char *tag)
{
    for (size_t i = 0; i < task->tags.len; i++) {
        if (strcmp(task->tags.items[i], tag) == 0)
            return true;
    }
    return false;
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
            for (size_t k = 0; k < class->tasks.items[j].tags.len; k++) {
                const char *tag = class->tasks.items[j].tags.items[k];
                bool seen = false;
                for (size_t m = 0; m < known.len && !seen; m++)
                    seen = strcmp(known.items[m], tag) == 0;
                if (!seen)
                    vec_push(&known, tag);
            }
        }
    }
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        bool found = false;
        for (size_t m = 0; m < known.len && !found; m++)
            found = strcmp(known.items[m], tags[i]) == 0;
        if (!found)
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
        if (!can_run(class))
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
