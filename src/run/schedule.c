/* Due times, in closed form; see schedule.h. */
#include "run/schedule.h"

#include "base/clock.h"

#include <math.h>

/* Beyond this (292 years) nothing is due. */
#define LAST_S (9.2e18 / 1e9)

static uint64_t to_ns(double seconds)
{
    return seconds < LAST_S ? (uint64_t)llround(seconds * 1e9) : SCHEDULE_NEVER;
}

uint64_t schedule_due_ns(const struct schedule *s, double n)
{
    const double from = s->rate.from, to = s->rate.to;
    if (n <= 0 && (from > 0 || s->hold_s == 0))
        return 0;
    double held = from * s->hold_s;
    if (!rate_is_ramp(&s->rate) || n < held)
        return to_ns(n / from);

    double on_ramp = n - held;
    double area = (from + to) / 2 * s->ramp_s;
    if (on_ramp <= 0)
        return to_ns(s->hold_s);
    if (on_ramp < area) {
        double slope = (to - from) / s->ramp_s;
        double under = from * from + 2 * slope * on_ramp;
        double speed = under > 0 ? sqrt(under) : 0; /* the rate at that moment */
        return to_ns(s->hold_s + 2 * on_ramp / (from + speed));
    }
    if (to == 0)
        return SCHEDULE_NEVER;
    return to_ns(s->hold_s + s->ramp_s + (on_ramp - area) / to);
}

double schedule_area(const struct schedule *s, double seconds)
{
    const double from = s->rate.from, to = s->rate.to;
    if (!rate_is_ramp(&s->rate) || seconds <= s->hold_s)
        return from * seconds;
    double on_ramp = fmin(seconds - s->hold_s, s->ramp_s);
    double slope = (to - from) / s->ramp_s;
    double after = seconds - s->hold_s - on_ramp;
    return from * s->hold_s + from * on_ramp + slope * on_ramp * on_ramp / 2 + to * after;
}

/* Random streams: the users' and workers' lie below. */
static const uint64_t POISSON_STREAMS = UINT64_C(1) << 40;

/* Draws the way to the next arrival of a Poisson share. */
static void draw(struct share *share)
{
    share->place -= log1p(-rng_double(&share->rng)) * share->step;
}

/* When the share's arrival of that number is due, or where it lies for Poisson. */
static uint64_t due_of(const struct share *share, uint64_t number)
{
    const struct schedule *s = share->schedule;
    if (s->count > 0 && number >= s->count)
        return SCHEDULE_NEVER;
    uint64_t due_ns = schedule_due_ns(s, s->poisson ? share->place : (double)number);
    return s->end_s == 0 || due_ns < s_to_ns(s->end_s) ? due_ns : SCHEDULE_NEVER;
}

void share_init(struct share *share, const struct schedule *s, uint32_t first, uint32_t step,
                uint64_t seed)
{
    *share = (struct share){.schedule = s, .number = first, .step = step};
    if (s->poisson) {
        rng_init(&share->rng, seed, POISSON_STREAMS + first);
        draw(share);
    }
    share->due_ns = due_of(share, share->number);
}

void share_next(struct share *share)
{
    if (share->due_ns == SCHEDULE_NEVER)
        return;
    share->number += share->step;
    if (share->schedule->poisson)
        draw(share);
    share->due_ns = due_of(share, share->number);
}

uint64_t share_skip(struct share *share, uint64_t until_ns)
{
    uint64_t passed = 0;
    if (share->schedule->poisson) {
        for (; share->due_ns < until_ns; passed++)
            share_next(share);
        return passed;
    }
    /* The first that is not passed over lies in (low, high]. */
    if (share->due_ns >= until_ns)
        return 0;
    uint64_t low = 0, high = 1;
    while (due_of(share, share->number + high * share->step) < until_ns) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (due_of(share, share->number + middle * share->step) < until_ns)
            low = middle;
        else
            high = middle;
    }
    share->number += high * share->step;
    share->due_ns = due_of(share, share->number);
    return high;
}
