/*
 * How much the seconds of a run differ: the design effects that comparisons
 * divide their counts by (stats/difference.h). At each tick a figure of the
 * requests since the tick before is set against that of all so far: the share
 * below a percentile, the mean, the share that failed. The square of the
 * difference, divided by what it would be on average were the tick's requests
 * drawn by chance from all of them, is 1 on average if requests are independent,
 * and the more the larger the fewer of them tell something new.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"
#include "stats/difference.h"

#include <stdint.h>

enum spread_figure { SPREAD_P50, SPREAD_P95, SPREAD_P99, SPREAD_MEAN, SPREAD_FAILURES, SPREADS };

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
/* Once for every tick of the run, which hands them to its reporters in the end. */
void spreads_tick(struct spreads *s, const struct report_tick *tick);
/* That of a series, all zero when there is none. */
struct spread spreads_get(const struct spreads *s, uint32_t id);
/* Adds what another run, or another series, has. */
void spread_add(struct spread *to, const struct spread *more);
void spreads_add(struct spreads *s, const struct spread *more);

/* How far from independent the requests are. A series of fewer ticks, that is of
 * a run that was shorter or of hardly any requests, tells nothing: no freedom. */
enum { SPREAD_TICKS_MIN = 5 };
struct dependence spread_of(const struct spread *s, enum spread_figure what);
/* Of a percentile: that of the one above that is nearest. */
struct dependence spread_of_percentile(const struct spread *s, double percent);
