/* The metric of a threshold: "p95", "service.mean", check "has token", metric
 * logins.rate. */
#include "stats/threshold_parser.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum threshold_source source;
    enum threshold_figure figure;
} metrics[] = {
    {"failures", THRESHOLD_FAILURES, THRESHOLD_COUNT},
    {"requests", THRESHOLD_REQUESTS, THRESHOLD_COUNT},
    {"rps", THRESHOLD_REQUESTS, THRESHOLD_PER_S},
    {"checks", THRESHOLD_CHECKS, THRESHOLD_SHARE},
    {"script_errors", THRESHOLD_SCRIPT_ERRORS, THRESHOLD_COUNT},
};

static const struct {
    const char *name;
    enum threshold_figure figure;
} figures[] = {
    {"min", THRESHOLD_MIN},     {"mean", THRESHOLD_MEAN},   {"max", THRESHOLD_MAX},
    {"stdev", THRESHOLD_STDEV}, {"count", THRESHOLD_COUNT}, {"rate", THRESHOLD_PER_S},
    {"share", THRESHOLD_SHARE}, {"last", THRESHOLD_LAST},
};
enum { TIME_FIGURES = 4 }; /* the first of them: what times have */

static const struct {
    const char *prefix;
    enum threshold_source source;
} times[] = {
    {"service.", THRESHOLD_SERVICE},
    {"first_byte.", THRESHOLD_FIRST_BYTE},
    {"response.", THRESHOLD_RESPONSE},
};

/* What other tools call them. */
static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    {"avg", "mean"},        {"average", "mean"},        {"median", "p50"},          {"med", "p50"},
    {"errors", "failures"}, {"error_rate", "failures"}, {"fail_ratio", "failures"}, {"rate", "rps"},
    {"count", "requests"},
};

/* pN, as a figure of a distribution. 1 when the word does not begin so. */
static int parse_percentile(struct threshold_parser *p, size_t at, const char *word)
{
    if (word[0] != 'p' || !(isdigit((unsigned char)word[1]) || word[1] == '.'))
        return 1;
    p->t->figure = THRESHOLD_PERCENTILE;
    if (units_parse_number(word + 1, &p->t->percent, NULL) || p->t->percent > 100 ||
        word[strlen(word) - 1] == '.')
        return parser_fail(
            p, at, "\"%.40s\" is no percentile; write one from p0 to p100, such as p99.9", word);
    return 0;
}

/* One of the first `len` figures, or a percentile. 1: none of them. */
static int parse_figure(struct threshold_parser *p, size_t at, const char *word, size_t len)
{
    int rc = parse_percentile(p, at, word);
    if (rc <= 0)
        return rc;
    for (size_t i = 0; i < len; i++) {
        if (strcmp(word, figures[i].name) == 0) {
            p->t->figure = figures[i].figure;
            return 0;
        }
    }
    return 1;
}

/* k6's p(95), as p95 (owned); NULL: it is something else. */
static char *from_call(const char *word)
{
    size_t len = strlen(word);
    bool call = strncmp(word, "p(", 2) == 0 && len > 3 && word[len - 1] == ')';
    return call ? xasprintf("p%.*s", (int)(len - 3), word + 2) : NULL;
}

static int unknown_metric(struct threshold_parser *p, size_t at, const char *word)
{
    static const char *const suggested[] = {
        "min", "mean",   "max",   "stdev",         "failures",    "requests",
        "rps", "checks", "check", "script_errors", "p50",         "p90",
        "p95", "p99",    "p99.9", "metric",        "service.p95", "first_byte.p95",
    };
    if (word[0] == '\0')
        return parser_fail(p, at, "a metric must stand here, such as p95, mean, failures or rps");
    char *call = from_call(word);
    if (call) {
        parser_fail(p, at, "unknown metric \"%.40s\"; did you mean \"%.40s\"?", word, call);
        free(call);
        return -1;
    }
    const char *near = NULL;
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]) && !near; i++)
        if (strcasecmp(synonyms[i].theirs, word) == 0)
            near = synonyms[i].ours;
    if (!near)
        near = suggest(word, suggested, sizeof(suggested) / sizeof(suggested[0]));
    if (near)
        return parser_fail(p, at, "unknown metric \"%.40s\"; did you mean \"%s\"?", word, near);
    if (strchr(word, ':'))
        return parser_fail(
            p, at, "unknown metric \"%.40s\"; a series ends with a colon and a space", word);
    return parser_fail(
        p, at,
        "unknown metric \"%.40s\"; known: min, mean, max, stdev, pN (also service.pN, "
        "first_byte.pN), failures, requests, rps, checks, check \"NAME\", script_errors, "
        "metric NAME.FIGURE",
        word);
}

