/*
 * user.http, the answering half: the response object. A response costs no Lua
 * object: it is a light userdata that holds its number in the state, and
 * everything asked of it is looked up under that number (all light userdata
 * share one metatable; nothing else of ours is one, and JSON's null, which is,
 * is the number 0).
 *
 * The last response of the current user is read out of the connection's bytes.
 * Before the user's next operation its fields are kept as Lua values, since the
 * script may still ask for them; when the task ends they go.
 */
#include "base/buf.h"
#include "base/suggest.h"
#include "script/http_client.h"

#include <stdio.h>

static const char headers_meta[] = "inrush.http.Headers";

void http_response_push(struct http_client *c)
{
    struct user *u = c->user;
    c->response = ++u->script->responses;
    u->preserve = http_response_preserve;
    u->task_over = http_response_forget;
    lua_pushlightuserdata(u->thread.co, (void *)(uintptr_t)c->response);
}

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

/* The client of the user whose task runs; NULL outside tasks. */
static struct http_client *current_client(lua_State *L)
{
    const struct script *s = script_of(L);
    return s->current ? http_client_of(s->current) : NULL;
}

/* The client whose last response is that number, or NULL. */
static struct http_client *live_client(lua_State *L, uint64_t number)
{
    struct http_client *c = current_client(L);
    return c && c->response == number ? c : NULL;
}

/* The client, if the response's request is not counted yet; else raises. */
static struct http_client *uncounted(lua_State *L, const char *method)
{
    struct http_client *c = live_client(L, response_at(L));
    if (!c || !c->user->has_sample)
        script_raise(L,
                     "res:%s comes too late: the request was counted when the user's next one "
                     "began, or when its task ended",
                     method);
    return c;
}

/* --- lazy fields ------------------------------------------------------------------ */

enum field {
    FIELD_NONE,
    FIELD_STATUS,
    FIELD_BODY,
    FIELD_HEAD,
    FIELD_HEADERS,
    FIELD_ELAPSED,
    FIELD_BYTES,
    FIELD_ERROR
};

static const char *const field_names[] = {
    [FIELD_STATUS] = "status",   [FIELD_BODY] = "body",       [FIELD_HEAD] = "head",
    [FIELD_HEADERS] = "headers", [FIELD_ELAPSED] = "elapsed", [FIELD_BYTES] = "bytes",
    [FIELD_ERROR] = "error",
};

enum { FIELDS = sizeof(field_names) / sizeof(*field_names) };

/* What json() keeps among a response's fields, under a name that is none. */
static const char json_field[] = "(json)";

