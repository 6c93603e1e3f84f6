/*
 * Operations of a client under test, counted: each start completes once, and
 * never from inside the call that starts it. A client's test embeds a struct ops
 * and shows it every start and every completion.
 */
#pragma once

#include "loop.h"

#include "net/net.h"
#include "net/op.h"

struct ops {
    struct ev_loop *loop;
    struct net net;
    int starts, completions;
    bool inside_start;
    int start_again; /* as often, from inside complete */
};

static inline void ops_init(struct ops *o)
{
    *o = (struct ops){.loop = ev_loop_new(EVFLAG_AUTO)};
    net_init(&o->net, o->loop);
}

/* The client is freed. Whatever happened in a case, no operation may complete
 * twice. */
static inline void ops_release(struct ops *o)
{
    loop_turn(o->loop);
    assert_int_equal(o->completions, o->starts);
    net_release(&o->net);
    ev_loop_destroy(o->loop);
}

/* Around a call that starts an operation. */
#define ops_start(o, call)         \
    do {                           \
        (o)->starts++;             \
        (o)->inside_start = true;  \
        call;                      \
        (o)->inside_start = false; \
    } while (0)

/* First thing in an operation's `complete`. */
static inline void ops_completed(struct ops *o, const struct op *op)
{
    assert_false(o->inside_start);
    assert_false(op->pending);
    o->completions++;
    assert_int_equal(o->completions, o->starts);
    assert_true(op->end_ns >= op->start_ns);
    assert_true(op->first_byte_ns <= op->end_ns);
}

/* Last thing in it: whether to start the next one. */
static inline bool ops_again(struct ops *o)
{
    return o->start_again > 0 && o->start_again-- > 0;
}

/* Turns the loop until all that were started have completed. */
static inline void ops_await(struct ops *o)
{
    loop_until(o->loop, o->completions == o->starts);
}

#define assert_op_failed(op, kind_, message_)          \
    do {                                               \
        assert_string_equal(op_message(op), message_); \
        assert_int_equal(op_failure(op), kind_);       \
    } while (0)

#define assert_op_succeeded(op)                     \
    do {                                            \
        if ((op)->err != NULL)                      \
            fail_msg("failed: %s", op_message(op)); \
    } while (0)
