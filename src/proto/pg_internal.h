/* A PostgreSQL connection as its three files share it: pg.c, its life,
 * pg_connect.c, how it is made, and pg_exchange.c, what is said on it. */
#pragma once

#include "net/backoff.h"
#include "net/dns.h"
#include "net/watch.h"
#include "proto/pg.h"

#include <ev.h>

enum pg_state { PG_CLOSED, PG_RESOLVING, PG_CONNECTING, PG_OPEN };

struct pg_conn {
    struct net *net;                /* borrowed, outlived by the worker */
    const struct pg_target *target; /* borrowed, outlives the connection */
    struct pg_op *op;               /* borrowed from its starter; NULL while none is pending */
    PGconn *conn;                   /* owned; NULL while PG_CLOSED or PG_RESOLVING */
    ev_io io_read, io_write;
    enum pg_state state : 8;
    bool was_open;      /* the next connection replaces one */
    bool pipeline;      /* the operation is one */
    size_t at;          /* the statement whose results come next */
    VEC(bool) prepared; /* by number - 1: prepared on this connection */
    struct dns_query query;
    struct backoff backoff; /* raised also to end an operation from the loop */
};

typedef void pg_watcher(struct ev_loop *loop, ev_io *io, int revents);

/* The watchers, stopped, on the socket that libpq has now. */
static inline void pg_watch(struct pg_conn *c, pg_watcher *on_read, pg_watcher *on_write)
{
    int fd = PQsocket(c->conn);
    c->io_read.cb = on_read;
    c->io_write.cb = on_write;
    watch_io_set(&c->io_read, fd, EV_READ);
    watch_io_set(&c->io_write, fd, EV_WRITE);
}

static inline void pg_unwatch(struct pg_conn *c)
{
    ev_io_stop(c->net->loop, &c->io_read);
    ev_io_stop(c->net->loop, &c->io_write);
}

/* For pg_conn_new: what connecting needs. */
void pg_connect_init(struct pg_conn *c);

/* Begins to connect for the pending operation; -1 with its err when that fails
 * at once. Otherwise pg_connected or pg_not_connected follows, from the loop. */
int pg_connect(struct pg_conn *c);

/* pg.c's: the server has let us in; or it has not, and the operation's err is
 * filled. Both may complete the operation. */
void pg_connected(struct pg_conn *c);
void pg_not_connected(struct pg_conn *c);

/* Hands the pending operation to libpq; -1 with its err when the connection is
 * of no use. What libpq could not write at once is the caller's to flush. */
int pg_exchange_send(struct pg_conn *c);

enum pg_outcome {
    PG_MORE,   /* the operation goes on; there may be something to flush */
    PG_DONE,   /* it has ended, well or with its err */
    PG_BROKEN, /* the same, and the connection is of no further use */
};

/* Takes in what libpq has read. */
enum pg_outcome pg_exchange_take(struct pg_conn *c);

/* The connection broke under the operation: fills its err. */
void pg_exchange_lost(struct pg_conn *c);
