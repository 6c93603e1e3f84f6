/*
 * The HTTP/1.1 client over one stream. Between http1_start and the single
 * call of `complete` in finish(), c->op is the pending operation; everything
 * that happens to a connection ends there or in nothing.
 *
 * Where the bytes of an answer live: a read lands in the worker's scratch, and
 * an answer that is complete in it is handed over from there. Otherwise c->buf
 * holds what must outlive the read: an incomplete head, or, once the head is
 * complete and its answer wanted, head and body so far (c->stored).
 */
#include "proto/http1.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"
#include "net/deadline.h"
#include "net/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUF_KEEP = 16 * 1024,      /* a larger c->buf is given back after each answer */
    RESERVE_MAX = 1024 * 1024, /* how far a Content-Length is trusted with memory */
};

/* How long an answer of which op->look has seen enough may take to end by
 * itself, and so save its connection. */
static const uint64_t LINGER_NS = 100 * NS_PER_MS;

struct http1_conn {
    struct stream stream;
    const struct endpoint *to; /* borrowed, outlives the connection */
    struct http1_op *op;       /* borrowed from its starter; NULL while none is pending */
    struct http1_parser parser;
    struct buf buf;
    uint32_t head_at, body_at; /* in buf, when stored */
    uint64_t enough_ns;        /* when op->look had seen enough; 0: not yet */
    bool stored;
    bool head_seen;
    bool was_open;   /* the next connection replaces one that was lost or closed by the server */
    uint64_t served; /* requests begun since it was opened */
    struct backoff backoff;
};

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
    deadline_cancel(c->stream.net->deadlines, &op->op.deadline);
    op->op.pending = false;
    op->op.end_ns = now_ns;
    op->op.complete(&op->op);
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

static void locate_answer(struct http1_conn *c)
{
    if (!c->stored)
        return;
    c->op->head = c->buf.data + c->head_at;
    c->op->body = c->buf.data + c->body_at;
}

/* What went wrong, in op->op.err, does not matter if enough had been seen. */
static void fail_unless_enough(struct http1_conn *c, uint64_t now_ns)
{
    if (c->enough_ns == 0) {
        fail(c, now_ns);
        return;
    }
    op_clear_error(&c->op->op);
    locate_answer(c);
    finish(c, c->enough_ns, false);
}

