/*
 * A pacer starts the arrivals of one share of a schedule, each at its due time
 * or, when nobody is free for it then, as soon as somebody is: arrivals wait in
 * order and none is lost. What waits is a number, not a queue: the schedule
 * knows when each was due.
 *
 * It counts into stats.arrivals: due, started, late (it had to wait for
 * somebody), dropped (it never started), and by how much each start was off.
 *
 * One pacer stands for whoever shares its schedule: a one-off's connections or a
 * class's users in the open model; a single connection or user in the closed
 * one.
 */
#pragma once

#include "net/alarm.h"
#include "run/schedule.h"
#include "stats/stats.h"

#include <stdbool.h>
#include <stdint.h>

enum pacer_answer {
    PACER_BEGUN,  /* it has begun */
    PACER_TAKEN,  /* somebody has taken it, and says by pacer_taken_begun when it has */
    PACER_NOBODY, /* nobody is free; pacer_go_on will be called when somebody is */
};

struct pacer {
    /* Set by the owner: begins an arrival that was due at due_ns (clock_ns()). */
    enum pacer_answer (*begin)(struct pacer *p, uint64_t due_ns);
    void *owner; /* the owner's; borrowed */

    struct alarms *alarms;      /* borrowed, outlive the pacer */
    struct stats *const *stats; /* borrowed: where the current interval is */
    uint32_t class;             /* whose arrivals: STATS_NO_CLASS in a one-off */
    struct alarm alarm;
    uint64_t start_ns;      /* of the schedule, on clock_ns() */
    struct share next;      /* the first arrival that was not started */
    struct share uncounted; /* the first that was not counted as due */
    uint64_t due, started;  /* so far */
    uint32_t begun_more;    /* set by `begin`: so many of those that follow began with it */
    bool waiting;           /* nobody is free for an arrival that is due */
    bool beginning, paused, stopped;
    uint64_t paused_ns; /* since when */
};

void pacer_init(struct pacer *p, struct alarms *alarms, struct stats *const *stats, uint32_t class,
                const struct share *share);

/* Begins; the schedule counts from start_ns. What was due before `from_ns` is
 * nobody's: it is passed over. */
void pacer_start(struct pacer *p, uint64_t start_ns, uint64_t from_ns);

/* Somebody is free now: starts what has waited, while `begin` takes it. From
 * inside `begin` it does nothing, as that goes on by itself. */
void pacer_go_on(struct pacer *p);
/* The same from the loop, a moment later. */
void pacer_go_on_soon(struct pacer *p);

/* What was taken has begun, lag_ns after it was due. */
void pacer_taken_begun(struct pacer *p, uint64_t lag_ns);

/* While paused the schedule stands still. */
void pacer_pause(struct pacer *p, bool paused);

/* Ends it: starts what is due by now and can be, and counts the rest of what is
 * due as dropped. */
void pacer_stop(struct pacer *p);

/* Brings the count of what is due up to now; before statistics are published. */
void pacer_count(struct pacer *p);

/* How many arrivals may still begin, this one included; UINT64_MAX: no count
 * ends the schedule. */
uint64_t pacer_left(const struct pacer *p);

/* Whether every arrival of the share has been started. */
static inline bool pacer_is_done(const struct pacer *p)
{
    return p->next.due_ns == SCHEDULE_NEVER;
}
