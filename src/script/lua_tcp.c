/*
 * user.tcp: reads what is to be sent and received, starts it and yields; on
 * completion makes the sample and resumes with the bytes.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "base/url.h"
#include "proto/tcp.h"
#include "script/call.h"
#include "script/client_box.h"
#include "script/scenario.h"

#include <stdlib.h>
#include <string.h>

static const char client_meta[] = "inrush.tcp.Client";
static const char type[] = "TCP"; /* of the series */

enum { MAX_DEFAULT = 1 << 20 }; /* bytes before a delimiter */

struct tcp_client {
    struct client_box *box; /* what scripts have of it */
    struct user *user;      /* borrowed, outlives it */
    struct tcp_conn *conn;  /* owned */
    struct tcp_op op;
    struct buf bytes; /* what op sends, and its delimiter: Lua may collect its arguments */
    struct call call; /* the current operation's */
};

/* Upvalue of the methods: table of series numbers by name. */
enum { UP_NAMED = 1 };

static void completed(struct op *op)
{
    struct tcp_client *c = op->owner;
    call_set_sample(c->user, &c->call, op);
    if (op_failure(op) == ERR_CANCELLED)
        return;
    lua_State *co = c->user->thread.co;
    luaL_checkstack(co, 2, "an answer");
    if (op->err != NULL) {
        lua_pushnil(co);
        lua_pushstring(co, op_message(op));
        user_resume(c->user, 2);
        return;
    }
    if (c->op.until == TCP_SENT)
        lua_pushboolean(co, 1);
    else
        lua_pushlstring(co, c->op.data, c->op.len);
    user_resume(c->user, 1);
}

static void cancel(struct user *u)
{
    tcp_cancel(((struct tcp_client *)u->clients[PROTOCOL_TCP])->conn);
}

/* --- methods ---------------------------------------------------------------------- */

/* The client at 1, of the user whose task runs and may wait. */
static struct tcp_client *client_to_start(lua_State *L)
{
    struct tcp_client *c =
        client_box_at(L, 1, client_meta, "user.tcp:exchange", "TCP client")->client;
    call_check_user(L, c->user, "user.tcp");
    return c;
}

static void take_bytes(lua_State *L, struct tcp_op *op, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        script_raise(L, "what is sent must be a string, not %s", luaL_typename(L, index));
    op->send = lua_tolstring(L, index, &op->send_len);
}

/* A number of bytes at index. */
static size_t take_size(lua_State *L, int index, const char *what)
{
    double n = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : 0;
    if (!(n >= 1 && n <= TCP_RECEIVE_MAX && n == (double)(size_t)n))
        script_raise(L, "%s must be a whole number of bytes from 1 to %u", what, TCP_RECEIVE_MAX);
    return (size_t)n;
}

static void take_delimiter(lua_State *L, struct tcp_op *op, int index)
{
    if (lua_type(L, index) != LUA_TSTRING || lua_objlen(L, index) == 0)
        script_raise(L, "the delimiter must be a string of at least one byte, such as \"\\n\"");
    op->delimiter = lua_tolstring(L, index, &op->delimiter_len);
    op->until = TCP_DELIMITER;
}

enum { ALLOW_MAX = 1, ALLOW_UNTIL = 2 };

/* Reads the options at index, if there are any. */
static void read_options(lua_State *L, struct tcp_client *c, int index, int allowed)
{
    static const char *const names[] = {"max", "delimiter", "length"};
    size_t n = allowed & ALLOW_UNTIL ? 3 : allowed & ALLOW_MAX ? 1 : 0;
    if (lua_isnoneornil(L, index))
        return;
    if (!lua_istable(L, index))
        script_raise(L, "options must be a table, not %s", luaL_typename(L, index));
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        const char *option = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        size_t which = 0;
        while (which < n && strcmp(option, names[which]) != 0)
            which++;
        if (which == n) {
            if (!call_read_option(L, &c->call, lua_upvalueindex(UP_NAMED), type))
                call_unknown_option(L, "a TCP request", names, n);
        } else if (which == 0) {
            c->op.max = take_size(L, -1, "option 'max'");
        } else if (which == 1) {
            take_delimiter(L, &c->op, -1);
        } else {
            c->op.length = take_size(L, -1, "option 'length'");
        }
    }
}

static struct tcp_client *prepare(lua_State *L)
{
    struct tcp_client *c = client_to_start(L);
    lua_settop(L, 3);
    c->call = call_new(c->user);
    c->op.until = TCP_SENT;
    c->op.send = c->op.delimiter = "";
    c->op.send_len = c->op.delimiter_len = c->op.length = 0;
    c->op.max = MAX_DEFAULT;
    return c;
}

