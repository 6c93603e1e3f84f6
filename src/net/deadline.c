/*
 * The wheel: SLOTS lists of deadlines, slot = tick modulo SLOTS, where a
 * deadline's tick is the first whole tick at or after its time. A bitmap says
 * which slots hold anything, so that one timer can sleep until the next of
 * them instead of waking at every tick. A deadline further away than one turn
 * is simply passed over until its turn comes.
 *
 * Invariants: next_tick is the first tick not yet looked at; while any
 * deadline is armed the timer runs and is due no later than the first of them.
 */
#include "net/deadline.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/watch.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS = 1024, WORDS = SLOTS / 64 };

static const uint64_t TICK_NS = DEADLINE_TICK_MS * NS_PER_MS;
static const uint64_t NEVER = UINT64_MAX;

struct deadlines {
    struct ev_loop *loop; /* borrowed, outlived by the worker's loop */
    ev_timer timer;
    uint64_t timer_tick; /* what the timer is set for; NEVER while stopped */
    uint64_t next_tick;
    uint64_t used[WORDS];         /* bit set: the slot's list is not empty */
    struct deadline slots[SLOTS]; /* the heads of rings through prev and next */
};

static void ring_init(struct deadline *head)
{
    head->prev = head->next = head;
}

static void ring_add(struct deadline *head, struct deadline *d)
{
    d->prev = head->prev;
    d->next = head;
    head->prev->next = d;
    head->prev = d;
}

static void ring_remove(struct deadline *d)
{
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->prev = d->next = NULL;
}

static uint64_t tick_of(uint64_t at_ns)
{
    return (at_ns + TICK_NS - 1) / TICK_NS;
}

static void mark(struct deadlines *w, size_t slot)
{
    w->used[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void unmark_if_empty(struct deadlines *w, size_t slot)
{
    struct deadline *head = &w->slots[slot];
    if (head->next == head)
        w->used[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

/* The first tick, not before next_tick, whose slot holds something. */
static uint64_t next_used_tick(const struct deadlines *w)
{
    size_t first = w->next_tick % SLOTS;
    uint64_t word = w->used[first / 64] & (UINT64_MAX << (first % 64));
    /* The first word is looked at twice: its low bits come last in the turn. */
    for (size_t i = 0; i <= WORDS; i++) {
        size_t at = (first / 64 + i) % WORDS;
        if (i > 0)
            word = w->used[at];
        if (word != 0) {
            size_t slot = at * 64 + (size_t)__builtin_ctzll(word);
            return w->next_tick + (slot + SLOTS - first) % SLOTS;
        }
    }
    return NEVER;
}

static void set_timer(struct deadlines *w, uint64_t tick, uint64_t now_ns)
{
    if (tick == w->timer_tick)
        return;
    if (w->timer_tick != NEVER)
        ev_timer_stop(w->loop, &w->timer);
    w->timer_tick = tick;
    if (tick == NEVER)
        return;
    uint64_t at_ns = tick * TICK_NS;
    watch_timer_set(&w->timer, at_ns > now_ns ? ns_to_s(at_ns - now_ns) : 0);
    ev_timer_start(w->loop, &w->timer);
}

/* Moves what is due in one slot to the ring due. */
static void collect(struct deadlines *w, size_t slot, uint64_t now_ns, struct deadline *due)
{
    struct deadline *head = &w->slots[slot], *next;
    for (struct deadline *d = head->next; d != head; d = next) {
        next = d->next;
        if (d->at_ns <= now_ns) {
            ring_remove(d);
            ring_add(due, d);
        }
    }
    unmark_if_empty(w, slot);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct deadlines *w = timer->data;
    w->timer_tick = NEVER;

    uint64_t now_ns = clock_ns();
    uint64_t end = now_ns / TICK_NS + 1;
    struct deadline due;
    ring_init(&due);
    if (end > w->next_tick + SLOTS)
        w->next_tick = end - SLOTS; /* one whole turn sees every slot */
    for (uint64_t tick; (tick = next_used_tick(w)) < end; w->next_tick = tick + 1)
        collect(w, tick % SLOTS, now_ns, &due);
    if (w->next_tick < end)
        w->next_tick = end;
    set_timer(w, next_used_tick(w), now_ns);

    /* Any of these may arm and cancel others, the rest of this ring included. */
    while (due.next != &due) {
        struct deadline *d = due.next;
        ring_remove(d);
        d->expired(d);
    }
}

struct deadlines *deadlines_new(struct ev_loop *loop)
{
    struct deadlines *w = xcalloc(1, sizeof(*w));
    w->loop = loop;
    w->timer_tick = NEVER;
    w->next_tick = clock_ns() / TICK_NS;
    for (size_t i = 0; i < SLOTS; i++)
        ring_init(&w->slots[i]);
    watch_timer_init(&w->timer, on_timer, w);
    return w;
}

void deadlines_free(struct deadlines *w)
{
    if (w == NULL)
        return;
    assert(next_used_tick(w) == NEVER);
    ev_timer_stop(w->loop, &w->timer);
    free(w);
}

void deadline_arm(struct deadlines *w, struct deadline *d, uint64_t at_ns)
{
    assert(!deadline_armed(d));
    d->at_ns = at_ns;
    uint64_t tick = tick_of(at_ns);
    if (tick < w->next_tick)
        tick = w->next_tick; /* past already: the next tick there is */
    ring_add(&w->slots[tick % SLOTS], d);
    mark(w, tick % SLOTS);
    if (tick < w->timer_tick)
        set_timer(w, tick, clock_ns());
}

void deadline_cancel(struct deadlines *w, struct deadline *d)
{
    if (!deadline_armed(d))
        return;
    ring_remove(d);
    /* One armed in the past sits elsewhere: its mark goes with the next turn. */
    unmark_if_empty(w, tick_of(d->at_ns) % SLOTS);
}
