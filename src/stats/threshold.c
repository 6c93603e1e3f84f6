/*
 * Thresholds: a line of text parsed from left to right, then compared with
 * what was measured; see threshold.h. The series comes off first, at the last
 * ": ", because only the series may have a colon in it.
 */
#include "stats/threshold.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"
#include "stats/hist.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum figure {
    METRIC_MIN,
    METRIC_MEAN,
    METRIC_MAX,
    METRIC_STDEV,
    METRIC_FAILURES,
    METRIC_REQUESTS,
    METRIC_RPS,
    METRIC_PERCENTILE,
};

/* The last few are there to be suggested, and stand for all of their kind. */
static const char *const metric_names[] = {
    [METRIC_MIN] = "min",
    [METRIC_MEAN] = "mean",
    [METRIC_MAX] = "max",
    [METRIC_STDEV] = "stdev",
    [METRIC_FAILURES] = "failures",
    [METRIC_REQUESTS] = "requests",
    [METRIC_RPS] = "rps",
    [METRIC_PERCENTILE] = "p95",
    "p50",
    "p90",
    "p99",
    "p99.9",
};
enum { METRIC_NAMES = sizeof(metric_names) / sizeof(metric_names[0]) };

/* What other tools call them. */
static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    {"avg", "mean"},        {"average", "mean"},        {"median", "p50"},          {"med", "p50"},
    {"errors", "failures"}, {"error_rate", "failures"}, {"fail_ratio", "failures"}, {"rate", "rps"},
    {"count", "requests"},
};

enum comparison { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL };

struct threshold {
    char *text;   /* owned */
    char *series; /* owned; NULL: the sum over all */
    enum figure metric;
    double percent; /* of METRIC_PERCENTILE */
    bool is_share;  /* METRIC_FAILURES in percent of the requests */
    enum comparison op;
    double limit; /* ms, a count, a percentage or a rate, like a result's value */
};

enum { EXPRESSION_SHOWN = 120 };

/* Fails with the reason, the expression, and a caret under its byte `at`. Of a
 * long expression the part around the caret is shown. */
static int fail(struct err *err, const char *text, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(struct err *err, const char *text, size_t at, const char *fmt, ...)
{
    if (!err)
        return -1;
    size_t len = strlen(text), start = 0;
    if (len > EXPRESSION_SHOWN && at > EXPRESSION_SHOWN / 2) {
        start = at - EXPRESSION_SHOWN / 2;
        while (start < at && ((unsigned char)text[start] & 0xC0) == 0x80)
            start++;
    }
    struct err reason;
    va_list args;
    va_start(args, fmt);
    err_setv(&reason, ERR_CONFIG, fmt, args);
    va_end(args);
    err_printable(&reason);

    struct buf lines = BUF_INIT;
    for (size_t i = start; i < len && i - start < EXPRESSION_SHOWN; i++)
        buf_addch(&lines, iscntrl((unsigned char)text[i]) ? ' ' : text[i]);
    buf_adds(&lines, "\n    ");
    for (size_t i = start; i < at; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) /* one column per UTF-8 character */
            buf_addch(&lines, ' ');
    err_set(err, ERR_CONFIG, "threshold: %s\n    %s^", reason.message, buf_cstr(&lines));
    buf_release(&lines);
    return -1;
}

static size_t skip_space(const char *text, size_t at)
{
    return at + strspn(text + at, " \t");
}

/* Takes "SERIES: " off; at is left on the metric. */
static int parse_series(struct threshold *t, size_t *at, struct err *err)
{
    const char *text = t->text;
    size_t start = skip_space(text, 0), colon = 0;
    for (size_t i = start; text[i]; i++)
        if (text[i] == ':' && (text[i + 1] == ' ' || text[i + 1] == '\t'))
            colon = i + 1;
    *at = start;
    if (colon == 0)
        return 0;
    size_t len = colon - 1 - start;
    while (len > 0 && isblank((unsigned char)text[start + len - 1]))
        len--;
    if (len == 0)
        return fail(err, text, start, "a series must stand before the \":\"");
    t->series = xstrndup(text + start, len);
    *at = skip_space(text, colon);
    return 0;
}

static int unknown_metric(const char *text, size_t at, const char *word, struct err *err)
{
    if (word[0] == '\0')
        return fail(err, text, at, "a metric must stand here, such as p95, mean, failures or rps");
    const char *near = NULL;
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]) && !near; i++)
        if (strcasecmp(synonyms[i].theirs, word) == 0)
            near = synonyms[i].ours;
    if (!near)
        near = suggest(word, metric_names, METRIC_NAMES);
    if (near)
        return fail(err, text, at, "unknown metric \"%.40s\"; did you mean \"%s\"?", word, near);
    if (strchr(word, ':'))
        return fail(err, text, at,
                    "unknown metric \"%.40s\"; a series ends with a colon and a space", word);
    return fail(err, text, at,
                "unknown metric \"%.40s\"; known: min, mean, max, stdev, pN, failures, "
                "requests, rps",
                word);
}

