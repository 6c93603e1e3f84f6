/* One series as the figures every report shows, so that all formats agree. */
#pragma once

#include "stats/stats.h"

/* The percentiles every report has, in this order: 50 66 75 80 90 95 98 99
 * 99.9 99.99. */
enum { SUMMARY_PERCENTILES = 10 };
extern const double summary_percentiles[SUMMARY_PERCENTILES];
/* Their names: "p50" ... "p99.99". */
extern const char *const summary_percentile_names[SUMMARY_PERCENTILES];

/* All in milliseconds. */
struct latency_summary {
    uint64_t count; /* of the times: requests less those without an answer */
    double min, mean, stdev, max;
    double p[SUMMARY_PERCENTILES];
};

struct series_summary {
    const char *type, *name; /* borrowed from the catalog; "" and "Aggregated" for the total */
    uint64_t requests, failures, bytes;
    double failure_ratio; /* failures / requests; 0 without requests */
    double rps;           /* requests / duration */
    double failures_per_s;
    double bytes_per_s;
    struct latency_summary latency; /* the response time */
    bool has_service;
    struct latency_summary service;
};

/* A custom metric. In its own unit, where it has one. */
struct metric_summary {
    struct metric_about about;
    uint64_t count;  /* additions, settings, values */
    uint64_t trues;  /* of a rate */
    double value;    /* counter: the sum; gauge: the last; rate: 0..1; trend: the mean */
    double per_s;    /* of a counter; 0 of others */
    double min, max; /* gauge, trend */
    double stdev;    /* trend, as is */
    double p[SUMMARY_PERCENTILES];
};

/* m may be NULL: nothing was recorded, and all is 0. */
void metric_summarize(struct metric_summary *out, struct metric_about about, const struct metric *m,
                      double duration_s);

void latency_summarize(struct latency_summary *out, const struct hist *h);

/* duration_s: what rates divide by. type and name are stored as given. */
void series_summarize(struct series_summary *out, const struct series *series, const char *type,
                      const char *name, double duration_s);
