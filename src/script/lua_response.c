/*
 * user.http, the answering half: the response object, as scripts see it: its fields
 * and methods. What the fields hold is http_response.c's.
 */
#include "script/http_response.h"

#include "base/buf.h"
#include "base/suggest.h"

#include <stdio.h>

/* What json() keeps among a response's fields, under a name that is none. */
static const char json_field[] = "(json)";

/* The number of the response at 1. */
static uint64_t response_at(lua_State *L)
{
    if (!lua_islightuserdata(L, 1))
        script_raise(L, "call it with a colon: res:expect(200)");
    uint64_t number = (uintptr_t)lua_touserdata(L, 1);
    if (number == 0)
        script_raise(L, "JSON's null (cjson.null) has no fields");
    return number;
}

/* The client, if the response's request is not counted yet; else raises. */
static struct http_client *uncounted(lua_State *L, const char *method)
{
    struct http_client *c = http_response_live(L, response_at(L));
    if (!c || !c->user->has_sample)
        script_raise(L,
                     "res:%s comes too late: the request was counted when the user's next one "
                     "began, or when its task ended",
                     method);
    return c;
}

/* What a response has for scripts, fields and methods. */
static const char *const known[] = {
    "status", "body", "headers", "elapsed", "bytes",  "error",
    "expect", "ok",   "fail",    "check",   "header", "json",
};

/* A response cannot get fields, so one that it has not is a mistake. */
static void unknown_field(lua_State *L)
{
    size_t n = sizeof(known) / sizeof(*known);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    const char *near = suggest(name, known, n);
    if (near)
        script_raise(L, "a response has no '%s'; did you mean '%s'?", name, near);
    struct buf list = BUF_INIT;
    for (size_t i = 0; i < n; i++)
        buf_addf(&list, "%s%s", i > 0 ? ", " : "", known[i]);
    lua_pushlstring(L, list.data, list.len);
    buf_release(&list);
    script_raise(L, "a response has no '%s'; there are %s", name, lua_tostring(L, -1));
}

/* __index(response, key); upvalue 1: the methods, upvalue 2: name -> enum http_response_field. */
static int response_index(lua_State *L)
{
    uint64_t number = response_at(L);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1))
        return 1;
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    int field = (int)lua_tointeger(L, -1);
    if (field == HTTP_RESPONSE_NONE)
        unknown_field(L);
    http_response_push_field(L, number, (enum http_response_field)field);
    return 1;
}

static int response_newindex(lua_State *L)
{
    return script_raise(L, "a response cannot be changed; keep '%s' in a local or in user",
                        lua_tostring(L, 2) ? lua_tostring(L, 2) : "it");
}

static int response_tostring(lua_State *L)
{
    uint64_t number = (uintptr_t)lua_touserdata(L, 1);
    if (number == 0)
        lua_pushliteral(L, "null");
    else
        lua_pushfstring(L, "response %d", (int)number);
    return 1;
}

/* --- methods ---------------------------------------------------------------------- */

/* res:expect(status, ...): one of these, else it failed. Returns res. */
static int expect(lua_State *L)
{
    struct http_client *c = uncounted(L, "expect");
    int n = lua_gettop(L) - 1;
    int statuses[HTTP_EXPECT_MAX];
    char why[HTTP_STATUS_MESSAGE];
    if (n < 1)
        script_raise(L, "res:expect takes one status or more, such as res:expect(200)");
    if (n > HTTP_EXPECT_MAX)
        script_raise(L, "res:expect takes at most %d statuses", HTTP_EXPECT_MAX);
    for (int i = 0; i < n; i++) {
        if (!lua_isnumber(L, i + 2))
            script_raise(L, "res:expect takes statuses, not %s", luaL_typename(L, i + 2));
        statuses[i] = (int)lua_tointeger(L, i + 2);
    }
    struct sample *sample = &c->user->sample;
    if (http_status_good(c->op.status, statuses, n, why)) {
        if (sample->error == ERR_STATUS)
            sample->error = ERR_NONE;
    } else if (sample->error == ERR_NONE || sample->error == ERR_STATUS) {
        user_fail_sample(c->user, ERR_STATUS, why);
    }
    lua_settop(L, 1);
    return 1;
}

