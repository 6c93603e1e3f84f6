/*
 * What every report in JSON is made of: a key and its value in one call, and
 * the shapes that stand in several reports, so that they look the same in all.
 */
#pragma once

#include "base/json.h"
#include "stats/summary.h"

#include <stdbool.h>
#include <stdint.h>

/* NULL becomes null. */
void put_string(struct json *j, const char *key, const char *value);
void put_uint(struct json *j, const char *key, uint64_t value);
void put_int(struct json *j, const char *key, int64_t value);
void put_bool(struct json *j, const char *key, bool value);
/* With at most three decimals; what is no number becomes null. */
void put_number(struct json *j, const char *key, double value);
/* With every digit that it has. */
void put_exact(struct json *j, const char *key, double value);
/* Nanoseconds as seconds, none lost. */
void put_seconds(struct json *j, const char *key, uint64_t ns);
/* Seconds since the epoch as "2026-11-22T13:40:00.250Z"; null when not known. */
void put_utc(struct json *j, const char *key, double wall);

/* The figures of a histogram in milliseconds: count, min, mean, stdev, max and
 * the percentiles; null where there are no counts. */
void put_latency(struct json *j, const char *key, const struct latency_summary *l);

/*
 * A histogram whole, from which report/load.h makes the same again:
 *
 *     {"count": 3, "min": 180, "max": 2100, "sum": 2470, "sum2": 4482500,
 *      "buckets": [[180,1],[190,1],[2100,1]]}
 *
 * in microseconds; a bucket is the lowest value that it counts and how many.
 * Its width follows from the value (stats/hist.h): 1 below 2,048, then twice as
 * wide from each power of two on.
 */
void put_hist(struct json *j, const char *key, const struct hist *h);
