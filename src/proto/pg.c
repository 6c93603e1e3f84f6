/*
 * The PostgreSQL client. Between pg_start and the single call of `complete` in
 * finish(), c->op is the pending operation; everything that happens to a
 * connection ends there or in nothing.
 *
 *   CLOSED -> RESOLVING -> CONNECTING -> OPEN -> CLOSED
 *
 * libpq owns the socket: it opens, replaces and closes it. Our watchers are on
 * it only between two calls that may do so.
 */
#include "proto/pg.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"
#include "net/deadline.h"
#include "net/dns.h"
#include "net/watch.h"
#include "proto/pg_cancel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum state { CLOSED, RESOLVING, CONNECTING, OPEN };

struct pg_conn {
    struct net *net;                /* borrowed, outlived by the worker */
    const struct pg_target *target; /* borrowed, outlives the connection */
    struct pg_op *op;               /* borrowed from its starter; NULL while none is pending */
    PGconn *conn;                   /* owned; NULL while CLOSED or RESOLVING */
    ev_io io_read, io_write;
    enum state state : 8;
    bool was_open;      /* the next connection replaces one */
    bool pipeline;      /* the operation is one */
    size_t at;          /* the statement whose results come next */
    VEC(bool) prepared; /* by number - 1: prepared on this connection */
    struct dns_query query;
    struct backoff backoff;
    ev_timer timer; /* the backoff; fed by hand to fail an operation from the loop */
};

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
    c->state = CLOSED;
    vec_clear(&c->prepared);
}

/* Completes the pending operation. The starter may start the next one, or free
 * the connection, from in there: c is not touched afterwards. */
static void finish(struct pg_conn *c, uint64_t now_ns)
{
    struct pg_op *op = c->op;
    c->op = NULL;
    ev_timer_stop(c->net->loop, &c->timer);
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
    uint64_t now_ns = clock_ns();
    backoff_failed(&c->backoff, &c->net->rng, now_ns);
    fail(c, now_ns);
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
    if (c->state == OPEN) {
        err_set(&op->op.err, ERR_TIMEOUT, "timed out after %.4gs %s", after_s, phase(c));
        pg_cancel(c->conn);
        fail(c, clock_ns());
    } else {
        err_set(&op->op.err, ERR_TIMEOUT, "timed out after %.4gs while connecting to %s", after_s,
                pg_target_name(c->target));
        fail_to_connect(c);
    }
}

/* Taking in results */

/* The bytes of a result on the wire: protocol 3.0, "Message Formats". HEAD is
 * the type and the length of a message. */
enum { HEAD = 5, COUNT = 2, COLUMN = 18, LENGTH = 4, READY = HEAD + 1 };

static uint64_t error_size(const PGresult *result)
{
    static const int fields[] = {
        PG_DIAG_SEVERITY,          PG_DIAG_SEVERITY_NONLOCALIZED, PG_DIAG_SQLSTATE,
        PG_DIAG_MESSAGE_PRIMARY,   PG_DIAG_MESSAGE_DETAIL,        PG_DIAG_MESSAGE_HINT,
        PG_DIAG_CONTEXT,           PG_DIAG_STATEMENT_POSITION,    PG_DIAG_INTERNAL_QUERY,
        PG_DIAG_INTERNAL_POSITION, PG_DIAG_SCHEMA_NAME,           PG_DIAG_TABLE_NAME,
        PG_DIAG_COLUMN_NAME,       PG_DIAG_DATATYPE_NAME,         PG_DIAG_CONSTRAINT_NAME,
        PG_DIAG_SOURCE_FILE,       PG_DIAG_SOURCE_LINE,           PG_DIAG_SOURCE_FUNCTION,
    };
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *value = PQresultErrorField(result, fields[i]);
        size += value ? 1 + strlen(value) + 1 : 0;
    }
    return size > 0 ? HEAD + size + 1 : 0;
}

