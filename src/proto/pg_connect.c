/*
 * How a PostgreSQL connection is made: the host's addresses, then libpq, which
 * is polled until it has logged in or given up.
 */
#include "proto/pg_internal.h"

static void explain_failure(struct pg_conn *c)
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
    pg_unwatch(c);
    switch (PQconnectPoll(c->conn)) {
    case PGRES_POLLING_READING:
        pg_watch(c, on_connecting, on_connecting);
        ev_io_start(loop, &c->io_read);
        break;
    case PGRES_POLLING_WRITING:
        pg_watch(c, on_connecting, on_connecting);
        ev_io_start(loop, &c->io_write);
        break;
    case PGRES_POLLING_OK:
        PQsetnonblocking(c->conn, 1);
        PQsetErrorVerbosity(c->conn, PQERRORS_DEFAULT);
        pg_connected(c);
        break;
    default:
        explain_failure(c);
        pg_not_connected(c);
    }
}

static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg, (void)result;
}

/* -1 with the operation's err. */
static int hand_to_libpq(struct pg_conn *c, const struct dns_addresses *addresses)
{
    c->conn = pg_target_connect(c->target, addresses);
    c->state = PG_CONNECTING;
    if (!c->conn)
        return err_set(op_error(&c->op->op), ERR_SYSTEM, "no memory for a connection");
    if (PQstatus(c->conn) == CONNECTION_BAD) {
        explain_failure(c);
        return -1;
    }
    PQsetErrorVerbosity(c->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(c->conn, drop_notice, NULL);
    pg_watch(c, on_connecting, on_connecting);
    ev_io_start(c->net->loop, &c->io_write);
    return 0;
}

static void on_resolved(struct dns_query *q, const struct dns_addresses *addresses,
                        const struct err *err)
{
    struct pg_conn *c = q->owner;
    if (addresses->len == 0) {
        *op_error(&c->op->op) = *err;
        pg_not_connected(c);
    } else if (hand_to_libpq(c, addresses) < 0) {
        pg_not_connected(c);
    }
}

int pg_connect(struct pg_conn *c)
{
    struct dns_addresses addresses;
    int port;
    const char *host = pg_target_host(c->target, &port);
    if (!host)
        return hand_to_libpq(c, NULL);
    c->state = PG_RESOLVING;
    if (!dns_resolve(c->net->resolver, &c->query, host, port, &addresses))
        return 0;
    return hand_to_libpq(c, &addresses);
}

void pg_connect_init(struct pg_conn *c)
{
    c->query.done = on_resolved;
    c->query.owner = c;
    watch_io_init(&c->io_read, on_connecting, c);
    watch_io_init(&c->io_write, on_connecting, c);
}
