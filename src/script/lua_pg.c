/*
 * user.pg, the C half: reads a query's options, copies its SQL and parameters,
 * starts it and yields; on completion makes the sample and the result, or nil
 * and an error. Transactions are inrush/pg.lua's.
 */
#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"
#include "proto/pg.h"
#include "proto/pg_cancel.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char client_meta[] = "inrush.pg.Client";
static const char error_meta[] = "inrush.pg.Error";
static const char target_meta[] = "inrush.pg.target";
static const char targets_key[] = "inrush.pg.targets"; /* registry: conninfo -> target */

/* The Lua userdata that stands for a client; emptied when that goes. */
struct pg_box {
    struct pg_client *client;
};

/* A parameter of a statement, while text may still move. */
struct param {
    size_t at; /* in text; PARAM_NULL: null */
    int len;
    int format; /* 1: bytes as they are, for bytea */
};
#define PARAM_NULL SIZE_MAX

struct pg_client {
    struct pg_box *box; /* kept alive by box_ref */
    int box_ref;
    struct user *user; /* borrowed, outlives it */
    struct pg_conn *conn;
    struct pg_op op;

    /* The current operation: what the script gave, copied, because its tables
     * may change while it waits. */
    struct buf text; /* SQL and parameters, each with a NUL behind it */
    VEC(struct pg_statement) statements;
    VEC(size_t) sql; /* of each statement: where in text */
    VEC(struct param) params;
    VEC(const char *) values; /* of params, when text has settled */
    VEC(int) lengths;
    VEC(int) formats;

    uint32_t series;
    bool record;
    bool rows;
    bool pipeline;
};

/* --- options --------------------------------------------------------------- */

enum option {
    OPT_NONE,
    OPT_NAME,
    OPT_PARAMS,
    OPT_TIMEOUT,
    OPT_RECORD,
    OPT_PREPARE,
    OPT_ROWS,
};

static const char *const option_names[] = {
    [OPT_NAME] = "name",     [OPT_PARAMS] = "params",   [OPT_TIMEOUT] = "timeout",
    [OPT_RECORD] = "record", [OPT_PREPARE] = "prepare", [OPT_ROWS] = "rows",
};

enum { OPTIONS = sizeof(option_names) / sizeof(*option_names) };

enum { NAME_MAX_BYTES = 60 }; /* of a series that is named by its SQL */

/* Upvalues of the methods: option name -> enum option; series name -> number;
 * SQL -> number of the series it names; SQL -> number among the prepared. */
enum { UP_OPTIONS = 1, UP_SERIES, UP_SQL_SERIES, UP_PREPARED, UPVALUES = UP_PREPARED };

/* What a call asked for. */
struct call {
    double timeout_s;
    bool named, record, prepare, rows;
    uint32_t series; /* once named */
    int params;      /* stack index of their list; 0: none */
};

static void want(lua_State *L, bool good, int option, const char *what)
{
    if (!good)
        script_raise(L, "query option '%s' must be %s, not %s", option_names[option], what,
                     luaL_typename(L, -1));
}

static void unknown_option(lua_State *L, int key)
{
    if (lua_type(L, key) != LUA_TSTRING)
        script_raise(L, "query options must have names; found a value at [%s]",
                     lua_isnumber(L, key) ? lua_tostring(L, key) : luaL_typename(L, key));
    const char *given = lua_tostring(L, key);
    const char *near = suggest(given, option_names + 1, OPTIONS - 1);
    if (near)
        script_raise(L, "unknown query option '%s'; did you mean '%s'?", given, near);
    script_raise(L,
                 "unknown query option '%s'; there are name, params, timeout, record, prepare and "
                 "rows",
                 given);
}

static uint32_t intern(lua_State *L, const char *name, size_t len)
{
    return catalog_intern(script_of(L)->catalog, "PSQL", 4, name, len);
}

/* The number of the series whose name is on top. */
static uint32_t find_series(lua_State *L)
{
    want(L, lua_type(L, -1) == LUA_TSTRING, OPT_NAME, "a string");
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(UP_SERIES));
    uint32_t id = (uint32_t)lua_tointeger(L, -1);
    bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known)
        return id;
    size_t len;
    const char *name = lua_tolstring(L, -1, &len);
    id = intern(L, name, len);
    lua_pushvalue(L, -1);
    lua_pushinteger(L, (lua_Integer)id);
    lua_rawset(L, lua_upvalueindex(UP_SERIES));
    return id;
}

