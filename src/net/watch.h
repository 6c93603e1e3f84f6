/*
 * Watchers of the event loop, initialised as plain structs. libev's own
 * ev_io_init and friends write through a base-class pointer, which the
 * compiler's aliasing warnings rightly dislike; a zeroed watcher with its
 * callback is the same thing. Starting, stopping and feeding are libev's.
 */
#pragma once

#include <ev.h>
#include <string.h>

static inline void watch_io_init(ev_io *w, void (*cb)(struct ev_loop *, ev_io *, int), void *data)
{
    memset(w, 0, sizeof(*w));
    w->cb = cb;
    w->data = data;
    w->fd = -1;
}

/* What to watch for, EV_READ or EV_WRITE; w must not be started. */
static inline void watch_io_set(ev_io *w, int fd, int events)
{
    ev_io_set(w, fd, events);
}

static inline void watch_timer_init(ev_timer *w, void (*cb)(struct ev_loop *, ev_timer *, int),
                                    void *data)
{
    memset(w, 0, sizeof(*w));
    w->cb = cb;
    w->data = data;
}

/* Fires once, after_s seconds after the loop's time, which may lie well behind;
 * w must not be started. */
static inline void watch_timer_set(ev_timer *w, double after_s)
{
    w->at = after_s;
    w->repeat = 0;
}

/* Starts w to fire once, after_s seconds from now, never earlier. */
static inline void watch_timer_start(struct ev_loop *loop, ev_timer *w, double after_s)
{
    ev_now_update(loop);
    watch_timer_set(w, after_s);
    ev_timer_start(loop, w);
}

static inline void watch_async_init(ev_async *w, void (*cb)(struct ev_loop *, ev_async *, int),
                                    void *data)
{
    memset(w, 0, sizeof(*w));
    w->cb = cb;
    w->data = data;
}
