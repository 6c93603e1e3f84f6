/* The thresholds of a run: the scenario's, --threshold and --fail-if, parsed
 * and tied to the classes, tags and stages that they name. */
#pragma once

#include "base/vec.h"
#include "cli/options.h"
#include "run/plan.h"
#include "stats/threshold.h"

struct thresholds {
    VEC(struct threshold *) items; /* owned */
};

/* scenario: NULL for a one-off, else made to count what thresholds ask for,
 * before any worker is made. -1: *err says which expression, and where it is
 * wrong. Release in either case. */
int thresholds_read(struct thresholds *to, const struct cli_args *args, const struct plan *plan,
                    struct scenario *scenario, struct err *err);
void thresholds_release(struct thresholds *t);
