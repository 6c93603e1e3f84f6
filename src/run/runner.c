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
#include "run/gates.h"
#include "run/runner_internal.h"
#include "script/script.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TICK_S 1.0
/* Ticks come so much after the second: by then the workers have published it. */
#define TICK_AFTER_S 0.05
/* How long a worker may take to obey before the next, harder means. */
#define ESCALATE_S 0.3

void run_note(struct run *r, char *text)
{
    vec_push(&r->notes, text);
}

/* --- ending -------------------------------------------------------------------- */

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

void run_stop(struct run *r, enum report_outcome outcome)
{
    if (r->state != RUNNING)
        return;
    r->state = STOPPING;
    r->stop_ns = clock_ns();
    r->result->outcome = outcome;
    command_all(r, WORKER_STOP);
    escalate_in(r, r->spec->plan->stop_timeout_s);
}

static void kill_all(struct run *r)
{
    r->state = KILLING;
    stuck_expect_end(r);
    command_all(r, WORKER_KILL);
    escalate_in(r, ESCALATE_S);
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
            stuck_press(r, i);
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
        run_stop(r, planned ? REPORT_FINISHED : REPORT_INTERRUPTED);
    } else if (r->state == STOPPING) {
        kill_all(r);
    }
}

static void on_duration(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    run_stop(timer->data, REPORT_FINISHED);
}

/* --- while it lasts ------------------------------------------------------------ */

static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    struct run *r = timer->data;
    totals_collect(r);
    totals_tick(r);
    stuck_watch(r);
}

uint32_t run_spawned(const struct run *r)
{
    uint32_t spawned = 0;
    for (int i = 0; i < r->workers_len; i++)
        spawned += atomic_load_explicit(&r->workers[i]->spawned, memory_order_relaxed);
    return spawned;
}

static void check_spawned(struct run *r)
{
    if (r->spawned_all || !r->spec->control || run_spawned(r) < r->spec->plan->users)
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
    run_stop(r, REPORT_ABORTED);
}

static void on_woken(struct ev_loop *loop, ev_async *async, int revents)
{
    (void)revents;
    struct run *r = async->data;
    totals_collect(r);
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

/* --- starting ------------------------------------------------------------------------ */

static int make_workers(struct run *r, struct err *err)
{
    int n = r->spec->plan->workers;
    r->workers = xcalloc((size_t)n, sizeof(*r->workers));
    r->watched = xcalloc((size_t)n, sizeof(*r->watched));
    r->users = xcalloc((size_t)n, sizeof(*r->users));
    r->parts = xcalloc((size_t)n, sizeof(*r->parts));
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
    ev_signal_init(&r->on_hup, on_signal, SIGHUP);
    ev_timer_init(&r->tick_timer, on_tick, TICK_S + TICK_AFTER_S, TICK_S);
    ev_timer_init(&r->duration_timer, on_duration, plan->warmup_s + plan->duration_s, 0.);
    ev_timer_init(&r->escalate_timer, on_escalate, 0., 0.);
    r->on_int.data = r->on_term.data = r->on_hup.data = r->tick_timer.data =
        r->duration_timer.data = r->escalate_timer.data = r;
    ev_signal_start(r->loop, &r->on_int);
    ev_signal_start(r->loop, &r->on_term);
    if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* not under nohup, which outlives its terminal */
        ev_signal_start(r->loop, &r->on_hup);

    r->start_ns = r->interval_ns = r->total->begin_ns = clock_ns();
    ev_now_update(r->loop);
    ev_timer_start(r->loop, &r->tick_timer);
    keyboard_watch(r);
    if (plan->duration_s > 0)
        ev_timer_start(r->loop, &r->duration_timer);
    r->boss.start_ns = r->start_ns;
    totals_tick(r); /* the reporters learn that it has begun */
    for (int i = 0; i < r->workers_len; i++)
        worker_start(r->workers[i]);
    return true;
}

/* Waits for the threads. A parked one stays; what it had measured is read where
 * it stands. */
static void join_workers(struct run *r)
{
    for (int i = 0; i < r->workers_len; i++) {
        struct worker *w = r->workers[i];
        if (atomic_load(&w->parked))
            r->result->parked = true;
        else
            pthread_join(w->thread, NULL);
    }
    totals_collect(r);
    for (int i = 0; i < r->workers_len; i++) {
        if (atomic_load(&r->workers[i]->parked))
            stuck_salvage(r, r->workers[i]);
    }
}

int run_execute(struct run_spec *spec, struct run_result *result, struct err *err)
{
    struct run r = {.spec = spec,
                    .result = result,
                    .total = stats_new(),
                    .interval = stats_new(),
                    .asked_users = WORKER_USERS_PLANNED,
                    .gates =
                        gates_new(spec->thresholds, spec->thresholds_len, spec->about->catalog)};
    memset(result, 0, sizeof(*result));
    series_init(&r.total_sum, UINT32_MAX);
    series_init(&r.warmup_sum, UINT32_MAX);
    series_init(&r.interval_sum, UINT32_MAX);
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
    if (make_workers(&r, err) < 0 || spec->open_reporters(spec, err) < 0)
        goto out;

    if (start(&r)) {
        ev_run(r.loop, 0);
        join_workers(&r);
        totals_tick(&r); /* with what came since the last */
        ending_note_unspawned(&r);
        ending_note_unmeasured(&r);
        keyboard_note(&r);
    }
    ending_report(&r);
    rc = 0;
out:
    for (int i = 0; i < r.workers_len; i++)
        worker_free(r.workers[i]);
    free(r.workers);
    free(r.watched);
    free(r.users);
    free(r.parts);
    vec_release(&r.ahead);
    if (r.loop && !result->parked)
        ev_loop_destroy(r.loop);
    stats_free(r.total);
    stats_free(r.warmup);
    stats_free(r.interval);
    series_release(&r.total_sum);
    series_release(&r.warmup_sum);
    series_release(&r.interval_sum);
    spreads_release(&r.spreads);
    gates_free(r.gates);
    queue_release(&r.published);
    for (size_t i = 0; i < r.notes.len; i++)
        free(r.notes.items[i]);
    vec_release(&r.notes);
    free(r.reason);
    return rc;
}