/* res:ok(): it succeeded, whatever the status says. A request without a
 * complete answer stays failed. Returns res. */
static int ok(lua_State *L)
{
    struct http_client *c = uncounted(L, "ok");
    if (c->user->sample.error == ERR_STATUS || c->user->sample.error == ERR_CHECK)
        c->user->sample.error = ERR_NONE;
    lua_settop(L, 1);
    return 1;
}

/* Whether an answer came, so that the script decides. Where none came, the reason
 * why is the one that counts. */
static bool answered(const struct sample *sample)
{
    return sample->error == ERR_NONE || sample->error == ERR_STATUS || sample->error == ERR_CHECK;
}

/* res:fail(why): it failed. Returns res. */
static int fail(lua_State *L)
{
    struct http_client *c = uncounted(L, "fail");
    lua_settop(L, 2);
    const char *why = lua_tostring(L, 2);
    if (!why)
        script_raise(L, "res:fail takes the reason as a string, not %s", luaL_typename(L, 2));
    if (answered(&c->user->sample))
        user_fail_sample(c->user, ERR_CHECK, why);
    lua_settop(L, 1);
    return 1;
}

/* res:check(name, condition): counted under its name; false fails the request.
 * Returns whether it held. */
static int check(lua_State *L)
{
    struct http_client *c = uncounted(L, "check");
    if (lua_type(L, 2) != LUA_TSTRING || lua_gettop(L) < 3)
        script_raise(L, "res:check takes a name and a condition: res:check(\"has a token\", "
                        "res:json().token ~= nil)");
    const char *name = lua_tostring(L, 2);
    bool passed = lua_toboolean(L, 3);
    stats_record_check(c->user->script->stats, name, passed);
    if (!passed && c->user->sample.error == ERR_NONE) {
        char message[SCRIPT_MESSAGE_MAX];
        snprintf(message, sizeof(message), "check failed: %s", name);
        user_fail_sample(c->user, ERR_CHECK, message);
    }
    lua_pushboolean(L, passed);
    return 1;
}

/* res:header(name): its value, or nil. */
static int header(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "res:header takes a name, not %s", luaL_typename(L, 2));
    lua_getfield(L, 1, "headers");
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    return 1;
}

/* res:json(): the body decoded. A body that is not JSON fails the request and
 * gives an empty table and the reason; so a field of it is nil, not an error.
 * Upvalue 1: cjson's decode. */
static int json(lua_State *L)
{
    uint64_t number = response_at(L);
    struct http_client *c = http_response_live(L, number);
    struct http_client *owner = http_response_owner(L);
    if (owner && http_response_push_kept(L, owner, number, json_field))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    http_response_push_body(L, number);
    if (lua_pcall(L, 1, 1, 0) != 0) {
        char message[SCRIPT_MESSAGE_MAX];
        snprintf(message, sizeof(message), "the body is not JSON: %s", lua_tostring(L, -1));
        if (c && c->user->has_sample && c->user->sample.error == ERR_NONE)
            user_fail_sample(c->user, ERR_CHECK, message);
        lua_newtable(L);
        lua_pushstring(L, message);
        return 2;
    }
    http_response_keep(L, owner, number, json_field);
    return 1;
}

static const luaL_Reg methods[] = {
    {"expect", expect}, {"ok", ok},         {"fail", fail},
    {"check", check},   {"header", header}, {NULL, NULL},
};

void http_response_open(lua_State *L)
{
    http_response_open_headers(L);

    lua_pushlightuserdata(L, NULL); /* any light userdata: the metatable is its type's */
    lua_newtable(L);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decode");
    lua_replace(L, -2);
    lua_pushcclosure(L, json, 1);
    lua_setfield(L, -2, "json");
    lua_newtable(L);
    for (int i = HTTP_RESPONSE_NONE + 1; i < HTTP_RESPONSE_FIELDS; i++) {
        lua_pushinteger(L, i);
        lua_setfield(L, -2, http_response_names[i]);
    }
    lua_pushcclosure(L, response_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, response_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, response_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
