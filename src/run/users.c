/*
 * The load of a scenario: this worker's share of the users. A place is where
 * one of them stands in the plan's order; crowd.h says how many places are to
 * be taken at every moment. Those beyond are left again, the last one first.
 *
 * With a rate shared among the users (the closed model) each has a pacer, which
 * begins its tasks. Classes with arrivals have no places but crews.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "run/crew.h"
#include "run/crowd.h"
#include "run/worker.h"
#include "script/user.h"

#include <stdlib.h>

struct place {
    uint32_t index;    /* in the plan's order */
    struct user *user; /* owned; NULL until it is first taken */
    struct users *users;
    struct pacer *pacer; /* owned; of its share of the rate; NULL without */
};

struct users {
    struct worker *worker; /* borrowed, owns this */
    struct place *places;  /* owned: this worker's, ascending */
    uint32_t places_len;
    uint32_t taken; /* the first so many are to have a running user */
    uint32_t alive; /* users that run, those included that are about to end; not the crews' */
    VEC(struct crew *) crews; /* owned */
    bool vacated;             /* a user has ended whose place is to be taken again */
    bool stopping, finished;
    uint64_t start_ns;
    struct crowd_change change;
    ev_timer timer; /* when to look at the number again */
};

static void finish_if_empty(struct users *us)
{
    if (us->alive > 0 || !us->stopping || us->finished)
        return;
    for (size_t i = 0; i < us->crews.len; i++)
        if (crew_alive(us->crews.items[i]) > 0)
            return;
    us->finished = true;
    script_emit(us->worker->script, "worker_stop");
    worker_finished(us->worker);
}

static void look_in(struct users *us, double seconds)
{
    ev_timer_stop(us->worker->loop, &us->timer);
    ev_now_update(us->worker->loop);
    ev_timer_set(&us->timer, seconds, 0.);
    ev_timer_start(us->worker->loop, &us->timer);
}

static void crew_gone(void *owner)
{
    finish_if_empty(owner);
}

static void gone(struct user *u)
{
    struct place *place = u->owner;
    struct users *us = place->users;
    us->alive--;
    us->worker->users--;
    if (place->pacer)
        pacer_stop(place->pacer);
    if (us->stopping) {
        finish_if_empty(us);
    } else { /* its place may have been given out again while it was ending */
        us->vacated = true;
        look_in(us, 0);
    }
}

static bool is_empty(const struct place *place)
{
    return !place->user || place->user->state == USER_GONE;
}

/* --- the closed model: each user's share of a rate ------------------------------ */

static void place_idle(struct user *u)
{
    struct place *place = u->owner;
    if (u->waited)
        pacer_go_on(place->pacer);
    else
        pacer_go_on_soon(place->pacer);
}

static enum pacer_answer begin_task(struct pacer *p, uint64_t due_ns)
{
    struct place *place = p->owner;
    if (!user_is_idle(place->user))
        return PACER_NOBODY;
    user_begin_task(place->user, due_ns);
    return PACER_BEGUN;
}

/* From now on: what was due before the user was there is nobody's. */
static void begin_pacing(struct place *place)
{
    struct worker *w = place->users->worker;
    const struct plan *plan = w->plan;
    struct share share;
    share_init(&share, plan->shared, place->index % plan->users, plan->users, 0);
    *place->pacer = (struct pacer){.begin = begin_task, .owner = place};
    pacer_init(place->pacer, w->net.alarms, &w->stats, plan->order[place->index].class, &share);
    pacer_start(place->pacer, w->boss->start_ns, clock_ns());
    user_set_on_call(place->user, place_idle);
}

/* --- places ----------------------------------------------------------------------- */

static void take(struct users *us, struct place *place)
{
    struct worker *w = us->worker;
    if (!is_empty(place))
        return; /* it is still ending; `gone` will come */
    user_free(place->user);
    place->user =
        user_new(w->script, w->plan->order[place->index].class, place->index + 1, gone, place);
    us->alive++;
    w->users++;
    if (place->pacer)
        begin_pacing(place);
    /* Before its first task, which may never come back. */
    if (us->taken > atomic_load_explicit(&w->spawned, memory_order_relaxed))
        atomic_store_explicit(&w->spawned, us->taken, memory_order_relaxed);
    user_start(place->user);
}

/* Users have ended: their places are taken again, or given up with what they
 * held open. */
static void settle_vacated(struct users *us)
{
    us->vacated = false;
    for (uint32_t i = 0; i < us->places_len; i++) {
        struct place *place = &us->places[i];
        if (!place->user || !is_empty(place))
            continue;
        if (i < us->taken) {
            take(us, place);
        } else {
            user_free(place->user);
            place->user = NULL;
        }
    }
}

