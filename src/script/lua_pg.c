/*
 * user.pg: clients and their methods, which start an operation and yield; on
 * completion, the sample. What a method takes is lua_pg_call.c's, what it
 * returns lua_pg_result.c's; transactions are inrush/pg.lua's.
 */
#include "base/mem.h"
#include "proto/pg_cancel.h"
#include "script/pg_client.h"
#include "script/scenario.h"

#include <stdlib.h>

static const char client_meta[] = "inrush.pg.Client";
static const char target_meta[] = "inrush.pg.target";

static const char targets_key[] = "inrush.pg.targets"; /* registry: conninfo -> target */

/* --- start and completion ------------------------------------------------------------ */

static void completed(struct op *op)
{
    struct pg_client *c = op->owner;
    call_set_sample(c->user, &c->call, op);
    if (op_failure(op) == ERR_CANCELLED) {
        pg_op_clear(&c->op);
        return;
    }
    int values = pg_push_outcome(c->user->thread.co, c);
    pg_op_clear(&c->op);
    user_resume(c->user, values);
}

static void cancel(struct user *u);

/* The client at index 1, whose user may wait now. */
static struct pg_client *client_to_wait(lua_State *L, const char *method)
{
    struct pg_client *c = client_box_at(L, 1, client_meta, method, "PostgreSQL client")->client;
    call_check_user(L, c->user, "user.pg");
    return c;
}

static int start(lua_State *L, struct pg_client *c, const struct pg_call *call)
{
    user_begin(c->user);
    pg_statements_settle(c);
    c->call = call->common;
    c->rows = call->rows;
    c->op.op.complete = completed;
    c->op.op.owner = c;
    c->op.statements = c->statements.items;
    c->op.statements_len = c->statements.len;
    pg_start(c->conn, &c->op, c->call.timeout_s);
    user_wait(c->user, cancel);
    return lua_yield(L, 0);
}

/* client:query(sql, options) */
static int query(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "user.pg:query");
    struct pg_call call = pg_call_new(c);
    if (lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "query takes SQL first, not %s", luaL_typename(L, 2));
    if (lua_istable(L, 3))
        pg_call_read(L, 3, 0, &call);
    else if (!lua_isnoneornil(L, 3))
        script_raise(L, "query options must be a table, not %s", luaL_typename(L, 3));
    pg_call_name_by_sql(L, &call, 2);
    pg_statements_clear(c);
    pg_statements_add(L, c, 2, &call);
    c->pipeline = false;
    return start(L, c, &call);
}

/* One item of a pipeline, on top: SQL, or { SQL, params = ..., prepare = ... }. */
static void add_item(lua_State *L, struct pg_client *c, int number, const struct pg_call *all)
{
    struct pg_call call = {.common.record = true, .prepare = all->prepare};
    int item = lua_gettop(L), sql = item;
    if (lua_istable(L, item)) {
        pg_call_read(L, item, 1, &call);
        if (call.common.named || call.common.timeout_s > 0 || !call.common.record || call.rows)
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
    pg_statements_add(L, c, sql, &call);
    lua_settop(L, item);
}

/* client:pipeline{statement, ..., options} */
static int pipeline(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "user.pg:pipeline");
    struct pg_call call = pg_call_new(c);
    int n = lua_istable(L, 2) ? (int)lua_objlen(L, 2) : 0;
    if (n == 0)
        script_raise(L, "pipeline takes a list of statements: user.pg:pipeline{ \"SELECT 1\", { "
                        "\"SELECT $1\", params = {2} } }");
    pg_call_read(L, 2, n, &call);
    if (call.params)
        script_raise(L, "params belong to a statement of a pipeline: { SQL, params = ... }");
    pg_call_name(L, &call, "pipeline");
    pg_statements_clear(c);
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
    struct pg_client *c = client_to_wait(L, "user.pg:connect");
    struct pg_call call = pg_call_new(c);
    if (lua_istable(L, 2))
        pg_call_read(L, 2, 0, &call);
    else if (!lua_isnoneornil(L, 2))
        script_raise(L, "connect options must be a table, not %s", luaL_typename(L, 2));
    pg_call_name(L, &call, "connect");
    pg_statements_clear(c);
    c->pipeline = false;
    return start(L, c, &call);
}

/* client:disconnect(): the next query connects anew. */
static int disconnect(lua_State *L)
{
    pg_disconnect(client_to_wait(L, "user.pg:disconnect")->conn);
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
    lua_pushstring(L, names[pg_transaction(client_to_wait(L, "user.pg:transaction_status")->conn)]);
    return 1;
}

/* client:fail(why): fails the last query, whose result is not what it should be. */
static int fail(lua_State *L)
{
    struct pg_client *c = client_to_wait(L, "user.pg:fail");
    call_fail(L, c->user, &c->call, "user.pg");
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
    c->box = client_box_new(L, client_meta, c);
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
    client_box_empty(L, c->box);
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

/* shown(conninfo): where it leads, as the report shows it; or nil and what is
 * wrong with it. */
static int shown(lua_State *L)
{
    struct err err;
    struct pg_target *target = pg_target_new(luaL_checkstring(L, 1), &err);
    if (!target) {
        lua_pushnil(L);
        lua_pushstring(L, err.message);
        return 2;
    }
    const char *name = pg_target_name(target);
    lua_pushfstring(L, "%s%s", name[0] == '/' ? "" : "postgres://", name);
    pg_target_free(target);
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

static const luaL_Reg methods[] = {
    {"query", query},
    {"pipeline", pipeline},
    {"connect", connect_now},
    {"disconnect", disconnect},
    {"transaction_status", transaction_status},
    {"fail", fail},
};

/* The module's table: Client, whose methods inrush/pg.lua completes, Error,
 * shown and keywords. */
int script_open_pg(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, targets_key);
    luaL_newmetatable(L, target_meta);
    lua_pushcfunction(L, target_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);

    lua_newtable(L); /* the module */
    pg_push_error_meta(L);
    lua_setfield(L, -2, "Error");
    lua_pushcfunction(L, shown);
    lua_setfield(L, -2, "shown");
    lua_pushcfunction(L, keywords);
    lua_setfield(L, -2, "keywords");

    lua_newtable(L); /* Client */
    int client = lua_gettop(L);
    pg_call_push_upvalues(L);
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        for (int up = 1; up <= PG_UPVALUES; up++)
            lua_pushvalue(L, client + up);
        lua_pushcclosure(L, methods[i].func, PG_UPVALUES);
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
