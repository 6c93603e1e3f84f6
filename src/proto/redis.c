/*
 * The Redis client over one link. Between redis_start and the single call of
 * `complete` in finish(), c->op is the pending operation. The link is there from
 * the moment a socket is opened; it is greeted (AUTH, SELECT) before it carries
 * an operation.
 */
#include "proto/redis.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"
#include "net/connect.h"
#include "net/dns.h"
#include "proto/redis_link.h"
#include "proto/redis_reply.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How deep replies may nest: hiredis 0.14 takes 7 levels, later ones any, and
 * whoever walks them recurses. */
enum { REPLY_DEPTH_MAX = 32 };

struct redis_conn {
    struct net *net;                   /* borrowed, outlived by the worker */
    const struct redis_target *target; /* borrowed, outlives the connection */
    struct redis_op *op;               /* borrowed from its starter; NULL while none is pending */
    struct redis_link *link;           /* NULL while closed, resolving, or waiting to retry */
    bool ready;                        /* the link is greeted */
    bool was_ready;                    /* the next connection replaces one */
    struct redis_request greeting;
    size_t greeted; /* replies to it */
    struct dns_query query;
    struct dns_addresses addresses;
    int next_address;
    struct backoff backoff; /* raised also to fail what failed inside its start */
};

/* Ends of an operation */

/* Completes the pending operation. The starter may start the next one, or free
 * the connection, from in there: c is not touched afterwards. */
static void finish(struct redis_conn *c, uint64_t now_ns)
{
    struct redis_op *op = c->op;
    if (c->ready)
        op->op.first_byte_ns = c->link->first_read_ns;
    c->op = NULL;
    op_complete(&op->op, c->net->deadlines, now_ns);
}

/* Drops the connection, or the attempt to make one. */
static void drop(struct redis_conn *c)
{
    struct redis_link *l = c->link;
    if (c->ready && c->op != NULL)
        c->op->op.first_byte_ns = l->first_read_ns;
    c->link = NULL;
    c->ready = false;
    dns_cancel(c->net->resolver, &c->query);
    backoff_stop(&c->backoff);
    redis_link_close(l);
}

/* op.err has been filled. */
static void fail(struct redis_conn *c, uint64_t now_ns)
{
    drop(c);
    finish(c, now_ns);
}

/* The connection was not made, or not let in; op.err has been filled. */
static void fail_to_connect(struct redis_conn *c)
{
    backoff_failed(&c->backoff);
    fail(c, clock_ns());
}

static void on_expired(struct deadline *d)
{
    struct redis_op *op = (struct redis_op *)op_of_deadline(d);
    struct redis_conn *c = op->conn;
    double after_s = ns_to_s(d->at_ns - op->op.start_ns);
    if (!c->ready) {
        bool looks_up = c->query.request != NULL;
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs while %s %s", after_s,
                looks_up ? "looking up the address of" : "connecting to", c->target->name);
        fail_to_connect(c);
        return;
    }
    const char *phase = redis_link_unsent(c->link)    ? "while sending the command"
                        : c->link->first_read_ns == 0 ? "waiting for the reply"
                                                      : "reading the reply";
    err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs %s", after_s, phase);
    fail(c, clock_ns());
}

/* Sending, and what comes back */

static void send_commands(struct redis_link *l, const struct redis_request *r)
{
    l->first_read_ns = 0;
    for (size_t i = 0; i < r->starts.len; i++) {
        size_t at = r->starts.items[i];
        size_t end = i + 1 < r->starts.len ? r->starts.items[i + 1] : r->bytes.len;
        redis_link_send(l, r->bytes.data + at, end - at);
    }
    redis_link_flush(l);
}

static void send_request(struct redis_conn *c, uint64_t now_ns)
{
    c->op->op.sent_ns = now_ns;
    send_commands(c->link, c->op->request);
}

static void let_in(struct redis_conn *c)
{
    c->ready = true;
    c->net->reconnects += c->was_ready;
    c->was_ready = true;
    backoff_connected(&c->backoff);
    send_request(c, clock_ns());
}

/* The reply to AUTH or SELECT: with the last of them we are in. */
static void take_greeting(struct redis_conn *c, const redisReply *reply)
{
    bool is_auth = c->greeted++ == 0 && c->target->password != NULL;
    if (reply->type == REDIS_REPLY_ERROR) {
        struct err *err = op_error(&c->op->op);
        redis_reply_describe(err, reply);
        if (is_auth && !redis_reply_begins(reply, "LOADING"))
            err_set(err, ERR_STATUS, "%s; check user and password in the Redis URL", err->message);
        if (is_auth)
            err_prefix(err, "AUTH");
        else
            err_prefix(err, "SELECT %d", c->target->db);
        fail_to_connect(c);
    } else if (c->greeted == c->greeting.starts.len) {
        let_in(c);
    }
}

static void on_reply(struct redis_link *l, const redisReply *reply)
{
    struct redis_conn *c = l->owner;
    if (!c->ready) {
        take_greeting(c, reply);
        return;
    }
    struct redis_op *op = c->op;
    if (redis_reply_is_deeper(reply, REPLY_DEPTH_MAX)) {
        err_set(op_error(&op->op), ERR_PROTOCOL, "a reply is nested more than %d levels deep",
                REPLY_DEPTH_MAX);
        fail(c, clock_ns());
        return;
    }
    op->op.bytes += redis_reply_wire_size(reply);
    op->replies++;
    const redisReply *error = redis_reply_error(reply);
    if (error != NULL && op->op.err == NULL)
        redis_reply_describe(op_error(&op->op), error);
    op->reply(op, reply);
    if (op->replies < op->request->starts.len)
        return;
    /* A server that answers before it has read the whole request is left the
     * rest of it only by closing. */
    if (redis_link_unsent(l)) {
        op->op.sent_ns = 0;
        drop(c);
    }
    finish(c, clock_ns());
}

