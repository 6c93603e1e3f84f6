/*
 * The run's main loop. Its states:
 *
 *   RUNNING --(time, signal, script error, all done)--> STOPPING
 *   STOPPING --(grace over, second signal)--> KILLING
 *
 * Every state ends when all workers have finished. While KILLING, a worker that
 * is stuck in a script's endless loop is interrupted, then parked; one that is
 * only busy (closing ten thousand connections takes a while) is waited for.
 */
#include "run/runner.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "net/watch.h"
#include "run/crowd.h"
#include "run/oneoff.h"
#include "run/gates.h"
#include "run/resources.h"
#include "run/worker.h"
#include "script/user.h"
#include "script/wrk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_S 1.0
/* Ticks come so much after the second: by then the workers have published it. */
#define TICK_AFTER_S 0.05
/* How long a worker may take to obey before the next, harder means. */
#define ESCALATE_S 0.3
/* Ticks inside one call of Lua before the person is told. */
enum { STUCK_TICKS = 3 };

enum state { RUNNING, STOPPING, KILLING };

struct watched {
    uint_fast64_t entries; /* at the last tick */
    int ticks;             /* for so many it has not changed */
    uint_fast64_t pressed; /* entries when it was last pressed to end */
    bool interrupted, noted;
};

struct run {
    const struct run_spec *spec;
    struct run_result *result;
    struct ev_loop *loop;
    ev_async woken;
    ev_signal on_int, on_term;
    ev_io input; /* of the reporter that takes keys, if any */
    const struct run_reporter *keys;
    uint32_t asked_users; /* by a person, or as the plan has it */
    uint64_t paused_ns;   /* since when the run is paused; 0: it is not */
    double paused_s;      /* for so long in all, before that */
    ev_timer tick_timer, duration_timer, escalate_timer;
    enum state state;

    struct worker **workers;
    struct watched *watched;
    int workers_len;
    struct worker_boss boss;
    struct queue published;

    struct stats *total, *interval;
    struct stats *warmup; /* what was measured before it was over; NULL: there is none */
    bool warming_up;      /* the interval belongs to it */
    int stage;            /* and to this one of the plan's, if it has any */
    uint32_t *users;      /* running now, by worker */
    uint64_t start_ns, stop_ns, interval_ns;
    bool spawned_all;
    struct gates *gates;
    VEC(char *) notes; /* owned */
    char *reason;      /* of an abort; owned */
};

static void note(struct run *r, char *text)
{
    vec_push(&r->notes, text);
}

/* --- merging ----------------------------------------------------------------- */

static void tick(struct run *r);
static void stop(struct run *r, enum report_outcome outcome);

static void absorb(struct run *r, struct stats *s)
{
    if ((r->warming_up && !s->warmup) || s->stage > r->stage) { /* no interval is half of each */
        tick(r);
        r->warming_up = r->warming_up && s->warmup;
        r->stage = s->stage;
    }
    r->users[s->worker - 1] = s->users;
    stats_merge(s->warmup ? r->warmup : r->total, s);
    stats_merge(r->interval, s);
}

