/*
 * Custom metrics: what a scenario counts, watches, rates and times on its own,
 * beside its requests. Each has a name, which the run's catalog turns into a
 * number that is the same in every worker, so that they merge by index, as
 * series do.
 *
 *   counter  adds up                      gauge  the value set last, least, most
 *   rate     how many of all were true    trend  a distribution, as of times
 */
#pragma once

#include "stats/hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_RATE, METRIC_TREND, METRIC_KINDS };

/* "counter", "gauge", "rate", "trend". */
extern const char *const metric_kind_names[METRIC_KINDS];

/* What is known of a metric before anything is recorded. */
struct metric_about {
    const char *name; /* lives as long as the catalog */
    const char *unit; /* "ms", "bytes"; "" when it has none */
    enum metric_kind kind;
};

/* At most this many; names that vary with a user or a request would have no end. */
enum { METRICS_MAX = 200 };

/* What was recorded over some span of time. */
struct metric {
    uint64_t count;     /* additions, settings */
    uint64_t trues;     /* rate: of these */
    double sum, sum2;   /* of the values and of their squares; a counter's value is the sum */
    double min, max;    /* exact; without meaning while count is 0 */
    double last;        /* gauge: the value set last ... */
    uint64_t last_ns;   /* ... at this clock_ns() */
    struct hist values; /* trend: the values, times metric_scale() */
};

/* The metrics of a span by number. Items without anything recorded are NULL or
 * have count 0. */
struct metric_set {
    struct metric **items; /* owned */
    uint32_t len;
};

void metric_set_release(struct metric_set *set);
/* Empties it and keeps its memory. */
void metric_set_clear(struct metric_set *set);
/* dst += src; of two gauges the one set later is the last. */
void metric_set_merge(struct metric_set *dst, const struct metric_set *src);
/* By number, or NULL when nothing was recorded. */
const struct metric *metric_get(const struct metric_set *set, uint32_t id);

void metric_merge(struct metric *dst, const struct metric *src);
void metric_release(struct metric *m);

void metric_count(struct metric_set *set, uint32_t id, double n);
void metric_gauge(struct metric_set *set, uint32_t id, double value, uint64_t now_ns);
void metric_rate(struct metric_set *set, uint32_t id, bool value);
/* value: 0 to metric_most(unit). */
void metric_trend(struct metric_set *set, uint32_t id, const char *unit, double value);

/* A trend's histogram knows whole numbers up to HIST_MAX_US to 3 digits: what
 * values are multiplied by for it. Times count in microseconds, bytes in bytes,
 * everything else in thousandths. */
double metric_scale(const char *unit);
/* The largest value that a trend of this unit can tell from a larger one. */
double metric_most(const char *unit);
/* The value at or below which percent (0..100) of a trend's values lie. */
double metric_percentile(const struct metric *m, const char *unit, double percent);
double metric_mean(const struct metric *m);  /* 0 while empty */
double metric_stdev(const struct metric *m); /* of the population */
