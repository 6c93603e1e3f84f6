/* Comparing a reading with what a threshold asks for; see threshold.h. */
#include "stats/threshold.h"

#include "base/units.h"
#include "stats/reading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the value ---- */

static double time_figure(const struct threshold *t, const struct hist *h)
{
    switch (t->figure) {
    case THRESHOLD_MIN:
        return (double)h->min / 1000;
    case THRESHOLD_MEAN:
        return hist_mean(h) / 1000;
    case THRESHOLD_MAX:
        return (double)h->max / 1000;
    case THRESHOLD_STDEV:
        return hist_stdev(h) / 1000;
    default:
        return hist_percentile(h, t->percent) / 1000;
    }
}

static double custom_figure(const struct threshold *t, const struct reading *r)
{
    const struct metric *m = &r->metric;
    switch (t->figure) {
    case THRESHOLD_MIN:
        return m->min;
    case THRESHOLD_MAX:
        return m->max;
    case THRESHOLD_MEAN:
        return metric_mean(m);
    case THRESHOLD_STDEV:
        return metric_stdev(m);
    case THRESHOLD_PERCENTILE:
        return metric_percentile(m, r->unit, t->percent);
    case THRESHOLD_COUNT:
        return r->kind == METRIC_COUNTER ? m->sum : (double)m->count;
    case THRESHOLD_PER_S:
        return r->seconds > 0 ? m->sum / r->seconds : 0;
    case THRESHOLD_SHARE:
        return m->count > 0 ? 100 * (double)m->trues / (double)m->count : 0;
    case THRESHOLD_LAST:
        return m->last;
    }
    return 0;
}

static double measure(const struct threshold *t, const struct reading *r)
{
    if (t->source <= THRESHOLD_FIRST_BYTE)
        return time_figure(t, &r->times);
    if (t->source == THRESHOLD_METRIC)
        return custom_figure(t, r);
    switch (t->figure) {
    case THRESHOLD_SHARE:
        return r->count > 0 ? 100 * (double)r->part / (double)r->count : 0;
    case THRESHOLD_PER_S:
        return r->seconds > 0 ? (double)r->count / r->seconds : 0;
    default:
        return (double)(t->source == THRESHOLD_FAILURES ? r->part : r->count);
    }
}

/* ---- whether there is one ---- */

/* Which figures a kind of metric has, as bits. */
static bool has_figure(enum metric_kind kind, enum threshold_figure figure)
{
    static const unsigned figures[METRIC_KINDS] = {
        [METRIC_COUNTER] = 1u << THRESHOLD_COUNT | 1u << THRESHOLD_PER_S,
        [METRIC_GAUGE] = 1u << THRESHOLD_COUNT | 1u << THRESHOLD_LAST | 1u << THRESHOLD_MIN |
                         1u << THRESHOLD_MAX,
        [METRIC_RATE] = 1u << THRESHOLD_COUNT | 1u << THRESHOLD_SHARE,
        [METRIC_TREND] = 1u << THRESHOLD_COUNT | 1u << THRESHOLD_MIN | 1u << THRESHOLD_MEAN |
                         1u << THRESHOLD_MAX | 1u << THRESHOLD_STDEV | 1u << THRESHOLD_PERCENTILE,
    };
    return figures[kind] >> figure & 1;
}

/* How many ms a value of this unit is; 0: it is no time. */
static double unit_ms(const char *unit)
{
    return strcmp(unit, "ms") == 0   ? 1
           : strcmp(unit, "s") == 0  ? 1000
           : strcmp(unit, "us") == 0 ? 0.001
                                     : 0;
}

/* Of a custom metric: what keeps it from being compared, or NULL. */
static const char *custom_trouble(const struct threshold *t, const struct reading *r)
{
    static const char *const without[METRIC_KINDS] = {
        [METRIC_COUNTER] = "a counter has only .count and .rate",
        [METRIC_GAUGE] = "a gauge has only .last, .min, .max and .count",
        [METRIC_RATE] = "a rate has only .share and .count",
        [METRIC_TREND] = "a trend has no .last, .share or .rate",
    };
    bool zero_counts = r->kind == METRIC_COUNTER || t->figure == THRESHOLD_COUNT;
    if (!r->known)
        return "no such metric";
    if (!has_figure(r->kind, t->figure))
        return without[r->kind];
    if (t->limit_is_time && unit_ms(r->unit) == 0)
        return "the metric is no time";
    return r->metric.count == 0 && !zero_counts ? "nothing recorded" : NULL;
}

/* What keeps a reading from being compared, or NULL. Nothing is zero where
 * something was looked for and may be absent: script errors, and counters. */
static const char *trouble(const struct threshold *t, const struct reading *r)
{
    switch (t->source) {
    case THRESHOLD_SCRIPT_ERRORS:
        return NULL;
    case THRESHOLD_METRIC:
        return custom_trouble(t, r);
    case THRESHOLD_CHECKS:
        return !r->known ? "no such check" : r->count == 0 ? "no checks" : NULL;
    default:
        if (r->count == 0 && r->zero_counts &&
            (t->figure == THRESHOLD_COUNT || t->figure == THRESHOLD_PER_S))
            return NULL;
        if (r->count == 0)
            return r->known ? "no requests" : "no such series";
        if (t->source <= THRESHOLD_FIRST_BYTE && r->times.count == 0)
            return t->source == THRESHOLD_FIRST_BYTE ? "not measured" : "no answer";
        return NULL;
    }
}

