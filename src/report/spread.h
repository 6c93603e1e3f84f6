/*
 * How much the seconds of a run differ: the design effect that comparisons
 * divide their counts by (stats/difference.h). At each tick, of the values since
 * the tick before, the share below a percentile of all so far is set against
 * that percentile; were requests independent, such shares would vary as a
 * binomial's do, and the effect be 1.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"

#include <stdint.h>

enum spread_at { SPREAD_P50, SPREAD_P95, SPREAD_P99, SPREADS };

struct spread {
    uint32_t id;         /* of the series; UINT32_MAX: of all together */
    uint32_t ticks;      /* that had enough to go by */
    double sum[SPREADS]; /* of each tick's squared deviation, in units of the binomial's variance */
};

struct spreads {
    VEC(struct spread) items;
};

void spreads_release(struct spreads *s);
/* From a reporter's tick. */
void spreads_tick(struct spreads *s, const struct report_tick *tick);
/* That of a series, all zero when there is none. */
struct spread spreads_get(const struct spreads *s, uint32_t id);
/* Adds what another run has of a series. */
void spreads_add(struct spreads *s, const struct spread *more);

/* The effect at the one of 50, 95 and 99 % that is nearest; at least 1, and 1
 * where the run was too short to tell. */
double spread_effect(const struct spread *s, double percent);