static int start(lua_State *L, struct tcp_client *c, const char *name)
{
    if (!c->call.named) {
        lua_pushstring(L, name);
        c->call.series = call_series(L, lua_upvalueindex(UP_NAMED), type, lua_gettop(L));
    }
    struct tcp_op *op = &c->op;
    buf_clear(&c->bytes);
    buf_add(&c->bytes, op->send, op->send_len);
    buf_add(&c->bytes, op->delimiter, op->delimiter_len);
    op->send = c->bytes.data;
    op->delimiter = op->send + op->send_len;
    user_begin(c->user);
    tcp_start(c->conn, &c->op, c->call.timeout_s);
    user_wait(c->user, cancel);
    return lua_yield(L, 0);
}

/* client:send(bytes, options) */
static int send_bytes(lua_State *L)
{
    struct tcp_client *c = prepare(L);
    take_bytes(L, &c->op, 2);
    read_options(L, c, 3, 0);
    return start(L, c, "send");
}

/* client:receive(length, options) */
static int receive(lua_State *L)
{
    struct tcp_client *c = prepare(L);
    c->op.length = take_size(L, 2, "what is received");
    c->op.until = TCP_LENGTH;
    read_options(L, c, 3, 0);
    return start(L, c, "receive");
}

/* client:receive_until(delimiter, options) */
static int receive_until(lua_State *L)
{
    struct tcp_client *c = prepare(L);
    take_delimiter(L, &c->op, 2);
    read_options(L, c, 3, ALLOW_MAX);
    return start(L, c, "receive");
}

/* client:exchange(bytes, options) */
static int exchange(lua_State *L)
{
    struct tcp_client *c = prepare(L);
    take_bytes(L, &c->op, 2);
    read_options(L, c, 3, ALLOW_MAX | ALLOW_UNTIL);
    if ((c->op.length > 0) == (c->op.delimiter_len > 0))
        script_raise(L, "exchange takes one of the options delimiter and length, which say where "
                        "the answer ends");
    if (c->op.length > 0)
        c->op.until = TCP_LENGTH;
    return start(L, c, "exchange");
}

/* client:close(): the next request connects anew. */
static int close_connection(lua_State *L)
{
    tcp_disconnect(client_to_start(L)->conn);
    return 0;
}

/* client:fail(why): fails the last request, whose answer is not what it should be. */
static int fail(lua_State *L)
{
    struct tcp_client *c = client_to_start(L);
    call_fail(L, c->user, &c->call, "user.tcp");
    return 0;
}

/* --- clients ---------------------------------------------------------------------- */

/* Where the users of a class connect to: made for the first of them. */
static const struct endpoint *class_endpoint(lua_State *L, struct user *u, const char *address)
{
    struct script *s = u->script;
    struct user_class *class = &s->classes[u->class - s->classes];
    struct url url;
    struct err err;
    if (class->tcp)
        return class->tcp;
    if (tcp_address(&url, address, &err) < 0)
        script_raise(L, "%s", err.message);
    class->tcp = xcalloc(1, sizeof(*class->tcp));
    endpoint_init(class->tcp, s->options->net, class->about->tls.config, &url);
    url_release(&url);
    return class->tcp;
}

void tcp_endpoint_free(struct endpoint *e)
{
    if (!e)
        return;
    endpoint_release(e);
    free(e);
}

void *tcp_client_new(lua_State *L, struct user *u)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, u->class->self);
    lua_getfield(L, -1, "tcp");
    const char *address = lua_tostring(L, -1);
    if (!address)
        script_raise(L, "user.tcp needs the class's option tcp: tcp = \"host:port\"");
    const struct endpoint *to = class_endpoint(L, u, address);
    lua_pop(L, 2);

    struct tcp_client *c = xcalloc(1, sizeof(*c));
    c->user = u;
    c->conn = tcp_conn_new(u->script->net, to);
    c->op.op.complete = completed;
    c->op.op.owner = c;
    c->box = client_box_new(L, client_meta, c);
    return c;
}

void tcp_client_free(void *client)
{
    struct tcp_client *c = client;
    client_box_empty(c->user->script->L, c->box);
    tcp_conn_free(c->conn);
    op_release(&c->op.op);
    buf_release(&c->bytes);
    free(c);
}

/* check(address): nothing, or what is wrong with it. */
static int check_address(lua_State *L)
{
    struct url url;
    struct err err;
    if (tcp_address(&url, luaL_checkstring(L, 1), &err) == 0) {
        url_release(&url);
        return 0;
    }
    lua_pushstring(L, err.message);
    return 1;
}

static const luaL_Reg methods[] = {
    {"send", send_bytes},
    {"receive", receive},
    {"exchange", exchange},
    {"receive_until", receive_until},
    {"close", close_connection},
    {"fail", fail},
    {NULL, NULL},
};

/* The module's table: Client, and check. */
int script_open_tcp(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, check_address);
    lua_setfield(L, -2, "check");

    luaL_newmetatable(L, client_meta);
    lua_newtable(L); /* Client */
    lua_newtable(L); /* its table of series */
    for (const luaL_Reg *method = methods; method->name; method++) {
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, method->func, UP_NAMED);
        lua_setfield(L, -3, method->name);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "Client");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    return 1;
}