static void on_drained(struct redis_link *l)
{
    struct redis_conn *c = l->owner;
    if (c->op != NULL && c->ready)
        c->op->op.sent_ns = clock_ns();
}

static void on_lost(struct redis_link *l, const struct err *err)
{
    struct redis_conn *c = l->owner;
    bool was_ready = c->ready;
    if (was_ready && c->op != NULL)
        c->op->op.first_byte_ns = l->first_read_ns;
    c->link = NULL;
    c->ready = false;
    if (c->op == NULL) {
        log_debug("%s: %s", c->target->name, err->message);
        return; /* the next start connects anew */
    }
    *op_error(&c->op->op) = *err;
    if (was_ready)
        fail(c, clock_ns());
    else
        fail_to_connect(c);
}

/* Connecting */

static void greet(struct redis_conn *c)
{
    c->greeted = 0;
    if (c->greeting.starts.len == 0)
        let_in(c);
    else
        send_commands(c->link, &c->greeting);
}

static void on_connected(struct redis_link *l, int errnum);

static const struct redis_link_events events = {
    .connected = on_connected,
    .reply = on_reply,
    .drained = on_drained,
    .lost = on_lost,
};

/* Opens a socket to the next address, or to those after it; false with an errno
 * when none is left. */
static bool try_next(struct redis_conn *c, int errnum)
{
    while (c->next_address < c->addresses.len) {
        const union dns_address *address = &c->addresses.items[c->next_address++];
        c->link = redis_link_tcp(c->net->loop, address, &events, c);
        if (c->link != NULL)
            return true;
        errnum = errno;
    }
    connect_errno(op_error(&c->op->op), errnum, c->target->name);
    return false;
}

/* None of the addresses can be connected to; op.err has been filled. */
static void give_up(struct redis_conn *c)
{
    if (c->addresses.len > 0)
        dns_forget(c->net->resolver, c->target->host);
    fail_to_connect(c);
}

static void on_connected(struct redis_link *l, int errnum)
{
    struct redis_conn *c = l->owner;
    if (errnum == 0) {
        c->net->connects++;
        greet(c);
        return;
    }
    c->link = NULL;
    if (!try_next(c, errnum))
        give_up(c);
}

static void on_resolved(struct dns_query *q, const struct dns_addresses *addresses,
                        const struct err *err)
{
    struct redis_conn *c = q->owner;
    c->addresses = *addresses;
    if (addresses->len == 0) {
        *op_error(&c->op->op) = *err;
        give_up(c);
    } else if (!try_next(c, 0)) {
        give_up(c);
    }
}

/* Starting */

static void open_connection(struct redis_conn *c, uint64_t now_ns)
{
    const struct redis_target *t = c->target;
    op_begin(&c->op->op, c->net->deadlines, now_ns);
    c->next_address = 0;
    c->addresses.len = 0;
    bool under_way;
    if (t->path != NULL) {
        c->link = redis_link_unix(c->net->loop, t->path, &events, c);
        under_way = c->link != NULL;
        if (!under_way)
            connect_errno(op_error(&c->op->op), errno, t->name);
    } else {
        under_way = !dns_resolve(c->net->resolver, &c->query, t->host, t->port, &c->addresses) ||
                    try_next(c, 0);
    }
    if (!under_way) /* told of from the loop: this may be inside redis_start */
        backoff_raise(&c->backoff);
}

static void on_retry(struct backoff *b)
{
    struct redis_conn *c = b->owner;
    if (c->op->op.err != NULL)
        give_up(c);
    else
        open_connection(c, clock_ns());
}

void redis_start(struct redis_conn *c, struct redis_op *op, double timeout_s)
{
    assert(c->op == NULL && op->request->starts.len > 0);
    c->op = op;
    op->conn = c;
    op->replies = 0;
    op_start(&op->op, timeout_s, on_expired);

    uint64_t now_ns = clock_ns();
    if (c->ready) {
        op_begin(&c->op->op, c->net->deadlines, now_ns);
        send_request(c, now_ns);
    } else if (backoff_is_over(&c->backoff, now_ns)) {
        open_connection(c, now_ns);
    } else {
        backoff_wait(&c->backoff);
    }
}

void redis_cancel(struct redis_conn *c)
{
    if (c->op == NULL)
        return;
    uint64_t now_ns = clock_ns();
    op_cancel(&c->op->op, now_ns);
    fail(c, now_ns);
}

/* Connections */

static void add_greeting(struct redis_request *r, const struct redis_target *t)
{
    if (t->password != NULL) {
        redis_request_begin(r, t->user != NULL ? 3 : 2);
        redis_request_arg(r, "AUTH", 4);
        if (t->user != NULL)
            redis_request_arg(r, t->user, strlen(t->user));
        redis_request_arg(r, t->password, strlen(t->password));
    }
    if (t->db > 0) {
        char db[12];
        int len = snprintf(db, sizeof(db), "%d", t->db);
        redis_request_begin(r, 2);
        redis_request_arg(r, "SELECT", 6);
        redis_request_arg(r, db, (size_t)len);
    }
}

struct redis_conn *redis_conn_new(struct net *net, const struct redis_target *target)
{
    struct redis_conn *c = xcalloc(1, sizeof(*c));
    c->net = net;
    c->target = target;
    c->query.done = on_resolved;
    c->query.owner = c;
    backoff_init(&c->backoff, net, on_retry, c);
    add_greeting(&c->greeting, target);
    return c;
}

void redis_conn_free(struct redis_conn *c)
{
    if (c == NULL)
        return;
    redis_cancel(c);
    drop(c);
    redis_request_release(&c->greeting);
    free(c);
}