static uint64_t rows_size(const PGresult *result)
{
    int columns = PQnfields(result), rows = PQntuples(result);
    uint64_t size = HEAD + COUNT; /* RowDescription */
    for (int i = 0; i < columns; i++)
        size += strlen(PQfname(result, i)) + 1 + COLUMN;
    size += (uint64_t)rows * (HEAD + COUNT + (uint64_t)columns * LENGTH);
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < columns; i++)
            size += (uint64_t)PQgetlength(result, row, i);
    }
    return size;
}

static uint64_t wire_size(const struct pg_conn *c, const struct pg_statement *s, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return error_size(result);
    if (s->preparing)
        return HEAD + (c->pipeline ? 0 : READY); /* ParseComplete */
    uint64_t size = HEAD + strlen(PQcmdStatus(result)) + 1;
    if (status == PGRES_TUPLES_OK)
        size += rows_size(result);
    if (!c->pipeline && s->prepared == 0 && s->params_len == 0)
        return size;
    size += s->prepared > 0 ? HEAD : 2 * HEAD;            /* ParseComplete, BindComplete */
    return size + (status == PGRES_TUPLES_OK ? 0 : HEAD); /* NoData */
}

static const struct pg_statement *current_statement(const struct pg_conn *c)
{
    size_t last = c->op->statements_len - 1;
    return &c->op->statements[c->at < last ? c->at : last];
}

static void keep_error(struct pg_conn *c, PGresult *result)
{
    struct pg_op *op = c->op;
    if (op->error || op->op.err.kind != ERR_NONE) { /* the first says why */
        PQclear(result);
        return;
    }
    op->error = result;
    op->failed = c->at;
    pg_error_result(&op->op.err, op->sqlstate, result);
    if (strcmp(op->sqlstate, "26000") == 0) /* somebody took our statements away */
        vec_clear(&c->prepared);
}

static void fail_statement(struct pg_conn *c, const char *why)
{
    struct pg_op *op = c->op;
    if (op->op.err.kind != ERR_NONE)
        return;
    op->failed = c->at;
    err_set(&op->op.err, ERR_STATUS, "%s", why);
}

/* The connection broke under the operation. What the server said before, if
 * anything, is the better reason; libpq may still have it, and does not wait
 * for more once its socket is closed. */
static void lost(struct pg_conn *c)
{
    struct op *op = &c->op->op;
    char *text = xstrdup(PQerrorMessage(c->conn));
    for (int i = 0; i < 8 && PQstatus(c->conn) == CONNECTION_BAD; i++) {
        PGresult *result = PQgetResult(c->conn);
        if (!result)
            break;
        if (PQresultErrorField(result, PG_DIAG_SQLSTATE))
            keep_error(c, result);
        else
            PQclear(result);
    }
    if (op->err.kind == ERR_NONE)
        pg_error_lost(&op->err, text,
                      op->first_byte_ns == 0 ? "without an answer" : "inside the result");
    free(text);
    fail(c, clock_ns());
}

/* A statement that was to be prepared was not. */
static void forget_prepared(struct pg_conn *c, const struct pg_statement *s)
{
    if (s->prepared <= c->prepared.len)
        c->prepared.items[s->prepared - 1] = false;
}

/* Takes a result over; false: the connection cannot go on. */
static bool take_result(struct pg_conn *c, PGresult *result)
{
    struct pg_op *op = c->op;
    const struct pg_statement *s = current_statement(c);
    op->op.bytes += wire_size(c, s, result);
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (s->preparing) {
            PQclear(result);
        } else if (op->results.len > c->at) { /* of several statements the last */
            PQclear(op->results.items[c->at]);
            op->results.items[c->at] = result;
        } else {
            vec_push(&op->results, result);
        }
        return true;
    case PGRES_EMPTY_QUERY:
        PQclear(result);
        fail_statement(c, "the query is empty; give it SQL");
        return true;
    case PGRES_PIPELINE_ABORTED:
        PQclear(result);
        if (s->preparing)
            forget_prepared(c, s);
        return true;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        PQclear(result);
        fail_statement(c, "COPY is not possible here; use INSERT or SELECT");
        return false;
    default:
        keep_error(c, result);
        if (s->preparing)
            forget_prepared(c, s);
        return PQstatus(c->conn) == CONNECTION_OK;
    }
}

