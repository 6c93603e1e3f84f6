/*
 * Whose figures they are. A load generator that is itself at its limit
 * measures itself; the report must say so.
 */
#pragma once

#include "base/buf.h"
#include "report/report.h"

#include <stdbool.h>

/* Beyond these the generator is the limit. */
#define VERDICT_CPU_MAX    0.90 /* the share of their time that workers compute */
#define VERDICT_LAG_MAX_MS 10.0 /* the 99th percentile of how late their timers are */

struct verdict {
    double cpu_share;         /* of the workers' wall time, 0..1; -1: not known */
    double loop_lag_p99_ms;   /* how late the event loops were; -1: not known */
    double script_share;      /* of the same, inside scripts, their garbage collection included */
    double script_longest_ms; /* the longest that one ran without waiting */
    uint64_t system_errors;   /* requests that this machine refused */
    uint32_t hung;            /* workers stuck in a script */
    bool limited;             /* the generator was the limit */
};

/* Limited: the workers computed more than 90 % of the time, 1 % of their timers
 * ran more than 10 ms late, one of them hung, or this machine refused a request
 * (no file or local port left). */
void verdict_reach(struct verdict *v, const struct generator_stats *g);

/* What stands in its place when no request was answered. */
const char *verdict_nothing_measured(uint64_t requests);

/* The same in a sentence or two. More workers are advised only while there are
 * CPUs for them; cpus 0 counts as enough. */
void verdict_describe(struct buf *out, const struct verdict *v, int workers, int cpus);

/* Reaches it for a run that has had so many requests, and says whichever of the
 * two is true of it. */
void verdict_of_run(struct verdict *v, struct buf *out, const struct report_run *run,
                    const struct stats *stats, uint64_t requests);
