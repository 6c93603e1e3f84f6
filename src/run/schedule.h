/*
 * When the arrivals of a rate are due. Pure arithmetic: every due time follows
 * from the arrival's number alone, so nothing drifts, nothing is queued, and
 * workers that take every N-th arrival each make up the whole exactly.
 *
 * Times are nanoseconds after the start of the run.
 */
#pragma once

#include "base/rate.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_NEVER UINT64_MAX

struct schedule {
    struct rate rate;
    bool poisson;   /* arrivals at random, as many on average; else evenly spaced */
    double hold_s;  /* so long at rate.from (the warm-up), before ... */
    double ramp_s;  /* ... so long from rate.from to rate.to; 0 when the rate is constant */
    double end_s;   /* what would be due later, or just then, is not; 0: no end */
    uint64_t count; /* so many arrivals in all; 0: no limit */
};

/* When the n-th arrival is due (from 0; between whole numbers: in between), not
 * regarding end_s and count. n / rate; on the ramp the inverse of the area
 * under it: with a = (to - from) / ramp_s and n' arrivals since it began,
 * t = 2 n' / (from + sqrt(from^2 + 2 a n')). Monotone. SCHEDULE_NEVER: a ramp
 * down to 0 never comes to it. */
uint64_t schedule_due_ns(const struct schedule *s, double n);

/* How many arrivals are due before a time: the area under the rate. */
double schedule_area(const struct schedule *s, double seconds);

/* One of `step` shares of a schedule: the arrivals first, first + step, ... Of a
 * Poisson schedule, an independent process of 1 / step of the rate: together
 * they are the whole again. A copy goes on as the original would. */
struct share {
    const struct schedule *schedule; /* borrowed, outlives the share */
    uint64_t number;                 /* of the next arrival */
    uint32_t step;
    double place;    /* Poisson: where it lies, in arrivals of the whole */
    struct rng rng;  /* Poisson: of its own */
    uint64_t due_ns; /* when it is due; SCHEDULE_NEVER: there is none */
};

/* first < step; seed: for a Poisson schedule. */
void share_init(struct share *share, const struct schedule *s, uint32_t first, uint32_t step,
                uint64_t seed);
/* On to the share's next arrival. */
void share_next(struct share *share);
/* On to the first arrival that is due at or after a time; returns how many were
 * passed over. */
uint64_t share_skip(struct share *share, uint64_t until_ns);
