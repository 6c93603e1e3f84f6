/*
 * An HTTP/1.1 client: one kept connection to one endpoint, one operation at a
 * time (a request, or several pipelined ones), over a stream (RFC 9112). It
 * connects when it must, keeps the connection while the server does, and
 * connects again when it was lost.
 *
 * After a connection could not be made, the next attempt waits (net/backoff.h).
 * That wait lies before op.start_ns and outside the timeout.
 *
 * A request on a kept connection which the server closes before the first
 * byte of an answer is a failure (ERR_CLOSED), not a silent retry: the report
 * says what happened on the wire.
 */
#pragma once

#include "net/endpoint.h"
#include "net/net.h"
#include "net/op.h"
#include "proto/http1_parser.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1_conn;
struct http1_op;

/* More than this in one kept body fails the request (ERR_PROTOCOL). */
#define HTTP1_BODY_MAX (64u << 20)

/* Several requests sent at once and answered in order (RFC 9112 9.3.2). A
 * connection that ends before the last answer fails the operation: the
 * requests behind the first `answered` have none. */
struct http1_batch {
    uint32_t requests; /* so many are in op->request; at least 1 */
    const bool *heads; /* by request: whether it is HEAD; valid until the operation completes */
    /* An answer is complete, and it is not the last, which `complete` tells: the
     * op's status, head, body, bytes and op.end_ns are this answer's, valid
     * during the call. It starts and ends nothing. */
    void (*answer)(struct http1_op *op);
    uint32_t answered; /* so many have been shown; the connection's */
};

struct http1_op {
    struct op op; /* with a batch, op.bytes are those of the latest answer */

    /* Set by the starter. bytes: the whole request, head and body; valid until
     * the operation completes. */
    const char *request;
    size_t request_len;
    bool head_request; /* HEAD: the answer has no body */
    bool keep_body;    /* hand head and body over; otherwise they are only counted */
    bool close_after;  /* do not keep the connection; the header that says so is the starter's */
    /* Shows each piece of a body as it comes, counted in body_len; with keep_body, head
     * is there already. NULL: nobody looks. True says that nothing further matters:
     * the operation is complete as of now. It starts and ends nothing. The connection
     * is kept if the server ends the answer soon. */
    bool (*look)(struct http1_op *op, struct http1_span part);

    /* NULL: one request. Borrowed until completion; not together with look. With it,
     * head_request does not count. */
    struct http1_batch *batch;

    /* The connection's. */
    struct http1_conn *conn;

    /* Set on completion. The spans are valid during `complete`, until it starts
     * the connection's next request: copy what must live longer. */
    int status;       /* 0: no status line arrived */
    const char *head; /* status line and header, for http1_header_find; NULL without keep_body */
    size_t head_len;
    const char *body; /* chunks joined; NULL without keep_body */
    size_t body_len;  /* counted also without keep_body */
};

/* to is borrowed and outlives the connection. */
struct http1_conn *http1_conn_new(struct net *net, const struct endpoint *to);
/* A pending operation is cancelled first (it completes with ERR_CANCELLED).
 * May be called from inside `complete`. */
void http1_conn_free(struct http1_conn *c);

/* Starts a request; none may be pending on c. timeout_s > 0: the deadline of
 * the whole operation, connecting included. Completes from the loop. */
void http1_start(struct http1_conn *c, struct http1_op *op, double timeout_s);

/* Completes the pending operation with ERR_CANCELLED, from inside this call;
 * harmless when none is pending. */
void http1_cancel(struct http1_conn *c);

/* Requests begun on the connection as it stands; 0 while it is not open. */
uint64_t http1_conn_served(const struct http1_conn *c);

/* Closes an idle connection; the next start connects anew. */
void http1_disconnect(struct http1_conn *c);
