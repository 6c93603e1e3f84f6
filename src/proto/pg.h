/*
 * A PostgreSQL client on libpq, without blocking: one kept connection to one
 * server, one operation at a time: a query, a pipeline of statements, or only
 * to connect. It connects when it must and again when the connection was lost
 * (net/backoff.h; that wait lies before op.start_ns and outside the timeout).
 *
 * An operation on a connection that is lost under it is a failure, not a
 * silent retry. One whose deadline passes, or that is cancelled, is cancelled
 * at the server too, and its connection closed.
 *
 * What libpq computes to log in (SCRAM: a few ms) happens in the loop.
 */
#pragma once

#include "base/vec.h"
#include "net/net.h"
#include "net/op.h"
#include "proto/pg_error.h"
#include "proto/pg_target.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_conn;

struct pg_statement {
    /* Set by the starter; valid until the operation completes. Without
     * parameters sql may be several statements, except in a pipeline or
     * prepared. */
    const char *sql;
    /* From 1, the same for the same sql: prepared by the connection's first
     * use of it. 0: not prepared. */
    uint32_t prepared;
    int params_len;
    const char *const *params; /* NULL: null. As PQsendQueryParams takes them */
    const int *param_lengths;
    const int *param_formats;

    bool preparing; /* the connection's */
};

struct pg_op {
    struct op op; /* bytes: the results as the protocol carries them, without notices */

    /* Set by the starter: none, only connects; several, a pipeline, which
     * succeeds or fails as one transaction. */
    struct pg_statement *statements;
    size_t statements_len;

    /* The connection's. */
    struct pg_conn *conn;

    /* Set on completion; until pg_op_clear or the next start. */
    VEC(PGresult *) results; /* of each statement, when the operation succeeded */
    PGresult *error;         /* what the server said, or NULL */
    size_t failed;           /* which statement it is about */
    char sqlstate[PG_SQLSTATE];
};

/* Frees what an operation left. */
void pg_op_clear(struct pg_op *op);
/* The same, and the room for it. */
void pg_op_release(struct pg_op *op);

struct pg_conn *pg_conn_new(struct net *net, const struct pg_target *target);
/* A pending operation is cancelled first (it completes with ERR_CANCELLED).
 * May be called from inside `complete`. */
void pg_conn_free(struct pg_conn *c);

/* Starts an operation, zeroed before its first use; none may be pending on c.
 * timeout_s > 0: the deadline of the whole operation, connecting included.
 * Completes from the loop. */
void pg_start(struct pg_conn *c, struct pg_op *op, double timeout_s);

/* Completes the pending operation with ERR_CANCELLED, from inside this call;
 * harmless when none is pending. */
void pg_stop(struct pg_conn *c);

/* Closes an idle connection; the next start connects anew. */
void pg_disconnect(struct pg_conn *c);

enum pg_transaction {
    PG_TRANSACTION_NONE,   /* no transaction, or no connection */
    PG_TRANSACTION_OPEN,   /* inside one */
    PG_TRANSACTION_FAILED, /* inside one that can only be rolled back */
};

/* Between operations. */
enum pg_transaction pg_transaction(const struct pg_conn *c);
