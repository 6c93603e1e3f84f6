/*
 * What one threshold needs of the statistics of a span of time. Readings of
 * consecutive spans add up, so that a window or a stage is the sum of its
 * seconds.
 */
#pragma once

#include "stats/hist.h"
#include "stats/hist_pack.h"
#include "stats/metric.h"
#include "stats/threshold.h"

struct reading {
    bool known;           /* the run has such a series, check or metric */
    uint64_t count;       /* what happened: requests, checks, script errors */
    uint64_t part;        /* of these: failures, passed checks */
    bool zero_counts;     /* without a request an amount is 0, and not unknown: a window in a run
                             that has made some */
    double seconds;       /* how long the span is */
    struct hist times;    /* of the response, service or first byte */
    struct metric metric; /* the custom one; `kind` and `unit` say what it is */
    enum metric_kind kind;
    const char *unit; /* borrowed from the catalog */
};

void reading_init(struct reading *r);
void reading_release(struct reading *r);
/* Empties it and keeps its memory. */
void reading_clear(struct reading *r);
void reading_add(struct reading *dst, const struct reading *src);

/* Adds what the threshold is about. */
void threshold_read(const struct threshold *t, const struct stats *stats, struct catalog *catalog,
                    double seconds, struct reading *out);

/* The last so many seconds, as the readings of their ticks. */
struct window;
struct window *window_new(double seconds);
void window_free(struct window *w);
void window_clear(struct window *w);
/* Adds the latest span, and forgets those that are older than the window. */
void window_push(struct window *w, const struct reading *r);
/* Whether it holds as many seconds as it should, to half a tick. */
bool window_is_full(const struct window *w);
/* Adds up what it holds, into an empty reading. */
void window_sum(const struct window *w, struct reading *out);
