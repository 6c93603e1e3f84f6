/*
 * The PostgreSQL client. Between pg_start and the single call of `complete` in
 * finish(), c->op is the pending operation; everything that happens to a
 * connection ends there or in nothing.
 *
 *   closed -> resolving -> connecting -> open -> closed
 *
 * libpq owns the socket: it opens, replaces and closes it. Our watchers are on
 * it only between two calls that may do so.
 */
#include "proto/pg_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/deadline.h"
#include "net/watch.h"
#include "proto/pg_cancel.h"

#include <assert.h>
#include <stdlib.h>

/* Operations */

void pg_op_clear(struct pg_op *op)
{
    for (size_t i = 0; i < op->results.len; i++)
        PQclear(op->results.items[i]);
    vec_clear(&op->results);
    PQclear(op->error);
    op->error = NULL;
}

void pg_op_release(struct pg_op *op)
{
    pg_op_clear(op);
    vec_release(&op->results);
    op_release(&op->op);
}

static void unwatch(struct pg_conn *c)
{
    ev_io_stop(c->net->loop, &c->io_read);
    ev_io_stop(c->net->loop, &c->io_write);
}

static void close_connection(struct pg_conn *c)
{
    unwatch(c);
    dns_cancel(c->net->resolver, &c->query);
    PQfinish(c->conn);
    c->conn = NULL;
    c->state = PG_CLOSED;
    vec_clear(&c->prepared);
}

/* Completes the pending operation. The starter may start the next one, or free
 * the connection, from in there: c is not touched afterwards. */
static void finish(struct pg_conn *c, uint64_t now_ns)
{
    struct pg_op *op = c->op;
    c->op = NULL;
    backoff_stop(&c->backoff);
    deadline_cancel(c->net->deadlines, &op->op.deadline);
    op->op.pending = false;
    op->op.end_ns = now_ns;
    op->op.complete(&op->op);
}

/* op->op.err has been filled; the connection cannot be used further. */
static void fail(struct pg_conn *c, uint64_t now_ns)
{
    close_connection(c);
    finish(c, now_ns);
}

static void fail_to_connect(struct pg_conn *c)
{
    backoff_failed(&c->backoff);
    fail(c, clock_ns());
}

static const char *phase(const struct pg_conn *c)
{
    if (c->op->op.sent_ns == 0)
        return "while sending the query";
    return c->op->op.first_byte_ns == 0 ? "waiting for the result" : "reading the result";
}

static void on_expired(struct deadline *d)
{
    struct pg_op *op = (struct pg_op *)op_of_deadline(d);
    struct pg_conn *c = op->conn;
    double after_s = ns_to_s(d->at_ns - op->op.start_ns);
    if (c->state == PG_OPEN) {
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs %s", after_s, phase(c));
        pg_cancel(c->conn);
        fail(c, clock_ns());
    } else {
        bool looks_up = c->state == PG_RESOLVING;
        err_set(op_error(&op->op), ERR_TIMEOUT, "timed out after %.4gs while %s %s", after_s,
                looks_up ? "looking up the address of" : "connecting to",
                pg_target_name(c->target));
        fail_to_connect(c);
    }
}

/* Talking */

static void flushed(struct pg_conn *c, int rc)
{
    if (rc == 1) {
        ev_io_start(c->net->loop, &c->io_write);
        return;
    }
    ev_io_stop(c->net->loop, &c->io_write);
    if (c->op && c->op->op.sent_ns == 0)
        c->op->op.sent_ns = clock_ns();
}

/* -1 with the operation's err. */
static int send_operation(struct pg_conn *c)
{
    if (pg_exchange_send(c) < 0)
        return -1;
    flushed(c, PQflush(c->conn));
    return 0;
}

/* The connection while nothing is asked of it. */
static void on_idle(struct pg_conn *c)
{
    if (!PQconsumeInput(c->conn)) {
        log_debug("%s closed an idle connection: %s", pg_target_name(c->target),
                  PQerrorMessage(c->conn));
        close_connection(c);
        return;
    }
    for (PGnotify *n; (n = PQnotifies(c->conn)) != NULL;)
        PQfreemem(n);
}