/* The SQL on one line, cut. */
static size_t squeeze(char *to, const char *sql, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool space = strchr(" \t\r\n\f\v", sql[i]) != NULL; /* and NUL */
        if (space && (n == 0 || to[n - 1] == ' '))
            continue;
        if (n == NAME_MAX_BYTES) {
            while (n > 0 && ((unsigned char)to[n - 1] & 0xC0) == 0x80)
                n--; /* no half of a UTF-8 character before the dots */
            if (n > 0 && (unsigned char)to[n - 1] >= 0xC0)
                n--;
            memcpy(to + n, "...", 3);
            return n + 3;
        }
        to[n++] = space ? ' ' : sql[i];
    }
    while (n > 0 && to[n - 1] == ' ')
        n--;
    if (n > 0)
        return n;
    static const char nothing[] = "(empty)";
    memcpy(to, nothing, sizeof(nothing) - 1);
    return sizeof(nothing) - 1;
}

/* The number of the series that the SQL at an index names. */
static uint32_t find_series_of_sql(lua_State *L, int sql)
{
    lua_pushvalue(L, sql);
    lua_rawget(L, lua_upvalueindex(UP_SQL_SERIES));
    uint32_t id = (uint32_t)lua_tointeger(L, -1);
    bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known)
        return id;
    char name[NAME_MAX_BYTES + 3];
    size_t len;
    const char *text = lua_tolstring(L, sql, &len);
    id = intern(L, name, squeeze(name, text, len));
    lua_pushvalue(L, sql);
    lua_pushinteger(L, (lua_Integer)id);
    lua_rawset(L, lua_upvalueindex(UP_SQL_SERIES));
    return id;
}

/* The number of the SQL at an index among the prepared, from 1. */
static uint32_t find_prepared(lua_State *L, int sql)
{
    lua_pushvalue(L, sql);
    lua_rawget(L, lua_upvalueindex(UP_PREPARED));
    uint32_t number = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (number > 0)
        return number;
    lua_rawgeti(L, lua_upvalueindex(UP_PREPARED), 0); /* how many there are */
    number = (uint32_t)lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)number);
    lua_rawseti(L, lua_upvalueindex(UP_PREPARED), 0);
    lua_pushvalue(L, sql);
    lua_pushinteger(L, (lua_Integer)number);
    lua_rawset(L, lua_upvalueindex(UP_PREPARED));
    return number;
}

/* Seconds, as a number or a text; 0 for what is neither. */
static double read_duration(lua_State *L)
{
    double seconds = 0;
    if (lua_type(L, -1) == LUA_TNUMBER)
        seconds = lua_tonumber(L, -1);
    else if (lua_type(L, -1) == LUA_TSTRING)
        (void)units_parse_duration(lua_tostring(L, -1), &seconds, NULL);
    return seconds;
}

static bool read_flag(lua_State *L, int option)
{
    want(L, lua_isboolean(L, -1), option, "true or false");
    return lua_toboolean(L, -1);
}

static void read_option(lua_State *L, struct call *call, int which)
{
    switch (which) {
    case OPT_NAME:
        call->series = find_series(L);
        call->named = true;
        break;
    case OPT_PARAMS:
        want(L, lua_istable(L, -1), which, "a list of values");
        call->params = -1;
        break;
    case OPT_TIMEOUT:
        call->timeout_s = read_duration(L);
        want(L, call->timeout_s > 0, which, "above 0: seconds, or a duration such as '500ms'");
        break;
    case OPT_RECORD:
        call->record = read_flag(L, which);
        break;
    case OPT_PREPARE:
        call->prepare = read_flag(L, which);
        break;
    case OPT_ROWS:
        call->rows = read_flag(L, which);
        break;
    default:
        break;
    }
}

/* Reads the table at an index; its items from 1 to `list` are the caller's. The
 * list of parameters, if any, stays on the stack. */