/* ---- the verdict ---- */

static bool holds(double value, enum threshold_op op, double limit)
{
    switch (op) {
    case THRESHOLD_LESS:
        return value < limit;
    case THRESHOLD_LESS_EQUAL:
        return value <= limit;
    case THRESHOLD_GREATER:
        return value > limit;
    case THRESHOLD_GREATER_EQUAL:
        return value >= limit;
    case THRESHOLD_EQUAL:
        return value == limit;
    case THRESHOLD_UNEQUAL:
        return value != limit;
    }
    return false;
}

bool threshold_is_worse(const struct threshold *t, double a, double b)
{
    switch (t->op) {
    case THRESHOLD_LESS:
    case THRESHOLD_LESS_EQUAL:
        return a > b;
    case THRESHOLD_GREATER:
    case THRESHOLD_GREATER_EQUAL:
        return a < b;
    case THRESHOLD_EQUAL:
        return fabs(a - t->limit) > fabs(b - t->limit);
    case THRESHOLD_UNEQUAL:
        return fabs(a - t->limit) < fabs(b - t->limit);
    }
    return false;
}

static void show_time(struct threshold_result *r, double ms, bool close)
{
    char text[UNITS_MAX];
    if (close)
        snprintf(r->shown, sizeof(r->shown), "%.3f ms", ms);
    else
        snprintf(r->shown, sizeof(r->shown), "%s", units_format_duration(text, ms / 1000));
}

static void show_custom(const struct threshold *t, const struct reading *reading,
                        struct threshold_result *r, bool close)
{
    bool of_values = t->figure <= THRESHOLD_PERCENTILE || t->figure == THRESHOLD_LAST;
    double ms = of_values ? unit_ms(reading->unit) : 0;
    char text[UNITS_MAX];
    if (ms > 0)
        show_time(r, r->value * ms, close);
    else if (t->figure == THRESHOLD_COUNT && r->value == floor(r->value) && r->value < 1e15)
        snprintf(r->shown, sizeof(r->shown), "%s", units_format_count(text, (uint64_t)r->value));
    else
        snprintf(r->shown, sizeof(r->shown), close ? "%.9g%s%.20s" : "%.6g%s%.20s", r->value,
                 of_values && *reading->unit ? " " : "", of_values ? reading->unit : "");
}

/* The value with its unit. A failure so near that rounding would show the
 * limit itself ("200 ms", not < 200ms) gets more digits. */
static void show(const struct threshold *t, const struct reading *reading, double limit,
                 struct threshold_result *r)
{
    bool close = !r->passed && fabs(r->value - limit) < 0.01 * fabs(limit);
    char text[UNITS_MAX];
    if (t->figure == THRESHOLD_SHARE)
        snprintf(r->shown, sizeof(r->shown), close ? "%.6g %%" : "%.3g %%", r->value);
    else if (t->figure == THRESHOLD_PER_S)
        snprintf(r->shown, sizeof(r->shown), close ? "%.3f/s" : "%.1f/s", r->value);
    else if (t->source == THRESHOLD_METRIC)
        show_custom(t, reading, r, close);
    else if (t->source <= THRESHOLD_FIRST_BYTE)
        show_time(r, r->value, close);
    else
        snprintf(r->shown, sizeof(r->shown), "%s", units_format_count(text, (uint64_t)r->value));
}

/* Less than a window by more than the half tick that a full one may lack. */
static bool is_short(const struct threshold *t, double seconds)
{
    return t->window_s > 0 && seconds < t->window_s - 0.5;
}

static void describe_scope(const struct threshold *t, double seconds, struct threshold_result *r)
{
    char window[UNITS_MAX] = "";
    bool all = is_short(t, seconds);
    if (t->window_s > 0)
        units_format_elapsed(window, all ? seconds : t->window_s);
    snprintf(r->scope, sizeof(r->scope), "%s%.40s%s%s%s",
             t->part == THRESHOLD_WARMUP  ? "warm-up"
             : t->part == THRESHOLD_STAGE ? "stage "
                                          : "",
             t->stage ? t->stage : "", t->part != THRESHOLD_WHOLE && t->window_s > 0 ? ", " : "",
             t->window_s <= 0 ? ""
             : all            ? "all "
                              : "any ",
             window);
}

void threshold_judge(const struct threshold *t, const struct reading *reading,
                     struct threshold_result *out)
{
    *out = (struct threshold_result){.expression = t->text};
    describe_scope(t, reading->seconds, out);
    const char *why = trouble(t, reading);
    if (why) {
        out->no_data = true;
        out->unknown = !reading->known;
        snprintf(out->shown, sizeof(out->shown), "%s", why);
        return;
    }
    double limit = t->limit_is_time ? t->limit / unit_ms(reading->unit) : t->limit;
    out->value = measure(t, reading);
    out->passed = holds(out->value, t->op, limit);
    show(t, reading, limit, out);
}

void threshold_evaluate(const struct threshold *t, const struct stats *stats,
                        struct catalog *catalog, double seconds, struct threshold_result *out)
{
    struct reading reading;
    reading_init(&reading);
    threshold_read(t, stats, catalog, seconds, &reading);
    threshold_judge(t, &reading, out);
    reading_release(&reading);
}
