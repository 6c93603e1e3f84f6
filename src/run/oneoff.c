/*
 * The load of a one-off: this worker's share of its connections. The worker
 * makes it, begins and ends it; the source says what is sent.
 *
 * A connection is at any time either sending and waiting for its answer
 * (op.op.pending), waiting out its source's delay, resting until a request is
 * due (with a schedule) or a pause is over, not begun yet, or gone; `active`
 * counts all but the last. In the open model one pacer hands arrivals to those
 * that rest; in the closed one each connection has a pacer of its own.
 */
#include "run/oneoff.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/watch.h"
#include "run/oneoff_internal.h"
#include "stats/arrivals.h"

#include <stdlib.h>

/* So often wrk looks at the rates of its threads. */
#define RATE_INTERVAL_S 0.1

uint64_t oneoff_share(uint64_t total, int number, int n)
{
    return total / (uint64_t)n + ((uint64_t)number <= total % (uint64_t)n ? 1 : 0);
}

uint64_t oneoff_shares_before(uint64_t total, int number, int n)
{
    uint64_t before = (uint64_t)number - 1, larger = total % (uint64_t)n;
    return total / (uint64_t)n * before + (before < larger ? before : larger);
}

uint64_t oneoff_first(const struct oneoff *about, int number, int n, uint64_t cycle)
{
    return oneoff_shares_before(about->requests ? about->requests : cycle, number, n);
}

/* --- coming and going -------------------------------------------------------- */

static void stop_pacers(struct load *load)
{
    for (uint32_t i = 0; i < load->pacers_len; i++)
        pacer_stop(&load->pacers[i]);
}

static void look_at_rate(struct load *load)
{
    uint64_t now_ns = clock_ns();
    double seconds = ns_to_s(now_ns - load->rate_from_ns);
    hist_record(&load->worker->stats->rates, (uint64_t)(load->answers / seconds));
    load->rate_from_ns = now_ns;
    load->answers = 0;
    load->rate_seen = true;
}

static void on_rate(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)revents;
    look_at_rate(timer->data);
    watch_timer_start(loop, timer, RATE_INTERVAL_S);
}

static void finish_if_all_gone(struct load *load)
{
    load->worker->users = load->active;
    if (load->active > 0)
        return;
    stop_pacers(load);
    ev_timer_stop(load->worker->loop, &load->rate_timer);
    if (!load->rate_seen && load->answers > 0) /* it was over too soon */
        look_at_rate(load);
    worker_finished(load->worker);
}

static void leave(struct connection *c)
{
    c->load->active--;
    finish_if_all_gone(c->load);
}

/* --- what a connection does next --------------------------------------------- */

static bool is_over(const struct load *load)
{
    return load->left == 0 || load->state == LOAD_STOPS;
}

/* Nothing further begins: those that have nothing under way go. */
static void send_home(struct load *load)
{
    bool anybody = load->delayed > 0 || load->resting || (load->pacers_len > 0 && !load->sent_home);
    load->sent_home = true;
    load->resting = NULL;
    for (uint32_t i = 0; anybody && i < load->len; i++) {
        struct connection *c = &load->items[i];
        if (load->delays && ev_is_active(&load->delays[i])) {
            ev_timer_stop(load->worker->loop, &load->delays[i]);
            load->delayed--;
        } else if (!c->resting) {
            continue;
        }
        c->resting = false;
        leave(c);
    }
}

static void add_resting(struct connection *c)
{
    c->resting = true;
    c->next_resting = c->load->resting;
    c->load->resting = c;
}

/* With a schedule: a connection that has nothing to do until a request is due. */
static void rest(struct connection *c)
{
    struct load *load = c->load;
    if (load->about->closed) {
        c->resting = true;
        pacer_go_on(&load->pacers[c - load->items]);
    } else {
        add_resting(c);
        pacer_go_on(&load->pacers[0]);
    }
}

/* A request is due, and this connection rests. Pipelined ones go with it, each in
 * the place of an arrival of its own: the rate is that of requests. */
static enum pacer_answer begin_due(struct pacer *p, struct connection *c, uint64_t due_ns)
{
    c->resting = false;
    if (oneoff_request(c, due_ns, pacer_left(p))) {
        p->begun_more = c->op.batch ? c->op.batch->requests - 1 : 0;
        return PACER_BEGUN;
    }
    leave(c);
    if (is_over(c->load))
        send_home(c->load);
    return PACER_NOBODY;
}

