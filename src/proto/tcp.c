/*
 * Raw bytes over one stream; see tcp.h. Between tcp_start and the single call
 * of `complete` in finish(), c->op is the pending operation.
 *
 * Everything that arrives goes through c->received: `taken` of its bytes belong
 * to operations that have completed, `searched` are known not to hold the end
 * of the one that is pending.
 */
#include "proto/tcp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "net/backoff.h"
#include "net/deadline.h"
#include "net/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_KEEP = 16 * 1024 }; /* a larger buffer is given back once it is empty */

struct tcp_conn {
    struct stream stream;
    const struct endpoint *to; /* borrowed, outlives the connection */
    struct tcp_op *op;         /* borrowed from its starter; NULL while none is pending */
    struct buf received;
    size_t taken, searched;
    struct err broken;      /* why the stream has ended, while its bytes are kept */
    bool was_open;          /* the next connection replaces one */
    struct backoff backoff; /* raised also to look at what is there already */
};

/* Ends of an operation */

static size_t available(const struct tcp_conn *c)
{
    return c->received.len - c->taken;
}

static void forget_received(struct tcp_conn *c)
{
    c->taken = c->searched = 0;
    buf_clear(&c->received);
    if (c->received.cap > BUF_KEEP)
        buf_release(&c->received);
}

/* Completes the pending operation. The starter may start the next one, or free
 * the connection, from in there: c is not touched afterwards. */
static void finish(struct tcp_conn *c, uint64_t now_ns)
{
    struct tcp_op *op = c->op;
    c->op = NULL;
    backoff_stop(&c->backoff);
    op_complete(&op->op, c->stream.net->deadlines, now_ns);
}

static void drop(struct tcp_conn *c)
{
    stream_close(&c->stream);
    forget_received(c);
    c->broken.kind = ERR_NONE;
}

/* op.err has been filled. */
static void fail(struct tcp_conn *c, uint64_t now_ns)
{
    c->op->op.bytes = available(c);
    drop(c);
    finish(c, now_ns);
}

static void fail_to_connect(struct tcp_conn *c, uint64_t now_ns)
{
    backoff_failed(&c->backoff);
    fail(c, now_ns);
}

/* The operation has what it asked for: len bytes, and `more` that end them. */
static void done(struct tcp_conn *c, size_t len, size_t more)
{
    struct tcp_op *op = c->op;
    op->data = c->received.data + c->taken;
    op->len = len;
    op->op.bytes = len + more;
    c->taken += len + more;
    c->searched = 0;
    finish(c, clock_ns());
}

static void on_expired(struct deadline *d)
{
    struct tcp_op *op = (struct tcp_op *)op_of_deadline(d);
    struct tcp_conn *c = op->conn;
    double after_s = ns_to_s(d->at_ns - op->op.start_ns);
    uint64_t now_ns = clock_ns();
    if (c->stream.state != STREAM_OPEN) {
        char opening[STREAM_OPENING_MAX];
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs while %s", after_s,
                stream_opening(opening, &c->stream));
        fail_to_connect(c, now_ns);
        return;
    }
    const char *phase = op->op.sent_ns == 0 ? "while sending"
                        : available(c) == 0 ? "waiting for an answer"
                                            : "before the answer was complete";
    err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs %s", after_s, phase);
    fail(c, now_ns);
}

/* Receiving */

/* Finds the delimiter: its place, or -1; at most max bytes may stand before it. */
static ptrdiff_t find_delimiter(struct tcp_conn *c)
{
    const struct tcp_op *op = c->op;
    const char *begin = c->received.data + c->taken;
    size_t len = available(c);
    const char *found = NULL;
    if (len > c->searched)
        found = memmem(begin + c->searched, len - c->searched, op->delimiter, op->delimiter_len);
    if (found != NULL)
        return found - begin;
    if (len >= op->delimiter_len) /* its first bytes may be the last that came */
        c->searched = len - (op->delimiter_len - 1);
    return -1;
}

/* Completes the operation if what has arrived suffices, or never can. */
static void look(struct tcp_conn *c)
{
    struct tcp_op *op = c->op;
    size_t len = available(c);
    ptrdiff_t at;
    if (op->op.sent_ns == 0)
        return; /* the answer counts when the question is out */
    switch (op->until) {
    case TCP_SENT:
        done(c, 0, 0);
        return;
    case TCP_LENGTH:
        if (len >= op->length) {
            done(c, op->length, 0);
            return;
        }
        break;
    case TCP_DELIMITER:
        at = find_delimiter(c);
        if (at >= 0 && (size_t)at <= op->max) {
            done(c, (size_t)at, op->delimiter_len);
            return;
        }
        if (at >= 0 || c->searched > op->max) {
            err_set(op_error(&op->op), ERR_PROTOCOL, "no delimiter within %zu bytes", op->max);
            fail(c, clock_ns());
            return;
        }
        break;
    }
    if (c->broken.kind != ERR_NONE) {
        *op_error(&op->op) = c->broken;
        fail(c, clock_ns());
    }
}

