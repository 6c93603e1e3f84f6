/*
 * One request of a one-off: the source is asked, the bytes are sent on the
 * connection to its origin, and what became of it is recorded. When that
 * happens is oneoff.c's business.
 */
#include "run/oneoff_internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static struct http1_conn *conn_to(struct connection *c, uint32_t origin)
{
    struct load *load = c->load;
    size_t at = (size_t)(c - load->items) * load->origins_len + origin;
    if (!load->conns[at])
        load->conns[at] = http1_conn_new(&load->worker->net, &load->origins[origin]);
    return load->conns[at];
}

/* The server learns that the connection ends with this request (RFC 9112 9.6):
 * a header line behind the first line. */
static void announce_close(struct connection *c)
{
    static const char line[] = "Connection: close\r\n";
    const char *eol = memchr(c->op.request, '\n', c->op.request_len);
    if (!eol)
        return;
    size_t at = (size_t)(eol + 1 - c->op.request), len = sizeof(line) - 1;
    if (c->op.request != c->own.data)
        buf_add(&c->own, c->op.request, c->op.request_len);
    buf_reserve(&c->own, len);
    memmove(c->own.data + at + len, c->own.data + at, c->own.len - at);
    memcpy(c->own.data + at, line, len);
    c->own.len += len;
    c->op.request = c->own.data;
    c->op.request_len = c->own.len;
}

/* What became of the request, but for what its status means. */
static inline struct sample sample_of(const struct load *load, const struct connection *c)
{
    const struct http1_op *op = &c->op;
    uint64_t service_ns = op->op.end_ns - op->op.start_ns;
    return (struct sample){
        .series = c->series,
        .user = (uint32_t)(c - load->items) + 1,
        .response_ns = c->due_ns ? op->op.end_ns - c->due_ns : service_ns,
        .service_ns = service_ns,
        .has_service = c->due_ns != 0,
        .first_byte_ns =
            op->op.sent_ns && op->op.first_byte_ns ? op->op.first_byte_ns - op->op.sent_ns : 0,
        .bytes = op->op.bytes,
        .status = op->status,
        .error = op_failure(&op->op),
        .message = op_message(&op->op),
        .end_ns = op->op.end_ns,
    };
}

static inline void record(struct load *load, struct sample sample)
{
    char message[32];
    load->answers += sample.error == ERR_NONE;
    if (sample.error == ERR_NONE && sample.status >= 400) {
        snprintf(message, sizeof(message), "HTTP status %d", sample.status);
        sample.error = ERR_STATUS;
        sample.message = message;
    }
    stats_record(load->worker->stats, &sample);
}

void oneoff_record(struct load *load, const struct connection *c)
{
    const struct op *op = &c->op.op;
    if (op_failure(op) == ERR_CANCELLED) {
        generator_stats_cancelled(&load->worker->stats->generator,
                                  op->end_ns - (c->due_ns ? c->due_ns : op->start_ns));
        return;
    }
    record(load, sample_of(load, c));
}

/* --- several requests ------------------------------------------------------------------ */

/* An answer that is not the last. */
static void answered_one(struct http1_op *op)
{
    struct connection *c = op->op.owner;
    struct load *load = c->load;
    if (load->about->batch_latency)
        vec_push(&c->pipeline->held, sample_of(load, c));
    else
        oneoff_record(load, c);
    if (op->keep_body && !load->about->source->answered(load->source, op))
        load->state = LOAD_STOPS;
}

/* Those that were answered before, with the time of what came last. */
static void record_held(struct load *load, struct connection *c)
{
    struct pipeline *p = c->pipeline;
    const struct sample last = sample_of(load, c);
    for (size_t i = 0; i < p->held.len; i++) {
        struct sample *held = &p->held.items[i];
        held->response_ns = last.response_ns;
        held->service_ns = last.service_ns;
        held->end_ns = last.end_ns;
        record(load, *held);
    }
    vec_clear(&p->held);
}

void oneoff_record_batch(struct load *load, struct connection *c)
{
    const struct http1_batch *batch = c->op.batch;
    record_held(load, c);
    oneoff_record(load, c);
    c->op.op.bytes = 0; /* they are counted */
    for (uint32_t i = batch->answered + 1; i < batch->requests; i++)
        oneoff_record(load, c);
}

/* What the operation needs to know of several requests; NULL of one. */
static struct http1_batch *batch_of(struct connection *c, const struct outgoing *out)
{
    if (out->requests == 1)
        return NULL;
    if (!c->pipeline)
        c->pipeline = xcalloc(1, sizeof(*c->pipeline));
    struct pipeline *p = c->pipeline;
    vec_clear(&p->heads);
    for (uint32_t i = 0; i < out->requests; i++)
        vec_push(&p->heads, out->heads[i]);
    p->batch = (struct http1_batch){
        .requests = out->requests, .heads = p->heads.items, .answer = answered_one};
    return &p->batch;
}

bool oneoff_request(struct connection *c, uint64_t due_ns, uint64_t most)
{
    struct load *load = c->load;
    buf_clear(&c->own);
    struct outgoing out = {
        .connection = (uint32_t)(c - load->items), .most = most, .own = &c->own, .requests = 1};
    if (most == 0 || load->state != LOAD_RUNS)
        return false;
    if (!load->about->source->next(load->source, &out)) {
        load->state = LOAD_STOPS;
        return false;
    }
    if (load->left != UINT64_MAX)
        load->left -= out.requests;
    struct http1_conn *conn = conn_to(c, out.origin);
    c->due_ns = due_ns;
    c->series = out.series;
    c->op.request = out.bytes;
    c->op.request_len = out.len;
    c->op.head_request = out.head_request;
    c->op.keep_body = out.keep;
    c->op.batch = batch_of(c, &out);
    uint64_t per_connection = load->about->requests_per_connection;
    if (per_connection > 0) {
        c->op.close_after = http1_conn_served(conn) + 1 >= per_connection;
        if (c->op.close_after && !c->op.batch)
            announce_close(c);
    }
    http1_start(conn, &c->op, load->about->timeout_s);
    return true;
}
