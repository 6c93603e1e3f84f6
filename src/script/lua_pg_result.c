/*
 * user.pg: what comes of a call. Results and rows as Lua tables, or an error.
 */
#include "script/pg_client.h"

#include <stdlib.h>
#include <string.h>

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
    while (len > 0 &&
           (status[len - 1] == ' ' || (status[len - 1] >= '0' && status[len - 1] <= '9')))
        len--;
    return len;
}

static void push_result(lua_State *L, PGresult *result, bool rows)
{
    bool tuples = PQresultStatus(result) == PGRES_TUPLES_OK;
    long long count = tuples ? PQntuples(result) : strtoll(PQcmdTuples(result), NULL, 10);
    const char *command = PQcmdStatus(result);
    lua_createtable(L, 0, rows ? 4 : 2);
    lua_pushlstring(L, command, command_len(command));
    lua_setfield(L, -2, "command");
    lua_pushnumber(L, (lua_Number)count);
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

static int error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    return 1;
}

void pg_push_error_meta(lua_State *L)
{
    if (!luaL_newmetatable(L, "inrush.pg.Error"))
        return;
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
}

static void push_error(lua_State *L, const struct pg_client *c)
{
    const struct pg_op *op = &c->op;
    lua_createtable(L, 0, 6);
    lua_pushstring(L, op_message(&op->op));
    lua_setfield(L, -2, "message");
    lua_pushstring(L, err_kind_name(op_failure(&op->op)));
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
    pg_push_error_meta(L);
    lua_setmetatable(L, -2);
}

int pg_push_outcome(lua_State *L, const struct pg_client *c)
{
    const struct pg_op *op = &c->op;
    lua_checkstack(L, 16);
    if (op->op.err != NULL) {
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