static void on_read(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct pg_conn *c = io->data;
    if (!c->op || c->op->statements_len == 0) {
        on_idle(c);
        return;
    }
    bool alive = PQconsumeInput(c->conn);
    if (!alive) /* libpq has closed the socket, whose number may soon be another's */
        unwatch(c);
    else if (c->op->op.first_byte_ns == 0)
        c->op->op.first_byte_ns = clock_ns();
    enum pg_outcome outcome = pg_exchange_take(c);
    if (outcome == PG_MORE && alive) {
        flushed(c, PQflush(c->conn));
    } else if (outcome == PG_DONE) {
        finish(c, clock_ns());
    } else {
        if (outcome == PG_MORE)
            pg_exchange_lost(c);
        fail(c, clock_ns());
    }
}

static void on_write(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct pg_conn *c = io->data;
    int rc = PQflush(c->conn);
    if (rc >= 0)
        flushed(c, rc);
    else /* what the server said before is still to be read */
        ev_io_stop(c->net->loop, io);
}

/* Connecting */

static void on_connecting(struct ev_loop *loop, ev_io *io, int revents);

static void watch(struct pg_conn *c)
{
    int fd = PQsocket(c->conn);
    c->io_read.cb = c->state == PG_OPEN ? on_read : on_connecting;
    c->io_write.cb = c->state == PG_OPEN ? on_write : on_connecting;
    watch_io_set(&c->io_read, fd, EV_READ);
    watch_io_set(&c->io_write, fd, EV_WRITE);
}

static void connected(struct pg_conn *c)
{
    c->net->connects++;
    c->net->reconnects += c->was_open;
    c->was_open = true;
    backoff_connected(&c->backoff);
    c->state = PG_OPEN;
    PQsetnonblocking(c->conn, 1);
    PQsetErrorVerbosity(c->conn, PQERRORS_DEFAULT);
    watch(c);
    ev_io_start(c->net->loop, &c->io_read);
    if (c->op->statements_len == 0)
        finish(c, clock_ns());
    else if (send_operation(c) < 0)
        fail(c, clock_ns());
}

static void connecting_failed(struct pg_conn *c)
{
    struct pg_op *op = c->op;
    pg_error_connect(op_error(&op->op), op->sqlstate, PQerrorMessage(c->conn),
                     pg_target_name(c->target));
    int port;
    const char *host = pg_target_host(c->target, &port);
    if (host && op->sqlstate[0] == '\0')
        dns_forget(c->net->resolver, host);
}

static void on_connecting(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)revents;
    struct pg_conn *c = io->data;
    unwatch(c);
    switch (PQconnectPoll(c->conn)) {
    case PGRES_POLLING_READING:
        watch(c);
        ev_io_start(loop, &c->io_read);
        break;
    case PGRES_POLLING_WRITING:
        watch(c);
        ev_io_start(loop, &c->io_write);
        break;
    case PGRES_POLLING_OK:
        connected(c);
        break;
    default:
        connecting_failed(c);
        fail_to_connect(c);
    }
}

static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg, (void)result;
}

