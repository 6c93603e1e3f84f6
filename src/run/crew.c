/* The users behind a class's arrivals; see crew.h. */
#include "run/crew.h"

#include "base/clock.h"
#include "base/mem.h"
#include "script/user.h"

#include <stdlib.h>

struct member {
    struct crew *crew;
    struct user *user; /* owned */
    bool taking;       /* on_start runs, for an arrival ... */
    uint64_t due_ns;   /* ... that was due then ... */
    uint64_t taken_ns; /* ... and taken then */
};

struct crew {
    struct worker *worker;
    size_t class_index;
    struct pacer pacer;
    struct member **members;   /* owned, as they are; room for most */
    VEC(struct member *) idle; /* the one that was idle last is taken first */
    uint32_t len, most;        /* made; at most so many may be */
    uint32_t number, step;     /* of the first user; to the next */
    uint32_t alive;
    void (*gone)(void *owner);
    void *owner;
};

static void member_gone(struct user *u)
{
    struct crew *crew = ((struct member *)u->owner)->crew;
    crew->worker->users--;
    if (--crew->alive == 0)
        crew->gone(crew->owner);
}

/* It begins what it was made for: time runs on from when it was taken. */
static void begin_taken(struct member *m)
{
    uint64_t lag_ns = m->taken_ns - m->due_ns;
    m->taking = false;
    pacer_taken_begun(&m->crew->pacer, lag_ns);
    user_begin_task(m->user, clock_ns() - lag_ns);
}

static void member_idle(struct user *u)
{
    struct member *m = u->owner;
    struct crew *crew = m->crew;
    if (m->taking) {
        begin_taken(m);
        return;
    }
    bool waited = u->waited;
    vec_push(&crew->idle, m);
    /* A task that never waited for anything lets the loop run first. */
    if (waited)
        pacer_go_on(&crew->pacer);
    else
        pacer_go_on_soon(&crew->pacer);
}

static enum pacer_answer take_new(struct crew *crew, uint64_t due_ns)
{
    struct worker *w = crew->worker;
    struct member *m = xcalloc(1, sizeof(*m));
    uint32_t number = crew->number + crew->len * crew->step;
    m->crew = crew;
    m->user = user_new(w->script, crew->class_index, number, member_gone, m);
    m->taking = true;
    m->due_ns = due_ns;
    m->taken_ns = clock_ns();
    crew->members[crew->len++] = m;
    crew->alive++;
    w->users++;
    user_set_on_call(m->user, member_idle);
    user_start(m->user);
    return PACER_TAKEN;
}

static enum pacer_answer begin(struct pacer *p, uint64_t due_ns)
{
    struct crew *crew = p->owner;
    if (crew->idle.len > 0) {
        struct member *m = crew->idle.items[--crew->idle.len];
        user_begin_task(m->user, due_ns);
        return PACER_BEGUN;
    }
    return crew->len < crew->most ? take_new(crew, due_ns) : PACER_NOBODY;
}

struct crew *crew_new(struct worker *w, size_t class_index, void (*gone)(void *owner), void *owner)
{
    const struct plan_arrivals *about = &w->plan->arrivals[class_index];
    uint32_t me = (uint32_t)w->number - 1, n = (uint32_t)w->plan->workers;
    if (n > about->max_users) /* a worker without users could serve nothing */
        n = about->max_users;
    if (me >= n)
        return NULL;
    struct crew *crew = xcalloc(1, sizeof(*crew));
    crew->worker = w;
    crew->class_index = class_index;
    crew->most = about->max_users / n + (me < about->max_users % n ? 1 : 0);
    crew->number = about->first_user + me;
    crew->step = n;
    crew->members = xcalloc(crew->most, sizeof(struct member *));
    crew->gone = gone;
    crew->owner = owner;
    crew->pacer.begin = begin;
    crew->pacer.owner = crew;
    struct share share;
    share_init(&share, &about->schedule, me, n, w->plan->seed + class_index);
    pacer_init(&crew->pacer, w->net.alarms, &w->stats, (uint32_t)class_index, &share);
    worker_add_pacer(w, &crew->pacer);
    return crew;
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    for (uint32_t i = 0; i < crew->len; i++) {
        user_free(crew->members[i]->user);
        free(crew->members[i]);
    }
    vec_release(&crew->idle);
    free(crew->members);
    free(crew);
}

void crew_start(struct crew *crew)
{
    pacer_start(&crew->pacer, crew->worker->boss->start_ns, 0);
}

void crew_pause(struct crew *crew, bool paused)
{
    pacer_pause(&crew->pacer, paused);
    for (uint32_t i = 0; i < crew->len && !paused; i++)
        user_go_on(crew->members[i]->user);
}

void crew_stop(struct crew *crew)
{
    pacer_stop(&crew->pacer);
    for (uint32_t i = 0; i < crew->len; i++) {
        crew->members[i]->taking = false; /* dropped */
        user_stop(crew->members[i]->user);
    }
}

void crew_kill(struct crew *crew)
{
    pacer_stop(&crew->pacer);
    for (uint32_t i = 0; i < crew->len; i++)
        user_kill(crew->members[i]->user);
}

uint32_t crew_alive(const struct crew *crew)
{
    return crew->alive;
}
