/*
 * How many users are to run at every moment: spawned at a rate, or led through
 * stages, until a person asks for another number. Pure arithmetic, the same in
 * every worker, so that they agree without talking.
 */
#pragma once

#include "run/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* What a person asked for while the run went on. */
struct crowd_change {
    bool made;
    double at_s;     /* since the start */
    uint32_t before; /* how many were to run then */
    uint32_t users;  /* how many are to run, reached at spawn_rate, or at once */
};

/* The number of users that are to run t_s seconds after the start: the n-th of
 * them (from 0) from n / spawn_rate on; in a stage, what lies between its ends. */
uint32_t crowd_at(const struct plan *plan, const struct crowd_change *change, double t_s);

/* Seconds from t_s on after which that number is to be looked at again, so that
 * each user comes close to its moment; negative: it does not change any more. */
double crowd_next(const struct plan *plan, const struct crowd_change *change, double t_s);

/* The stage of the moment, an index into plan->stages; -1 without stages. */
int crowd_stage(const struct plan *plan, double t_s);
