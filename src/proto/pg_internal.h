/* A PostgreSQL connection as its two files share it: pg.c, its life, and
 * pg_exchange.c, what is said on it. */
#pragma once

#include "net/backoff.h"
#include "net/dns.h"
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
