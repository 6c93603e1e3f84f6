/*
 * Threads as wrk scripts know them: thread.addr, thread:get, thread:set and
 * thread:stop. A thread's globals are those of another Lua state, so values are
 * copied; only setup() and done() have threads in hand, when none of them runs.
 */
#include "base/mem.h"
#include "base/url.h"
#include "script/wrk_internal.h"

#include <string.h>

#define THREAD "wrk.thread"

enum { COPY_DEPTH = 100 };

/* What is wrong with copying the value at index into another state; NULL: nothing. */
static const char *copy_fault(lua_State *L, int index, int depth)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return NULL;
    case LUA_TTABLE:
        break;
    default:
        return lua_typename(L, lua_type(L, index));
    }
    if (depth == COPY_DEPTH || !lua_checkstack(L, 4))
        return "table that is nested too deep or holds itself";
    const char *fault = NULL;
    lua_pushnil(L);
    while (!fault && lua_next(L, index)) {
        int top = lua_gettop(L);
        fault = copy_fault(L, top - 1, depth + 1);
        if (!fault)
            fault = copy_fault(L, top, depth + 1);
        lua_settop(L, top - (fault ? 2 : 1));
    }
    return fault;
}

/* Pushes onto `to` a copy of the value at index, which copy_fault has accepted. */
static void copy_value(lua_State *from, int index, lua_State *to)
{
    size_t len;
    const char *s;
    lua_checkstack(to, 4);
    switch (lua_type(from, index)) {
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, index));
        return;
    case LUA_TNUMBER:
        lua_pushnumber(to, lua_tonumber(from, index));
        return;
    case LUA_TSTRING:
        s = lua_tolstring(from, index, &len);
        lua_pushlstring(to, s, len);
        return;
    case LUA_TTABLE:
        lua_newtable(to);
        lua_pushnil(from);
        while (lua_next(from, index)) {
            int top = lua_gettop(from);
            copy_value(from, top - 1, to);
            copy_value(from, top, to);
            lua_rawset(to, -3);
            lua_pop(from, 1);
        }
        return;
    default:
        lua_pushnil(to);
    }
}

static struct wrk_thread *check_thread(lua_State *L)
{
    struct wrk_thread **t = luaL_checkudata(L, 1, THREAD);
    return *t;
}

/* The thread's state, whose globals get and set mean. One that hung is not touched. */
static lua_State *globals_of(lua_State *L, struct wrk_thread *t)
{
    struct script *s = t->script;
    if (s->L != L && atomic_load_explicit(&s->entries, memory_order_relaxed) % 2 == 1)
        script_raise(L, "thread %d hung inside the script and cannot be asked", t->number);
    return s->L;
}

/* thread:get(name): a copy of the thread's global. */
static int thread_get(lua_State *L)
{
    struct wrk_thread *t = check_thread(L);
    const char *name = luaL_checkstring(L, 2);
    lua_State *from = globals_of(L, t);
    lua_pushstring(from, name);
    lua_rawget(from, LUA_GLOBALSINDEX);
    if (from == L)
        return 1;
    int value = lua_gettop(from);
    const char *fault = copy_fault(from, value, 0);
    if (!fault)
        copy_value(from, value, L);
    lua_settop(from, value - 1);
    if (fault)
        script_raise(L, "thread:get('%s'): a %s cannot be copied out of a thread", name, fault);
    return 1;
}

/* thread:set(name, value): a copy of value becomes the thread's global. */
static int thread_set(lua_State *L)
{
    struct wrk_thread *t = check_thread(L);
    const char *name = luaL_checkstring(L, 2);
    lua_State *to = globals_of(L, t);
    lua_settop(L, 3);
    const char *fault = to == L ? NULL : copy_fault(L, 3, 0);
    if (fault)
        script_raise(L, "thread:set('%s'): a %s cannot be copied into a thread", name, fault);
    lua_pushstring(to, name);
    copy_value(L, 3, to);
    if (to == L)
        lua_pushvalue(L, 3), lua_replace(L, -2);
    lua_rawset(to, LUA_GLOBALSINDEX);
    return 0;
}

/* thread:stop(): it sends nothing further. */
static int thread_stop(lua_State *L)
{
    atomic_store(&check_thread(L)->stop, true);
    return 0;
}

/* thread.addr: as set, or else the first that the URL's host has. */
static void push_thread_addr(lua_State *L, const struct wrk_thread *t)
{
    const struct url *url = t->wrk->options->url;
    wrk_push_lookup(L, t->host ? t->host : url->host, t->host ? t->port : url->port);
    lua_rawgeti(L, -1, 1);
}

static int thread_index(lua_State *L)
{
    struct wrk_thread *t = check_thread(L);
    const char *name = luaL_checkstring(L, 2);
    if (strcmp(name, "addr") == 0) {
        push_thread_addr(L, t);
        return 1;
    }
    lua_getmetatable(L, 1);
    lua_getfield(L, -1, "methods");
    lua_getfield(L, -1, name);
    return 1;
}

/* The thread's own copy of a host: an equal one set before, or a new one. */
static const char *keep_host(struct wrk_thread *t, const char *host)
{
    for (size_t i = 0; i < t->hosts.len; i++) {
        if (strcmp(t->hosts.items[i], host) == 0)
            return t->hosts.items[i];
    }
    vec_push(&t->hosts, xstrdup(host));
    return t->hosts.items[t->hosts.len - 1];
}

static int thread_newindex(lua_State *L)
{
    struct wrk_thread *t = check_thread(L);
    const char *name = luaL_checkstring(L, 2);
    char host[WRK_HOST_MAX];
    int port;
    if (strcmp(name, "addr") != 0)
        script_raise(L, "thread.%s cannot be set; thread:set('%s', value) makes a global of it",
                     name, name);
    if (!wrk_read_addr(L, 3, host, &port))
        script_raise(L, "thread.addr takes one of the addresses that wrk.lookup gives, not %s",
                     lua_isnil(L, 3) ? "nil: does the server accept connections?"
                                     : luaL_typename(L, 3));
    t->host = keep_host(t, host);
    t->port = port;
    t->moved = true;
    return 0;
}

static int thread_tostring(lua_State *L)
{
    lua_pushfstring(L, "thread %d", check_thread(L)->number);
    return 1;
}

void wrk_push_thread(lua_State *L, struct wrk_thread *t)
{
    struct wrk_thread **value = lua_newuserdata(L, sizeof(struct wrk_thread *));
    *value = t;
    luaL_getmetatable(L, THREAD);
    lua_setmetatable(L, -2);
}

void wrk_open_thread(lua_State *L)
{
    static const luaL_Reg metamethods[] = {{"__index", thread_index},
                                           {"__newindex", thread_newindex},
                                           {"__tostring", thread_tostring},
                                           {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"get", thread_get}, {"set", thread_set}, {"stop", thread_stop}, {NULL, NULL}};
    luaL_newmetatable(L, THREAD);
    luaL_register(L, NULL, metamethods);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "methods");
    lua_pop(L, 1);
}
