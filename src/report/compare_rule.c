/* Relative thresholds; see compare_rule.h. */
#include "report/compare_rule.h"

#include "base/caret.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"
#include "report/figure.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rule_metric { MIN, MEAN, MAX, RPS, REQUESTS, FAILURES, PERCENTILE };

static const char *const metric_names[] = {
    [MIN] = "min",
    [MEAN] = "mean",
    [MAX] = "max",
    [RPS] = "rps",
    [REQUESTS] = "requests",
    [FAILURES] = "failures",
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9", /* stand for all percentiles where a name is suggested */
};
enum { METRIC_NAMES = sizeof(metric_names) / sizeof(metric_names[0]) };

struct compare_rule {
    char *text;   /* owned */
    char *series; /* owned; NULL: all together */
    enum rule_metric metric;
    double percent; /* of PERCENTILE */
    double limit;   /* signed: a ratio, a share for FAILURES, or ms */
    bool is_time;   /* the limit is in ms */
};

#define FAIL(text, at, ...) \
    caret_error(err, "comparison", text, strlen(text), (size_t)((at) - (text)), __VA_ARGS__)

/* Where the metric begins: behind the last ": ". */
static const char *metric_of(const char *text)
{
    const char *metric = text;
    for (const char *p = text; *p != 0; p++) {
        if (*p == ':' && isblank((unsigned char)p[1]))
            metric = p + 1;
    }
    return metric + strspn(metric, " \t");
}

/* The sign of the limit: the first that begins a number. */
static const char *sign_of(const char *metric)
{
    for (const char *p = metric; *p != 0; p++) {
        bool number = isdigit((unsigned char)p[1]) || p[1] == '.';
        bool apart = p == metric || isblank((unsigned char)p[-1]);
        if ((*p == '+' || *p == '-') && number && apart)
            return p;
    }
    return NULL;
}

bool compare_rule_is(const char *text)
{
    const char *metric = metric_of(text);
    return strpbrk(metric, "<>=") == NULL && sign_of(metric) != NULL;
}

/* What other tools call them. */
static const char *synonym(const char *name)
{
    static const struct {
        const char *theirs, *ours;
    } known[] = {{"avg", "mean"}, {"average", "mean"},    {"median", "p50"},
                 {"med", "p50"},  {"errors", "failures"}, {"rate", "rps"}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcasecmp(known[i].theirs, name) == 0)
            return known[i].ours;
    return NULL;
}

static int unknown_metric(const struct compare_rule *rule, const char *at, const char *name,
                          struct err *err)
{
    const char *near = synonym(name);
    if (near == NULL)
        near = suggest(name, metric_names, METRIC_NAMES);
    if (near != NULL)
        return FAIL(rule->text, at, "no metric '%s'; did you mean '%s'?", name, near);
    return FAIL(rule->text, at,
                "no metric '%s'; there are min, mean, max, p1 to p99.99, rps, requests, failures",
                name);
}

static int parse_metric(struct compare_rule *rule, const char *at, size_t len, struct err *err)
{
    char *name = xstrndup(at, len);
    double percent = 0;
    bool percentile = name[0] == 'p' && isdigit((unsigned char)name[1]) &&
                      units_parse_number(name + 1, &percent, NULL) == 0;
    int rc = 0, found = 0;
    while (found < PERCENTILE && strcmp(metric_names[found], name) != 0)
        found++;
    if (found < PERCENTILE) {
        rule->metric = (enum rule_metric)found;
    } else if (percentile && percent > 0 && percent < 100) {
        rule->metric = PERCENTILE;
        rule->percent = percent;
    } else {
        rc = unknown_metric(rule, at, name, err);
    }
    free(name);
    return rc;
}

