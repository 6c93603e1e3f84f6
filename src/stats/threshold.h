/*
 * Thresholds: what a run must have reached, as the person wrote it.
 *
 *     p95 < 200ms              GET /health: p99.9 <= 50ms
 *     failures < 1%            POST /api/v1/convert: failures == 0
 *     mean < 20ms  max < 1s    rps > 500   requests >= 1000
 *
 * [SERIES ':' space] METRIC OP VALUE. SERIES is "TYPE name" or just a name,
 * exactly as the report shows it (of a name with several types, their sum);
 * without it the sum over all. METRIC: min, mean, max, stdev, pN and pN.N
 * (times; a unit is required), failures (a count, or with % a share),
 * requests, rps. OP: < <= > >= ==. A blank may stand before a unit.
 */
#pragma once

#include "base/err.h"
#include "stats/stats.h"

struct threshold; /* parsed */

/* An error shows the expression with a caret under the mistake. */
int threshold_parse(struct threshold **out, const char *text, struct err *err);
void threshold_free(struct threshold *t);
const char *threshold_text(const struct threshold *t);

struct threshold_result {
    const char *expression; /* borrowed from the threshold */
    bool passed;
    bool no_data;   /* no request, or for a time no answer: failed, and `shown` says so */
    double value;   /* what was found: ms, a count, a percentage or a rate */
    char shown[64]; /* the same with its unit, for people: "213 ms" */
};

void threshold_evaluate(const struct threshold *t, const struct stats *total,
                        struct catalog *catalog, double duration_s, struct threshold_result *out);