static void read_options(lua_State *L, int index, int list, struct call *call)
{
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) >= 1 &&
            lua_tonumber(L, -2) <= list)
            continue;
        lua_pushvalue(L, -2);
        lua_rawget(L, lua_upvalueindex(UP_OPTIONS));
        int which = (int)lua_tointeger(L, -1);
        lua_pop(L, 1);
        if (which == OPT_NONE)
            unknown_option(L, lua_gettop(L) - 1);
        read_option(L, call, which);
    }
    if (call->params) {
        lua_getfield(L, index, option_names[OPT_PARAMS]);
        call->params = lua_gettop(L);
    }
}

/* --- statements --------------------------------------------------------------- */

static void add_text(struct pg_client *c, const char *data, size_t len)
{
    buf_add(&c->text, data, len);
    buf_addch(&c->text, '\0');
}

/* The value on top as parameter `number`. */
static void add_param(lua_State *L, struct pg_client *c, int number)
{
    struct param p = {.at = c->text.len};
    size_t len = 0;
    const char *data = "";
    char digits[40];
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        p.at = PARAM_NULL;
        break;
    case LUA_TLIGHTUSERDATA: /* cjson.null */
        if (lua_touserdata(L, -1))
            script_raise(L, "parameter %d cannot be a userdata value", number);
        p.at = PARAM_NULL;
        break;
    case LUA_TBOOLEAN:
        data = lua_toboolean(L, -1) ? "true" : "false";
        len = strlen(data);
        break;
    case LUA_TNUMBER: {
        double n = lua_tonumber(L, -1);
        data = digits;
        if (isfinite(n))
            len = (size_t)snprintf(digits, sizeof(digits),
                                   n == floor(n) && fabs(n) < 1e15 ? "%.0f" : "%.17g", n);
        else
            data = isnan(n) ? "NaN" : n > 0 ? "Infinity" : "-Infinity";
        len = strlen(data);
        break;
    }
    case LUA_TSTRING:
        data = lua_tolstring(L, -1, &len);
        if (memchr(data, '\0', len))
            script_raise(L,
                         "parameter %d has a zero byte, which no text may have; for a bytea "
                         "write { bytea = value }",
                         number);
        break;
    case LUA_TTABLE:
        lua_getfield(L, -1, "bytea");
        if (lua_type(L, -1) != LUA_TSTRING)
            script_raise(L,
                         "parameter %d is a table; encode it (cjson.encode), or write { bytea = "
                         "value } for bytes",
                         number);
        data = lua_tolstring(L, -1, &len); /* the table keeps it */
        lua_pop(L, 1);
        p.format = 1;
        break;
    default:
        script_raise(L, "parameter %d cannot be a %s", number, luaL_typename(L, -1));
    }
    if (p.at != PARAM_NULL)
        add_text(c, data, len);
    p.len = (int)len;
    vec_push(&c->params, p);
}

/* A list may have holes when it says how long it is: { n = 3, 1, nil, 3 }. */
static int params_len(lua_State *L, int list)
{
    lua_getfield(L, list, "n");
    int n = lua_isnumber(L, -1) ? (int)lua_tointeger(L, -1) : (int)lua_objlen(L, list);
    lua_pop(L, 1);
    if (n < 0 || n > UINT16_MAX)
        script_raise(L, "a query cannot have %d parameters, at most %d", n, UINT16_MAX);
    return n;
}

/* The statement whose SQL is at an index. */
static void add_statement(lua_State *L, struct pg_client *c, int sql, const struct call *call)
{
    size_t len;
    const char *text = lua_tolstring(L, sql, &len);
    if (strlen(text) != len)
        script_raise(L, "SQL cannot have a zero byte; give the value as a parameter");
    struct pg_statement s = {0};
    s.prepared = call->prepare ? find_prepared(L, sql) : 0;
    vec_push(&c->sql, c->text.len);
    add_text(c, text, len);
    if (call->params) {
        s.params_len = params_len(L, call->params);
        for (int i = 1; i <= s.params_len; i++) {
            lua_rawgeti(L, call->params, i);
            add_param(L, c, i);
            lua_pop(L, 1);
        }
    }
    vec_push(&c->statements, s);
}

static void clear_statements(struct pg_client *c)
{
    buf_clear(&c->text);
    vec_clear(&c->statements);
    vec_clear(&c->sql);
    vec_clear(&c->params);
}

