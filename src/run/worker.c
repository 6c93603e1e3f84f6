/* The worker's thread: obeying, publishing, watching its own lag. */
#include "run/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/backoff.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISH_S 0.5
#define LAG_S     0.02

/* Signals that the main thread sends to one worker: see worker_interrupt. */
#define SIG_INTERRUPT SIGUSR1
#define SIG_PARK      SIGUSR2

/* The worker of this thread, for the signal handlers. */
static __thread struct worker *self;

static struct stats *new_stats(const struct plan *plan)
{
    struct stats *s = stats_new();
    if (plan->keep_requests)
        stats_keep_requests(s);
    return s;
}

/* What the scripts cost since the last time; before published_ns is now. */
static void take_script_cost(struct worker *w, uint64_t now)
{
    struct generator_stats *g = &w->stats->generator;
    uint64_t ticks = clock_ticks(), passed = ticks - w->published_ticks;
    w->published_ticks = ticks;
    if (!w->script || passed == 0)
        return;
    struct script_cost cost = script_take_cost(w->script);
    double ns_per_tick = (double)(now - w->published_ns) / (double)passed;
    g->script_ns = (uint64_t)((double)cost.inside * ns_per_tick);
    g->script_longest_ns = (uint64_t)((double)cost.longest * ns_per_tick);
    g->gc_ns = (uint64_t)((double)cost.collecting * ns_per_tick);
    g->gc_longest_ns = (uint64_t)((double)cost.collecting_longest * ns_per_tick);
    g->lua_bytes_most = cost.memory;
}

static void publish(struct worker *w, bool last)
{
    if (atomic_load(&w->finished)) /* a timer that was due when the loop was left */
        return;
    for (size_t i = 0; i < w->pacers.len; i++)
        pacer_count(w->pacers.items[i]);
    uint64_t now = clock_ns(), cpu = clock_thread_cpu_ns();
    struct stats *s = w->stats;
    s->warmup = w->warming_up;
    s->stage = w->stage;
    s->worker = w->number;
    s->users = w->users;
    s->begin_ns = w->published_ns;
    s->end_ns = now;
    take_script_cost(w, now);
    s->generator.cpu_ns = cpu - w->published_cpu_ns;
    s->generator.wall_ns = now - w->published_ns;
    s->generator.connects = w->net.connects - w->published_connects;
    s->generator.reconnects = w->net.reconnects - w->published_reconnects;
    w->published_ns = now;
    w->published_cpu_ns = cpu;
    w->published_connects = w->net.connects;
    w->published_reconnects = w->net.reconnects;

    struct queue_node *spare = queue_pop(&w->spares);
    w->stats = spare ? (struct stats *)spare : new_stats(w->plan);
    w->net.stats = w->stats;
    if (w->script)
        w->script->stats = w->stats;
    queue_push(w->boss->published, &s->node);
    if (last)
        atomic_store(&w->finished, true);
    w->boss->wake(w->boss->arg);
}

static void on_publish(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    publish(timer->data, false);
}

static void on_warmup_over(struct alarm *a)
{
    struct worker *w = a->owner;
    publish(w, false);
    w->warming_up = false;
}

/* Until the last stage, which has no end. */
static void await_stage_over(struct worker *w)
{
    const struct plan *plan = w->plan;
    if ((size_t)w->stage + 1 < plan->stages_len)
        alarm_set(w->net.alarms, &w->stage_over,
                  w->boss->start_ns + s_to_ns(plan->stages[w->stage].end_s));
}

static void on_stage_over(struct alarm *a)
{
    struct worker *w = a->owner;
    publish(w, false);
    w->stage++;
    await_stage_over(w);
}

static void on_lag(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)revents;
    struct worker *w = timer->data;
    uint64_t now = clock_ns(), due = w->lag_due_ns;
    /* Once for this one, and for each that would have come meanwhile. */
    for (; due > 0 && due <= now; due += s_to_ns(LAG_S))
        hist_record(&w->stats->generator.loop_lag, (now - due) / NS_PER_US);
    if (due > now && due == w->lag_due_ns)
        hist_record(&w->stats->generator.loop_lag, 0);
    w->lag_due_ns = now + s_to_ns(LAG_S);
    ev_timer_set(timer, LAG_S, 0.);
    ev_timer_start(loop, timer);
}

static void obey(struct worker *w)
{
    enum worker_command command = atomic_load(&w->command);
    uint32_t users = atomic_load(&w->asked_users);
    bool paused = atomic_load(&w->paused);
    if (users != w->obeyed_users && command == WORKER_RUN) {
        w->obeyed_users = users;
        w->kind->resize(w->load, users);
    }
    if (paused != w->obeyed_paused && command == WORKER_RUN) {
        w->obeyed_paused = paused;
        w->kind->pause(w->load, paused);
    }
    if (command >= WORKER_STOP && w->obeyed < WORKER_STOP) {
        w->obeyed = WORKER_STOP;
        w->kind->stop(w->load);
        backoff_hurry(&w->net);
    }
    if (command >= WORKER_KILL && w->obeyed < WORKER_KILL) {
        w->obeyed = WORKER_KILL;
        if (!atomic_load(&w->finished))
            w->kind->kill(w->load);
    }
}

