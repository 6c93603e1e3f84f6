/*
 * Alarms: callbacks at a time of clock_ns(), to within microseconds. The event
 * loop's own timers are rounded up to epoll's whole milliseconds, which is
 * right for time-outs and wrong for pacing: it would be the largest part of a
 * fast server's response time.
 *
 * All alarms of a loop share one timerfd, which is set for the earliest.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alarms;

struct alarm {
    uint64_t at_ns;                /* clock_ns() */
    size_t place;                  /* in the heap, from 1; 0: not set */
    void (*ring)(struct alarm *a); /* set by the owner */
    void *owner;                   /* the owner's; borrowed */
};

struct alarms *alarms_new(struct ev_loop *loop);
/* None may be set. */
void alarms_free(struct alarms *all);

/* Sets a, or moves it when it is set already. a->ring is called once, from the
 * loop, never early, with a no longer set; it may set and cancel any. A time
 * already past rings from the loop as well. */
void alarm_set(struct alarms *all, struct alarm *a, uint64_t at_ns);
/* Harmless when not set. */
void alarm_cancel(struct alarms *all, struct alarm *a);

static inline bool alarm_is_set(const struct alarm *a)
{
    return a->place > 0;
}
