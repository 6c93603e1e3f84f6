/*
 * How much the seconds of a run differ: the design effects that comparisons
 * divide their counts by (stats/difference.h). At each tick a figure of the
 * requests since the tick before is set against that of all so far: the share
 * below a percentile, the mean, the share that failed. The square of the
 * difference, divided by what it would be on average were requests independent,
 * is 1 on average if they are, and the more the larger the fewer of them tell
 * something new.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"

#include <stdint.h>

enum spread_of { SPREAD_P50, SPREAD_P95, SPREAD_P99, SPREAD_MEAN, SPREAD_FAILURES, SPREADS };

extern const char *const spread_names[SPREADS]; /* "p50", ... "mean", "failures" */

struct spread {
    uint32_t id;         /* of the series; UINT32_MAX: of all together */
    uint32_t ticks;      /* that had enough to go by */
    double sum[SPREADS]; /* over the ticks */
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

/* The effect; at least 1, and 1 where the run was too short to tell. */
double spread_effect(const struct spread *s, enum spread_of what);
/* Of a percentile: that of the one above that is nearest. */
double spread_effect_at(const struct spread *s, double percent);
