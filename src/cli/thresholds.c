/* See thresholds.h. */
#include "cli/thresholds.h"

#include "base/suggest.h"
#include "report/compare_rule.h"

#include <stdlib.h>
#include <string.h>

typedef int parse_function(struct threshold **out, const char *text, struct err *err);

static int parse_all(struct thresholds *to, char *const *texts, size_t len, parse_function *parse,
                     struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        struct threshold *t;
        if (parse(&t, texts[i], err) < 0)
            return -1;
        vec_push(&to->items, t);
    }
    return 0;
}

/* What is a change is not ours: a baseline judges it. */
static int parse_fail_if(struct thresholds *to, const struct cli_list *texts, struct err *err)
{
    for (size_t i = 0; i < texts->len; i++) {
        if (!compare_rule_is(texts->items[i]) &&
            parse_all(to, &texts->items[i], 1, threshold_parse_fail_if, err) < 0)
            return -1;
    }
    return 0;
}

/* Classes and tags that several thresholds are about are counted once. */
static int tie_to_group(struct thresholds *to, size_t index, uint32_t *groups,
                        struct scenario *scenario, struct err *err)
{
    struct threshold *t = to->items.items[index];
    if (!scenario)
        return err_set(err, ERR_CONFIG, "a one-off has no user classes and no tags");
    for (size_t i = 0; i < index; i++) {
        const struct threshold *other = to->items.items[i];
        if (other->subject == t->subject && strcmp(other->name, t->name) == 0) {
            t->group = other->group;
            return 0;
        }
    }
    t->group = (*groups)++;
    return t->subject == THRESHOLD_CLASS ? scenario_group_class(scenario, t->name, t->group, err)
                                         : scenario_group_tag(scenario, t->name, t->group, err);
}

/* Checks and metrics are what scripts make. */
static int check_source(const struct threshold *t, const struct scenario *scenario, struct err *err)
{
    if (scenario || (t->source != THRESHOLD_CHECKS && t->source != THRESHOLD_METRIC))
        return 0;
    return err_set(err, ERR_CONFIG, "a one-off has no %s",
                   t->source == THRESHOLD_CHECKS ? "checks" : "metrics of its own");
}

static int check_stage(const struct threshold *t, const struct plan *plan, struct err *err)
{
    VEC(const char *) names = VEC_INIT;
    bool found = false;
    for (size_t i = 0; i < plan->stages_len; i++) {
        vec_push(&names, plan->stages[i].name);
        found |= strcmp(plan->stages[i].name, t->stage) == 0;
    }
    const char *near = found ? NULL : suggest(t->stage, names.items, names.len);
    vec_release(&names);
    if (found)
        return 0;
    if (plan->stages_len == 0)
        return err_set(err, ERR_CONFIG, "this run has no stages");
    return near ? err_set(err, ERR_CONFIG, "the run has no stage '%s'; did you mean '%s'?",
                          t->stage, near)
                : err_set(err, ERR_CONFIG, "the run has no stage '%s'; its first is '%s'", t->stage,
                          plan->stages[0].name);
}

static int tie(struct thresholds *to, const struct plan *plan, struct scenario *scenario,
               struct err *err)
{
    uint32_t groups = 0;
    for (size_t i = 0; i < to->items.len; i++) {
        const struct threshold *t = to->items.items[i];
        int rc = check_source(t, scenario, err);
        if (rc == 0 && (t->subject == THRESHOLD_CLASS || t->subject == THRESHOLD_TAG))
            rc = tie_to_group(to, i, &groups, scenario, err);
        if (rc == 0 && t->part == THRESHOLD_STAGE)
            rc = check_stage(t, plan, err);
        if (rc == 0 && t->part == THRESHOLD_WARMUP && plan->warmup_s <= 0)
            rc = err_set(err, ERR_CONFIG, "this run has no warm-up (--warmup TIME)");
        if (rc < 0)
            return err_prefix(err, "threshold '%s'", t->text);
    }
    return 0;
}

int thresholds_read(struct thresholds *to, const struct cli_args *args, const struct plan *plan,
                    struct scenario *scenario, struct err *err)
{
    if (scenario && parse_all(to, scenario->thresholds.items, scenario->thresholds.len,
                              threshold_parse, err) < 0)
        return -1;
    if (parse_all(to, args->thresholds.items, args->thresholds.len, threshold_parse, err) < 0 ||
        parse_fail_if(to, &args->fail_if, err) < 0)
        return -1;
    return tie(to, plan, scenario, err);
}

void thresholds_release(struct thresholds *t)
{
    for (size_t i = 0; i < t->items.len; i++)
        threshold_free(t->items.items[i]);
    vec_release(&t->items);
}
