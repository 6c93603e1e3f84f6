/*
 * The run: starts the workers, merges what they publish, tells the reporters,
 * ends it all at its time, at a signal, or when there is nothing left to do.
 * Runs in the main thread.
 */
#pragma once

#include "base/err.h"
#include "report/baseline.h"
#include "report/report.h"
#include "run/plan.h"

/* A reporter that takes part; opened for the run, ended by it. */
struct run_reporter {
    const struct reporter_kind *kind;
    struct reporter *reporter;
};

struct run_spec {
    const struct plan *plan;
    const struct report_run *about;
    struct script *control; /* where test_start and test_stop run; NULL for a one-off */
    /* Fills in the reporters, when all else is ready: a run that cannot start
     * opens none. -1 and *err: it does not start. */
    int (*open_reporters)(struct run_spec *spec, struct err *err);
    const void *open_arg; /* for open_reporters */
    struct run_reporter *reporters;
    size_t reporters_len;
    struct threshold *const *thresholds;
    size_t thresholds_len;
    struct baseline *baseline; /* --baseline, whose rules are further thresholds; NULL: none */
    bool strict; /* a generator that was the limit is a result of its own (--strict) */
};

struct run_result {
    enum report_outcome outcome;
    int signal;            /* that interrupted it, or 0 */
    int exit_status;       /* report_exit_status */
    size_t reports_failed; /* reporters that could not write, and a done() that failed; logged */
    bool parked;           /* a worker will never end: leave by _exit */
};

/* -1 and *err when the run could not start. A first SIGINT, SIGTERM or SIGHUP
 * ends the run well, a second at once; SIGHUP not where it was ignored (nohup). */
int run_execute(struct run_spec *spec, struct run_result *result, struct err *err);
