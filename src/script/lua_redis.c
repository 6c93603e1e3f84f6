/*
 * user.redis: lays a command or a pipeline out, starts it and yields. Replies
 * become Lua values on the user's coroutine as they come; on completion the
 * sample is made and the coroutine resumed with them. What replies are in Lua is
 * redis_value.c's.
 */
#include "base/mem.h"
#include "proto/redis.h"
#include "script/call.h"
#include "script/client_box.h"
#include "script/redis_value.h"
#include "script/scenario.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char client_meta[] = "inrush.redis.Client";
static const char type[] = "REDIS"; /* of the series */
static const char default_url[] = "redis://localhost:6379/0";

struct redis_client {
    struct client_box *box; /* what scripts have of it */
    struct user *user;      /* borrowed, outlives it */
    struct redis_target target;
    struct redis_conn *conn; /* owned */
    struct redis_request request;
    struct redis_op op;

    /* The current operation. */
    struct call call;
    bool pipeline; /* the replies go into one list */
    int values;    /* on the coroutine so far */
};

/* Upvalues of methods: tables of series numbers by name given and by command
 * word; the word of a method that is named after its command. */
enum { UP_NAMED = 1, UP_WORDS, UP_WORD };

/* --- replies -------------------------------------------------------------------- */

static void got_reply(struct redis_op *op, const redisReply *reply)
{
    struct redis_client *c = op->op.owner;
    lua_State *co = c->user->thread.co;
    luaL_checkstack(co, 4, "a reply");
    if (c->pipeline) {
        if (op->replies == 1)
            lua_createtable(co, (int)c->request.starts.len, 0);
        redis_value_push_nested(co, reply);
        lua_rawseti(co, -2, (int)op->replies);
        c->values = 1;
    } else if (reply->type == REDIS_REPLY_ERROR) {
        lua_pushnil(co);
        lua_pushlstring(co, reply->str, reply->len);
        c->values = 2;
    } else {
        redis_value_push(co, reply);
        c->values = 1;
    }
}

static void completed(struct op *op)
{
    struct redis_client *c = op->owner;
    call_set_sample(c->user, &c->call, op);
    if (op_failure(op) == ERR_CANCELLED)
        return;
    lua_State *co = c->user->thread.co;
    if (op->err != NULL && c->values < 2) {
        /* Without an answer; or with one that holds an error among its values. */
        luaL_checkstack(co, 2, "an error");
        if (op_failure(op) != ERR_STATUS || c->values == 0)
            lua_pushnil(co);
        lua_pushstring(co, op_message(op));
        c->values = 2;
    }
    user_resume(c->user, c->values);
}

static void cancel(struct user *u)
{
    redis_cancel(((struct redis_client *)u->clients[PROTOCOL_REDIS])->conn);
}

/* --- commands ------------------------------------------------------------------- */

/* The client at 1, of the user whose task runs and may wait. */
static struct redis_client *client_to_start(lua_State *L)
{
    struct redis_client *c =
        client_box_at(L, 1, client_meta, "user.redis:command", "Redis client")->client;
    call_check_user(L, c->user, "user.redis");
    return c;
}

/* The series that the command word at index names, in upper case. */
static uint32_t series_of_word(lua_State *L, int word)
{
    int words = lua_upvalueindex(UP_WORDS);
    lua_pushvalue(L, word);
    lua_rawget(L, words);
    uint32_t id = (uint32_t)lua_tointeger(L, -1);
    if (lua_isnil(L, -1)) {
        size_t len;
        const char *text = lua_tolstring(L, word, &len);
        char *name = xstrndup(text, len);
        for (char *at = name; *at != '\0'; at++)
            *at = (char)toupper((unsigned char)*at);
        id = catalog_intern(script_of(L)->catalog, type, strlen(type), name, strlen(name));
        free(name);
        lua_pushvalue(L, word);
        lua_pushinteger(L, (lua_Integer)id);
        lua_rawset(L, words);
    }
    lua_pop(L, 1);
    return id;
}

static void read_options(lua_State *L, struct call *call, int index)
{
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (!call_read_option(L, call, lua_upvalueindex(UP_NAMED), type))
            call_unknown_option(L, "a Redis command (a table is never an argument)", NULL, 0);
    }
}

/* Appends the value at index as the command's argument number n; the first is
 * its name. */
static void add_argument(lua_State *L, struct redis_client *c, int index, size_t n)
{
    size_t len;
    const char *text;
    char number[REDIS_NUMBER_MAX];
    if (lua_type(L, index) == LUA_TSTRING) {
        text = lua_tolstring(L, index, &len);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        text = number;
        len = redis_value_format(number, lua_tonumber(L, index));
    } else {
        script_raise(L, "argument %zu of a Redis command must be a string or a number, not %s", n,
                     luaL_typename(L, index));
    }
    if (n == 1 && redis_request_is_stream(text, len))
        script_raise(L,
                     "%s makes the connection a stream of messages instead of answering; "
                     "user.redis cannot do that",
                     text);
    redis_request_arg(&c->request, text, len);
}

static int start(lua_State *L, struct redis_client *c, bool pipeline)
{
    user_begin(c->user);
    c->pipeline = pipeline;
    c->values = 0;
    redis_start(c->conn, &c->op, c->call.timeout_s);
    user_wait(c->user, cancel);
    return lua_yield(L, 0);
}

/* client:command(word, ...): a command, begun; what is given at resumption is
 * what the method returns. A method named after its command has the word as an
 * upvalue. */