static enum pacer_answer begin_on_any(struct pacer *p, uint64_t due_ns)
{
    struct load *load = p->owner;
    struct connection *c = load->resting;
    if (!c)
        return PACER_NOBODY;
    load->resting = c->next_resting;
    return begin_due(p, c, due_ns);
}

static enum pacer_answer begin_on_own(struct pacer *p, uint64_t due_ns)
{
    struct connection *c = p->owner;
    return c->resting ? begin_due(p, c, due_ns) : PACER_NOBODY;
}

/* Whether the connection will not be needed again: of a counted schedule, the
 * last request has begun. */
static bool has_no_more(const struct connection *c)
{
    const struct load *load = c->load;
    uint64_t count = load->about->schedule->count;
    const struct pacer *p = &load->pacers[load->about->closed ? c - load->items : 0];
    return count > 0 && p->next.number >= count;
}

static void begin_or_leave(struct connection *c)
{
    if (oneoff_request(c, 0, c->load->left))
        return;
    if (c->load->state == LOAD_PAUSED) {
        add_resting(c);
        return;
    }
    leave(c);
    send_home(c->load);
}

/* Closed model: the next request, after the source's delay if it has one. */
static void go_on(struct connection *c)
{
    struct load *load = c->load;
    ev_timer *delays = load->delays;
    double delay_ms = delays ? load->about->source->delay(load->source) : 0;
    if (!delays || delay_ms <= 0) {
        begin_or_leave(c);
        return;
    }
    load->delayed++;
    watch_timer_start(load->worker->loop, &delays[c - load->items], delay_ms / 1e3);
}

static void on_delay(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct connection *c = timer->data;
    c->load->delayed--;
    begin_or_leave(c);
}

static void completed(struct op *op)
{
    struct connection *c = op->owner;
    struct load *load = c->load;
    if (c->op.batch)
        oneoff_record_batch(load, c);
    else
        oneoff_record(load, c);
    if (c->op.keep_body && op->err == NULL && !load->about->source->answered(load->source, &c->op))
        load->state = LOAD_STOPS;
    if (is_over(load)) {
        leave(c);
        send_home(load);
    } else if (load->pacers_len == 0) {
        go_on(c);
    } else if (has_no_more(c)) {
        leave(c);
        if (!load->about->closed)
            send_home(load);
    } else {
        rest(c);
    }
}

/* Connections that will never begin are gone. */
static void give_up_the_rest(struct load *load)
{
    load->active -= load->to_begin - load->begun;
    load->begun = load->to_begin;
    finish_if_all_gone(load);
}

/* To connect may take milliseconds when most ports are in use, and the answers
 * to those that are connected must not wait for all the others. */
static void begin_some(struct load *load)
{
    uint64_t until = clock_ns() + START_SLICE_NS;
    while (load->begun < load->to_begin && !is_over(load) && clock_ns() < until) {
        struct connection *c = &load->items[load->begun++];
        if (load->pacers_len > 0)
            rest(c);
        else
            go_on(c);
    }
    if (load->begun == load->to_begin)
        return;
    if (is_over(load))
        give_up_the_rest(load);
    else
        ev_timer_start(load->worker->loop, &load->begin_timer);
}

static void on_begin(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    begin_some(timer->data);
}

/* --- the load ------------------------------------------------------------------ */

static void oneoff_free(void *arg)
{
    struct load *load = arg;
    for (size_t i = 0; i < (size_t)load->len * load->origins_len; i++)
        http1_conn_free(load->conns[i]);
    for (uint32_t i = 0; i < load->len; i++) {
        struct connection *c = &load->items[i];
        buf_release(&c->own);
        op_release(&c->op.op);
        if (c->pipeline) {
            vec_release(&c->pipeline->heads);
            vec_release(&c->pipeline->held);
        }
        free(c->pipeline);
    }
    if (load->source)
        load->about->source->free(load->source);
    free(load->delays);
    free(load->pacers);
    free(load->conns);
    free(load->items);
    free(load);
}

/* The worker's share of the schedule: every workers-th arrival, or what its
 * connections have of it, of which every workers-th is its own. */
