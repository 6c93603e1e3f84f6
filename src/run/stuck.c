/*
 * Workers that hang: inside one call of Lua that does not come back. While the
 * run lasts, the person is told; when it should end, such a worker is
 * interrupted, then parked where it stands, and what it had measured is kept.
 *
 * A worker is stuck when it is inside the same call as when it was looked at
 * last; one that is only busy is not.
 */
#include "run/runner_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "script/user.h"

#include <stdlib.h>

/* Ticks inside one call of Lua before the person is told. */
enum { STUCK_TICKS = 3 };

/* Odd while it is inside Lua; 0 where it has none. */
static uint_fast64_t entries_of(const struct worker *w)
{
    return w->script ? atomic_load_explicit(&w->script->entries, memory_order_relaxed) : 0;
}

/* Inside what the worker's script is: "task 'a' of user class 'B'", or the hook
 * of a wrk script, which has no classes. */
static char *where_inside(const struct worker *w)
{
    const char *class = w->script ? atomic_load(&w->script->running_class) : NULL;
    const char *task = w->script ? atomic_load(&w->script->running_task) : NULL;
    if (!class && task)
        return xasprintf("%s() of the script", task);
    return xasprintf("task '%s' of user class '%s'", task ? task : "?", class ? class : "?");
}

void stuck_watch(struct run *r)
{
    for (int i = 0; i < r->workers_len; i++) {
        struct worker *w = r->workers[i];
        if (!w->script)
            continue;
        struct watched *seen = &r->watched[i];
        uint_fast64_t entries = entries_of(w);
        bool stuck = entries % 2 == 1 && entries == seen->entries;
        seen->entries = entries;
        seen->ticks = stuck ? seen->ticks + 1 : 0;
        if (seen->ticks != STUCK_TICKS)
            continue;
        char *where = where_inside(w);
        log_warn("worker %d has been inside %s for %d s without %s, so its other %s stand still; "
                 "Ctrl-C ends the run",
                 w->number, where, STUCK_TICKS, r->spec->plan->oneoff ? "returning" : "waiting",
                 r->spec->plan->oneoff ? "connections" : "users");
        free(where);
    }
}

bool stuck_is(const struct run *r, int i)
{
    return r->watched[i].ticks >= STUCK_TICKS;
}

void stuck_expect_end(struct run *r)
{
    for (int i = 0; i < r->workers_len; i++)
        r->watched[i].pressed = entries_of(r->workers[i]);
}

static void note_stuck(struct run *r, struct worker *w)
{
    /* Before it stops, users only come; it may have hung before it told. */
    unsigned users = atomic_load(&w->spawned);
    char *where = where_inside(w);
    const char *whose = r->spec->plan->oneoff ? "connection" : "user";
    run_note(r, xasprintf("worker %d hung in %s, which never %s; its %u %s%s measured nothing from "
                          "then on",
                          w->number, where, r->spec->plan->oneoff ? "returned" : "waited", users,
                          whose, users == 1 ? "" : "s"));
    free(where);
}

/* About a worker that should have ended: is it inside the same call of Lua as
 * when it was looked at last, it is stuck. */
void stuck_press(struct run *r, int i)
{
    struct worker *w = r->workers[i];
    struct watched *seen = &r->watched[i];
    uint_fast64_t entries = entries_of(w);
    bool stuck = entries % 2 == 1 && entries == seen->pressed;
    seen->pressed = entries;
    if (!stuck) {
        seen->interrupted = false;
        return;
    }
    if (!seen->noted) {
        note_stuck(r, w);
        r->total->generator.hung++;
    }
    seen->noted = true;
    if (seen->interrupted)
        worker_park(w);
    else
        worker_interrupt(w);
    seen->interrupted = true;
}

/* A stuck task's last request is not committed yet, and no Lua may run in its
 * state any more, as committing could. */
static void record_current(struct worker *w)
{
    struct user *u = w->script ? w->script->current : NULL;
    if (u && u->has_sample && u->record && u->measuring == 0 && u->sample.error != ERR_CANCELLED)
        user_record(u, w->stats);
}

void stuck_salvage(struct run *r, struct worker *w)
{
    record_current(w);
    w->stats->worker = w->number;
    w->stats->warmup = w->warming_up;
    w->stats->stage = w->stage;
    w->stats->users = 0;
    w->stats->begin_ns = w->published_ns;
    w->stats->end_ns = r->stop_ns;
    w->stats->generator.wall_ns = clock_ns() - w->published_ns;
    w->stats->generator.cpu_ns = clock_cpu_ns_of(w->thread) - w->published_cpu_ns;
    totals_absorb(r, w->stats);
}
