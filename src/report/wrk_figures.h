/*
 * A run as wrk counts it: for its layout on the console (wrk_output.c) and for
 * the done() of its scripts (script/wrk.c).
 */
#pragma once

#include "report/report.h"

struct wrk_figures {
    double duration_us;
    uint64_t requests; /* answered, whatever the status */
    uint64_t bytes;    /* received */
    /* Failures by what wrk calls them: no connection, one that ended before the
     * answer, an answer of status 400 and above, none in time. `write` stays 0: to
     * write to a connection that is gone fails the reading. */
    struct {
        uint64_t connect, read, write, status, timeout;
    } errors;
    const struct series *total; /* the sum over all series */
    const struct hist *latency; /* us; of answers and timeouts */
    const struct hist *rates;   /* answers a second of each worker, every 100 ms */
};

/* Borrows from end. */
void wrk_figures_init(struct wrk_figures *f, const struct report_end *end);