static int command(lua_State *L)
{
    struct redis_client *c = client_to_start(L);
    struct call call = call_new(c->user);
    int last = lua_gettop(L);
    if (lua_type(L, last) == LUA_TTABLE)
        read_options(L, &call, last--);
    int word = lua_isnil(L, lua_upvalueindex(UP_WORD)) ? 2 : lua_upvalueindex(UP_WORD);
    int first = word == 2 ? 3 : 2;
    if (word == 2 && (last < 2 || lua_type(L, 2) != LUA_TSTRING))
        script_raise(L, "command takes the command's name first, such as \"GET\", not %s",
                     luaL_typename(L, 2));
    redis_request_clear(&c->request);
    redis_request_begin(&c->request, (size_t)(last - first + 2));
    add_argument(L, c, word, 1);
    for (int i = first; i <= last; i++)
        add_argument(L, c, i, (size_t)(i - first + 2));
    if (!call.named)
        call.series = series_of_word(L, word);
    c->call = call;
    return start(L, c, false);
}

/* The list on top as command number i of a pipeline; n: how many words, where
 * the last may be nil. */
static void add_command(lua_State *L, struct redis_client *c, size_t i)
{
    if (!lua_istable(L, -1))
        script_raise(L, "command %zu of a pipeline must be a list such as { \"GET\", key }, not %s",
                     i, luaL_typename(L, -1));
    lua_getfield(L, -1, "n");
    size_t words = lua_isnumber(L, -1) ? (size_t)lua_tointeger(L, -1) : lua_objlen(L, -2);
    lua_pop(L, 1);
    if (words == 0)
        script_raise(L, "command %zu of a pipeline is empty", i);
    redis_request_begin(&c->request, words);
    for (size_t n = 1; n <= words; n++) {
        lua_rawgeti(L, -1, (int)n);
        add_argument(L, c, lua_gettop(L), n);
        lua_pop(L, 1);
    }
}

/* client:send_pipeline(commands, options): a list of commands, each a list of
 * its words. */
static int send_pipeline(lua_State *L)
{
    struct redis_client *c = client_to_start(L);
    struct call call = call_new(c->user);
    lua_settop(L, 3);
    if (lua_istable(L, 3))
        read_options(L, &call, 3);
    else if (!lua_isnil(L, 3))
        script_raise(L, "pipeline options must be a table, not %s", luaL_typename(L, 3));
    redis_request_clear(&c->request);
    size_t commands = lua_objlen(L, 2);
    for (size_t i = 1; i <= commands; i++) {
        lua_rawgeti(L, 2, (int)i);
        add_command(L, c, i);
        lua_pop(L, 1);
    }
    if (!call.named) {
        lua_pushliteral(L, "PIPELINE");
        call.series = call_series(L, lua_upvalueindex(UP_NAMED), type, lua_gettop(L));
    }
    c->call = call;
    return start(L, c, true);
}

/* client:fail(why): fails the last command, whose reply is not what it should be. */
static int fail(lua_State *L)
{
    struct redis_client *c = client_to_start(L);
    call_fail(L, c->user, &c->call, "user.redis");
    return 0;
}

/* --- clients -------------------------------------------------------------------- */

void *redis_client_new(lua_State *L, struct user *u)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, u->class->self);
    lua_getfield(L, -1, "redis");
    const char *url = lua_isstring(L, -1) ? lua_tostring(L, -1) : default_url;
    struct redis_target target;
    struct err err;
    if (redis_target_parse(&target, url, &err) < 0)
        script_raise(L, "the Redis URL %s", err.message);
    lua_pop(L, 2);

    struct redis_client *c = xcalloc(1, sizeof(*c));
    c->user = u;
    c->target = target;
    c->conn = redis_conn_new(u->script->net, &c->target);
    c->op.op.complete = completed;
    c->op.op.owner = c;
    c->op.request = &c->request;
    c->op.reply = got_reply;
    c->box = client_box_new(L, client_meta, c);
    return c;
}

void redis_client_free(void *client)
{
    struct redis_client *c = client;
    client_box_empty(c->user->script->L, c->box);
    redis_conn_free(c->conn);
    op_release(&c->op.op);
    redis_target_release(&c->target);
    redis_request_release(&c->request);
    free(c);
}

/* method(word): the client method that sends this command. Upvalues as those
 * of the method. */
static int make_method(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_pushvalue(L, lua_upvalueindex(UP_NAMED));
    lua_pushvalue(L, lua_upvalueindex(UP_WORDS));
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, command, UP_WORD);
    return 1;
}

/* check(url): nothing, or what is wrong with it. */
static int check_url(lua_State *L)
{
    struct redis_target target;
    struct err err;
    if (redis_target_parse(&target, luaL_checkstring(L, 1), &err) == 0) {
        redis_target_release(&target);
        return 0;
    }
    lua_pushstring(L, err.message);
    return 1;
}

/* The module's table: Client, whose methods inrush/redis.lua completes; method,
 * which makes them; check. */
int script_open_redis(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, check_url);
    lua_setfield(L, -2, "check");

    luaL_newmetatable(L, client_meta);
    lua_newtable(L); /* Client */
    lua_newtable(L); /* the tables of series */
    lua_newtable(L);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_pushcclosure(L, command, UP_WORD);
    lua_setfield(L, -4, "command");
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, send_pipeline, UP_WORDS);
    lua_setfield(L, -4, "send_pipeline");
    lua_pushcfunction(L, fail);
    lua_setfield(L, -4, "fail");
    lua_pushcclosure(L, make_method, UP_WORDS);
    lua_setfield(L, -4, "method");
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "Client");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    return 1;
}
