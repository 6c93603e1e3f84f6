/* A user's PostgreSQL client as its three bindings share it: what a call asks
 * for, its life, what comes of it. */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "proto/pg.h"
#include "script/call.h"
#include "script/client_box.h"

#define PG_PARAM_NULL SIZE_MAX

/* A parameter of a statement, while text may still move. */
struct pg_param {
    size_t at; /* in text; PG_PARAM_NULL: null */
    int len;
    int format; /* 1: bytes as they are, for bytea */
};

struct pg_client {
    struct client_box *box; /* what scripts have of it */
    struct user *user;      /* borrowed, outlives it */
    struct pg_conn *conn;
    struct pg_op op;

    /* The current operation: what the script gave, copied, because its tables
     * may change while it waits. */
    struct buf text; /* SQL and parameters, each with a NUL behind it */
    VEC(struct pg_statement) statements;
    VEC(size_t) sql; /* of each statement: where in text */
    VEC(struct pg_param) params;
    VEC(const char *) values; /* of params, when text has settled */
    VEC(int) lengths;
    VEC(int) formats;

    struct call call;
    bool rows;
    bool pipeline;
};

/* Upvalues of the methods, lua_pg_call.c's: what it knows of names and SQL. */
enum { PG_UP_NAMES = 1, PG_UPVALUES = PG_UP_NAMES + 3 };

/* What a call asked for. */
struct pg_call {
    struct call common; /* name, timeout and record */
    bool prepare, rows;
    int params; /* stack index of their list; 0: none */
};

/* The defaults of the client's user. */
struct pg_call pg_call_new(const struct pg_client *c);
/* Reads the table of options at an index, which may have items 1 to `list`
 * besides. The list of parameters, if any, is left on the stack. */
void pg_call_read(lua_State *L, int index, int list, struct pg_call *call);
/* Names its series unless an option has: by a word of ours, or by the SQL at an
 * index. */
void pg_call_name(lua_State *L, struct pg_call *call, const char *name);
void pg_call_name_by_sql(lua_State *L, struct pg_call *call, int sql);

/* The statements of the next operation: forgotten, added (the SQL at an index,
 * with the call's parameters), and, when all are there, made ready to send. */
void pg_statements_clear(struct pg_client *c);
void pg_statements_add(lua_State *L, struct pg_client *c, int sql, const struct pg_call *call);
void pg_statements_settle(struct pg_client *c);

/* Pushes the upvalues, in their order. */
void pg_call_push_upvalues(lua_State *L);

/* Pushes what a method returns for the operation that has ended: a result, or
 * nil and an error. Returns how many values. */
int pg_push_outcome(lua_State *L, const struct pg_client *c);
/* Pushes the metatable of errors, made on first use. */
void pg_push_error_meta(lua_State *L);