static int parse_limit(struct compare_rule *rule, const char *sign, struct err *err)
{
    const char *number = sign + 1, *end = number + strspn(number, "0123456789.");
    const char *unit = end + strspn(end, " \t");
    size_t len = strcspn(unit, " \t");
    bool timed = rule->metric <= MAX || rule->metric == PERCENTILE;
    double factor = *sign == '-' ? -1 : 1, value, seconds;
    char *digits = xstrndup(number, (size_t)(end - number));
    int bad = units_parse_number(digits, &value, NULL);
    free(digits);
    if (bad)
        return FAIL(rule->text, number, "that is no number");
    if (unit[len + strspn(unit + len, " \t")] != 0)
        return FAIL(rule->text, unit + len + strspn(unit + len, " \t"),
                    "nothing may follow the limit");
    if (len == 1 && *unit == '%') {
        rule->limit = factor * value / 100;
        return 0;
    }
    if (len == 0 || !timed)
        return FAIL(rule->text, len == 0 ? number : unit,
                    timed ? "the limit needs %% or a unit of time, as in +10%% or +5ms"
                          : "the limit of this metric is in %%, as in +1%%");
    char *text = xasprintf("%.*s%.*s", (int)(end - number), number, (int)len, unit);
    int rc = units_parse_duration(text, &seconds, NULL);
    free(text);
    if (rc != 0)
        return FAIL(rule->text, unit, "no such unit; there are %%, us, ms, s, m and h");
    rule->limit = factor * seconds * 1000;
    rule->is_time = true;
    return 0;
}

/* Behind the first word and its blanks. */
static const char *behind_word(const char *text)
{
    text += strcspn(text, " \t");
    return text + strspn(text, " \t");
}

static int parse(struct compare_rule *rule, struct err *err)
{
    const char *text = rule->text, *metric = metric_of(text), *sign = sign_of(metric);
    const char *begin = text + strspn(text, " \t");
    if (sign == NULL)
        return FAIL(text, behind_word(metric),
                    "a change must stand here, such as +10%% or +5ms; limits such as 'p95 < 200ms' "
                    "are for --threshold");
    if (metric > begin) {
        size_t len = (size_t)(metric - begin);
        while (len > 0 && (isblank((unsigned char)begin[len - 1]) || begin[len - 1] == ':'))
            len--;
        if (len == 0)
            return FAIL(text, begin, "a series must stand before the \":\"");
        if (strncmp(begin, "class ", 6) == 0 || strncmp(begin, "tag ", 4) == 0)
            return FAIL(text, begin,
                        "a change is that of a series: classes and tags have only "
                        "thresholds, such as 'class Buyer: p95 < 200ms'");
        rule->series = xstrndup(begin, len);
    }
    size_t len = (size_t)(sign - metric);
    while (len > 0 && isblank((unsigned char)metric[len - 1]))
        len--;
    if (len == 0)
        return FAIL(text, metric, "a metric must stand here, such as p95");
    return parse_metric(rule, metric, len, err) != 0 ? -1 : parse_limit(rule, sign, err);
}

int compare_rule_parse(struct compare_rule **out, const char *text, struct err *err)
{
    struct compare_rule *rule = xcalloc(1, sizeof(*rule));
    rule->text = xstrdup(text);
    if (parse(rule, err) != 0) {
        compare_rule_free(rule);
        *out = NULL;
        return -1;
    }
    *out = rule;
    return 0;
}

void compare_rule_free(struct compare_rule *rule)
{
    if (rule == NULL)
        return;
    free(rule->text);
    free(rule->series);
    free(rule);
}

/* --- judging -------------------------------------------------------------------------- */

/* What the rule is about: the row of that name, or all together; of a name with
 * several types their sum, which is then owned. */
struct meant {
    const struct compare_row *row; /* NULL: there is none */
    struct compare_row sum;
    struct series from, to;
};

static void find(struct meant *m, const struct compare_rule *rule, const struct comparison *c)
{
    size_t found = 0;
    *m = (struct meant){.row = rule->series == NULL ? &c->total : NULL};
    series_init(&m->from, UINT32_MAX);
    series_init(&m->to, UINT32_MAX);
    for (size_t i = 0; rule->series != NULL && i < c->rows.len; i++) {
        const struct compare_row *row = &c->rows.items[i];
        if (!catalog_is_called((struct catalog_entry){row->type, row->name}, rule->series))
            continue;
        m->row = row;
        found++;
        spread_add(&m->sum.from_spread, &row->from_spread);
        spread_add(&m->sum.to_spread, &row->to_spread);
        if (row->from != NULL)
            series_merge(&m->from, row->from);
        if (row->to != NULL)
            series_merge(&m->to, row->to);
    }
    if (m->row == NULL || (found <= 1 && m->row->from != NULL && m->row->to != NULL))
        return;
    m->sum.from = &m->from;
    m->sum.to = &m->to;
    compare_judge(&m->sum, c->strict);
    m->row = &m->sum;
}

static struct compare_change plain(double from, double to, bool measured)
{
    return (struct compare_change){
        .from = from, .to = to, .measured = measured, .change = from > 0 ? to / from - 1 : 0};
}

