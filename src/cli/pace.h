/*
 * What --rate, --closed, --max-users and --warmup come to, together with what
 * the scenario says. Both need the plan's warm-up and duration, and set what the
 * report says of the rate; -1 with ERR_USAGE when it cannot be.
 */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "run/plan.h"
#include "run/schedule.h"

struct report_run;

/* A one-off's schedule of so many requests (0: no such end). *paced: there is
 * one. */
int pace_oneoff(const struct cli_args *args, const struct plan *plan, uint64_t requests,
                struct schedule *schedule, bool *paced, struct report_run *about, struct err *err);

/* A scenario's: the plan's arrivals, by class; or its shared rate, for which
 * *shared is the place. Sets plan->users to 0 when every class has arrivals.
 * Before plan_order. */
int pace_run(const struct cli_args *args, struct plan *plan, struct schedule *shared,
             struct report_run *about, struct err *err);
