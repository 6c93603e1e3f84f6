/*
 * Taking in an answer. Nothing here waits, completes or closes; http1.c does.
 *
 * Where the bytes of an answer live: a read lands in the worker's scratch, and
 * an answer that is complete in it is handed over from there. Otherwise c->buf
 * holds what must outlive the read: an incomplete head, or, once the head is
 * complete and its answer wanted, head and body so far (c->stored).
 */
#include "proto/http1_internal.h"

#include "base/clock.h"

#include <string.h>

/* How far a Content-Length is trusted with memory. */
enum { RESERVE_MAX = 1024 * 1024 };

void http1_answer_expect(struct http1_conn *c)
{
    const struct http1_op *op = c->op;
    const struct http1_batch *batch = op->batch;
    buf_clear(&c->buf);
    c->stored = c->head_seen = false;
    http1_parser_init(&c->parser, batch ? batch->heads[batch->answered] : op->head_request);
}

void http1_answer_locate(struct http1_conn *c)
{
    if (!c->stored)
        return;
    c->op->head = c->buf.data + c->head_at;
    c->op->body = c->buf.data + c->body_at;
}

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
    http1_answer_locate(c);
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
    http1_answer_expect(c);
    if (in_buf) /* what follows still lies in there */
        c->buf.len = kept;
    return true;
}

enum http1_answer http1_answer_take(struct http1_conn *c, char *data, size_t len, uint64_t now_ns)
{
    struct http1_op *op = c->op;
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
            return HTTP1_ANSWER_DONE;
        case HTTP1_MORE:
            keep_rest(c, in, in_buf);
            return HTTP1_ANSWER_MORE;
        case HTTP1_ERROR:
            *op_error(&op->op) = err;
            break;
        }
        return HTTP1_ANSWER_FAILED;
    }
}

enum http1_answer http1_answer_end(struct http1_conn *c, uint64_t now_ns)
{
    struct http1_op *op = c->op;
    struct http1_span kept = {c->buf.data, c->stored ? 0 : c->buf.len};
    struct err why;
    if (http1_parser_eof(&c->parser, kept, &why) != HTTP1_DONE)
        *op_error(&op->op) = why;
    else if (op->batch) /* its end was the connection's: no other can follow */
        next_of_batch(c, &(struct http1_span){NULL, 0}, false, now_ns);
    return op->op.err == NULL ? HTTP1_ANSWER_DONE : HTTP1_ANSWER_FAILED;
}