/* -1 with the operation's err. */
static int connect_to(struct pg_conn *c, const struct dns_addresses *addresses)
{
    c->conn = pg_target_connect(c->target, addresses);
    c->state = PG_CONNECTING;
    if (!c->conn)
        return err_set(op_error(&c->op->op), ERR_SYSTEM, "no memory for a connection");
    if (PQstatus(c->conn) == CONNECTION_BAD) {
        connecting_failed(c);
        return -1;
    }
    PQsetErrorVerbosity(c->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(c->conn, drop_notice, NULL);
    watch(c);
    ev_io_start(c->net->loop, &c->io_write);
    return 0;
}

static void on_resolved(struct dns_query *q, const struct dns_addresses *addresses,
                        const struct err *err)
{
    struct pg_conn *c = q->owner;
    if (addresses->len == 0) {
        *op_error(&c->op->op) = *err;
        fail_to_connect(c);
    } else if (connect_to(c, addresses) < 0) {
        fail_to_connect(c);
    }
}

static void begin(struct pg_conn *c, uint64_t now_ns)
{
    struct op *op = &c->op->op;
    op->start_ns = now_ns;
    if (op->deadline.at_ns > 0)
        deadline_arm(c->net->deadlines, &op->deadline, now_ns + op->deadline.at_ns);
}

/* -1 with the operation's err. */
static int open_connection(struct pg_conn *c, uint64_t now_ns)
{
    begin(c, now_ns);
    struct dns_addresses addresses;
    int port;
    const char *host = pg_target_host(c->target, &port);
    if (!host)
        return connect_to(c, NULL);
    c->state = PG_RESOLVING;
    if (!dns_resolve(c->net->resolver, &c->query, host, port, &addresses))
        return 0;
    return connect_to(c, &addresses);
}

/* The backoff is over; or what ended while it was started is told. */
static void on_due(struct backoff *b)
{
    struct pg_conn *c = b->owner;
    const struct op *op = &c->op->op;
    if (op->start_ns == 0 && open_connection(c, clock_ns()) == 0)
        return;
    if (op->err == NULL)
        finish(c, clock_ns());
    else if (c->state == PG_OPEN)
        fail(c, clock_ns());
    else
        fail_to_connect(c);
}

/* Starting */

void pg_start(struct pg_conn *c, struct pg_op *op, double timeout_s)
{
    assert(c->op == NULL);
    pg_op_clear(op);
    c->op = op;
    op->conn = c;
    op->failed = 0;
    op->sqlstate[0] = '\0';
    /* Until it is armed, the deadline's time is the timeout. */
    op->op.deadline = (struct deadline){.at_ns = s_to_ns(timeout_s), .expired = on_expired};
    op->op.pending = true;
    op->op.start_ns = op->op.sent_ns = op->op.first_byte_ns = op->op.end_ns = 0;
    op->op.bytes = 0;
    op_clear_error(&op->op);

    uint64_t now_ns = clock_ns();
    if (c->state == PG_OPEN) {
        begin(c, now_ns);
        if (op->statements_len > 0 && send_operation(c) == 0)
            return;
    } else if (!backoff_is_over(&c->backoff, now_ns)) {
        backoff_wait(&c->backoff);
        return;
    } else if (open_connection(c, now_ns) == 0) {
        return;
    }
    backoff_raise(&c->backoff);
}

void pg_stop(struct pg_conn *c)
{
    if (c->op == NULL)
        return;
    uint64_t now_ns = clock_ns();
    backoff_stop(&c->backoff);
    if (c->op->op.start_ns == 0)
        c->op->op.start_ns = now_ns;
    if (c->state == PG_OPEN)
        pg_cancel(c->conn);
    err_set(op_error(&c->op->op), ERR_CANCELLED, "cancelled");
    fail(c, now_ns);
}

/* Connections */

struct pg_conn *pg_conn_new(struct net *net, const struct pg_target *target)
{
    struct pg_conn *c = xcalloc(1, sizeof(*c));
    c->net = net;
    c->target = target;
    c->query.done = on_resolved;
    c->query.owner = c;
    watch_io_init(&c->io_read, on_connecting, c);
    watch_io_init(&c->io_write, on_connecting, c);
    backoff_init(&c->backoff, net, on_due, c);
    return c;
}

void pg_conn_free(struct pg_conn *c)
{
    if (c == NULL)
        return;
    pg_stop(c);
    close_connection(c);
    vec_release(&c->prepared);
    free(c);
}

void pg_disconnect(struct pg_conn *c)
{
    assert(c->op == NULL);
    close_connection(c);
    c->was_open = false;
}

enum pg_transaction pg_transaction(const struct pg_conn *c)
{
    switch (c->state == PG_OPEN ? PQtransactionStatus(c->conn) : PQTRANS_UNKNOWN) {
    case PQTRANS_INTRANS:
        return PG_TRANSACTION_OPEN;
    case PQTRANS_INERROR:
        return PG_TRANSACTION_FAILED;
    default:
        return PG_TRANSACTION_NONE;
    }
}
