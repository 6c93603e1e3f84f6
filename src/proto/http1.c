/*
 * The HTTP/1.1 client over one stream. Between http1_start and the single
 * call of `complete` in finish(), c->op is the pending operation; everything
 * that happens to a connection ends there or in nothing.
 */
#include "proto/http1_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/deadline.h"

#include <assert.h>
#include <stdlib.h>

/* A larger c->buf is given back after each answer. */
enum { BUF_KEEP = 16 * 1024 };

/* How long an answer of which op->look has seen enough may take to end by
 * itself, and so save its connection. */
static const uint64_t LINGER_NS = 100 * NS_PER_MS;

/* Ends of an operation */

/* Completes the pending operation. The starter may start the next one, or free
 * the connection, from in there: c is not touched afterwards. */
static void finish(struct http1_conn *c, uint64_t now_ns, bool keep)
{
    struct http1_op *op = c->op;
    struct buf large = BUF_INIT;
    if (!keep) {
        stream_close(&c->stream);
        c->was_open &= !op->close_after; /* what we close ourselves was not lost */
    }
    if (c->buf.cap > BUF_KEEP) {
        large = c->buf;
        c->buf = (struct buf)BUF_INIT;
    }
    c->op = NULL;
    op_complete(&op->op, c->stream.net->deadlines, now_ns);
    if (large.cap > 0)
        buf_release(&large);
}

/* op->op.err has been filled. */
static void fail(struct http1_conn *c, uint64_t now_ns)
{
    c->op->head = c->op->body = NULL;
    c->op->head_len = 0;
    finish(c, now_ns, false);
}

/* What went wrong, in op->op.err, does not matter if enough had been seen. */
static void fail_unless_enough(struct http1_conn *c, uint64_t now_ns)
{
    if (c->enough_ns == 0) {
        fail(c, now_ns);
        return;
    }
    op_clear_error(&c->op->op);
    http1_answer_locate(c);
    finish(c, c->enough_ns, false);
}

static void done(struct http1_conn *c, uint64_t now_ns)
{
    struct http1_op *op = c->op;
    http1_answer_locate(c);
    /* A server that answers before it has read the whole request is left the
     * rest of it only by closing. */
    bool sent = op->op.sent_ns != 0 && c->stream.failed_write == 0;
    finish(c, c->enough_ns != 0 ? c->enough_ns : now_ns,
           c->parser.keep_alive && !op->close_after && sent);
}

static const char *phase(const struct http1_conn *c)
{
    if (c->op->op.sent_ns == 0)
        return "while sending the request";
    return c->op->op.first_byte_ns == 0 ? "waiting for the response" : "reading the response";
}

static void on_expired(struct deadline *d)
{
    struct http1_op *op = (struct http1_op *)op_of_deadline(d);
    struct http1_conn *c = op->conn;
    double after_s = ns_to_s(d->at_ns - op->op.start_ns);
    uint64_t now_ns = clock_ns();
    if (c->stream.state == STREAM_OPEN) {
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs %s", after_s, phase(c));
    } else {
        char opening[STREAM_OPENING_MAX];
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs while %s", after_s,
                stream_opening(opening, &c->stream));
        backoff_failed(&c->backoff);
    }
    fail_unless_enough(c, now_ns);
}

/* Taking in an answer */

/* The answer goes on, although enough of it has been seen. */
static void linger(struct http1_conn *c)
{
    struct deadline *deadline = &c->op->op.deadline;
    deadline_cancel(c->stream.net->deadlines, deadline);
    deadline_arm(c->stream.net->deadlines, deadline, c->enough_ns + LINGER_NS);
}

static void on_data(struct stream *s, char *data, size_t len)
{
    struct http1_conn *c = s->owner;
    struct http1_op *op = c->op;
    if (op == NULL) {
        char name[ENDPOINT_NAME_MAX];
        log_debug("%s sent bytes that belong to no request; connection closed",
                  endpoint_name(name, c->to));
        stream_close(s);
        return;
    }

    uint64_t now_ns = clock_ns();
    if (op->op.first_byte_ns == 0)
        op->op.first_byte_ns = now_ns;
    op->op.bytes += len;

    switch (http1_answer_take(c, data, len, now_ns)) {
    case HTTP1_ANSWER_MORE:
        if (c->enough_ns != 0)
            linger(c);
        break;
    case HTTP1_ANSWER_DONE:
        done(c, now_ns);
        break;
    case HTTP1_ANSWER_FAILED:
        fail_unless_enough(c, now_ns);
        break;
    }
}

