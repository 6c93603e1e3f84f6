/*
 * What is said on a PostgreSQL connection: an operation's statements on the way
 * there, its results on the way back. Nothing here waits, watches or completes;
 * pg.c does.
 */
#include "base/mem.h"
#include "proto/pg_internal.h"
#include "proto/pg_wire.h"

#include <stdlib.h>
#include <string.h>

/* Sending */

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
        pg_error_lost(op_error(&c->op->op), PQerrorMessage(c->conn), "without an answer");
        return -1;
    }
    return 0;
}

int pg_exchange_send(struct pg_conn *c)
{
    struct pg_op *op = c->op;
    c->at = 0;
    c->pipeline = op->statements_len > 1;
    if (c->pipeline && !PQenterPipelineMode(c->conn))
        return err_set(op_error(&op->op), ERR_PROTOCOL, "the connection cannot be pipelined");
    for (size_t i = 0; i < op->statements_len; i++) {
        if (send_query(c, &op->statements[i]) < 0)
            return -1;
    }
    if (c->pipeline && !PQpipelineSync(c->conn)) {
        pg_error_lost(op_error(&op->op), PQerrorMessage(c->conn), "without an answer");
        return -1;
    }
    return 0;
}

/* Taking in results */

static const struct pg_statement *current_statement(const struct pg_conn *c)
{
    size_t last = c->op->statements_len - 1;
    return &c->op->statements[c->at < last ? c->at : last];
}

static void keep_error(struct pg_conn *c, PGresult *result)
{
    struct pg_op *op = c->op;
    if (op->error || op->op.err != NULL) { /* the first says why */
        PQclear(result);
        return;
    }
    op->error = result;
    op->failed = c->at;
    pg_error_result(op_error(&op->op), op->sqlstate, result);
}

static void fail_statement(struct pg_conn *c, const char *why)
{
    struct pg_op *op = c->op;
    if (op->op.err != NULL)
        return;
    op->failed = c->at;
    err_set(op_error(&op->op), ERR_STATUS, "%s", why);
}

/* The connection broke under the operation. What the server said before, if
 * anything, is the better reason; libpq may still have it, and does not wait
 * for more once its socket is closed. */
void pg_exchange_lost(struct pg_conn *c)
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
    if (op->err == NULL)
        pg_error_lost(op_error(op), text,
                      op->first_byte_ns == 0 ? "without an answer" : "inside the result");
    free(text);
}

#define UNKNOWN_STATEMENT "26000" /* it was prepared, but DEALLOCATE took it away */

/* A statement is not prepared after all. */
static void forget_prepared(struct pg_conn *c, const struct pg_statement *s)
{
    if (s->prepared > 0 && s->prepared <= c->prepared.len)
        c->prepared.items[s->prepared - 1] = false;
}

static enum pg_wire how_sent(const struct pg_conn *c, const struct pg_statement *s)
{
    if (s->prepared > 0)
        return s->preparing ? PG_WIRE_PREPARE : PG_WIRE_PREPARED;
    return c->pipeline || s->params_len > 0 ? PG_WIRE_PARAMS : PG_WIRE_SIMPLE;
}

/* Takes a result over; false: the connection cannot go on. */
static bool take_result(struct pg_conn *c, PGresult *result)
{
    struct pg_op *op = c->op;
    const struct pg_statement *s = current_statement(c);
    op->op.bytes += pg_wire_size(result, how_sent(c, s));
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
        if (s->preparing || strcmp(op->sqlstate, UNKNOWN_STATEMENT) == 0)
            forget_prepared(c, s);
        return PQstatus(c->conn) == CONNECTION_OK;
    }
}

/* Everything has come, and the server is ready for the next operation. */
static enum pg_outcome done(struct pg_conn *c)
{
    c->op->op.bytes += PG_WIRE_READY;
    if (PQstatus(c->conn) != CONNECTION_OK || (c->pipeline && !PQexitPipelineMode(c->conn)))
        return PG_BROKEN;
    return PG_DONE;
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
    if (op->op.err != NULL)
        return true;
    op->op.bytes += PG_WIRE_READY;
    return send_query(c, s) < 0;
}

static enum pg_outcome lost(struct pg_conn *c)
{
    pg_exchange_lost(c);
    return PG_BROKEN;
}

enum pg_outcome pg_exchange_take(struct pg_conn *c)
{
    while (!PQisBusy(c->conn)) {
        PGresult *result = PQgetResult(c->conn);
        if (!result) {
            if (PQstatus(c->conn) != CONNECTION_OK)
                return lost(c);
            if (next_command(c))
                return done(c);
            if (!c->pipeline)
                return PG_MORE; /* prepared; now it is executed */
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return done(c);
        } else if (!take_result(c, result)) {
            return PQstatus(c->conn) == CONNECTION_OK ? PG_BROKEN : lost(c);
        }
    }
    return PG_MORE;
}
