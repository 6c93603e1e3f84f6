/*
 * Deadlines of pending operations: a hashed timing wheel (Varghese and Lauck,
 * 1987), because nearly all of them are cancelled in time: adding and removing
 * are O(1) and rarely touch an event-loop timer. They fire up to DEADLINE_TICK_MS
 * and the loop's own delay late, never early. (Waits of users need precision
 * and are ev_timers.)
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEADLINE_TICK_MS 4

struct deadline {
    struct deadline *prev, *next; /* NULL while not armed */
    uint64_t at_ns;               /* clock_ns() */
    void (*expired)(struct deadline *d);
};

struct deadlines;

struct deadlines *deadlines_new(struct ev_loop *loop);
/* None may be armed. */
void deadlines_free(struct deadlines *w);

/* Arms d; it must not be armed. d->expired is called once from the loop, with
 * d no longer armed, unless deadline_cancel comes first. A time already past
 * fires from the loop as well. */
void deadline_arm(struct deadlines *w, struct deadline *d, uint64_t at_ns);
/* Harmless when not armed. */
void deadline_cancel(struct deadlines *w, struct deadline *d);

static inline bool deadline_armed(const struct deadline *d)
{
    return d->next != NULL;
}