static void on_data(struct stream *s, char *data, size_t len)
{
    struct tcp_conn *c = s->owner;
    if (c->taken == c->received.len) {
        forget_received(c);
    } else if (c->taken > c->received.len / 2) {
        buf_drop(&c->received, c->taken);
        c->taken = 0;
    }
    buf_add(&c->received, data, len);
    if (available(c) > TCP_RECEIVE_MAX + NET_SCRATCH) { /* no operation waits for so much */
        stream_close(s);
        err_set(&c->broken, ERR_PROTOCOL, "the server sent more than %u MiB that nobody received",
                TCP_RECEIVE_MAX >> 20);
        if (c->op != NULL) {
            *op_error(&c->op->op) = c->broken;
            fail(c, clock_ns());
        }
    } else if (c->op != NULL) {
        if (c->op->op.first_byte_ns == 0)
            c->op->op.first_byte_ns = clock_ns();
        look(c);
    }
}

static void on_ended(struct stream *s, const struct err *err)
{
    struct tcp_conn *c = s->owner;
    const char *when =
        c->op != NULL && available(c) > 0 ? "before the answer was complete" : "without an answer";
    if (err == NULL)
        err_set(&c->broken, ERR_CLOSED, "the server closed the connection %s", when);
    else if (err->kind == ERR_RESET)
        err_set(&c->broken, ERR_RESET, "the server reset the connection %s", when);
    else
        c->broken = *err;
    if (c->op == NULL)
        return;
    if (c->op->op.sent_ns == 0) {
        *op_error(&c->op->op) = c->broken;
        fail(c, clock_ns());
    } else {
        look(c);
    }
}

/* Starting */

/* Sends on the open stream, and looks from the loop at what is there already. */
static void send_bytes(struct tcp_conn *c, uint64_t now_ns)
{
    struct tcp_op *op = c->op;
    if (op->send_len == 0 || stream_write(&c->stream, op->send, op->send_len))
        op->op.sent_ns = now_ns;
    if (op->op.sent_ns != 0 && (op->until == TCP_SENT || available(c) > 0 || op->length == 0))
        backoff_raise(&c->backoff);
}

static void on_drained(struct stream *s)
{
    struct tcp_conn *c = s->owner;
    if (c->op == NULL)
        return;
    c->op->op.sent_ns = clock_ns();
    look(c);
}

static void on_connected(struct stream *s, const struct err *err)
{
    struct tcp_conn *c = s->owner;
    uint64_t now_ns = clock_ns();
    if (err != NULL) {
        *op_error(&c->op->op) = *err;
        fail_to_connect(c, now_ns);
        return;
    }
    s->net->reconnects += c->was_open;
    c->was_open = true;
    backoff_connected(&c->backoff);
    send_bytes(c, now_ns);
}

static void open_connection(struct tcp_conn *c, uint64_t now_ns)
{
    op_begin(&c->op->op, c->stream.net->deadlines, now_ns);
    stream_connect(&c->stream, c->to);
}

static void on_later(struct backoff *b)
{
    struct tcp_conn *c = b->owner;
    if (c->op->op.start_ns != 0)
        look(c);
    else
        open_connection(c, clock_ns());
}

void tcp_start(struct tcp_conn *c, struct tcp_op *op, double timeout_s)
{
    assert(c->op == NULL);
    c->op = op;
    op->conn = c;
    op->data = NULL;
    op->len = 0;
    op_start(&op->op, timeout_s, on_expired);

    uint64_t now_ns = clock_ns();
    if (c->stream.state == STREAM_OPEN) {
        op_begin(&c->op->op, c->stream.net->deadlines, now_ns);
        send_bytes(c, now_ns);
        return;
    }
    if (op->send_len == 0 && c->broken.kind != ERR_NONE) { /* what came before the end */
        op_begin(&c->op->op, c->stream.net->deadlines, now_ns);
        op->op.sent_ns = now_ns;
        backoff_raise(&c->backoff);
        return;
    }
    drop(c);
    if (backoff_is_over(&c->backoff, now_ns))
        open_connection(c, now_ns);
    else
        backoff_wait(&c->backoff);
}

void tcp_cancel(struct tcp_conn *c)
{
    if (c->op == NULL)
        return;
    uint64_t now_ns = clock_ns();
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

struct tcp_conn *tcp_conn_new(struct net *net, const struct endpoint *to)
{
    struct tcp_conn *c = xcalloc(1, sizeof(*c));
    c->to = to;
    stream_init(&c->stream, net, &events, c);
    backoff_init(&c->backoff, net, on_later, c);
    return c;
}

void tcp_conn_free(struct tcp_conn *c)
{
    if (c == NULL)
        return;
    tcp_cancel(c);
    stream_release(&c->stream);
    buf_release(&c->received);
    free(c);
}

void tcp_disconnect(struct tcp_conn *c)
{
    assert(c->op == NULL);
    drop(c);
    c->was_open = false;
}

/* Addresses */

int tcp_address(struct url *url, const char *text, struct err *err)
{
    static const char scheme[] = "tcp://", tls_scheme[] = "tls://";
    bool has_scheme = strncmp(text, scheme, sizeof(scheme) - 1) == 0 ||
                      strncmp(text, tls_scheme, sizeof(tls_scheme) - 1) == 0;
    char *whole = xasprintf("%s%s", has_scheme ? "" : scheme, text);
    int rc = url_parse(url, whole, err);
    free(whole);
    if (rc < 0)
        return -1;
    if (url->port_given && url->userinfo == NULL && strcmp(url->target, "/") == 0)
        return 0;
    url_release(url);
    return err_set(err, ERR_CONFIG, "it is not a host and a port, such as localhost:7000");
}