static int send_query(struct pg_conn *c, struct pg_statement *s);
static void flushed(struct pg_conn *c, int rc);

static void done(struct pg_conn *c)
{
    if (PQstatus(c->conn) != CONNECTION_OK || (c->pipeline && !PQexitPipelineMode(c->conn)))
        close_connection(c);
    c->op->op.bytes += READY;
    finish(c, clock_ns());
}

/* One command of the operation is complete: whether that was the last. */
static bool next_command(struct pg_conn *c)
{
    struct pg_op *op = c->op;
    struct pg_statement *s = &op->statements[c->at];
    if (!s->preparing) {
        c->at++;
        return !c->pipeline;
    }
    s->preparing = false;
    if (c->pipeline)
        return false;
    if (op->op.err.kind != ERR_NONE || send_query(c, s) < 0)
        return true;
    flushed(c, PQflush(c->conn));
    return false;
}

/* Takes in what has arrived; true when that ended the operation: c is not to be
 * touched then. */
static bool take_results(struct pg_conn *c)
{
    while (!PQisBusy(c->conn)) {
        PGresult *result = PQgetResult(c->conn);
        if (!result) {
            if (PQstatus(c->conn) != CONNECTION_OK) {
                lost(c);
                return true;
            }
            if (next_command(c)) {
                done(c);
                return true;
            }
            if (!c->pipeline)
                return false; /* prepared; now it is executed */
            continue;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            done(c);
            return true;
        }
        if (take_result(c, result))
            continue;
        if (PQstatus(c->conn) == CONNECTION_OK)
            fail(c, clock_ns());
        else
            lost(c);
        return true;
    }
    return false;
}

/* Sending */

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

static bool is_prepared(const struct pg_conn *c, const struct pg_statement *s)
{
    return s->prepared <= c->prepared.len && c->prepared.items[s->prepared - 1];
}

static void note_prepared(struct pg_conn *c, const struct pg_statement *s)
{
    while (c->prepared.len < s->prepared)
        vec_push(&c->prepared, false);
    c->prepared.items[s->prepared - 1] = true;
}

/* "inrush_7": with every query, so not by printf. */
enum { STATEMENT_NAME = 20 };

static void name_statement(char name[STATEMENT_NAME], uint32_t number)
{
    char digits[10], *to = name + 7;
    int n = 0;
    memcpy(name, "inrush_", 7);
    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n > 0)
        *to++ = digits[--n];
    *to = '\0';
}

/* Sends a statement, or to prepare it; both in a pipeline. -1: libpq would not. */
static int send_query(struct pg_conn *c, struct pg_statement *s)
{
    char name[STATEMENT_NAME];
    name_statement(name, s->prepared);
    int sent = 1;
    s->preparing = s->prepared > 0 && !is_prepared(c, s);
    if (s->preparing) {
        sent = PQsendPrepare(c->conn, name, s->sql, 0, NULL);
        note_prepared(c, s);
    }
    if (sent && !(s->preparing && !c->pipeline)) {
        if (s->prepared > 0)
            sent = PQsendQueryPrepared(c->conn, name, s->params_len, s->params, s->param_lengths,
                                       s->param_formats, 0);
        else if (s->params_len > 0 || c->pipeline)
            sent = PQsendQueryParams(c->conn, s->sql, s->params_len, NULL, s->params,
                                     s->param_lengths, s->param_formats, 0);
        else
            sent = PQsendQuery(c->conn, s->sql);
    }
    if (!sent) {
        pg_error_lost(&c->op->op.err, PQerrorMessage(c->conn), "without an answer");
        return -1;
    }
    return 0;
}

