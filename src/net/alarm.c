/*
 * A binary heap by time, each alarm knowing its place in it, and the timerfd.
 *
 * Invariant, outside of on_timer: armed_ns is the earliest alarm's time, or
 * NEVER without any, and the timerfd is set for it.
 */
#include "net/alarm.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/watch.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* So long alarms ring in one go; then sockets have their turn. */
#define SLICE_NS NS_PER_MS

static const uint64_t NEVER = UINT64_MAX;

struct alarms {
    struct ev_loop *loop; /* borrowed, outlived by the worker's loop */
    ev_io readable;
    int fd;                   /* -1 until the first alarm */
    uint64_t armed_ns;        /* what the timerfd is set for */
    bool ringing;             /* on_timer sets the timerfd when it is done */
    VEC(struct alarm *) heap; /* borrowed; item i is not due before item (i - 1) / 2 */
};

static void put(struct alarms *all, size_t i, struct alarm *a)
{
    all->heap.items[i] = a;
    a->place = i + 1;
}

static void sift_up(struct alarms *all, size_t i, struct alarm *a)
{
    while (i > 0) {
        struct alarm *parent = all->heap.items[(i - 1) / 2];
        if (parent->at_ns <= a->at_ns)
            break;
        put(all, i, parent);
        i = (i - 1) / 2;
    }
    put(all, i, a);
}

static void sift_down(struct alarms *all, size_t i, struct alarm *a)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= all->heap.len)
            break;
        if (child + 1 < all->heap.len &&
            all->heap.items[child + 1]->at_ns < all->heap.items[child]->at_ns)
            child++;
        if (a->at_ns <= all->heap.items[child]->at_ns)
            break;
        put(all, i, all->heap.items[child]);
        i = child;
    }
    put(all, i, a);
}

static uint64_t earliest(const struct alarms *all)
{
    return all->heap.len > 0 ? all->heap.items[0]->at_ns : NEVER;
}

/* Setting it also takes back that it is readable. */
static void set_timer(struct alarms *all, uint64_t at_ns)
{
    all->armed_ns = at_ns;
    if (at_ns == 0)
        at_ns = 1; /* 0 would stop it */
    struct itimerspec when = {.it_value = {0, 0}};
    if (at_ns != NEVER)
        when.it_value = (struct timespec){.tv_sec = (time_t)(at_ns / NS_PER_S),
                                          .tv_nsec = (long)(at_ns % NS_PER_S)};
    timerfd_settime(all->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void update_timer(struct alarms *all)
{
    uint64_t at_ns = earliest(all);
    if (!all->ringing && at_ns != all->armed_ns)
        set_timer(all, at_ns);
}

static void on_timer(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)loop, (void)revents;
    struct alarms *all = watcher->data;
    uint64_t now = clock_ns(), until = now + SLICE_NS;
    all->ringing = true;
    for (; earliest(all) <= now && now < until; now = clock_ns()) {
        struct alarm *a = all->heap.items[0];
        alarm_cancel(all, a);
        a->ring(a);
    }
    all->ringing = false;
    set_timer(all, earliest(all));
}

struct alarms *alarms_new(struct ev_loop *loop)
{
    struct alarms *all = xcalloc(1, sizeof(*all));
    all->loop = loop;
    all->fd = -1;
    all->armed_ns = NEVER;
    return all;
}

void alarms_free(struct alarms *all)
{
    if (!all)
        return;
    assert(all->heap.len == 0);
    if (all->fd >= 0) {
        ev_io_stop(all->loop, &all->readable);
        close(all->fd);
    }
    vec_release(&all->heap);
    free(all);
}

/* Most loops never pace anything: the first alarm makes the timerfd. */
static void open_timer(struct alarms *all)
{
    all->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (all->fd < 0)
        abort(); /* as out of memory does: plan_check_fds has left room for it */
    watch_io_init(&all->readable, on_timer, all);
    watch_io_set(&all->readable, all->fd, EV_READ);
    ev_io_start(all->loop, &all->readable);
}

void alarm_set(struct alarms *all, struct alarm *a, uint64_t at_ns)
{
    if (all->fd < 0)
        open_timer(all);
    if (alarm_is_set(a)) {
        uint64_t before = a->at_ns;
        a->at_ns = at_ns;
        if (at_ns < before)
            sift_up(all, a->place - 1, a);
        else
            sift_down(all, a->place - 1, a);
    } else {
        a->at_ns = at_ns;
        vec_push(&all->heap, a);
        sift_up(all, all->heap.len - 1, a);
    }
    update_timer(all);
}

void alarm_cancel(struct alarms *all, struct alarm *a)
{
    if (!alarm_is_set(a))
        return;
    size_t i = a->place - 1;
    a->place = 0;
    struct alarm *last = all->heap.items[--all->heap.len];
    if (last != a) {
        if (i > 0 && last->at_ns < all->heap.items[(i - 1) / 2]->at_ns)
            sift_up(all, i, last);
        else
            sift_down(all, i, last);
    }
    update_timer(all);
}