static double per_s(const struct series *s, const struct compare_side *side)
{
    return side->end->duration_s > 0 ? (double)s->requests / side->end->duration_s : 0;
}

static struct compare_change measure(const struct compare_rule *rule, const struct compare_row *row,
                                     const struct comparison *c)
{
    const struct series *from = row->from, *to = row->to;
    const struct hist *a = &from->response, *b = &to->response;
    bool requests = from->requests > 0 && to->requests > 0;
    bool answers = a->count > 0 && b->count > 0;
    switch (rule->metric) {
    case MIN:
        return plain((double)a->min / 1000, (double)b->min / 1000, answers);
    case MAX:
        return plain((double)a->max / 1000, (double)b->max / 1000, answers);
    case RPS:
        return plain(per_s(from, &c->from_side), per_s(to, &c->to_side), requests);
    case REQUESTS:
        return plain((double)from->requests, (double)to->requests, requests);
    case FAILURES:
        return compare_failures(row);
    case MEAN:
        return compare_percentile(row, COMPARE_OF_MEAN);
    case PERCENTILE:
        return compare_percentile(row, rule->percent);
    }
    return (struct compare_change){0};
}

/* Whether there may be no change at all: its interval says so, and the series as
 * a whole did not move that way. */
static bool may_be_chance(const struct compare_row *row, const struct compare_change *change)
{
    bool moved =
        change->change > 0 ? row->verdict == COMPARE_SLOWER : row->verdict == COMPARE_FASTER;
    return change->within.known && change->within.low <= 0 && change->within.high >= 0 && !moved;
}

static void show(const struct compare_rule *rule, const struct compare_change *change,
                 struct threshold_result *out)
{
    char from[UNITS_MAX], to[UNITS_MAX];
    if (rule->metric == FAILURES) {
        snprintf(out->shown, sizeof(out->shown), "%+.2f %% (%.2f %% to %.2f %%)",
                 100 * change->change, 100 * change->from, 100 * change->to);
    } else if (rule->metric == RPS || rule->metric == REQUESTS) {
        snprintf(out->shown, sizeof(out->shown), "%+.1f %% (%.1f to %.1f)", 100 * change->change,
                 change->from, change->to);
    } else {
        snprintf(out->shown, sizeof(out->shown), "%+.1f %% (%s to %s)", 100 * change->change,
                 units_format_duration(from, change->from / 1000),
                 units_format_duration(to, change->to / 1000));
    }
}

static const char *why_not_measured(const struct meant *m)
{
    return m->row == NULL                ? "no such series"
           : m->row->from->requests == 0 ? "no requests in the old run"
           : m->row->to->requests == 0   ? "no requests in the new run"
                                         : "no answers";
}

/* The name that a misspelt one may mean, or NULL. */
static const char *nearest(const char *series, const struct comparison *c)
{
    VEC(const char *) names = VEC_INIT;
    const char *word = series;
    for (size_t i = 0; i < c->rows.len; i++) {
        size_t len = strlen(c->rows.items[i].type);
        vec_push(&names, c->rows.items[i].name);
        if (len > 0 && strncmp(series, c->rows.items[i].type, len) == 0 && series[len] == ' ')
            word = series + len + 1;
    }
    const char *near = suggest(word, names.items, names.len);
    vec_release(&names);
    return near;
}

void compare_rule_judge(const struct compare_rule *rule, const struct comparison *c,
                        struct threshold_result *out)
{
    struct meant m;
    struct compare_change change = {0};
    *out = (struct threshold_result){.expression = rule->text, .violated_s = -1};
    find(&m, rule, c);
    if (m.row != NULL)
        change = measure(rule, m.row, c);
    if (!change.measured) {
        const char *near = m.row == NULL ? nearest(rule->series, c) : NULL;
        out->no_data = true;
        snprintf(out->shown, sizeof(out->shown), "%s", why_not_measured(&m));
        if (near != NULL && strlen(near) < sizeof(out->shown) - 24)
            snprintf(out->shown, sizeof(out->shown), "no such series; \"%s\"?", near);
    } else {
        double found = rule->is_time ? change.to - change.from : change.change;
        bool beyond = signbit(rule->limit) ? found < rule->limit : found > rule->limit;
        out->value = rule->is_time ? found : 100 * found;
        out->passed = !beyond || may_be_chance(m.row, &change);
        show(rule, &change, out);
    }
    series_release(&m.from);
    series_release(&m.to);
}
