/*
 * How slow the target is, as typed behind --latency:
 *
 *     20ms                 every answer 20 ms late
 *     10ms..50ms           uniform between the two
 *     exp:20ms             exponential with that mean, cut at 20 times the mean
 *     5ms,1%:500ms         the first, but 1 % of the answers take the second
 *
 *     SPEC  = BAND [ "," SHARE ":" BAND ]
 *     BAND  = DURATION | DURATION ".." DURATION | "exp:" DURATION
 *     SHARE = "1%" or "0.01"
 *
 * Durations as in base/units.h, each at most an hour. Spaces may stand between
 * the parts.
 */
#pragma once

#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>

struct latency_band {
    double lo, hi;    /* seconds; equal for a constant */
    bool exponential; /* then lo is the mean and hi the cut */
};

struct latency {
    struct latency_band usual;
    struct latency_band tail;
    double tail_share; /* 0..1; 0: there is none */
};

/* An error shows the text with a caret under the mistake. */
int latency_parse(struct latency *latency, const char *text, struct err *err);

/* Whether every draw is 0: nothing needs to wait. */
bool latency_is_zero(const struct latency *latency);

/* Seconds, at random. */
double latency_draw(const struct latency *latency, struct rng *rng);
