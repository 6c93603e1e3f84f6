/*
 * What --rate, --closed, --max-users and --warmup come to, together with what
 * the scenario says.
 */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "run/plan.h"
#include "run/schedule.h"

struct report_run;

/* A one-off's schedule, of which `plan` has the warm-up, the duration and a
 * count of `requests` (0: none). Sets *paced to whether there is one, and what
 * the report says of it. ERR_USAGE when it cannot be. */
int pace_oneoff(const struct cli_args *args, const struct plan *plan, uint64_t requests,
                struct schedule *schedule, bool *paced, struct report_run *about, struct err *err);
