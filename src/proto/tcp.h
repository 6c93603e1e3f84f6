/*
 * Raw bytes over one kept TCP connection: an operation sends, receives, or
 * does both, where receiving ends at a delimiter or after a number of bytes.
 * It connects when it must. What arrives beyond the end of what was asked for
 * is kept for the next operation that receives.
 *
 * After a connection could not be made, the next attempt waits
 * (net/backoff.h); that wait lies before op.start_ns and outside the timeout.
 *
 * An operation that fails drops the connection and what was kept. When the peer
 * has closed, what it sent before can still be received; the operation that asks
 * for more fails with ERR_CLOSED, and the one after it connects anew. An
 * operation that sends, on a connection that the peer closed before, connects
 * anew.
 */
#pragma once

#include "net/endpoint.h"
#include "net/net.h"
#include "net/op.h"

#include <stdbool.h>
#include <stddef.h>

struct tcp_conn;

/* More than this from the peer that nobody has received breaks the connection,
 * and no operation may ask for more. */
#define TCP_RECEIVE_MAX (64u << 20)

/* Takes an address apart, "host:port", also with tcp:// or, for TLS, tls://
 * before it and an IPv6 address in brackets: what endpoint_init makes an
 * endpoint of. 0, or -1 with ERR_CONFIG. */
int tcp_address(struct url *url, const char *text, struct err *err);

enum tcp_until {
    TCP_SENT,      /* nothing is received */
    TCP_DELIMITER, /* the first delimiter, at most max bytes before it */
    TCP_LENGTH,    /* length bytes */
};

struct tcp_op {
    struct op op;

    /* Set by the starter. What is sent (len 0: nothing) and the delimiter are
     * valid until the operation completes. */
    const char *send;
    size_t send_len;
    enum tcp_until until;
    const char *delimiter;
    size_t delimiter_len; /* above 0 */
    size_t length, max;   /* at most TCP_RECEIVE_MAX */

    /* The connection's. */
    struct tcp_conn *conn;

    /* Set on completion, valid during `complete` until it starts the
     * connection's next operation: what was received, without the delimiter. */
    const char *data;
    size_t len;
};

/* to is borrowed and outlives the connection. */
struct tcp_conn *tcp_conn_new(struct net *net, const struct endpoint *to);
/* A pending operation is cancelled first (it completes with ERR_CANCELLED).
 * May be called from inside `complete`. */
void tcp_conn_free(struct tcp_conn *c);

/* Starts an operation; none may be pending on c. timeout_s > 0: the deadline of
 * the whole of it, connecting included. Completes from the loop. */
void tcp_start(struct tcp_conn *c, struct tcp_op *op, double timeout_s);

/* Completes the pending operation with ERR_CANCELLED, from inside this call;
 * harmless when none is pending. */
void tcp_cancel(struct tcp_conn *c);

/* Closes an idle connection; the next start connects anew. */
void tcp_disconnect(struct tcp_conn *c);