static void collect(struct run *r)
{
    struct queue_node *node;
    while ((node = queue_pop(&r->published))) {
        struct stats *s = (struct stats *)node;
        absorb(r, s);
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

static void tick(struct run *r)
{
    const struct plan *plan = r->spec->plan;
    uint64_t now = clock_ns();
    resources_look(&r->total->generator);
    struct report_tick t = {
        .elapsed_s = ns_to_s(now - r->start_ns),
        .users = users_now(r),
        .waiting = waiting(r),
        .total = r->total,
        .interval = r->interval,
        .interval_s = interval_length(r, now),
        .stage = plan->stages_len > 0 ? plan->stages[r->stage].name : NULL,
        .warmup = r->warming_up,
        .stopping = r->state != RUNNING,
    };
    for (size_t i = 0; i < r->spec->reporters_len; i++) {
        struct run_reporter *to = &r->spec->reporters[i];
        if (to->kind->tick)
            to->kind->tick(to->reporter, &t);
    }
    const char *broken = gates_tick(r->gates, &t);
    if (broken && r->state == RUNNING) {
        r->reason = xstrdup(broken);
        stop(r, REPORT_THRESHOLD);
    }
    stats_clear(r->interval);
    r->interval_ns = now;
}

/* --- ending -------------------------------------------------------------------- */

static bool worker_is_done(struct worker *w)
{
    return atomic_load(&w->finished) || atomic_load(&w->parked);
}

static void command_all(struct run *r, enum worker_command command)
{
    for (int i = 0; i < r->workers_len; i++)
        worker_command(r->workers[i], command);
}

static void escalate_in(struct run *r, double seconds)
{
    ev_timer_stop(r->loop, &r->escalate_timer);
    ev_timer_set(&r->escalate_timer, seconds, 0.);
    ev_timer_start(r->loop, &r->escalate_timer);
}

static void stop(struct run *r, enum report_outcome outcome)
{
    if (r->state != RUNNING)
        return;
    r->state = STOPPING;
    r->stop_ns = clock_ns();
    r->result->outcome = outcome;
    command_all(r, WORKER_STOP);
    escalate_in(r, r->spec->plan->stop_timeout_s);
}

/* Odd while it is inside Lua; 0 where it has none. */
static uint_fast64_t entries_of(const struct worker *w)
{
    return w->script ? atomic_load_explicit(&w->script->entries, memory_order_relaxed) : 0;
}

static void kill_all(struct run *r)
{
    r->state = KILLING;
    for (int i = 0; i < r->workers_len; i++)
        r->watched[i].pressed = entries_of(r->workers[i]);
    command_all(r, WORKER_KILL);
    escalate_in(r, ESCALATE_S);
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

static void note_stuck(struct run *r, struct worker *w)
{
    /* Before it stops, users only come; it may have hung before it told. */
    unsigned users = atomic_load(&w->spawned);
    char *where = where_inside(w);
    const char *whose = r->spec->plan->oneoff ? "connection" : "user";
    note(r, xasprintf("worker %d hung in %s, which never %s; its %u %s%s measured nothing from "
                      "then on",
                      w->number, where, r->spec->plan->oneoff ? "returned" : "waited", users, whose,
                      users == 1 ? "" : "s"));
    free(where);
}

/* About a worker that should have ended: is it inside the same call of Lua as
 * when it was looked at last, it is stuck. */
static void press(struct run *r, int i)
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

static void on_escalate(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    struct run *r = timer->data;
    if (r->state == STOPPING) {
        kill_all(r);
        return;
    }
    for (int i = 0; i < r->workers_len; i++) {
        if (!worker_is_done(r->workers[i]))
            press(r, i);
    }
    escalate_in(r, ESCALATE_S);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int revents)
{
    (void)loop;
    (void)revents;
    struct run *r = watcher->data;
    if (r->state == RUNNING) {
        bool planned = r->spec->plan->until_interrupted;
        r->result->signal = planned ? 0 : watcher->signum;
        log_info("stopping: running tasks may finish (once more to end at once)");
        stop(r, planned ? REPORT_FINISHED : REPORT_INTERRUPTED);
    } else if (r->state == STOPPING) {
        kill_all(r);
    }
}

static void on_duration(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    stop(timer->data, REPORT_FINISHED);
}

/* --- a person at the keyboard ------------------------------------------------------ */

static int change_users(void *run, int by, uint32_t *now, struct err *err)
{
    struct run *r = run;
    const struct plan *plan = r->spec->plan;
    struct crowd_change none = {.made = false};
    if (!r->workers[0]->kind->resize)
        return err_set(err, ERR_USAGE, "their number is fixed (-c)");
    if (r->asked_users == WORKER_USERS_PLANNED)
        r->asked_users = crowd_at(plan, &none, ns_to_s(clock_ns() - r->start_ns));
    int64_t wanted = (int64_t)r->asked_users + by;
    if (wanted < 0)
        wanted = 0;
    if (wanted > plan->users_most)
        return err_set(err, ERR_USAGE, "%u is the most for this run", plan->users_most);
    if (plan_check_fds((uint32_t)wanted, plan->workers, err) < 0)
        return -1;
    *now = r->asked_users = (uint32_t)wanted;
    for (int i = 0; i < r->workers_len; i++)
        worker_resize(r->workers[i], r->asked_users);
    return 0;
}

static void pause_all(void *run, bool paused)
{
    struct run *r = run;
    uint64_t now = clock_ns();
    if (paused == (r->paused_ns != 0))
        return;
    if (!paused)
        r->paused_s += ns_to_s(now - r->paused_ns);
    r->paused_ns = paused ? now : 0;
    for (int i = 0; i < r->workers_len; i++)
        worker_pause(r->workers[i], paused);
}

static void stop_as_planned(void *run)
{
    stop(run, REPORT_FINISHED);
}

static void on_input(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop;
    (void)revents;
    struct run *r = io->data;
    const struct report_control control = {
        .run = r, .change_users = change_users, .pause = pause_all, .stop = stop_as_planned};
    r->keys->kind->input(r->keys->reporter, &control);
}

static void watch_keys(struct run *r)
{
    for (size_t i = 0; i < r->spec->reporters_len; i++) {
        const struct run_reporter *to = &r->spec->reporters[i];
        if (!to->kind->input_fd)
            continue;
        r->keys = to;
        watch_io_init(&r->input, on_input, r);
        watch_io_set(&r->input, to->kind->input_fd(to->reporter), EV_READ);
        ev_io_start(r->loop, &r->input);
        return;
    }
}

/* A person changed what was planned: the figures are of that. */
static void note_control(struct run *r)
{
    char n[UNITS_MAX];
    pause_all(r, false);
    if (r->paused_s > 0)
        note(r, xasprintf("the run was paused for %s, which its rates include",
                          units_format_elapsed(n, r->paused_s)));
    if (r->asked_users != WORKER_USERS_PLANNED)
        note(r, xasprintf("the number of users was changed by hand, to %s in the end",
                          units_format_count(n, r->asked_users)));
}

/* --- watching -------------------------------------------------------------------- */

static void watch_workers(struct run *r)
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

static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    struct run *r = timer->data;
    collect(r);
    tick(r);
    watch_workers(r);
}

static uint32_t spawned_so_far(const struct run *r)
{
    uint32_t spawned = 0;
    for (int i = 0; i < r->workers_len; i++)
        spawned += atomic_load_explicit(&r->workers[i]->spawned, memory_order_relaxed);
    return spawned;
}

static void check_spawned(struct run *r)
{
    if (r->spawned_all || !r->spec->control || spawned_so_far(r) < r->spec->plan->users)
        return;
    r->spawned_all = true;
    script_emit_run(r->spec->control, "spawning_complete", r->spec->about);
}

static void check_script_errors(struct run *r)
{
    if (!r->spec->plan->abort_on_script_error || r->total->script_errors.len == 0 ||
        r->state != RUNNING)
        return;
    r->reason = xasprintf("script error: %s", r->total->script_errors.items[0].message);
    stop(r, REPORT_ABORTED);
}

static void on_woken(struct ev_loop *loop, ev_async *async, int revents)
{
    (void)revents;
    struct run *r = async->data;
    collect(r);
    check_spawned(r);
    check_script_errors(r);
    for (int i = 0; i < r->workers_len; i++) {
        if (!worker_is_done(r->workers[i]))
            return;
    }
    ev_break(loop, EVBREAK_ALL);
}

static void wake(void *arg)
{
    struct run *r = arg;
    ev_async_send(r->loop, &r->woken);
}

/* The report names the planned users: that there were fewer must be said. */
static void note_unspawned(struct run *r)
{
    const struct plan *plan = r->spec->plan;
    uint32_t spawned = spawned_so_far(r);
    char n[UNITS_MAX], all[UNITS_MAX];
    if (!plan->oneoff && spawned < plan->users && r->asked_users == WORKER_USERS_PLANNED)
        note(r, xasprintf("only %s of %s users had started when the run ended",
                          units_format_count(n, spawned), units_format_count(all, plan->users)));
}

/* The report says that nothing was measured; here is why. */
static void note_unmeasured(struct run *r)
{
    char n[UNITS_MAX], all[UNITS_MAX];
    if (!r->warming_up)
        return;
    struct series sum;
    series_init(&sum, UINT32_MAX);
    stats_total(r->warmup, &sum);
    note(r, xasprintf("the run ended within its warm-up of %s, whose %s request%s are not measured",
                      units_format_elapsed(all, r->spec->plan->warmup_s),
                      units_format_count(n, sum.requests), sum.requests == 1 ? "" : "s"));
    series_release(&sum);
}

/* A wrk script's done() has the last word: what it prints stands below the report. */
static void finish_wrk(struct run *r, const struct report_end *end)
{
    const struct oneoff *oneoff = r->spec->plan->oneoff;
    if (!oneoff || !oneoff->wrk)
        return;
    ev_signal_stop(r->loop, &r->on_int); /* nobody would hear them while it runs */
    ev_signal_stop(r->loop, &r->on_term);
    struct wrk_figures figures;
    struct err err;
    wrk_figures_init(&figures, end);
    if (wrk_done(oneoff->wrk, &figures, &err) < 0) {
        log_error("%s", err.message);
        r->result->reports_failed++;
    }
    wrk_figures_release(&figures);
}

/* --- the report --------------------------------------------------------------------- */

static void finish(struct run *r)
{
    const struct run_spec *spec = r->spec;
    struct run_result *result = r->result;
    /* What completes while the run winds down counts, so its time does too. */
    uint64_t end_ns = r->stop_ns ? r->stop_ns : r->total->end_ns;
    if (r->total->last_ns > end_ns)
        end_ns = r->total->last_ns;
    uint64_t begin_ns = r->start_ns + s_to_ns(spec->plan->warmup_s);
    struct report_end end = {
        .total = r->total,
        .warmup = r->warmup,
        .duration_s = end_ns > begin_ns ? ns_to_s(end_ns - begin_ns) : 0,
        .outcome = result->outcome,
        .signal = result->signal,
        .reason = r->reason,
        .strict = spec->strict,
        .thresholds_len = spec->thresholds_len,
        .notes = (const char *const *)r->notes.items,
        .notes_len = r->notes.len,
    };
    size_t relative = spec->baseline ? baseline_rules(spec->baseline) : 0;
    struct threshold_result *found = xcalloc(spec->thresholds_len + relative + 1, sizeof(*found));
    gates_finish(r->gates, r->total, end.duration_s, found);
    if (spec->baseline)
        baseline_judge(spec->baseline, spec->about, &end, found + spec->thresholds_len);
    end.thresholds = found;
    end.thresholds_len += relative;
    result->exit_status = report_exit_status(&end);

    if (spec->control)
        script_emit_stop(spec->control, spec->about, &end);
    for (size_t i = 0; i < spec->reporters_len; i++) {
        struct err err;
        if (spec->reporters[i].kind->end(spec->reporters[i].reporter, &end, &err) < 0) {
            log_error("%s", err.message);
            result->reports_failed++;
        }
    }
    finish_wrk(r, &end);
    free(found);
}

/* --- starting ------------------------------------------------------------------------ */

static int make_workers(struct run *r, struct err *err)
{
    int n = r->spec->plan->workers;
    r->workers = xcalloc((size_t)n, sizeof(*r->workers));
    r->watched = xcalloc((size_t)n, sizeof(*r->watched));
    r->users = xcalloc((size_t)n, sizeof(*r->users));
    for (int i = 0; i < n; i++) {
        r->workers[i] = worker_new(i + 1, r->spec->plan, r->spec->about->catalog, &r->boss, err);
        if (!r->workers[i])
            return -1;
        r->workers_len++;
    }
    return 0;
}

/* False when the scenario will not have it: an error in test_start, such as a
 * setting that is missing, ends the run before it begins. */
static bool start(struct run *r)
{
    const struct plan *plan = r->spec->plan;
    r->start_ns = r->interval_ns = r->total->begin_ns = clock_ns();
    if (r->spec->control && script_emit_run(r->spec->control, "test_start", r->spec->about) > 0) {
        r->reason = xstrdup("error in test_start");
        r->result->outcome = REPORT_ABORTED;
        r->stop_ns = r->start_ns;
        return false;
    }

    ev_signal_init(&r->on_int, on_signal, SIGINT);
    ev_signal_init(&r->on_term, on_signal, SIGTERM);
    ev_timer_init(&r->tick_timer, on_tick, TICK_S + TICK_AFTER_S, TICK_S);
    ev_timer_init(&r->duration_timer, on_duration, plan->warmup_s + plan->duration_s, 0.);
    ev_timer_init(&r->escalate_timer, on_escalate, 0., 0.);
    r->on_int.data = r->on_term.data = r->tick_timer.data = r->duration_timer.data =
        r->escalate_timer.data = r;
    ev_signal_start(r->loop, &r->on_int);
    ev_signal_start(r->loop, &r->on_term);

    r->start_ns = r->interval_ns = r->total->begin_ns = clock_ns();
    ev_now_update(r->loop);
    ev_timer_start(r->loop, &r->tick_timer);
    watch_keys(r);
    if (plan->duration_s > 0)
        ev_timer_start(r->loop, &r->duration_timer);
    r->boss.start_ns = r->start_ns;
    tick(r); /* the reporters learn that it has begun */
    for (int i = 0; i < r->workers_len; i++)
        worker_start(r->workers[i]);
    return true;
}

/* A stuck task's last request is not committed yet, and no Lua may run in its
 * state any more, as committing could. */
static void salvage(struct worker *w)
{
    struct user *u = w->script ? w->script->current : NULL;
    if (u && u->has_sample && u->record && u->measuring == 0 && u->sample.error != ERR_CANCELLED)
        user_record(u, w->stats);
}

/* Waits for the threads. A parked one stays; what it had measured is read where
 * it stands. */
static void join_workers(struct run *r)
{
    for (int i = 0; i < r->workers_len; i++) {
        struct worker *w = r->workers[i];
        if (!atomic_load(&w->parked)) {
            pthread_join(w->thread, NULL);
            continue;
        }
        r->result->parked = true;
        salvage(w);
        w->stats->worker = w->number;
        w->stats->warmup = w->warming_up;
        w->stats->users = 0;
        w->stats->begin_ns = w->published_ns;
        w->stats->end_ns = r->stop_ns;
        w->stats->generator.wall_ns = clock_ns() - w->published_ns;
        w->stats->generator.cpu_ns = clock_cpu_ns_of(w->thread) - w->published_cpu_ns;
        absorb(r, w->stats);
    }
    collect(r);
}

int run_execute(const struct run_spec *spec, struct run_result *result, struct err *err)
{
    struct run r = {.spec = spec,
                    .result = result,
                    .total = stats_new(),
                    .interval = stats_new(),
                    .asked_users = WORKER_USERS_PLANNED,
                    .gates =
                        gates_new(spec->thresholds, spec->thresholds_len, spec->about->catalog)};
    memset(result, 0, sizeof(*result));
    if (spec->plan->warmup_s > 0) {
        r.warmup = stats_new();
        r.warming_up = true;
    }
    if (spec->plan->keep_requests)
        stats_keep_requests(r.interval);
    queue_init(&r.published);
    r.boss = (struct worker_boss){.published = &r.published, .wake = wake, .arg = &r};
    int rc = -1;
    r.loop = ev_loop_new(EVFLAG_AUTO);
    if (!r.loop) {
        err_set(err, ERR_SYSTEM, "cannot make an event loop");
        goto out;
    }
    ev_async_init(&r.woken, on_woken);
    r.woken.data = &r;
    ev_async_start(r.loop, &r.woken);
    if (make_workers(&r, err) < 0)
        goto out;

    if (start(&r)) {
        ev_run(r.loop, 0);
        join_workers(&r);
        tick(&r); /* with what came since the last */
        note_unspawned(&r);
        note_unmeasured(&r);
        note_control(&r);
    }
    finish(&r);
    rc = 0;
out:
    for (int i = 0; i < r.workers_len; i++)
        worker_free(r.workers[i]);
    free(r.workers);
    free(r.watched);
    free(r.users);
    if (r.loop && !result->parked)
        ev_loop_destroy(r.loop);
    stats_free(r.total);
    stats_free(r.warmup);
    stats_free(r.interval);
    gates_free(r.gates);
    queue_release(&r.published);
    for (size_t i = 0; i < r.notes.len; i++)
        free(r.notes.items[i]);
    vec_release(&r.notes);
    free(r.reason);
    return rc;
}