/* The text does not move any more: points the statements at it. */
static void settle_statements(struct pg_client *c)
{
    size_t n = c->params.len, next = 0;
    vec_clear(&c->values);
    vec_clear(&c->lengths);
    vec_clear(&c->formats);
    for (size_t i = 0; i < n; i++) {
        const struct param *p = &c->params.items[i];
        vec_push(&c->values, p->at == PARAM_NULL ? NULL : c->text.data + p->at);
        vec_push(&c->lengths, p->len);
        vec_push(&c->formats, p->format);
    }
    for (size_t i = 0; i < c->statements.len; i++) {
        struct pg_statement *s = &c->statements.items[i];
        s->sql = c->text.data + c->sql.items[i];
        if (s->params_len > 0) {
            s->params = c->values.items + next;
            s->param_lengths = c->lengths.items + next;
            s->param_formats = c->formats.items + next;
            next += (size_t)s->params_len;
        }
    }
}

/* --- results -------------------------------------------------------------------- */

/* pg_type.dat's numbers of the types that Lua has a value for. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_OID = 26 };
enum { OID_FLOAT4 = 700, OID_FLOAT8 = 701 };

static void push_bytea(lua_State *L, const char *text)
{
    size_t len;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &len);
    lua_pushlstring(L, (const char *)bytes, len);
    PQfreemem(bytes);
}

static void push_value(lua_State *L, const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column)) {
        lua_pushnil(L);
        return;
    }
    const char *text = PQgetvalue(result, row, column);
    switch (PQftype(result, column)) {
    case OID_BOOL:
        lua_pushboolean(L, text[0] == 't');
        return;
    case OID_BYTEA:
        push_bytea(L, text);
        return;
    case OID_INT8: {
        long long n = strtoll(text, NULL, 10);
        if (llabs(n) <= 1LL << 53) { /* beyond, a number would lie */
            lua_pushnumber(L, (lua_Number)n);
            return;
        }
        break;
    }
    case OID_INT2:
    case OID_INT4:
    case OID_OID:
    case OID_FLOAT4:
    case OID_FLOAT8:
        lua_pushnumber(L, strtod(text, NULL));
        return;
    default:
        break;
    }
    lua_pushlstring(L, text, (size_t)PQgetlength(result, row, column));
}

/* rows and columns into the table on top. */
static void push_rows(lua_State *L, const PGresult *result)
{
    int columns = PQnfields(result), rows = PQntuples(result);
    int table = lua_gettop(L);
    luaL_checkstack(L, columns + 8, "too many columns");
    lua_createtable(L, columns, 0);
    for (int i = 0; i < columns; i++) {
        lua_pushstring(L, PQfname(result, i));
        lua_rawseti(L, -2, i + 1);
    }
    for (int i = 0; i < columns; i++)
        lua_rawgeti(L, table + 1, i + 1);
    int first = table + 2;
    lua_createtable(L, rows, 0);
    for (int row = 0; row < rows; row++) {
        lua_createtable(L, 0, columns);
        for (int i = 0; i < columns; i++) {
            lua_pushvalue(L, first + i);
            push_value(L, result, row, i);
            lua_rawset(L, -3);
        }
        lua_rawseti(L, -2, row + 1);
    }
    lua_setfield(L, table, "rows");
    lua_settop(L, table + 1);
    lua_setfield(L, table, "columns");
}

/* "SELECT 1", "INSERT 0 1", "CREATE TABLE": without the numbers. */
static size_t command_len(const char *status)
{
    size_t len = strlen(status);
    while (len > 0 && strchr("0123456789 ", status[len - 1]))
        len--;
    return len;
}

static void push_result(lua_State *L, PGresult *result, bool rows)
{
    const char *affected = PQcmdTuples(result); /* the rows of a SELECT too */
    const char *command = PQcmdStatus(result);
    lua_createtable(L, 0, rows ? 4 : 2);
    lua_pushlstring(L, command, command_len(command));
    lua_setfield(L, -2, "command");
    lua_pushnumber(L, affected[0] ? strtod(affected, NULL) : PQntuples(result));
    lua_setfield(L, -2, "count");
    if (rows)
        push_rows(L, result);
}

