/*
 * Two runs side by side: what changed, and how sure that is.
 *
 * Every change comes with the interval in which it lies with 95 % confidence
 * (stats/difference.h). Whether a series counts as slower or faster is judged
 * more strictly, so that of all statements of one comparison together the chance
 * of a false one is below 5 % (Bonferroni). What that says is whether these two
 * runs differ, not why: docs/compare.md.
 */
#pragma once

#include "base/json.h"
#include "base/vec.h"
#include "report/digest.h"
#include "report/page.h"
#include "report/spread.h"
#include "stats/difference.h"

/* One of the two. Borrowed, and outlives the comparison. */
struct compare_side {
    const char *label; /* its file, or "this run" */
    const struct report_run *run;
    const struct report_end *end;
    const struct spreads *spreads;
};

enum compare_figure {
    COMPARE_RATE,     /* requests per second; no interval: it is what was asked for, or follows
                         from the times */
    COMPARE_FAILURES, /* share of the requests; its change is a difference */
    COMPARE_MEAN,
    COMPARE_P50,
    COMPARE_P90,
    COMPARE_P95,
    COMPARE_P99,
    COMPARE_P99_9,
    COMPARE_FIGURES
};

extern const char *const compare_figure_names[COMPARE_FIGURES];

struct compare_change {
    double from, to;        /* requests/s, a share 0..1, or ms */
    bool measured;          /* on both sides */
    double change;          /* to / from - 1; of failures to - from */
    struct interval within; /* of the change, 95 % */
    int differs;            /* -1, 1: less, more, beyond what chance explains; 0: not shown */
};

enum compare_verdict {
    COMPARE_SAME, /* no difference that the data show */
    COMPARE_SLOWER,
    COMPARE_FASTER,
    COMPARE_MIXED,     /* slower here and faster there */
    COMPARE_TOO_FEW,   /* too few answers to tell */
    COMPARE_TOO_SHORT, /* too few seconds: how much they differ by themselves is not known */
    COMPARE_ONLY_OLD,  /* the other run has no such series */
    COMPARE_ONLY_NEW,
};

extern const char *const compare_verdict_names[];

struct compare_row {
    const char *type, *name;
    const struct series *from, *to; /* NULL: not in that run */
    struct spread from_spread, to_spread;
    struct compare_change changes[COMPARE_FIGURES];
    struct shift shift; /* the probability that a request of the new run takes longer */
    enum compare_verdict verdict;
    int failures; /* -1: fewer fail, 1: more; 0: no difference shown */
};

struct comparison {
    struct compare_side from_side, to_side;
    struct digest from, to;
    VEC(struct compare_row) rows; /* by type and name */
    struct compare_row total;
    double strict; /* the alpha that statements are judged by */
};

void compare_init(struct comparison *c, const struct compare_side *from,
                  const struct compare_side *to);
void compare_release(struct comparison *c);

/* What changed in a row whose series and spreads are set, but for the rate. */
void compare_judge(struct compare_row *row, double strict);

/* The change of a percentile that may be none of those above, or of the mean,
 * and of the share that failed; from the row's series alone. */
enum { COMPARE_OF_MEAN = 0 };
struct compare_change compare_percentile(const struct compare_row *row, double percent);
struct compare_change compare_failures(const struct compare_row *row);

/* "slower: p95 +12.0 % (95 % confidence +9.1 … +15.2 %)" */
void compare_describe(struct buf *out, const struct compare_row *row);

/* For people, and as JSON. */
void compare_print(struct page *page, const struct comparison *c);
void compare_put(struct json *j, const struct comparison *c);
