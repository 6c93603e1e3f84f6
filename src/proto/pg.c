/*
 * The PostgreSQL client: the life of a connection and of its operations.
 * Between pg_start and the single call of `complete` in finish(), c->op is the
 * pending operation; everything that happens to a connection ends there or in
 * nothing.
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

static void close_connection(struct pg_conn *c)
{
    pg_unwatch(c);
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
    op_complete(&op->op, c->net->deadlines, now_ns);
}

/* op->op.err has been filled; the connection cannot be used further. */
static void fail(struct pg_conn *c, uint64_t now_ns)
{
    close_connection(c);
    finish(c, now_ns);
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
        pg_not_connected(c);
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
        pg_unwatch(c);
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

void pg_connected(struct pg_conn *c)
{
    c->net->connects++;
    c->net->reconnects += c->was_open;
    c->was_open = true;
    backoff_connected(&c->backoff);
    c->state = PG_OPEN;
    pg_watch(c, on_read, on_write);
    ev_io_start(c->net->loop, &c->io_read);
    if (c->op->statements_len == 0)
        finish(c, clock_ns());
    else if (send_operation(c) < 0)
        fail(c, clock_ns());
}

void pg_not_connected(struct pg_conn *c)
{
    backoff_failed(&c->backoff);
    fail(c, clock_ns());
}

/* -1 with the operation's err. */
static int open_connection(struct pg_conn *c, uint64_t now_ns)
{
    op_begin(&c->op->op, c->net->deadlines, now_ns);
    return pg_connect(c);
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
        pg_not_connected(c);
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
    op_start(&op->op, timeout_s, on_expired);

    uint64_t now_ns = clock_ns();
    if (c->state == PG_OPEN) {
        op_begin(&c->op->op, c->net->deadlines, now_ns);
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
    if (c->state == PG_OPEN)
        pg_cancel(c->conn);
    op_cancel(&c->op->op, now_ns);
    fail(c, now_ns);
}

/* Connections */

struct pg_conn *pg_conn_new(struct net *net, const struct pg_target *target)
{
    struct pg_conn *c = xcalloc(1, sizeof(*c));
    c->net = net;
    c->target = target;
    pg_connect_init(c);
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