/* check "NAME" */
static int parse_check(struct threshold_parser *p)
{
    p->t->source = THRESHOLD_CHECKS;
    p->t->figure = THRESHOLD_SHARE;
    if (p->text[p->at] != '"')
        return parser_fail(p, p->at,
                           "the check's name must stand here in quotes: check \"has token\"");
    return parser_quoted(p, &p->t->what);
}

/* word: what stands there instead of a figure; "": nothing does. */
static int wrong_custom_figure(struct threshold_parser *p, size_t at, const char *word)
{
    static const char known[] =
        ".count or .rate of a counter, .last, .min or .max of a gauge, .share of a rate, .mean, "
        ".min, .max, .stdev or .pN of a trend";
    if (*word)
        return parser_fail(p, at, "a metric has no \"%.40s\"; it has %s", word, known);
    return parser_fail(p, at, "a figure must stand behind the metric's name: %s", known);
}

/* metric NAME.FIGURE, or metric "A NAME".FIGURE */
static int parse_custom(struct threshold_parser *p)
{
    struct threshold *t = p->t;
    t->source = THRESHOLD_METRIC;
    size_t begin = p->at, len;
    if (p->text[p->at] == '"') {
        if (parser_quoted(p, &t->what) < 0)
            return -1;
        if (p->text[p->at] != '.')
            return wrong_custom_figure(p, p->at, "");
        begin = ++p->at;
        len = strcspn(p->text + begin, " \t<>=!");
    } else {
        size_t whole = strcspn(p->text + begin, " \t<>=!");
        if (whole == 0)
            return parser_fail(p, begin,
                               "the metric's name must stand here, as in metric logins.rate");
        /* The figure is behind the last dot that does not split a number: p99.9 */
        size_t dot = whole;
        while (dot > 0 &&
               !(p->text[begin + dot] == '.' && !isdigit((unsigned char)p->text[begin + dot + 1])))
            dot--;
        if (dot == 0)
            return wrong_custom_figure(p, begin + whole, "");
        t->what = xstrndup(p->text + begin, dot);
        begin += dot + 1;
        len = whole - dot - 1;
    }
    char *word = xstrndup(p->text + begin, len);
    int rc = parse_figure(p, begin, word, sizeof(figures) / sizeof(figures[0]));
    if (rc > 0)
        rc = wrong_custom_figure(p, begin, word);
    free(word);
    p->at = begin + len;
    return rc;
}

/* A word: a time's figure, or one of the table. */
static int parse_plain(struct threshold_parser *p)
{
    struct threshold *t = p->t;
    size_t begin = p->at, len = strcspn(p->text + begin, " \t<>=!");
    char *word = xstrndup(p->text + begin, len);
    const char *figure = word;
    int rc = 1;
    p->at += len;
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        if (strcmp(word, metrics[i].name) != 0)
            continue;
        t->source = metrics[i].source;
        t->figure = metrics[i].figure;
        rc = 0;
        goto out;
    }
    t->source = THRESHOLD_RESPONSE;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        size_t prefix = strlen(times[i].prefix);
        if (strncmp(word, times[i].prefix, prefix) == 0) {
            t->source = times[i].source;
            figure = word + prefix;
            break;
        }
    }
    rc = parse_figure(p, begin + (size_t)(figure - word), figure, TIME_FIGURES);
    if (rc > 0)
        rc = unknown_metric(p, begin, word);
out:
    free(word);
    return rc;
}

static bool is_of_subject(enum threshold_source source)
{
    return source < THRESHOLD_CHECKS;
}

int threshold_parse_metric(struct threshold_parser *p)
{
    size_t begin = p->at;
    int rc = parser_word(p, "check")    ? parse_check(p)
             : parser_word(p, "metric") ? parse_custom(p)
                                        : parse_plain(p);
    if (rc < 0)
        return -1;
    if (p->t->subject != THRESHOLD_ALL && !is_of_subject(p->t->source))
        return parser_fail(p, begin, "%s are of the whole run: nothing can stand before them",
                           p->t->source == THRESHOLD_CHECKS          ? "checks"
                           : p->t->source == THRESHOLD_SCRIPT_ERRORS ? "script errors"
                                                                     : "metrics");
    p->at = parser_skip(p->text, p->at);
    return 0;
}