static void on_woken(struct ev_loop *loop, ev_async *async, int revents)
{
    (void)loop;
    (void)revents;
    obey(async->data);
}

struct worker *worker_new(int number, const struct plan *plan, struct catalog *catalog,
                          const struct worker_boss *boss, struct err *err)
{
    struct worker *w = xcalloc(1, sizeof(*w));
    w->number = number;
    w->plan = plan;
    w->catalog = catalog;
    w->boss = boss;
    w->stats = new_stats(plan);
    w->asked_users = w->obeyed_users = WORKER_USERS_PLANNED;
    queue_init(&w->spares);
    w->loop = ev_loop_new(EVFLAG_AUTO);
    if (!w->loop) {
        err_set(err, ERR_SYSTEM, "cannot make an event loop: %s", strerror(errno));
        goto fail;
    }
    net_init(&w->net, w->loop);
    w->net.stats = w->stats;
    w->kind = plan->oneoff ? &load_oneoff : &load_users;
    w->load = w->kind->create(w, err);
    if (!w->load)
        goto fail;
    ev_async_init(&w->woken, on_woken);
    ev_timer_init(&w->publish_timer, on_publish, PUBLISH_S, PUBLISH_S);
    ev_timer_init(&w->lag_timer, on_lag, 0., 0.);
    w->woken.data = w->publish_timer.data = w->lag_timer.data = w;
    ev_async_start(w->loop, &w->woken);
    w->warming_up = plan->warmup_s > 0;
    w->warmup_over = (struct alarm){.ring = on_warmup_over, .owner = w};
    w->stage_over = (struct alarm){.ring = on_stage_over, .owner = w};
    return w;
fail:
    worker_free(w);
    return NULL;
}

void worker_free(struct worker *w)
{
    if (!w || atomic_load(&w->parked))
        return;
    if (w->load)
        w->kind->free(w->load);
    vec_release(&w->pacers);
    if (w->loop) {
        alarm_cancel(w->net.alarms, &w->warmup_over);
        alarm_cancel(w->net.alarms, &w->stage_over);
        net_release(&w->net);
        ev_loop_destroy(w->loop);
    }
    struct queue_node *spare;
    while ((spare = queue_pop(&w->spares)))
        stats_free((struct stats *)spare);
    queue_release(&w->spares);
    stats_free(w->stats);
    free(w);
}

static void *thread_main(void *arg)
{
    struct worker *w = arg;
    self = w;
    w->published_ns = clock_ns();
    w->published_cpu_ns = clock_thread_cpu_ns();
    w->published_ticks = clock_ticks();
    ev_now_update(w->loop);
    ev_timer_start(w->loop, &w->publish_timer);
    ev_timer_start(w->loop, &w->lag_timer);
    if (w->warming_up)
        alarm_set(w->net.alarms, &w->warmup_over, w->boss->start_ns + s_to_ns(w->plan->warmup_s));
    await_stage_over(w);
    w->kind->start(w->load);
    obey(w);
    if (!atomic_load(&w->finished))
        ev_run(w->loop, 0);
    return NULL;
}

/* Where a parked thread ends: its state stays as it is for the main thread. */
static void on_park(int signo)
{
    (void)signo;
    atomic_store(&self->parked, true);
    self->boss->wake(self->boss->arg);
    sigset_t none;
    sigfillset(&none);
    for (;;)
        sigsuspend(&none);
}

static void on_interrupt(int signo)
{
    (void)signo;
    int saved = errno;
    struct script *s = self->script;
    if (s && atomic_load_explicit(&s->entries, memory_order_relaxed) % 2 == 1)
        script_interrupt(s);
    errno = saved;
}

void worker_start(struct worker *w)
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_interrupt;
    sigaction(SIG_INTERRUPT, &action, NULL);
    action.sa_handler = on_park;
    sigaction(SIG_PARK, &action, NULL);

    /* The other signals are for the main thread. */
    sigset_t blocked, before;
    sigfillset(&blocked);
    sigdelset(&blocked, SIG_INTERRUPT);
    sigdelset(&blocked, SIG_PARK);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int rc = pthread_create(&w->thread, NULL, thread_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        abort(); /* as out of memory does */
}

void worker_command(struct worker *w, enum worker_command command)
{
    atomic_store(&w->command, command);
    ev_async_send(w->loop, &w->woken);
}

void worker_resize(struct worker *w, uint32_t users)
{
    atomic_store(&w->asked_users, users);
    ev_async_send(w->loop, &w->woken);
}

void worker_pause(struct worker *w, bool paused)
{
    atomic_store(&w->paused, paused);
    ev_async_send(w->loop, &w->woken);
}

void worker_recycle(struct worker *w, struct stats *stats)
{
    stats_clear(stats);
    queue_push(&w->spares, &stats->node);
}

void worker_interrupt(struct worker *w)
{
    pthread_kill(w->thread, SIG_INTERRUPT);
}

void worker_park(struct worker *w)
{
    pthread_kill(w->thread, SIG_PARK);
}

void worker_add_pacer(struct worker *w, struct pacer *p)
{
    vec_push(&w->pacers, p);
}

void worker_finished(struct worker *w)
{
    if (atomic_load(&w->finished))
        return;
    w->users = 0;
    publish(w, true);
    ev_break(w->loop, EVBREAK_ALL);
}