/* Takes and leaves places until as many are taken as should be. */
static void follow(struct users *us)
{
    struct worker *w = us->worker;
    uint64_t begun = clock_ns(), now = begun, until = now + START_SLICE_NS;
    double t_s = ns_to_s(begun - us->start_ns);
    uint32_t wanted = crowd_at(w->plan, &us->change, t_s);
    if (us->vacated)
        settle_vacated(us);
    while (us->taken > 0 && us->places[us->taken - 1].index >= wanted)
        user_stop(us->places[--us->taken].user);
    while (us->taken < us->places_len && us->places[us->taken].index < wanted && now < until) {
        take(us, &us->places[us->taken++]);
        now = clock_ns();
    }
    /* As of the moment that was looked at: who came due meanwhile is due now. */
    double next = crowd_next(w->plan, &us->change, t_s);
    if (us->taken < us->places_len && us->places[us->taken].index < wanted)
        next = 0; /* the slice was over */
    double passed = ns_to_s(now - begun);
    if (next >= 0)
        look_in(us, next > passed ? next - passed : 0);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    follow(timer->data);
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
    for (uint32_t i = 0; i < plan->users_most; i++)
        mine += plan->order[i].worker == w->number - 1;
    us->places = xcalloc(mine + 1, sizeof(*us->places));
    for (uint32_t i = 0; i < plan->users_most; i++) {
        if (plan->order[i].worker != w->number - 1)
            continue;
        struct place *place = &us->places[us->places_len++];
        place->index = i;
        place->users = us;
        if (plan->shared) {
            place->pacer = xcalloc(1, sizeof(*place->pacer));
            place->pacer->stopped = true; /* until it is begun */
            worker_add_pacer(w, place->pacer);
        }
    }
    for (size_t i = 0; plan->arrivals && i < plan->scenario->classes.len; i++) {
        struct crew *crew = plan->arrivals[i].open ? crew_new(w, i, crew_gone, us) : NULL;
        if (crew)
            vec_push(&us->crews, crew);
    }
    ev_timer_init(&us->timer, on_timer, 0., 0.);
    us->timer.data = us;
    return us;
}

static void users_start(void *load)
{
    struct users *us = load;
    us->start_ns = clock_ns();
    script_emit(us->worker->script, "worker_start");
    for (size_t i = 0; i < us->crews.len; i++)
        crew_start(us->crews.items[i]);
    follow(us);
}

static void users_resize(void *load, uint32_t users)
{
    struct users *us = load;
    double now_s = ns_to_s(clock_ns() - us->start_ns);
    if (us->stopping)
        return;
    us->change = (struct crowd_change){
        .made = true,
        .at_s = now_s,
        .before = crowd_at(us->worker->plan, &us->change, now_s),
        .users = users,
    };
    follow(us);
}

static void users_pause(void *load, bool paused)
{
    struct users *us = load;
    us->worker->script->paused = paused;
    for (uint32_t i = 0; i < us->places_len && !paused; i++) {
        if (!is_empty(&us->places[i]))
            user_go_on(us->places[i].user);
    }
    for (uint32_t i = 0; i < us->places_len; i++) {
        if (us->places[i].pacer)
            pacer_pause(us->places[i].pacer, paused);
    }
    for (size_t i = 0; i < us->crews.len; i++)
        crew_pause(us->crews.items[i], paused);
}

static void users_stop(void *load)
{
    struct users *us = load;
    us->stopping = true;
    us->alive++; /* one of our own, until all have been told */
    ev_timer_stop(us->worker->loop, &us->timer);
    for (size_t i = 0; i < us->crews.len; i++)
        crew_stop(us->crews.items[i]);
    for (uint32_t i = 0; i < us->places_len; i++) {
        struct place *place = &us->places[i];
        if (is_empty(place))
            continue;
        if (place->pacer)
            pacer_stop(place->pacer);
        user_stop(place->user);
    }
    us->alive--;
    finish_if_empty(us);
}

static void users_kill(void *load)
{
    struct users *us = load;
    for (uint32_t i = 0; i < us->places_len; i++) {
        if (!is_empty(&us->places[i]))
            user_kill(us->places[i].user);
    }
    for (size_t i = 0; i < us->crews.len; i++)
        crew_kill(us->crews.items[i]);
}

static void users_free(void *load)
{
    struct users *us = load;
    for (uint32_t i = 0; i < us->places_len; i++) {
        user_free(us->places[i].user);
        free(us->places[i].pacer);
    }
    for (size_t i = 0; i < us->crews.len; i++)
        crew_free(us->crews.items[i]);
    vec_release(&us->crews);
    free(us->places);
    script_free(us->worker->script);
    us->worker->script = NULL;
    free(us);
}

const struct load_kind load_users = {
    .create = users_new,
    .start = users_start,
    .resize = users_resize,
    .pause = users_pause,
    .stop = users_stop,
    .kill = users_kill,
    .free = users_free,
};
