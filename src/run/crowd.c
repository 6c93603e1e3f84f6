/* How many users are to run; see crowd.h. */
#include "run/crowd.h"

#include <math.h>

/* A user may come so much after its moment where the number follows a slope;
 * and looking more often than this would be all that a worker does. */
static const double LOOK_S = 0.01, LOOK_LEAST_S = 0.001;
/* Rounds what is a whole number but for the last bit of a double. */
static const double ROUNDING = 1e-9;

static uint32_t whole(double users)
{
    return users > 0 ? (uint32_t)floor(users + ROUNDING) : 0;
}

/* The n-th user, from 0, is due at n / rate: at t there are floor(t * rate) + 1. */
static uint32_t spawned(const struct plan *plan, double t_s)
{
    if (plan->spawn_rate <= 0)
        return plan->users;
    double n = floor(t_s * plan->spawn_rate + ROUNDING) + 1;
    return n < plan->users ? (uint32_t)n : plan->users;
}

int crowd_stage(const struct plan *plan, double t_s)
{
    for (size_t i = 0; i < plan->stages_len; i++) {
        if (t_s < plan->stages[i].end_s || i + 1 == plan->stages_len)
            return (int)i;
    }
    return -1;
}

static uint32_t in_stage(const struct plan *plan, double t_s)
{
    int i = crowd_stage(plan, t_s);
    const struct plan_stage *stage = &plan->stages[i];
    double from = i > 0 ? plan->stages[i - 1].users : 0;
    double begin_s = i > 0 ? plan->stages[i - 1].end_s : 0;
    if (t_s >= stage->end_s)
        return stage->users;
    double share = (t_s - begin_s) / (stage->end_s - begin_s);
    return whole(from + (stage->users - from) * share);
}

static uint32_t after_change(const struct plan *plan, const struct crowd_change *change, double t_s)
{
    double before = change->before, wanted = change->users;
    if (plan->spawn_rate <= 0)
        return change->users;
    double step = (t_s - change->at_s) * plan->spawn_rate;
    if (wanted > before)
        return whole(fmin(before + step, wanted));
    return whole(fmax(before - step, wanted));
}

uint32_t crowd_at(const struct plan *plan, const struct crowd_change *change, double t_s)
{
    if (change->made)
        return after_change(plan, change, t_s);
    return plan->stages_len > 0 ? in_stage(plan, t_s) : spawned(plan, t_s);
}

/* Until the n-th user's own moment. */
static double next_spawned(const struct plan *plan, double t_s)
{
    uint32_t n = spawned(plan, t_s);
    if (n >= plan->users)
        return -1;
    double wait = n / plan->spawn_rate - t_s;
    return wait > 0 ? wait : 0;
}

static double next_in_stage(const struct plan *plan, double t_s)
{
    int i = crowd_stage(plan, t_s);
    const struct plan_stage *stage = &plan->stages[i];
    uint32_t from = i > 0 ? plan->stages[i - 1].users : 0;
    double left = stage->end_s - t_s;
    if (left < 0)
        return -1;
    return stage->users == from ? left + LOOK_LEAST_S : fmax(LOOK_LEAST_S, fmin(left, LOOK_S));
}

double crowd_next(const struct plan *plan, const struct crowd_change *change, double t_s)
{
    if (change->made)
        return after_change(plan, change, t_s) == change->users ? -1 : LOOK_S;
    return plan->stages_len > 0 ? next_in_stage(plan, t_s) : next_spawned(plan, t_s);
}
