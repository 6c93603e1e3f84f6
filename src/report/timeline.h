/*
 * The run over time in a bounded number of points, however long it takes.
 *
 * A point covers one or more ticks. Its percentiles come from the merged
 * histograms of all requests in it, never from averages of percentiles: when
 * a run of unknown length outgrows the points, the length of a point doubles,
 * and the longer points were prepared from the same histograms beside the
 * shorter ones.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"

#include <stdint.h>

enum {
    TIMELINE_POINTS_MAX = 600,
    /* Series with points of their own: those seen first. The sum over all
     * series, which has points too, includes the others. */
    TIMELINE_SERIES_MAX = 40,
};

/* Times in us; NaN where no request of the point has one. */
struct timeline_figures {
    uint64_t requests, failures;
    float p50, p95, p99, max;
};

struct timeline_series {
    uint32_t id;                          /* UINT32_MAX: the sum over all */
    VEC(struct timeline_figures) figures; /* as many as there are points */
};

struct timeline_point {
    double end_s;   /* since the load started; it begins where the one before ends */
    uint32_t users; /* the most that were running at one of its ticks */
};

struct timeline_points {
    VEC(struct timeline_point) items;
    VEC(struct timeline_series)
    series; /* the sum first, then in order of first sight; each
                                           has figures of all points */
};

/* From when a stage ran. */
struct timeline_stage {
    double from_s;
    char *name; /* owned by the timeline */
};

struct timeline_stages {
    VEC(struct timeline_stage) items;
};

struct timeline;

/* planned_s: how long the run is going to last, 0: not known. */
struct timeline *timeline_new(double planned_s);
void timeline_free(struct timeline *t);
void timeline_tick(struct timeline *t, const struct report_tick *tick);

/* Ends the point that is still open; no tick may follow. The points live as
 * long as the timeline. */
const struct timeline_points *timeline_end(struct timeline *t);
/* In order; none in a run without stages. */
const struct timeline_stages *timeline_stages(const struct timeline *t);
/* How many ticks, and so about how many seconds, a point covers. */
uint32_t timeline_ticks_per_point(const struct timeline *t);
