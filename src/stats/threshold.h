/*
 * Thresholds: what a run must have reached, as the person wrote it.
 *
 *     p95 < 200ms              GET /health: p99.9 <= 50ms
 *     failures < 1%            class RestUser: service.p99 < 50ms
 *     rps > 500 for 10s        tag read: mean < 20ms in stage peak
 *     checks > 99%             check "has token" == 100%
 *     script_errors == 0       metric logins.rate > 5/s abort
 *
 * The whole grammar, with what each metric is, is in docs/thresholds.md:
 *
 *     [SUBJECT ':' space] METRIC OP VALUE ['in' PART] ['for' TIME] ['abort']
 *
 * SUBJECT is a series as the report shows it ("TYPE name", or just a name: of
 * a name with several types, their sum), `class NAME` or `tag NAME`; without it
 * the sum over all. OP: < <= > >= == !=. A blank may stand before a unit. PART:
 * `warmup` or `stage NAME`.
 *
 * Parsing is in threshold_parse.c, judging in threshold_judge.c. Figures come
 * to a threshold as readings (stats/reading.h), so that the whole run, a stage
 * and a sliding window are judged alike.
 */
#pragma once

#include "base/err.h"
#include "stats/stats.h"

struct reading;

enum threshold_subject { THRESHOLD_ALL, THRESHOLD_SERIES, THRESHOLD_CLASS, THRESHOLD_TAG };

enum threshold_source {
    THRESHOLD_RESPONSE, /* of the subject */
    THRESHOLD_SERVICE,
    THRESHOLD_FIRST_BYTE,
    THRESHOLD_REQUESTS,
    THRESHOLD_FAILURES,
    THRESHOLD_CHECKS, /* of the run: all, or the one in `what` */
    THRESHOLD_SCRIPT_ERRORS,
    THRESHOLD_METRIC, /* the custom one in `what` */
};

enum threshold_figure {
    THRESHOLD_MIN,
    THRESHOLD_MEAN,
    THRESHOLD_MAX,
    THRESHOLD_STDEV,
    THRESHOLD_PERCENTILE,
    THRESHOLD_COUNT,
    THRESHOLD_PER_S,
    THRESHOLD_SHARE, /* percent */
    THRESHOLD_LAST,
};

enum threshold_op {
    THRESHOLD_LESS,
    THRESHOLD_LESS_EQUAL,
    THRESHOLD_GREATER,
    THRESHOLD_GREATER_EQUAL,
    THRESHOLD_EQUAL,
    THRESHOLD_UNEQUAL
};

enum threshold_part { THRESHOLD_WHOLE, THRESHOLD_WARMUP, THRESHOLD_STAGE };

/* Made by threshold_parse; all text is owned. */
struct threshold {
    char *text; /* as written; behind "fail if " when it states what must not be */
    enum threshold_subject subject;
    char *name; /* of the series, class or tag; else NULL */
    enum threshold_source source;
    char *what; /* of the check or custom metric; else NULL */
    enum threshold_figure figure;
    double percent; /* of THRESHOLD_PERCENTILE */
    enum threshold_op op;
    double limit;       /* ms, a count, a percentage or a rate, like a result's value */
    bool limit_is_time; /* THRESHOLD_METRIC: written with a unit of time */
    enum threshold_part part;
    char *stage;     /* of THRESHOLD_STAGE; else NULL */
    double window_s; /* holds over any so many seconds; 0: over the part as a whole */
    bool aborts;     /* the run ends when it does not hold */
    uint32_t group; /* THRESHOLD_CLASS, THRESHOLD_TAG: its number in struct stats, set by the run */
};

/* The shortest and the longest window, in seconds. */
enum { THRESHOLD_WINDOW_MIN = 1, THRESHOLD_WINDOW_MAX = 3600 };

/* An error shows the expression with a caret under the mistake. */
int threshold_parse(struct threshold **out, const char *text, struct err *err);
/* The same for what must not be so: "p99 > 250ms" fails where that holds. */
int threshold_parse_fail_if(struct threshold **out, const char *text, struct err *err);
void threshold_free(struct threshold *t);

struct threshold_result {
    const char *expression; /* borrowed from the threshold */
    bool passed;
    bool no_data;   /* no request, or for a time no answer: failed, and `shown` says so */
    bool unknown;   /* ... since the run has no such series, check or metric */
    double value;   /* what was found: ms, a count, a percentage or a rate; of windows the worst */
    char shown[96]; /* the same with its unit, for people: "213 ms" */
    char scope[80]; /* what was judged: "stage peak, any 10s", or "all 3.2s" of what was shorter
                       than the window; "": the whole run */
    double violated_s; /* when it first did not hold, seconds since the start; 0: never, or judged
                          at the end only */
    bool aborted;      /* it ended the run */
};

/* Everything but violated_s and aborted, from figures collected by
 * threshold_read (stats/reading.h). */
void threshold_judge(const struct threshold *t, const struct reading *reading,
                     struct threshold_result *out);
/* Judges the statistics of a span of so many seconds, whatever part or window
 * the threshold is about. */
void threshold_evaluate(const struct threshold *t, const struct stats *stats,
                        struct catalog *catalog, double seconds, struct threshold_result *out);

/* Of an unknown result: adds to `shown` which name of the run may be meant. */
void threshold_suggest(const struct threshold *t, const struct stats *stats,
                       struct catalog *catalog, struct threshold_result *result);

/* Whether figure a is further from holding than b. */
bool threshold_is_worse(const struct threshold *t, double a, double b);