static void set_error_field(lua_State *L, const struct pg_op *op, int field, const char *name)
{
    const char *text = op->error ? PQresultErrorField(op->error, field) : NULL;
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void push_error(lua_State *L, const struct pg_client *c)
{
    const struct pg_op *op = &c->op;
    lua_createtable(L, 0, 6);
    lua_pushstring(L, op->op.err.message);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, err_kind_name(op->op.err.kind));
    lua_setfield(L, -2, "kind");
    if (op->sqlstate[0]) {
        lua_pushstring(L, op->sqlstate);
        lua_setfield(L, -2, "sqlstate");
    }
    if (c->pipeline) {
        lua_pushinteger(L, (lua_Integer)op->failed + 1);
        lua_setfield(L, -2, "index");
    }
    set_error_field(L, op, PG_DIAG_MESSAGE_DETAIL, "detail");
    set_error_field(L, op, PG_DIAG_MESSAGE_HINT, "hint");
    luaL_getmetatable(L, error_meta);
    lua_setmetatable(L, -2);
}

static int push_outcome(lua_State *L, const struct pg_client *c)
{
    const struct pg_op *op = &c->op;
    lua_checkstack(L, 16);
    if (op->op.err.kind != ERR_NONE) {
        lua_pushnil(L);
        push_error(L, c);
        return 2;
    }
    if (c->pipeline) {
        lua_createtable(L, (int)op->results.len, 0);
        for (size_t i = 0; i < op->results.len; i++) {
            push_result(L, op->results.items[i], c->rows);
            lua_rawseti(L, -2, (int)i + 1);
        }
    } else if (op->results.len > 0) {
        push_result(L, op->results.items[0], c->rows);
    } else {
        lua_pushboolean(L, 1);
    }
    return 1;
}

/* --- start and completion ------------------------------------------------------------ */

static void completed(struct op *op)
{
    struct pg_client *c = op->owner;
    struct sample sample = {
        .series = c->series,
        .response_ns = op->end_ns - op->start_ns,
        .service_ns = op->end_ns - op->start_ns,
        .bytes = op->bytes,
        .error = op->err.kind,
        .message = op->err.message,
        .end_ns = op->end_ns,
    };
    user_set_sample(c->user, &sample, c->record);
    if (op->err.kind == ERR_CANCELLED) {
        pg_op_clear(&c->op);
        return;
    }
    int values = push_outcome(c->user->thread.co, c);
    pg_op_clear(&c->op);
    user_resume(c->user, values);
}

static void cancel(struct user *u);

/* The client at index 1, whose user may wait now. */
static struct pg_client *client_to_wait(lua_State *L, const char *method)
{
    struct pg_box *box = lua_touserdata(L, 1);
    if (!box || lua_objlen(L, 1) != sizeof(*box) || lua_type(L, 1) != LUA_TUSERDATA)
        script_raise(L, "call it with a colon: user.pg:%s(...)", method);
    if (!box->client)
        script_raise(L, "this user is gone; its PostgreSQL client with it");
    struct user *u = user_to_wait(L, "user.pg");
    if (box->client->user != u)
        script_raise(L, "a user's PostgreSQL client serves only its own user");
    return box->client;
}

static struct call new_call(const struct pg_client *c)
{
    const struct user *u = c->user;
    double timeout_s =
        u->class->timeout_s > 0 ? u->class->timeout_s : u->script->options->timeout_s;
    return (struct call){.timeout_s = timeout_s, .record = true};
}

static int start(lua_State *L, struct pg_client *c, const struct call *call)
{
    user_begin(c->user);
    settle_statements(c);
    c->series = call->series;
    c->record = call->record;
    c->rows = call->rows;
    c->op.op.complete = completed;
    c->op.op.owner = c;
    c->op.statements = c->statements.items;
    c->op.statements_len = c->statements.len;
    pg_start(c->conn, &c->op, call->timeout_s);
    user_wait(c->user, cancel);
    return lua_yield(L, 0);
}

