/*
 * A worker: a thread with its own event loop, network, statistics and load.
 * What it shares with the main thread: the plan (read-only), the catalog, a
 * few atomics, and the queue on which it publishes what it measured.
 */
#pragma once

#include "base/clock.h"
#include "base/queue.h"
#include "base/vec.h"
#include "net/alarm.h"
#include "net/net.h"
#include "run/pacer.h"
#include "run/plan.h"
#include "stats/stats.h"

#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>

struct worker;

/* So long a worker may begin users or connections before it looks after those
 * that it has. */
#define START_SLICE_NS (10 * NS_PER_MS)

/* The two kinds of load: a scenario's users, a one-off's connections. */
struct load_kind {
    void *(*create)(struct worker *w, struct err *err);
    /* From the worker's thread: begin; begin nothing new; end everything now.
     * The load calls worker_finished when nothing of it is left. */
    void (*start)(void *load);
    /* So many users over all workers are to run from now on; NULL: their number
     * is fixed. And: begin nothing new until told to go on. */
    void (*resize)(void *load, uint32_t users);
    void (*pause)(void *load, bool paused);
    void (*stop)(void *load);
    void (*kill)(void *load);
    void (*free)(void *load);
};

extern const struct load_kind load_users;  /* users.c */
extern const struct load_kind load_oneoff; /* oneoff.c */

#define WORKER_USERS_PLANNED UINT32_MAX

enum worker_command { WORKER_RUN, WORKER_STOP, WORKER_KILL };

/* Whom a worker tells. */
struct worker_boss {
    struct queue *published; /* of struct stats */
    void (*wake)(void *arg); /* from the worker's thread: something is new */
    void *arg;
    uint64_t start_ns; /* of the run; the same for all workers' schedules */
};

struct worker {
    int number;                     /* from 1 */
    const struct plan *plan;        /* borrowed, outlives all workers */
    struct catalog *catalog;        /* borrowed, outlives all workers */
    const struct worker_boss *boss; /* borrowed, outlives all workers */
    const struct load_kind *kind;
    void *load;           /* owned */
    struct ev_loop *loop; /* owned */
    struct net net;
    struct script *script; /* the load's, where it runs one; borrowed from it; or NULL */
    struct stats *stats;   /* owned: the current interval */
    uint32_t users;        /* running now */
    struct queue spares;   /* empty struct stats coming back from the main thread */

    ev_async woken;
    ev_timer publish_timer, lag_timer;
    uint64_t lag_due_ns; /* when lag_timer should run next */
    uint64_t published_ns, published_cpu_ns, published_ticks;
    uint64_t published_connects, published_reconnects;
    struct alarm warmup_over, stage_over;
    int stage;                  /* what is measured now is this one's; 0 without stages */
    bool warming_up;            /* what is measured now is the warm-up's */
    VEC(struct pacer *) pacers; /* borrowed, the load's */
    enum worker_command obeyed;
    bool obeyed_paused;
    uint32_t obeyed_users;

    pthread_t thread;
    _Atomic enum worker_command command;
    atomic_bool paused;
    _Atomic uint32_t asked_users; /* by a person; WORKER_USERS_PLANNED: none */
    atomic_uint spawned;          /* users begun so far */
    atomic_bool finished;         /* its last statistics are published */
    atomic_bool parked;           /* it was stopped inside Lua and will not come back */
};

/* Its last statistics are published, or it is parked and will publish none. */
static inline bool worker_is_done(const struct worker *w)
{
    return atomic_load(&w->finished) || atomic_load(&w->parked);
}

/* Makes a worker, its scenario loaded, its thread not yet running; NULL and
 * *err. */
struct worker *worker_new(int number, const struct plan *plan, struct catalog *catalog,
                          const struct worker_boss *boss, struct err *err);
/* Starts the thread. */
void worker_start(struct worker *w);
/* From the main thread. */
void worker_command(struct worker *w, enum worker_command command);
/* From the main thread: see struct load_kind. */
void worker_resize(struct worker *w, uint32_t users);
void worker_pause(struct worker *w, bool paused);
/* From the main thread: an empty struct stats goes back for reuse. */
void worker_recycle(struct worker *w, struct stats *stats);
/* The thread has ended, or was never started; or it is parked, then its memory
 * is left alone: the process is about to end. */
void worker_free(struct worker *w);

/* From the main thread, about a worker that does not obey: interrupts its Lua
 * code, which raises if it is interpreted; and, if that does not help, parks
 * the thread where it stands, so that its statistics can be read. */
void worker_interrupt(struct worker *w);
void worker_park(struct worker *w);

/* For the load, from the worker's thread: this pacer's arrivals are counted in
 * what is published; and that nothing of the load is left. */
void worker_add_pacer(struct worker *w, struct pacer *p);
void worker_finished(struct worker *w);
