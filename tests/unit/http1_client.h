/*
 * An HTTP/1.1 client (proto/http1.h) for tests, against a server that plays a
 * script (peer.h). Every case counts completions: one for each start, none from
 * inside http1_start.
 */
#pragma once

#include "ops.h"
#include "peer.h"

#include "base/buf.h"
#include "proto/http1.h"

#include <stdlib.h>

#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define HELLO   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

struct client {
    struct ops ops;
    struct endpoint origin;
    struct http1_conn *conn;
    struct http1_op op;
    bool free_in_complete; /* the connection */
    struct buf head, body; /* copies of the last answer's */
};

static inline void start(struct client *c, double timeout_s)
{
    ops_start(&c->ops, http1_start(c->conn, &c->op, timeout_s));
}

static inline void complete(struct op *op)
{
    struct client *c = op->owner;
    ops_completed(&c->ops, op);
    buf_clear(&c->head);
    buf_clear(&c->body);
    if (op->err == NULL && c->op.keep_body) {
        buf_add(&c->head, c->op.head, c->op.head_len);
        buf_add(&c->body, c->op.body, c->op.body_len);
    }
    if (c->free_in_complete) {
        http1_conn_free(c->conn);
        c->conn = NULL;
    } else if (ops_again(&c->ops)) {
        start(c, 10);
    }
}

static inline int setup(void **state)
{
    struct client *c = calloc(1, sizeof(*c));
    ops_init(&c->ops);
    c->origin.host = "127.0.0.1";
    c->conn = http1_conn_new(&c->ops.net, &c->origin);
    c->op = (struct http1_op){.op = {.complete = complete, .owner = c},
                              .request = REQUEST,
                              .request_len = strlen(REQUEST),
                              .keep_body = true};
    *state = c;
    return 0;
}

static inline int teardown(void **state)
{
    struct client *c = *state;
    http1_conn_free(c->conn);
    op_release(&c->op.op);
    ops_release(&c->ops);
    buf_release(&c->head);
    buf_release(&c->body);
    free(c);
    return 0;
}

static inline void request_with(struct client *c, double timeout_s)
{
    start(c, timeout_s);
    ops_await(&c->ops);
}

static inline void request(struct client *c)
{
    request_with(c, 10);
}

static inline void serve(struct client *c, struct peer *p, void (*script)(struct peer *p))
{
    peer_start(p, script);
    c->origin.port = p->port;
}

#define assert_done(c, status_, body_)                    \
    do {                                                  \
        assert_op_succeeded(&(c)->op.op);                 \
        assert_int_equal((c)->op.status, status_);        \
        assert_string_equal(buf_cstr(&(c)->body), body_); \
    } while (0)

#define assert_failed(c, kind_, message_)               \
    do {                                                \
        assert_op_failed(&(c)->op.op, kind_, message_); \
        assert_null((c)->op.body);                      \
    } while (0)

/* Scripts */

static inline void hello_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

static const char *answer; /* for the scripts below */

static inline void answer_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_until_closed(p);
}

static inline void one_answer(struct client *c, const char *text)
{
    struct peer peer;
    answer = text;
    serve(c, &peer, answer_script);
    request(c);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

/* Says `answer` and no more; the second connection gets HELLO. */
static inline void silent_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_until_closed(p);
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

/* Reads nothing. */
static inline void deaf_script(struct peer *p)
{
    peer_accept(p);
    peer_wait(p);
}

/* A request of 16 MiB; the caller frees it. */
enum { POST_BODY = 16 << 20 };

static inline char *post(struct client *c)
{
    struct buf b = BUF_INIT;
    buf_addf(&b, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", POST_BODY);
    buf_fill(&b, 'x', POST_BODY);
    c->op.request_len = b.len;
    return (char *)(c->op.request = buf_detach(&b));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