static int parse_metric(struct threshold *t, size_t *at, struct err *err)
{
    const char *text = t->text;
    size_t len = strcspn(text + *at, " \t<>=!");
    char *word = xstrndup(text + *at, len);
    int rc = 0;

    if (word[0] == 'p' && (isdigit((unsigned char)word[1]) || word[1] == '.')) {
        t->metric = METRIC_PERCENTILE;
        if (units_parse_number(word + 1, &t->percent, NULL) || t->percent > 100 ||
            word[len - 1] == '.')
            rc = fail(err, text, *at,
                      "\"%.40s\" is no percentile; write one from p0 to p100, such as "
                      "p99.9",
                      word);
        goto out;
    }
    for (int i = 0; i < METRIC_PERCENTILE; i++) {
        if (strcmp(word, metric_names[i]) == 0) {
            t->metric = (enum figure)i;
            goto out;
        }
    }
    rc = unknown_metric(text, *at, word, err);
out:
    free(word);
    *at = skip_space(text, *at + len);
    return rc;
}

static int parse_comparison(struct threshold *t, size_t *at, struct err *err)
{
    static const struct {
        const char *name;
        enum comparison op;
    } known[] = {
        {"<", LESS}, {"<=", LESS_EQUAL}, {">", GREATER}, {">=", GREATER_EQUAL}, {"==", EQUAL},
    };
    const char *text = t->text;
    size_t len = strspn(text + *at, "<>=!");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == len && memcmp(known[i].name, text + *at, len) == 0) {
            t->op = known[i].op;
            *at = skip_space(text, *at + len);
            return 0;
        }
    }
    if (len == 1 && text[*at] == '=')
        return fail(err, text, *at, "write \"==\" to compare");
    return fail(err, text, *at, "a comparison must stand here: < <= > >= ==");
}

static int parse_time(struct threshold *t, size_t at, const char *value, struct err *err)
{
    struct err why;
    double seconds;
    if (value[strspn(value, "0123456789.")] == '\0')
        return fail(err, t->text, at, "a time needs its unit: %.20sms or %.20ss", value, value);
    if (units_parse_duration(value, &seconds, &why))
        return fail(err, t->text, at, "%s", why.message);
    t->limit = round(seconds * 1e9) / 1e6; /* "50500us" is the same number as 50.5 ms */
    return 0;
}

/* A plain number, or one with k, M or G. */
static int parse_amount(struct threshold *t, size_t at, const char *value, struct err *err)
{
    struct err why;
    uint64_t count;
    if (units_parse_number(value, &t->limit, NULL) == 0) {
        if (t->limit < 0)
            return fail(err, t->text, at, "a negative number compares with nothing here");
        return 0;
    }
    if (units_parse_count(value, &count, &why))
        return fail(err, t->text, at, "%s", why.message);
    t->limit = (double)count;
    return 0;
}

static int parse_share(struct threshold *t, size_t at, const char *value, struct err *err)
{
    char *number = xstrndup(value, strlen(value) - 1);
    int rc = units_parse_number(number, &t->limit, NULL);
    free(number);
    if (rc || t->limit < 0 || t->limit > 100)
        return fail(err, t->text, at, "a share is a number from 0%% to 100%%, such as 1%%");
    t->is_share = true;
    return 0;
}

static bool is_time(enum figure metric)
{
    return metric != METRIC_FAILURES && metric != METRIC_REQUESTS && metric != METRIC_RPS;
}

/* The value without the blank that may stand before its unit, as the report
 * writes it: "200 ms", "1 %". *end is left behind the value and its blanks. */
static char *take_value(const char *text, size_t at, size_t *end)
{
    size_t digits = strspn(text + at, "0123456789.");
    size_t unit = skip_space(text, at + digits);
    if (digits == 0 || !(isalpha((unsigned char)text[unit]) || text[unit] == '%'))
        unit = at + digits;
    size_t unit_len = strcspn(text + unit, " \t");
    *end = skip_space(text, unit + unit_len);
    return xasprintf("%.*s%.*s", (int)digits, text + at, (int)unit_len, text + unit);
}

static int parse_value(struct threshold *t, size_t *at, struct err *err)
{
    size_t end;
    char *value = take_value(t->text, *at, &end);
    size_t len = strlen(value);
    int rc;
    if (len == 0)
        rc = fail(err, t->text, *at, "a value must stand here, such as %s",
                  is_time(t->metric)             ? "200ms"
                  : t->metric == METRIC_FAILURES ? "1%"
                                                 : "1000");
    else if (value[len - 1] == '%' && t->metric != METRIC_FAILURES)
        rc = fail(err, t->text, *at, "only failures can be compared with a share");
    else if (value[len - 1] == '%')
        rc = parse_share(t, *at, value, err);
    else if (is_time(t->metric))
        rc = parse_time(t, *at, value, err);
    else
        rc = parse_amount(t, *at, value, err);
    free(value);
    *at = end;
    return rc;
}