/* client:query(sql, options) */
static int query(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "query");
    struct call call = new_call(c);
    if (lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "query takes SQL first, not %s", luaL_typename(L, 2));
    if (lua_istable(L, 3))
        read_options(L, 3, 0, &call);
    else if (!lua_isnoneornil(L, 3))
        script_raise(L, "query options must be a table, not %s", luaL_typename(L, 3));
    if (!call.named)
        call.series = find_series_of_sql(L, 2);
    clear_statements(c);
    add_statement(L, c, 2, &call);
    c->pipeline = false;
    return start(L, c, &call);
}

/* One item of a pipeline, on top: SQL, or { SQL, params = ..., prepare = ... }. */
static void add_item(lua_State *L, struct pg_client *c, int number, const struct call *all)
{
    struct call call = {.prepare = all->prepare};
    int item = lua_gettop(L), sql = item;
    if (lua_istable(L, item)) {
        read_options(L, item, 1, &call);
        if (call.named || call.timeout_s > 0 || call.rows)
            script_raise(L,
                         "statement %d of a pipeline can have params and prepare; name, timeout, "
                         "record and rows are the whole pipeline's",
                         number);
        lua_rawgeti(L, item, 1);
        sql = lua_gettop(L);
    }
    if (lua_type(L, sql) != LUA_TSTRING)
        script_raise(L, "statement %d of a pipeline must be SQL or { SQL, params = ... }, not %s",
                     number, luaL_typename(L, sql));
    add_statement(L, c, sql, &call);
    lua_settop(L, item);
}

/* client:pipeline{statement, ..., options} */
static int pipeline(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "pipeline");
    struct call call = new_call(c);
    int n = lua_istable(L, 2) ? (int)lua_objlen(L, 2) : 0;
    if (n == 0)
        script_raise(L, "pipeline takes a list of statements: user.pg:pipeline{ \"SELECT 1\", { "
                        "\"SELECT $1\", params = {2} } }");
    read_options(L, 2, n, &call);
    if (call.params)
        script_raise(L, "params belong to a statement of a pipeline: { SQL, params = ... }");
    if (!call.named) {
        lua_pushliteral(L, "pipeline");
        call.series = find_series(L);
        lua_pop(L, 1);
    }
    clear_statements(c);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, i);
        add_item(L, c, i, &call);
        lua_pop(L, 1);
    }
    c->pipeline = true;
    return start(L, c, &call);
}

/* client:connect(options): now rather than with the first query. */
static int connect_now(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "connect");
    struct call call = new_call(c);
    if (lua_istable(L, 2))
        read_options(L, 2, 0, &call);
    else if (!lua_isnoneornil(L, 2))
        script_raise(L, "connect options must be a table, not %s", luaL_typename(L, 2));
    if (!call.named) {
        lua_pushliteral(L, "connect");
        call.series = find_series(L);
        lua_pop(L, 1);
    }
    clear_statements(c);
    c->pipeline = false;
    return start(L, c, &call);
}

/* client:disconnect(): the next query connects anew. */
static int disconnect(lua_State *L)
{
    pg_disconnect(client_to_wait(L, "disconnect")->conn);
    return 0;
}

/* client:transaction_status(): "none", "open" or "failed". */
static int transaction_status(lua_State *L)
{
    static const char *const names[] = {
        [PG_TRANSACTION_NONE] = "none",
        [PG_TRANSACTION_OPEN] = "open",
        [PG_TRANSACTION_FAILED] = "failed",
    };
    lua_pushstring(L, names[pg_transaction(client_to_wait(L, "transaction_status")->conn)]);
    return 1;
}

/* client:fail(why): fails the last query, whose result is not what it should be. */
static int fail(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "fail");
    if (lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "fail takes a message, not %s", luaL_typename(L, 2));
    if (!c->user->has_sample || c->user->sample.series != c->series)
        script_raise(L, "fail: there was no query, or something else was sent since");
    user_fail_sample(c->user, ERR_CHECK, lua_tostring(L, 2));
    return 0;
}

/* --- clients ---------------------------------------------------------------------------- */