/* Sends the operation; -1 with its err when the connection is of no use. */
static int send_all(struct pg_conn *c)
{
    struct pg_op *op = c->op;
    c->at = 0;
    c->pipeline = op->statements_len > 1;
    if (c->pipeline && !PQenterPipelineMode(c->conn))
        return err_set(&op->op.err, ERR_PROTOCOL, "the connection cannot be pipelined");
    for (size_t i = 0; i < op->statements_len; i++) {
        if (send_query(c, &op->statements[i]) < 0)
            return -1;
    }
    if (c->pipeline && !PQpipelineSync(c->conn)) {
        pg_error_lost(&op->op.err, PQerrorMessage(c->conn), "without an answer");
        return -1;
    }
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
    if (!take_results(c) && !alive)
        lost(c);
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
    c->io_read.cb = c->state == OPEN ? on_read : on_connecting;
    c->io_write.cb = c->state == OPEN ? on_write : on_connecting;
    watch_io_set(&c->io_read, fd, EV_READ);
    watch_io_set(&c->io_write, fd, EV_WRITE);
}

static void connected(struct pg_conn *c)
{
    c->net->connects++;
    c->net->reconnects += c->was_open;
    c->was_open = true;
    backoff_connected(&c->backoff);
    c->state = OPEN;
    PQsetnonblocking(c->conn, 1);
    PQsetErrorVerbosity(c->conn, PQERRORS_DEFAULT);
    watch(c);
    ev_io_start(c->net->loop, &c->io_read);
    if (c->op->statements_len == 0)
        finish(c, clock_ns());
    else if (send_all(c) < 0)
        fail(c, clock_ns());
}

static void connecting_failed(struct pg_conn *c)
{
    struct pg_op *op = c->op;
    pg_error_connect(&op->op.err, op->sqlstate, PQerrorMessage(c->conn), pg_target_name(c->target));
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
    c->state = CONNECTING;
    if (!c->conn)
        return err_set(&c->op->op.err, ERR_SYSTEM, "no memory for a connection");
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
        c->op->op.err = *err;
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
    c->state = RESOLVING;
    if (!dns_resolve(c->net->resolver, &c->query, host, port, &addresses))
        return 0;
    return connect_to(c, &addresses);
}

/* The backoff is over; or what ended while it was started is told. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct pg_conn *c = timer->data;
    const struct op *op = &c->op->op;
    if (op->start_ns == 0 && open_connection(c, clock_ns()) == 0)
        return;
    if (op->err.kind == ERR_NONE)
        finish(c, clock_ns());
    else if (c->state == OPEN)
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
    op->op.err.kind = ERR_NONE;
    op->op.err.message[0] = '\0';

    uint64_t now_ns = clock_ns();
    if (c->state == OPEN) {
        begin(c, now_ns);
        if (op->statements_len > 0 && send_all(c) == 0)
            return;
    } else if (now_ns < c->backoff.retry_ns) {
        watch_timer_start(c->net->loop, &c->timer, ns_to_s(c->backoff.retry_ns - now_ns));
        return;
    } else if (open_connection(c, now_ns) == 0) {
        return;
    }
    ev_feed_event(c->net->loop, &c->timer, EV_CUSTOM);
}

void pg_stop(struct pg_conn *c)
{
    if (c->op == NULL)
        return;
    uint64_t now_ns = clock_ns();
    ev_timer_stop(c->net->loop, &c->timer);
    if (c->op->op.start_ns == 0)
        c->op->op.start_ns = now_ns;
    if (c->state == OPEN)
        pg_cancel(c->conn);
    err_set(&c->op->op.err, ERR_CANCELLED, "cancelled");
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
    watch_timer_init(&c->timer, on_timer, c);
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
    switch (c->state == OPEN ? PQtransactionStatus(c->conn) : PQTRANS_UNKNOWN) {
    case PQTRANS_INTRANS:
        return PG_TRANSACTION_OPEN;
    case PQTRANS_INERROR:
        return PG_TRANSACTION_FAILED;
    default:
        return PG_TRANSACTION_NONE;
    }
}
