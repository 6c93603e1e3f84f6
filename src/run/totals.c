/*
 * What the run has measured so far. Every publication of a worker is absorbed
 * into the total, or the warm-up's, and into the interval; a tick tells the
 * reporters and begins the next interval. No interval is of two parts of the
 * run: of two stages, or half warm-up. So what a worker tells of the next part
 * waits until all have left the one before.
 */
#include "run/runner_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "run/gates.h"
#include "run/resources.h"

#include <limits.h>
#include <string.h>

/* Later parts have larger numbers. */
static int part_of(bool warmup, int stage)
{
    return 2 * stage + !warmup;
}

void totals_absorb(struct run *r, struct stats *s)
{
    /* It may go back: nobody waits for a worker that is stuck, and it may come to
     * life again. */
    if (s->warmup != r->warming_up || s->stage != r->stage) {
        totals_tick(r);
        r->warming_up = s->warmup;
        r->stage = s->stage;
    }
    r->users[s->worker - 1] = s->users;
    stats_merge(s->warmup ? r->warmup : r->total, s);
    stats_merge(r->interval, s);
}

/* Whether a worker may still tell of what came before this part. */
static bool is_awaited(const struct run *r, int part)
{
    for (int i = 0; i < r->workers_len; i++) {
        if (r->parts[i] < part && !stuck_is(r, i))
            return true;
    }
    return false;
}

/* Takes out the first of the earliest part; NULL: there is none, or those that
 * are behind must be heard first. */
static struct stats *next_of(struct run *r)
{
    size_t next = 0;
    int part = INT_MAX;
    for (size_t i = 0; i < r->ahead.len; i++) {
        const struct stats *s = r->ahead.items[i];
        if (part_of(s->warmup, s->stage) < part) {
            part = part_of(s->warmup, s->stage);
            next = i;
        }
    }
    if (r->ahead.len == 0 || (part > part_of(r->warming_up, r->stage) && is_awaited(r, part)))
        return NULL;
    struct stats *s = r->ahead.items[next];
    r->ahead.len--;
    memmove(&r->ahead.items[next], &r->ahead.items[next + 1],
            (r->ahead.len - next) * sizeof(*r->ahead.items));
    return s;
}

void totals_collect(struct run *r)
{
    struct queue_node *node;
    /* Asked before the queue is emptied, which has all that one who is done told. */
    for (int i = 0; i < r->workers_len; i++) {
        if (worker_is_done(r->workers[i]))
            r->parts[i] = INT_MAX;
    }
    while ((node = queue_pop(&r->published))) {
        struct stats *s = (struct stats *)node;
        if (r->parts[s->worker - 1] != INT_MAX)
            r->parts[s->worker - 1] = part_of(s->warmup, s->stage);
        vec_push(&r->ahead, s);
    }
    struct stats *s;
    while ((s = next_of(r))) {
        totals_absorb(r, s);
        worker_recycle(r->workers[s->worker - 1], s);
    }
}

static uint32_t users_now(const struct run *r)
{
    uint32_t n = 0;
    for (int i = 0; i < r->workers_len; i++)
        n += r->users[i];
    return n;
}

/* Of the time that the interval's figures are about: up to when the workers
 * published, not up to now. */
static double interval_length(const struct run *r, uint64_t now)
{
    const struct stats *s = r->interval;
    return s->end_ns > s->begin_ns ? ns_to_s(s->end_ns - s->begin_ns)
                                   : ns_to_s(now - r->interval_ns);
}

static uint64_t waiting(const struct run *r)
{
    const struct arrival_stats *a = &r->total->arrivals;
    uint64_t due = a->due, settled = a->started + a->dropped;
    if (r->warmup) {
        due += r->warmup->arrivals.due;
        settled += r->warmup->arrivals.started + r->warmup->arrivals.dropped;
    }
    return due > settled ? due - settled : 0;
}

/* An interval is part of the total or of the warm-up as a whole: so its sum
 * over all series is the only one to be made anew. */
static void sum_up(struct run *r)
{
    series_clear(&r->interval_sum);
    stats_total(r->interval, &r->interval_sum);
    series_merge(r->warming_up ? &r->warmup_sum : &r->total_sum, &r->interval_sum);
}

void totals_tick(struct run *r)
{
    const struct plan *plan = r->spec->plan;
    uint64_t now = clock_ns();
    resources_look(&r->total->generator);
    sum_up(r);
    struct report_tick t = {
        .elapsed_s = ns_to_s(now - r->start_ns),
        .users = users_now(r),
        .waiting = waiting(r),
        .total = r->total,
        .interval = r->interval,
        .total_sum = &r->total_sum,
        .interval_sum = &r->interval_sum,
        .interval_s = interval_length(r, now),
        .stage_number = r->stage,
        .stage = plan->stages_len > 0 ? plan->stages[r->stage].name : NULL,
        .warmup = r->warming_up,
        .stopping = r->state != RUNNING,
    };
    spreads_tick(&r->spreads, &t);
    for (size_t i = 0; i < r->spec->reporters_len; i++) {
        struct run_reporter *to = &r->spec->reporters[i];
        if (to->kind->tick)
            to->kind->tick(to->reporter, &t);
    }
    const char *broken = gates_tick(r->gates, &t);
    if (broken && r->state == RUNNING) {
        r->reason = xstrdup(broken);
        run_stop(r, REPORT_THRESHOLD);
    }
    stats_clear(r->interval);
    r->interval_ns = now;
}
