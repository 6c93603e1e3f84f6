/* The load of a one-off: this worker's share of its connections. */
#include "run/oneoff.h"

#include "base/clock.h"
#include "base/mem.h"
#include "run/worker.h"

#include <stdio.h>
#include <stdlib.h>

struct connection {
    struct http1_op op;
    struct http1_conn *conn; /* owned */
    struct load *load;       /* borrowed, owns this */
};

struct load {
    struct worker *worker;      /* borrowed, owns this */
    const struct oneoff *about; /* borrowed, the plan's */
    struct connection *items;   /* owned */
    uint32_t len, active;
    uint32_t begun, to_begin; /* at the start, a few at a time */
    ev_timer begin_timer;
    uint64_t left; /* requests still to start; UINT64_MAX: no limit */
    bool stopping;
};

/* What worker `number` (from 1) of n gets of a total. */
static uint64_t share(uint64_t total, int number, int n)
{
    return total / (uint64_t)n + ((uint64_t)number <= total % (uint64_t)n ? 1 : 0);
}

static void begin(struct connection *c)
{
    struct load *load = c->load;
    if (load->left != UINT64_MAX)
        load->left--;
    http1_start(c->conn, &c->op, load->about->timeout_s);
}

static void record(struct load *load, const struct http1_op *op)
{
    struct stats *stats = load->worker->stats;
    if (op->op.err.kind == ERR_CANCELLED) {
        stats->generator.cancelled++;
        return;
    }
    char message[32];
    struct sample sample = {
        .series = load->about->series,
        .response_ns = op->op.end_ns - op->op.start_ns,
        .bytes = op->op.bytes,
        .status = op->status,
        .error = op->op.err.kind,
        .message = op->op.err.message,
        .end_ns = op->op.end_ns,
    };
    if (sample.error == ERR_NONE && op->status >= 400) {
        snprintf(message, sizeof(message), "HTTP status %d", op->status);
        sample.error = ERR_STATUS;
        sample.message = message;
    }
    stats_record(stats, &sample);
}

static void completed(struct op *op)
{
    struct connection *c = op->owner;
    struct load *load = c->load;
    record(load, &c->op);
    if (load->left > 0 && !load->stopping) {
        begin(c);
        return;
    }
    load->worker->users = --load->active;
    if (load->active == 0)
        worker_finished(load->worker);
}

/* Connections that will never begin are gone. */
static void give_up_the_rest(struct load *load)
{
    load->active -= load->to_begin - load->begun;
    load->begun = load->to_begin;
    load->worker->users = load->active;
    if (load->active == 0)
        worker_finished(load->worker);
}

/* To connect may take milliseconds when most ports are in use, and the answers
 * to those that are connected must not wait for all the others. */
static void begin_some(struct load *load)
{
    uint64_t until = clock_ns() + START_SLICE_NS;
    while (load->begun < load->to_begin && load->left > 0 && clock_ns() < until)
        begin(&load->items[load->begun++]);
    if (load->left == 0 && load->begun < load->to_begin)
        give_up_the_rest(load);
    else if (load->begun < load->to_begin)
        ev_timer_start(load->worker->loop, &load->begin_timer);
}

static void on_begin(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    begin_some(timer->data);
}

static void *oneoff_new(struct worker *w, struct err *err)
{
    (void)err;
    const struct plan *plan = w->plan;
    const struct oneoff *about = plan->oneoff;
    struct load *load = xcalloc(1, sizeof(*load));
    load->worker = w;
    load->about = about;
    load->left = about->requests ? share(about->requests, w->number, plan->workers) : UINT64_MAX;
    load->len = (uint32_t)share(plan->users, w->number, plan->workers);
    load->items = xcalloc(load->len + 1, sizeof(*load->items));
    ev_timer_init(&load->begin_timer, on_begin, 0., 0.);
    load->begin_timer.data = load;
    for (uint32_t i = 0; i < load->len; i++) {
        struct connection *c = &load->items[i];
        c->load = load;
        c->conn = http1_conn_new(&w->net, &about->origin);
        c->op.op.complete = completed;
        c->op.op.owner = c;
        c->op.request = about->request;
        c->op.request_len = about->request_len;
        c->op.head_request = about->head_request;
    }
    return load;
}

static void oneoff_start(void *arg)
{
    struct load *load = arg;
    /* Counted first: what begins later may not end the run. */
    load->active = load->len;
    if (load->left < load->active)
        load->active = (uint32_t)load->left;
    load->worker->users = load->active;
    atomic_store_explicit(&load->worker->spawned, load->active, memory_order_relaxed);
    load->to_begin = load->active;
    if (load->active == 0)
        worker_finished(load->worker);
    else
        begin_some(load);
}

static void oneoff_stop(void *arg)
{
    struct load *load = arg;
    load->stopping = true;
    ev_timer_stop(load->worker->loop, &load->begin_timer);
    if (load->begun < load->to_begin)
        give_up_the_rest(load);
}

static void oneoff_kill(void *arg)
{
    struct load *load = arg;
    load->stopping = true;
    for (uint32_t i = 0; i < load->len; i++)
        http1_cancel(load->items[i].conn);
}

static void oneoff_free(void *arg)
{
    struct load *load = arg;
    for (uint32_t i = 0; i < load->len; i++)
        http1_conn_free(load->items[i].conn);
    free(load->items);
    free(load);
}

const struct load_kind load_oneoff = {
    .create = oneoff_new,
    .start = oneoff_start,
    .stop = oneoff_stop,
    .kill = oneoff_kill,
    .free = oneoff_free,
};
