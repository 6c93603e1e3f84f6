/* An event loop that a test turns until something has happened. */
#pragma once

#include "unit.h"

#include "base/clock.h"
#include "net/watch.h"

#include <ev.h>

static inline void loop_tick_(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop, (void)w, (void)revents;
}

/* One turn, of at most 10 ms. */
static inline void loop_turn(struct ev_loop *loop)
{
    ev_timer tick;
    ev_now_update(loop);
    watch_timer_init(&tick, loop_tick_, NULL);
    watch_timer_set(&tick, 0.01);
    ev_timer_start(loop, &tick);
    ev_run(loop, EVRUN_ONCE);
    ev_timer_stop(loop, &tick);
}

/* Turns the loop until condition holds; the test fails after 20 s. */
#define loop_until(loop, condition)                          \
    do {                                                     \
        uint64_t give_up_ = clock_ns() + 20 * NS_PER_S;      \
        while (!(condition)) {                               \
            if (clock_ns() > give_up_)                       \
                fail_msg("this never came: %s", #condition); \
            loop_turn(loop);                                 \
        }                                                    \
    } while (0)