static void done(struct http1_conn *c, uint64_t now_ns)
{
    struct http1_op *op = c->op;
    locate_answer(c);
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

/* A head is complete; -1 with op->op.err when its body will be too large. */
static int take_head(struct http1_conn *c, struct http1_span head)
{
    struct http1_op *op = c->op;
    c->head_seen = true;
    op->status = c->parser.status;
    if (!op->keep_body)
        return 0;
    op->head = head.data;
    op->head_len = head.len;
    if (c->parser.framing == HTTP1_FRAMING_LENGTH && http1_parser_left(&c->parser) > HTTP1_BODY_MAX)
        return err_set(op_error(&op->op), ERR_PROTOCOL, "the response body is larger than %u MiB",
                       HTTP1_BODY_MAX >> 20);
    return 0;
}

/* Joins the pieces of a body: behind what is stored, or in place, where the
 * chunk sizes between them were. */
static int take_body(struct http1_conn *c, struct http1_span part)
{
    struct http1_op *op = c->op;
    size_t before = op->body_len;
    op->body_len += part.len;
    if (op->look && c->enough_ns == 0) {
        if (c->stored)
            op->head = c->buf.data + c->head_at;
        if (op->look(op, part))
            c->enough_ns = clock_ns();
    }
    if (!op->keep_body)
        return 0;
    if (op->body_len > HTTP1_BODY_MAX)
        return err_set(op_error(&op->op), ERR_PROTOCOL, "the response body is larger than %u MiB",
                       HTTP1_BODY_MAX >> 20);
    if (c->stored)
        buf_add(&c->buf, part.data, part.len);
    else if (op->body == NULL)
        op->body = part.data;
    else if (op->body + before != part.data)
        memmove((char *)op->body + before, part.data, part.len);
    return 0;
}

/* Moves head and body so far out of the scratch, or settles them where they
 * lie already, in c->buf behind an interim head. */
static void store_answer(struct http1_conn *c, bool in_buf)
{
    struct http1_op *op = c->op;
    size_t body_len = op->body != NULL ? op->body_len : 0;
    if (in_buf) {
        const char *head_end = op->head + op->head_len;
        c->head_at = (uint32_t)(op->head - c->buf.data);
        c->body_at = (uint32_t)((op->body != NULL ? op->body : head_end) - c->buf.data);
        c->buf.len = c->body_at + body_len;
    } else {
        buf_add(&c->buf, op->head, op->head_len);
        c->head_at = 0;
        c->body_at = (uint32_t)op->head_len;
        if (body_len > 0)
            buf_add(&c->buf, op->body, body_len);
    }
    c->stored = true;
    if (c->parser.framing == HTTP1_FRAMING_LENGTH) {
        uint64_t left = http1_parser_left(&c->parser);
        buf_reserve(&c->buf, left < RESERVE_MAX ? (size_t)left : RESERVE_MAX);
    }
}

/* The read is used up and the answer is not complete. */
static void keep_rest(struct http1_conn *c, struct http1_span rest, bool in_buf)
{
    if (c->enough_ns != 0) {
        struct deadline *linger = &c->op->op.deadline;
        deadline_cancel(c->stream.net->deadlines, linger);
        deadline_arm(c->stream.net->deadlines, linger, c->enough_ns + LINGER_NS);
    }
    if (c->stored)
        return;
    if (c->head_seen && c->op->keep_body) {
        store_answer(c, in_buf);
    } else if (!in_buf) {
        buf_add(&c->buf, rest.data, rest.len);
    } else {
        buf_drop(&c->buf, c->buf.len - rest.len);
    }
}

static int refuse_surplus(struct http1_conn *c, struct http1_span surplus)
{
    static const char *const promised[] = {
        [HTTP1_FRAMING_NONE] = "although its answer has no body",
        [HTTP1_FRAMING_LENGTH] = "than Content-Length promised",
        [HTTP1_FRAMING_CHUNKED] = "after the last chunk",
        [HTTP1_FRAMING_CLOSE] = "",
    };
    if (surplus.len == 0)
        return 0;
    return err_set(op_error(&c->op->op), ERR_PROTOCOL, "the server sent more bytes %s",
                   promised[c->parser.framing]);
}

/* The parser and the buffer as they are before an answer. */
static void expect_answer(struct http1_conn *c)
{
    const struct http1_op *op = c->op;
    const struct http1_batch *batch = op->batch;
    buf_clear(&c->buf);
    c->stored = c->head_seen = false;
    http1_parser_init(&c->parser, batch ? batch->heads[batch->answered] : op->head_request);
}

/* The answer to one of several requests is complete, and `rest` follows it.
 * Shows it unless it is the last. True: more are awaited. False: the operation
 * is at its end, failed if op->op.err says so. */
static bool next_of_batch(struct http1_conn *c, const struct http1_span *rest, bool in_buf,
                          uint64_t now_ns)
{
    struct http1_op *op = c->op;
    struct http1_batch *batch = op->batch;
    if (batch->answered + 1 == batch->requests)
        return false;
    locate_answer(c);
    op->op.end_ns = now_ns;
    op->op.bytes -= rest->len;
    batch->answered++;
    batch->answer(op);
    op->op.bytes = rest->len;
    op->op.end_ns = 0;
    op->status = 0;
    op->head = op->body = NULL;
    op->head_len = op->body_len = 0;
    if (!c->parser.keep_alive) {
        err_set(op_error(&op->op), ERR_CLOSED,
                "the server ended the connection before all pipelined requests were answered");
        return false;
    }
    size_t kept = c->buf.len;
    expect_answer(c);
    if (in_buf) /* what follows still lies in there */
        c->buf.len = kept;
    return true;
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

    struct http1_span in = {data, len}, part;
    bool in_buf = c->buf.len > 0 && !c->stored;
    if (in_buf) {
        buf_add(&c->buf, data, len);
        in = (struct http1_span){c->buf.data, c->buf.len};
    }
    for (;;) {
        struct err err;
        switch (http1_parser_next(&c->parser, &in, &part, &err)) {
        case HTTP1_HEAD:
            if (take_head(c, part) == 0)
                continue;
            break;
        case HTTP1_BODY:
            if (take_body(c, part) == 0)
                continue;
            break;
        case HTTP1_DONE:
            if (op->batch && next_of_batch(c, &in, in_buf, now_ns))
                continue;
            if (op->op.err != NULL || refuse_surplus(c, in) != 0)
                break;
            done(c, now_ns);
            return;
        case HTTP1_MORE:
            keep_rest(c, in, in_buf);
            return;
        case HTTP1_ERROR:
            *op_error(&op->op) = err;
            break;
        }
        fail_unless_enough(c, now_ns);
        return;
    }
}

static void on_ended(struct stream *s, const struct err *err)
{
    struct http1_conn *c = s->owner;
    struct http1_op *op = c->op;
    if (op == NULL)
        return; /* an idle connection was closed: the next start connects anew */

    uint64_t now_ns = clock_ns();
    struct http1_span kept = {c->buf.data, c->stored ? 0 : c->buf.len};
    if (err == NULL) {
        struct err why;
        bool whole = http1_parser_eof(&c->parser, kept, &why) == HTTP1_DONE;
        if (!whole)
            *op_error(&op->op) = why;
        if (whole && op->batch) /* its end was the connection's: no other can follow */
            next_of_batch(c, &(struct http1_span){NULL, 0}, false, now_ns);
        if (whole && op->op.err == NULL)
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

static void begin(struct http1_conn *c, uint64_t now_ns)
{
    struct op *op = &c->op->op;
    op->start_ns = now_ns;
    if (op->deadline.at_ns > 0)
        deadline_arm(c->stream.net->deadlines, &op->deadline, now_ns + op->deadline.at_ns);
}

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
    begin(c, now_ns);
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
    /* Until it is armed, the deadline's time is the timeout. */
    op->op.deadline = (struct deadline){.at_ns = s_to_ns(timeout_s), .expired = on_expired};
    op->op.pending = true;
    op->op.start_ns = op->op.sent_ns = op->op.first_byte_ns = op->op.end_ns = 0;
    op->op.bytes = 0;
    op_clear_error(&op->op);
    c->enough_ns = 0;
    if (op->batch)
        op->batch->answered = 0;
    expect_answer(c);

    uint64_t now_ns = clock_ns();
    if (c->stream.state == STREAM_OPEN) {
        begin(c, now_ns);
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
    if (c->op->op.start_ns == 0)
        c->op->op.start_ns = now_ns;
    err_set(op_error(&c->op->op), ERR_CANCELLED, "cancelled");
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
