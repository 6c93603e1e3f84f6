/*
 * A Redis client: one kept connection to one server, one operation at a time:
 * a command, or several sent at once (a pipeline). It connects when it must,
 * sends AUTH and SELECT as the target says and waits for them before anything
 * else, and connects again when the connection was lost. hiredis does the
 * protocol; the host's addresses are tried one after the other.
 *
 * After a connection could not be made, or was not let in, the next attempt
 * waits (net/backoff.h); that wait lies before op.start_ns and outside the
 * timeout.
 *
 * An operation that fails otherwise than by an error reply drops the
 * connection, so that a late reply is never taken for the next operation's. An
 * error reply (-ERR, -WRONGTYPE, -MOVED ...) is an answer: the operation ends
 * as ERR_STATUS with its text, and the connection stays.
 *
 * op.bytes is the size of the replies on the wire, as the protocol lays them
 * out; hiredis does not say how much it has read.
 */
#pragma once

#include "net/net.h"
#include "net/op.h"
#include "proto/redis_request.h"
#include "proto/redis_target.h"

#include <stddef.h>

struct redis_conn;
struct redisReply;

struct redis_op {
    struct op op;

    /* Set by the starter. request: one or more commands; valid until the
     * operation completes. reply is called with the reply to each of them, in
     * their order, before `complete`; replies are valid during the call only. */
    const struct redis_request *request;
    void (*reply)(struct redis_op *op, const struct redisReply *reply);

    /* The connection's. */
    struct redis_conn *conn;
    size_t replies; /* so far */
};

/* target is borrowed and outlives the connection. */
struct redis_conn *redis_conn_new(struct net *net, const struct redis_target *target);
/* A pending operation is cancelled first (it completes with ERR_CANCELLED).
 * May be called from inside `complete`. */
void redis_conn_free(struct redis_conn *c);

/* Starts an operation; none may be pending on c. timeout_s > 0: the deadline of
 * the whole of it, connecting included. Completes from the loop. */
void redis_start(struct redis_conn *c, struct redis_op *op, double timeout_s);

/* Completes the pending operation with ERR_CANCELLED, from inside this call;
 * harmless when none is pending. */
void redis_cancel(struct redis_conn *c);
