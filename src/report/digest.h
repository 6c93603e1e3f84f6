/*
 * The run's statistics summed up and sorted, so that every reporter shows
 * the same figures in the same order.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"
#include "stats/summary.h"

struct digest_row {
    const struct series *series; /* borrowed from the statistics */
    struct series_summary summary;
};

struct digest {
    double duration_s;
    VEC(struct digest_row) rows; /* by type, then name */
    struct series total;         /* the sum over all series; borrowed but for its statuses */
    struct series_summary total_summary;
    /* Requests of the series that have status codes at all, and how many of
     * them have none: no answer came. */
    uint64_t status_requests, without_status;
    /* Copies, most frequent first; their strings are borrowed. */
    VEC(struct failure) failures;
    VEC(struct script_error) script_errors;
    uint64_t start_ns; /* of the load */
    int decimals;      /* that milliseconds are shown with, in all tables */
};

void digest_init(struct digest *d, const struct report_run *run, const struct report_end *end);
void digest_release(struct digest *d);

/* Seconds into the run of a clock_ns() time. */
double digest_elapsed(const struct digest *d, uint64_t ns);

/* By code. */
void digest_sort_statuses(struct status_count *statuses, size_t len);