static void make_pacers(struct load *load)
{
    struct worker *w = load->worker;
    const struct oneoff *about = load->about;
    uint32_t workers = (uint32_t)w->plan->workers, first = (uint32_t)w->number - 1;
    load->pacers_len = about->closed ? load->len : 1;
    load->pacers = xcalloc(load->pacers_len, sizeof(*load->pacers));
    w->net.paced = true;
    for (uint32_t i = 0; i < load->pacers_len; i++) {
        struct pacer *p = &load->pacers[i];
        struct share share;
        if (about->closed)
            share_init(&share, about->schedule, first + i * workers, w->plan->users, 0);
        else
            share_init(&share, about->schedule, first, workers, 0);
        p->begin = about->closed ? begin_on_own : begin_on_any;
        p->owner = about->closed ? (void *)&load->items[i] : (void *)load;
        pacer_init(p, w->net.alarms, &w->stats, STATS_NO_CLASS, &share);
        worker_add_pacer(w, p);
    }
}

static void *oneoff_new(struct worker *w, struct err *err)
{
    const struct plan *plan = w->plan;
    const struct oneoff *about = plan->oneoff;
    struct load *load = xcalloc(1, sizeof(*load));
    load->worker = w;
    load->about = about;
    load->source = about->source->create(w, about->about, err);
    if (!load->source) {
        free(load);
        return NULL;
    }
    load->origins = about->source->origins(load->source, &load->origins_len);
    load->left = about->requests && !about->schedule /* which counts by itself */
                     ? oneoff_share(about->requests, w->number, plan->workers)
                     : UINT64_MAX;
    load->len = (uint32_t)oneoff_share(plan->users, w->number, plan->workers);
    load->items = xcalloc(load->len + 1, sizeof(*load->items));
    load->conns = xcalloc((size_t)load->len * load->origins_len + 1, sizeof(struct http1_conn *));
    if (about->source->delay && !about->schedule)
        load->delays = xcalloc(load->len + 1, sizeof(*load->delays));
    watch_timer_init(&load->begin_timer, on_begin, load);
    watch_timer_init(&load->rate_timer, on_rate, load);
    for (uint32_t i = 0; i < load->len; i++) {
        struct connection *c = &load->items[i];
        c->load = load;
        c->op.op.complete = completed;
        c->op.op.owner = c;
        if (load->delays)
            watch_timer_init(&load->delays[i], on_delay, c);
    }
    if (about->schedule)
        make_pacers(load);
    return load;
}

static void oneoff_start(void *arg)
{
    struct load *load = arg;
    /* Counted first: what begins later may not end the run. */
    load->active = load->len;
    if (load->left < load->active)
        load->active = (uint32_t)load->left;
    atomic_store_explicit(&load->worker->spawned, load->active, memory_order_relaxed);
    load->to_begin = load->active;
    finish_if_all_gone(load);
    if (load->active == 0)
        return;
    for (uint32_t i = 0; i < load->pacers_len; i++)
        pacer_start(&load->pacers[i], load->worker->boss->start_ns, 0);
    load->rate_from_ns = clock_ns();
    watch_timer_start(load->worker->loop, &load->rate_timer, RATE_INTERVAL_S);
    begin_some(load);
}

/* The pause is over for those that it held. */
static void begin_held(struct load *load)
{
    struct connection *c = load->resting, *next;
    for (load->resting = NULL; c; c = next) {
        next = c->next_resting;
        if (!c->resting) /* the first has ended the load */
            continue;
        c->resting = false;
        begin_or_leave(c);
    }
}

static void oneoff_pause(void *arg, bool paused)
{
    struct load *load = arg;
    if (load->pacers_len == 0 && load->state != LOAD_STOPS) {
        load->state = paused ? LOAD_PAUSED : LOAD_RUNS;
        if (!paused)
            begin_held(load);
    }
    for (uint32_t i = 0; i < load->pacers_len; i++)
        pacer_pause(&load->pacers[i], paused);
}

static void oneoff_stop(void *arg)
{
    struct load *load = arg;
    stop_pacers(load);
    load->state = LOAD_STOPS;
    ev_timer_stop(load->worker->loop, &load->begin_timer);
    ev_timer_stop(load->worker->loop, &load->rate_timer);
    if (load->begun < load->to_begin)
        give_up_the_rest(load);
    send_home(load);
}

static void oneoff_kill(void *arg)
{
    struct load *load = arg;
    load->state = LOAD_STOPS;
    for (uint32_t i = 0; i < load->len; i++) {
        if (load->items[i].op.op.pending)
            http1_cancel(load->items[i].op.conn);
    }
}

const struct load_kind load_oneoff = {
    .create = oneoff_new,
    .start = oneoff_start,
    .pause = oneoff_pause,
    .stop = oneoff_stop,
    .kill = oneoff_kill,
    .free = oneoff_free,
};