/* The target of a class, shared by its users and kept by the state. */
static const struct pg_target *find_target(lua_State *L, const struct user_class *class)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, class->self);
    lua_getfield(L, -1, "pg");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushliteral(L, "");
    }
    lua_getfield(L, LUA_REGISTRYINDEX, targets_key);
    lua_pushvalue(L, -2);
    lua_rawget(L, -2);
    struct pg_target **box = lua_touserdata(L, -1);
    if (!box) {
        box = lua_newuserdata(L, sizeof(*box));
        *box = NULL;
        luaL_getmetatable(L, target_meta);
        lua_setmetatable(L, -2);
        struct err err;
        *box = pg_target_new(lua_tostring(L, -4), &err);
        if (!*box)
            script_raise(L, "user class '%s': %s", class->about->name, err.message);
        lua_pushvalue(L, -4);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
        lua_pop(L, 1);
    }
    lua_pop(L, 4);
    return *box;
}

static int target_gc(lua_State *L)
{
    struct pg_target **box = lua_touserdata(L, 1);
    pg_cancel_wait(); /* the state goes: what it left running is asked to end */
    pg_target_free(*box);
    *box = NULL;
    return 0;
}

void *pg_client_new(lua_State *L, struct user *u)
{
    const struct pg_target *target = find_target(L, u->class);
    struct pg_client *c = xcalloc(1, sizeof(*c));
    c->box = lua_newuserdata(L, sizeof(*c->box));
    c->box->client = c;
    luaL_getmetatable(L, client_meta);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    c->box_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    c->user = u;
    c->conn = pg_conn_new(u->script->net, target);
    return c;
}

static void cancel(struct user *u)
{
    struct pg_client *c = u->clients[PROTOCOL_PG];
    pg_stop(c->conn);
}

void pg_client_free(void *client)
{
    struct pg_client *c = client;
    lua_State *L = c->user->script->L;
    c->box->client = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, c->box_ref);
    pg_conn_free(c->conn);
    pg_op_release(&c->op);
    buf_release(&c->text);
    vec_release(&c->statements);
    vec_release(&c->sql);
    vec_release(&c->params);
    vec_release(&c->values);
    vec_release(&c->lengths);
    vec_release(&c->formats);
    free(c);
}

/* --- the module --------------------------------------------------------------------------- */

/* check(conninfo): what is wrong with it, or nil. */
static int check(lua_State *L)
{
    struct err err;
    struct pg_target *target = pg_target_new(luaL_checkstring(L, 1), &err);
    if (target)
        return 0;
    lua_pushstring(L, err.message);
    return 1;
}

static void add_keyword(void *arg, const char *keyword)
{
    lua_State *L = arg;
    lua_pushstring(L, keyword);
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}

/* keywords(): a list of all that libpq knows. */
static int keywords(lua_State *L)
{
    lua_newtable(L);
    pg_target_keywords(add_keyword, L);
    return 1;
}

static int error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    return 1;
}

static const luaL_Reg methods[] = {
    {"query", query},
    {"pipeline", pipeline},
    {"connect", connect_now},
    {"disconnect", disconnect},
    {"transaction_status", transaction_status},
    {"fail", fail},
};

/* The module's table: Client, whose methods inrush/pg.lua completes, check and
 * keywords. */
int script_open_pg(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, targets_key);
    luaL_newmetatable(L, target_meta);
    lua_pushcfunction(L, target_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, error_meta);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");

    lua_newtable(L); /* the module */
    lua_insert(L, -2);
    lua_setfield(L, -2, "Error");
    lua_remove(L, -2); /* target_meta */
    lua_pushcfunction(L, check);
    lua_setfield(L, -2, "check");
    lua_pushcfunction(L, keywords);
    lua_setfield(L, -2, "keywords");

    lua_newtable(L); /* Client */
    int client = lua_gettop(L);
    lua_newtable(L); /* UP_OPTIONS */
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        lua_pushinteger(L, i);
        lua_setfield(L, -2, option_names[i]);
    }
    lua_newtable(L); /* UP_SERIES */
    lua_newtable(L); /* UP_SQL_SERIES */
    lua_newtable(L); /* UP_PREPARED */
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        for (int up = 1; up <= UPVALUES; up++)
            lua_pushvalue(L, client + up);
        lua_pushcclosure(L, methods[i].func, UPVALUES);
        lua_setfield(L, client, methods[i].name);
    }
    lua_settop(L, client);
    luaL_newmetatable(L, client_meta);
    lua_pushvalue(L, client);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_setfield(L, -2, "Client");
    return 1;
}