static void push_headers(lua_State *L, const char *head, size_t len)
{
    struct http1_span rest = {head, len};
    struct http1_header field;
    struct buf value = BUF_INIT;
    lua_newtable(L);
    luaL_getmetatable(L, headers_meta);
    lua_setmetatable(L, -2);
    while (http1_header_next(&rest, &field)) {
        luaL_Buffer name;
        luaL_buffinit(L, &name);
        for (size_t i = 0; i < field.name.len; i++) {
            char c = field.name.data[i];
            luaL_addchar(&name, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
        }
        luaL_pushresult(&name);
        buf_clear(&value);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        if (lua_isstring(L, -1)) { /* a field given twice is one list (RFC 9110 5.2) */
            size_t had;
            const char *before = lua_tolstring(L, -1, &had);
            buf_add(&value, before, had);
            buf_adds(&value, ", ");
        }
        lua_pop(L, 1);
        http1_value_add(&value, field.value);
        lua_pushlstring(L, value.data ? value.data : "", value.len);
        lua_rawset(L, -3);
    }
    buf_release(&value);
}

/* Pushes the field of the client's last response. */
static void push_field(lua_State *L, struct http_client *c, enum field field)
{
    const struct op *op = &c->op.op;
    switch (field) {
    case FIELD_STATUS:
        lua_pushinteger(L, c->op.status);
        break;
    case FIELD_BODY:
        lua_pushlstring(L, c->op.body ? c->op.body : "", c->op.body ? c->op.body_len : 0);
        break;
    case FIELD_HEAD:
        lua_pushlstring(L, c->op.head ? c->op.head : "", c->op.head ? c->op.head_len : 0);
        break;
    case FIELD_HEADERS:
        push_headers(L, c->op.head, c->op.head ? c->op.head_len : 0);
        break;
    case FIELD_ELAPSED:
        lua_pushnumber(L, (double)(op->end_ns - op->start_ns) / 1e9);
        break;
    case FIELD_BYTES:
        lua_pushnumber(L, (double)op->bytes);
        break;
    case FIELD_ERROR:
        if (c->user->has_sample && c->user->sample.error != ERR_NONE)
            lua_pushstring(L, c->user->sample.message);
        else
            lua_pushnil(L);
        break;
    case FIELD_NONE:
        lua_pushnil(L);
        break;
    }
}

/* Pushes the table number -> fields of the responses of the user's running
 * task, made on first use. */
static void push_kept(lua_State *L, struct http_client *c)
{
    if (c->kept_ref == LUA_NOREF) {
        lua_newtable(L);
        c->kept_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->kept_ref);
}

/* Pushes the kept fields of a response, or nil. */
static void push_fields(lua_State *L, struct http_client *c, uint64_t number)
{
    if (c->kept_ref == LUA_NOREF) {
        lua_pushnil(L);
        return;
    }
    push_kept(L, c);
    lua_pushlightuserdata(L, (void *)(uintptr_t)number);
    lua_rawget(L, -2);
    lua_replace(L, -2);
}

/* The same, made when there are none. */
static void push_fields_made(lua_State *L, struct http_client *c, uint64_t number)
{
    push_fields(L, c, number);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    push_kept(L, c);
    lua_newtable(L);
    lua_pushlightuserdata(L, (void *)(uintptr_t)number);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
    lua_replace(L, -2);
}

/* Keeps the value on top as a field of the response; it stays on top. */
static void keep(lua_State *L, struct http_client *c, uint64_t number, const char *name)
{
    push_fields_made(L, c, number);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void http_response_preserve(struct user *u)
{
    struct http_client *c = http_client_of(u);
    lua_State *L = u->thread.co;
    static const enum field needed[] = {FIELD_STATUS,  FIELD_BODY,  FIELD_HEAD,
                                        FIELD_ELAPSED, FIELD_BYTES, FIELD_ERROR};
    luaL_checkstack(L, 8, "response");
    push_fields_made(L, c, c->response);
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
        push_field(L, c, needed[i]);
        lua_setfield(L, -2, field_names[needed[i]]);
    }
    lua_pop(L, 1);
    c->response = 0;
}

void http_response_forget(struct user *u)
{
    struct http_client *c = http_client_of(u);
    c->response = 0;
    if (c->kept_ref == LUA_NOREF)
        return;
    luaL_unref(u->script->L, LUA_REGISTRYINDEX, c->kept_ref);
    c->kept_ref = LUA_NOREF;
}

/* Pushes a field, wherever it is; raises when the response is gone. */
static void push_any_field(lua_State *L, uint64_t number, enum field field)
{
    struct http_client *c = live_client(L, number);
    bool kept_once_made = field == FIELD_BODY || field == FIELD_HEADERS;
    if (c && !kept_once_made) {
        push_field(L, c, field);
        return;
    }
    struct http_client *owner = current_client(L);
    if (owner) {
        push_fields(L, owner, number);
        if (lua_istable(L, -1)) {
            lua_getfield(L, -1, field_names[field]);
            if (!lua_isnil(L, -1) || (!c && field != FIELD_HEADERS)) {
                lua_replace(L, -2);
                return;
            }
            lua_pop(L, 1);
            if (!c) { /* headers, kept as text */
                size_t len;
                lua_getfield(L, -1, field_names[FIELD_HEAD]);
                const char *head = lua_tolstring(L, -1, &len);
                push_headers(L, head, len);
                keep(L, owner, number, field_names[field]);
                return;
            }
        }
    }
    if (!c)
        script_raise(L,
                     "res.%s is gone: a response lasts until its task ends; keep what you need "
                     "of it (user.token = res:json().token)",
                     field_names[field]);
    push_field(L, c, field);
    keep(L, c, number, field_names[field]);
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

/* __index(response, key); upvalue 1: the methods, upvalue 2: name -> enum field. */
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
    if (field == FIELD_NONE)
        unknown_field(L);
    push_any_field(L, number, (enum field)field);
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
    struct http_client *c = live_client(L, number);
    struct http_client *owner = current_client(L);
    if (owner) {
        push_fields(L, owner, number);
        if (lua_istable(L, -1)) {
            lua_getfield(L, -1, json_field);
            if (!lua_isnil(L, -1))
                return 1;
        }
        lua_settop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    if (c)
        push_field(L, c, FIELD_BODY);
    else
        push_any_field(L, number, FIELD_BODY);
    if (lua_pcall(L, 1, 1, 0) != 0) {
        char message[SCRIPT_MESSAGE_MAX];
        snprintf(message, sizeof(message), "the body is not JSON: %s", lua_tostring(L, -1));
        if (c && c->user->has_sample && c->user->sample.error == ERR_NONE)
            user_fail_sample(c->user, ERR_CHECK, message);
        lua_newtable(L);
        lua_pushstring(L, message);
        return 2;
    }
    keep(L, owner, number, json_field);
    return 1;
}

/* headers[name] with any case. */
static int headers_index(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
    luaL_Buffer lower;
    luaL_buffinit(L, &lower);
    for (size_t i = 0; i < len; i++)
        luaL_addchar(&lower, (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
    luaL_pushresult(&lower);
    lua_rawget(L, 1);
    return 1;
}

static const luaL_Reg methods[] = {
    {"expect", expect}, {"ok", ok},         {"fail", fail},
    {"check", check},   {"header", header}, {NULL, NULL},
};

void http_response_open(lua_State *L)
{
    luaL_newmetatable(L, headers_meta);
    lua_pushcfunction(L, headers_index);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);

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
    for (int i = FIELD_NONE + 1; i < FIELDS; i++) {
        lua_pushinteger(L, i);
        lua_setfield(L, -2, field_names[i]);
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