int threshold_parse(struct threshold **out, const char *text, struct err *err)
{
    struct threshold *t = xcalloc(1, sizeof(*t));
    t->text = xstrdup(text);
    size_t at = 0;
    if (parse_series(t, &at, err) || parse_metric(t, &at, err) || parse_comparison(t, &at, err) ||
        parse_value(t, &at, err))
        goto failed;
    if (text[at] != '\0') {
        fail(err, text, at, "nothing may follow the value");
        goto failed;
    }
    *out = t;
    return 0;

failed:
    threshold_free(t);
    return -1;
}

void threshold_free(struct threshold *t)
{
    if (!t)
        return;
    free(t->text);
    free(t->series);
    free(t);
}

const char *threshold_text(const struct threshold *t)
{
    return t->text;
}

/* Whether the report shows this series as `name`, or as "TYPE name". */
static bool is_called(struct catalog_entry entry, const char *name)
{
    size_t type_len = strlen(entry.type);
    return strcmp(entry.name, name) == 0 ||
           (strncmp(entry.type, name, type_len) == 0 && name[type_len] == ' ' &&
            strcmp(entry.name, name + type_len + 1) == 0);
}

/* Adds up the series meant; false when the run knows none of that name. */
static bool collect(const struct threshold *t, const struct stats *total, struct catalog *catalog,
                    struct series *sum)
{
    if (!t->series) {
        stats_total(total, sum);
        return true;
    }
    bool known = false;
    uint32_t len = catalog_len(catalog);
    for (uint32_t id = 0; id < len; id++) {
        if (!is_called(catalog_get(catalog, id), t->series))
            continue;
        known = true;
        if (id < total->series_len && total->series[id])
            series_merge(sum, total->series[id]);
    }
    return known;
}

static double measure(const struct threshold *t, const struct series *sum, double duration_s)
{
    switch (t->metric) {
    case METRIC_MIN:
        return (double)sum->response.min / 1000;
    case METRIC_MEAN:
        return hist_mean(&sum->response) / 1000;
    case METRIC_MAX:
        return (double)sum->response.max / 1000;
    case METRIC_STDEV:
        return hist_stdev(&sum->response) / 1000;
    case METRIC_PERCENTILE:
        return hist_percentile(&sum->response, t->percent) / 1000;
    case METRIC_FAILURES:
        return t->is_share ? 100 * (double)sum->failures / (double)sum->requests
                           : (double)sum->failures;
    case METRIC_REQUESTS:
        return (double)sum->requests;
    case METRIC_RPS:
        return duration_s > 0 ? (double)sum->requests / duration_s : 0;
    }
    return 0;
}

static bool holds(double value, enum comparison op, double limit)
{
    switch (op) {
    case LESS:
        return value < limit;
    case LESS_EQUAL:
        return value <= limit;
    case GREATER:
        return value > limit;
    case GREATER_EQUAL:
        return value >= limit;
    case EQUAL:
        return value == limit;
    }
    return false;
}

/* The value with its unit. A failure so near that rounding would show the
 * limit itself ("200 ms", not < 200ms) gets more digits. */
static void show(const struct threshold *t, struct threshold_result *r)
{
    bool close = !r->passed && fabs(r->value - t->limit) < 0.01 * fabs(t->limit);
    char text[UNITS_MAX];
    switch (t->metric) {
    case METRIC_FAILURES:
        if (t->is_share) {
            snprintf(r->shown, sizeof(r->shown), close ? "%.6g %%" : "%.3g %%", r->value);
            return;
        }
        /* fall through */
    case METRIC_REQUESTS:
        snprintf(r->shown, sizeof(r->shown), "%s", units_format_count(text, (uint64_t)r->value));
        return;
    case METRIC_RPS:
        snprintf(r->shown, sizeof(r->shown), close ? "%.3f/s" : "%.1f/s", r->value);
        return;
    default:
        if (close)
            snprintf(r->shown, sizeof(r->shown), "%.3f ms", r->value);
        else
            snprintf(r->shown, sizeof(r->shown), "%s",
                     units_format_duration(text, r->value / 1000));
    }
}

void threshold_evaluate(const struct threshold *t, const struct stats *total,
                        struct catalog *catalog, double duration_s, struct threshold_result *out)
{
    *out = (struct threshold_result){.expression = t->text};
    struct series sum;
    series_init(&sum, UINT32_MAX);
    bool known = collect(t, total, catalog, &sum);
    if (sum.requests == 0) {
        out->no_data = true;
        snprintf(out->shown, sizeof(out->shown), "%s", known ? "no requests" : "no such series");
    } else if (is_time(t->metric) && sum.response.count == 0) {
        out->no_data = true;
        snprintf(out->shown, sizeof(out->shown), "no answer");
    } else {
        out->value = measure(t, &sum, duration_s);
        out->passed = holds(out->value, t->op, t->limit);
        show(t, out);
    }
    series_release(&sum);
}
