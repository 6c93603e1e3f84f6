/*
 * The load of a scenario: this worker's share of the users, spawned at their
 * times (the n-th of all users at n / spawn_rate), stopped well or at once.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "run/worker.h"
#include "script/user.h"

#include <stdlib.h>

struct users {
    struct worker *worker; /* borrowed, owns this */
    struct user **items;   /* owned: all that were spawned; freed at the end */
    uint32_t spawned, alive;
    uint32_t next; /* index in the plan's order to look at next */
    uint64_t start_ns;
    ev_timer spawn_timer;
    bool stopping;
};

static void finish_if_empty(struct users *us)
{
    if (us->alive > 0 || !us->stopping)
        return;
    script_emit(us->worker->script, "worker_stop");
    worker_finished(us->worker);
}

static void gone(struct user *u)
{
    struct users *us = u->owner;
    us->worker->users = --us->alive;
    finish_if_empty(us);
}

/* When the user with this index is due, after start_ns. */
static uint64_t due_ns(const struct users *us, uint32_t index)
{
    double rate = us->worker->plan->spawn_rate;
    return rate > 0 ? s_to_ns((double)index / rate) : 0;
}

static void spawn_due(struct users *us)
{
    struct worker *w = us->worker;
    const struct plan *plan = w->plan;
    uint64_t until = clock_ns() + START_SLICE_NS;
    for (; us->next < plan->users && !us->stopping; us->next++) {
        if (plan->order[us->next].worker != w->number - 1)
            continue;
        uint64_t now = clock_ns(), passed = now - us->start_ns, due = due_ns(us, us->next);
        if (due > passed || now >= until) {
            ev_timer_set(&us->spawn_timer, due > passed ? ns_to_s(due - passed) : 0., 0.);
            ev_timer_start(w->loop, &us->spawn_timer);
            return;
        }
        struct user *u = user_new(w->script, plan->order[us->next].class, us->next + 1, gone, us);
        us->items[us->spawned++] = u;
        w->users = ++us->alive;
        atomic_store_explicit(&w->spawned, us->spawned, memory_order_relaxed);
        user_start(u);
    }
}

static void on_spawn(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    spawn_due(timer->data);
}

static void *users_new(struct worker *w, struct err *err)
{
    const struct plan *plan = w->plan;
    w->script = script_new(plan->script, w->number, &w->net, w->catalog, w->stats, err);
    if (!w->script)
        return NULL;
    if (script_bind(w->script, plan->scenario, err) < 0) {
        script_free(w->script);
        w->script = NULL;
        return NULL;
    }
    struct users *us = xcalloc(1, sizeof(*us));
    us->worker = w;
    uint32_t mine = 0;
    for (uint32_t i = 0; i < plan->users; i++)
        mine += plan->order[i].worker == w->number - 1;
    us->items = xcalloc(mine + 1, sizeof(*us->items));
    ev_timer_init(&us->spawn_timer, on_spawn, 0., 0.);
    us->spawn_timer.data = us;
    return us;
}

static void users_start(void *load)
{
    struct users *us = load;
    us->start_ns = clock_ns();
    script_emit(us->worker->script, "worker_start");
    spawn_due(us);
}

static void users_stop(void *load)
{
    struct users *us = load;
    us->stopping = true;
    ev_timer_stop(us->worker->loop, &us->spawn_timer);
    if (us->alive == 0) {
        finish_if_empty(us);
        return;
    }
    for (uint32_t i = 0; i < us->spawned; i++)
        user_stop(us->items[i]);
}

static void users_kill(void *load)
{
    struct users *us = load;
    for (uint32_t i = 0; i < us->spawned; i++)
        user_kill(us->items[i]);
}

static void users_free(void *load)
{
    struct users *us = load;
    for (uint32_t i = 0; i < us->spawned; i++)
        user_free(us->items[i]);
    free(us->items);
    script_free(us->worker->script);
    us->worker->script = NULL;
    free(us);
}

const struct load_kind load_users = {
    .create = users_new,
    .start = users_start,
    .stop = users_stop,
    .kill = users_kill,
    .free = users_free,
};