static void on_ended(struct stream *s, const struct err *err)
{
    struct http1_conn *c = s->owner;
    struct http1_op *op = c->op;
    if (op == NULL)
        return; /* an idle connection was closed: the next start connects anew */

    uint64_t now_ns = clock_ns();
    if (err == NULL) {
        if (http1_answer_end(c, now_ns) == HTTP1_ANSWER_DONE)
            done(c, now_ns);
        else
            fail_unless_enough(c, now_ns);
        return;
    }
    const char *where = op->op.first_byte_ns == 0 ? "without an answer"
                        : !c->head_seen           ? "inside the response header"
                                                  : "inside the response body";
    if (err->kind == ERR_RESET)
        err_set(op_error(&op->op), ERR_RESET, "the server reset the connection %s", where);
    else if (err->kind == ERR_CLOSED) /* without TLS's farewell */
        err_set(op_error(&op->op), ERR_CLOSED, "%s, %s", err->message, where);
    else
        *op_error(&op->op) = *err;
    fail_unless_enough(c, now_ns);
}

/* Starting */

static void send_request(struct http1_conn *c, uint64_t now_ns)
{
    struct http1_op *op = c->op;
    c->served++;
    if (stream_write(&c->stream, op->request, op->request_len))
        op->op.sent_ns = now_ns;
}

static void on_drained(struct stream *s)
{
    struct http1_conn *c = s->owner;
    if (c->op != NULL)
        c->op->op.sent_ns = clock_ns();
}

static void on_connected(struct stream *s, const struct err *err)
{
    struct http1_conn *c = s->owner;
    uint64_t now_ns = clock_ns();
    if (err != NULL) {
        *op_error(&c->op->op) = *err;
        backoff_failed(&c->backoff);
        fail(c, now_ns);
        return;
    }
    s->net->reconnects += c->was_open;
    c->was_open = true;
    c->served = 0;
    backoff_connected(&c->backoff);
    send_request(c, now_ns);
}

static void open_connection(struct http1_conn *c, uint64_t now_ns)
{
    op_begin(&c->op->op, c->stream.net->deadlines, now_ns);
    stream_connect(&c->stream, c->to);
}

static void on_retry(struct backoff *b)
{
    open_connection(b->owner, clock_ns());
}

void http1_start(struct http1_conn *c, struct http1_op *op, double timeout_s)
{
    assert(c->op == NULL);
    c->op = op;
    op->conn = c;
    op->status = 0;
    op->head = op->body = NULL;
    op->head_len = 0;
    op->body_len = 0;
    op_start(&op->op, timeout_s, on_expired);
    c->enough_ns = 0;
    if (op->batch)
        op->batch->answered = 0;
    http1_answer_expect(c);

    uint64_t now_ns = clock_ns();
    if (c->stream.state == STREAM_OPEN) {
        op_begin(&c->op->op, c->stream.net->deadlines, now_ns);
        send_request(c, now_ns);
    } else if (backoff_is_over(&c->backoff, now_ns)) {
        open_connection(c, now_ns);
    } else {
        backoff_wait(&c->backoff);
    }
}

void http1_cancel(struct http1_conn *c)
{
    if (c->op == NULL)
        return;
    uint64_t now_ns = clock_ns();
    backoff_stop(&c->backoff);
    op_cancel(&c->op->op, now_ns);
    fail(c, now_ns);
}

/* Connections */

static const struct stream_events events = {
    .connected = on_connected,
    .data = on_data,
    .ended = on_ended,
    .drained = on_drained,
};

struct http1_conn *http1_conn_new(struct net *net, const struct endpoint *to)
{
    struct http1_conn *c = xcalloc(1, sizeof(*c));
    c->to = to;
    stream_init(&c->stream, net, &events, c);
    backoff_init(&c->backoff, net, on_retry, c);
    return c;
}

void http1_conn_free(struct http1_conn *c)
{
    if (c == NULL)
        return;
    http1_cancel(c);
    stream_release(&c->stream);
    buf_release(&c->buf);
    free(c);
}

uint64_t http1_conn_served(const struct http1_conn *c)
{
    return c->stream.state == STREAM_OPEN ? c->served : 0;
}

void http1_disconnect(struct http1_conn *c)
{
    assert(c->op == NULL);
    stream_close(&c->stream);
    c->was_open = false;
}
