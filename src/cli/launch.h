/* From a plan to an exit status: reporters opened, thresholds parsed, the run
 * executed. Shared by run and the one-off. */
#pragma once

#include "cli/options.h"
#include "report/report.h"
#include "run/plan.h"
#include "script/script.h"

/* Runs it and returns the exit status, errors printed. about is filled by the
 * caller; what args and plan say (users, duration, workers, seed, version, the
 * time) is filled in here. control and scenario are NULL for a one-off. */
int launch(const struct cli_args *args, const struct plan *plan, struct report_run *about,
           struct script *control, struct scenario *scenario);

/* Whether the live view is shown: --tui, or else on a terminal that is large
 * enough. */
bool launch_tui(const struct cli_args *args);

/* To how many a person may raise so many users while the run goes on. */
uint32_t launch_users_most(const struct cli_args *args, uint32_t users);

/* The --threads given, else as many as CPUs, but not more than users. */
int launch_workers(const struct cli_args *args, uint32_t users);
