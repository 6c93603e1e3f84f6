/*
 * "inrush.wrk.core": what wrk.lua stands on, and the values that wrk scripts
 * handle: addresses, threads, statistics.
 */
#include "base/mem.h"
#include "base/url.h"
#include "script/wrk_internal.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDR   "wrk.addr"
#define THREAD "wrk.thread"
#define STATS  "wrk.stats"

struct wrk_thread *wrk_thread_of(lua_State *L)
{
    return script_of(L)->owner;
}

/* --- wrk.format ------------------------------------------------------------------ */

enum { METHOD = 1, PATH, HEADERS, BODY }; /* the arguments */
/* The closure's upvalues: where the bytes are put together, the table wrk, and
 * the names of its fields in the order of the arguments. */
enum { UP_SCRIPT = 1, UP_WRK, UP_NAMES, UP_LAST = UP_NAMES + BODY - 1 };

static void push_wrk_field(lua_State *L, int argument)
{
    lua_pushvalue(L, lua_upvalueindex(UP_NAMES + argument - 1));
    lua_rawget(L, lua_upvalueindex(UP_WRK));
}

static void add_string(lua_State *L, struct buf *out, int index, const char *what)
{
    size_t len;
    const char *s = lua_tolstring(L, index, &len);
    if (!s)
        script_raise(L, "wrk.format: the %s is a %s value; it must be a string", what,
                     luaL_typename(L, index));
    buf_add(out, s, len);
}

/* The key at -2 and its value at -1 as a line. Returns whether it is Host. */
static bool add_header(lua_State *L, struct buf *out)
{
    size_t len;
    if (lua_type(L, -2) != LUA_TSTRING)
        script_raise(L, "wrk.format: headers maps names to values, and one name is a %s value",
                     luaL_typename(L, -2));
    const char *name = lua_tolstring(L, -2, &len);
    if (len == 14 && strncasecmp(name, "content-length", 14) == 0)
        return false;
    buf_add(out, name, len);
    buf_add(out, ": ", 2);
    if (lua_isboolean(L, -1))
        buf_adds(out, lua_toboolean(L, -1) ? "true" : "false");
    else if (lua_isstring(L, -1))
        add_string(L, out, -1, "header");
    else
        script_raise(L, "wrk.format: header '%s' is a %s value; it must be a string", name,
                     luaL_typename(L, -1));
    buf_add(out, "\r\n", 2);
    return len == 4 && strncasecmp(name, "host", 4) == 0;
}

/* What wrk.headers says, or, before init() has put it there, the URL. */
static void add_host(lua_State *L, struct buf *out)
{
    buf_adds(out, "Host: ");
    push_wrk_field(L, HEADERS);
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "Host");
        lua_replace(L, -2);
    }
    if (lua_isstring(L, -1)) {
        add_string(L, out, -1, "header");
    } else {
        char *authority = url_authority(wrk_thread_of(L)->wrk->options->url);
        buf_adds(out, authority);
        free(authority);
    }
    lua_pop(L, 1);
    buf_add(out, "\r\n", 2);
}

static void add_content_length(lua_State *L, struct buf *out)
{
    size_t len;
    if (!lua_tolstring(L, BODY, &len))
        script_raise(L, "wrk.format: the body is a %s value; it must be a string",
                     luaL_typename(L, BODY));
    buf_addf(out, "Content-Length: %zu\r\n", len);
}

/* format([method], [path], [headers], [body]): the bytes of a request. A Host
 * and a Content-Length are added where they are wanting or not right. */
static int format(lua_State *L)
{
    struct script *s = lua_touserdata(L, lua_upvalueindex(UP_SCRIPT));
    struct buf *out = &s->scratch;
    lua_settop(L, BODY);
    for (int i = METHOD; i <= BODY; i++) {
        if (lua_toboolean(L, i))
            continue;
        push_wrk_field(L, i);
        lua_replace(L, i);
    }
    if (!lua_istable(L, HEADERS))
        script_raise(L, "wrk.format: the headers are a %s value; they must be a table",
                     luaL_typename(L, HEADERS));
    buf_clear(out);
    add_string(L, out, METHOD, "method");
    buf_addch(out, ' ');
    add_string(L, out, PATH, "path");
    buf_add(out, " HTTP/1.1\r\n", 11);
    bool has_host = false;
    lua_pushnil(L);
    while (lua_next(L, HEADERS)) {
        has_host |= add_header(L, out);
        lua_pop(L, 1);
    }
    if (!has_host)
        add_host(L, out);
    if (lua_toboolean(L, BODY))
        add_content_length(L, out);
    buf_add(out, "\r\n", 2);
    if (lua_toboolean(L, BODY))
        add_string(L, out, BODY, "body");
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

/* formatter(wrk): the function format over this table. */
static int formatter(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushlightuserdata(L, script_of(L));
    lua_pushvalue(L, 1);
    lua_pushliteral(L, "method");
    lua_pushliteral(L, "path");
    lua_pushliteral(L, "headers");
    lua_pushliteral(L, "body");
    lua_pushcclosure(L, format, UP_LAST);
    return 1;
}

/* --- addresses --------------------------------------------------------------------- */

struct addr {
    struct sockaddr_storage storage;
    socklen_t len;
};

static void push_addr(lua_State *L, const struct sockaddr *address, socklen_t len)
{
    struct addr *addr = lua_newuserdata(L, sizeof(*addr));
    memcpy(&addr->storage, address, len);
    addr->len = len;
    luaL_getmetatable(L, ADDR);
    lua_setmetatable(L, -2);
}

/* Both as text. */
static void name_addr(lua_State *L, const struct addr *addr, char host[NI_MAXHOST],
                      char port[NI_MAXSERV])
{
    int rc = getnameinfo((const struct sockaddr *)&addr->storage, addr->len, host, NI_MAXHOST, port,
                         NI_MAXSERV, NI_NUMERICHOST | NI_NUMERICSERV);
    if (rc != 0)
        script_raise(L, "cannot print the address: %s", gai_strerror(rc));
}

static int addr_tostring(lua_State *L)
{
    const struct addr *addr = luaL_checkudata(L, 1, ADDR);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    name_addr(L, addr, host, port);
    lua_pushfstring(L, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    return 1;
}

/* lookup(host, service): the addresses, a list; service is a name or a port. */
static int lookup(lua_State *L)
{
    const char *host = luaL_checkstring(L, 1), *service = luaL_checkstring(L, 2);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0)
        script_raise(L, "wrk.lookup: cannot resolve '%s', '%s': %s", host, service,
                     gai_strerror(rc));
    lua_newtable(L);
    int n = 0;
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        push_addr(L, at->ai_addr, at->ai_addrlen);
        lua_rawseti(L, -2, ++n);
    }
    freeaddrinfo(found);
    return 1;
}

/* Whether a connection can be made in time. */
static bool accepts(const struct addr *addr, double timeout_s)
{
    int fd = socket(addr->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool ok = connect(fd, (const struct sockaddr *)&addr->storage, addr->len) == 0;
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    if (!ok && errno == EINPROGRESS && poll(&writable, 1, (int)(timeout_s * 1e3)) == 1) {
        int error = 0;
        socklen_t len = sizeof(error);
        ok = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
    }
    close(fd);
    return ok;
}

/* connect(addr): whether somebody accepts connections there. */
static int try_connect(lua_State *L)
{
    const struct addr *addr = luaL_checkudata(L, 1, ADDR);
    lua_pushboolean(L, accepts(addr, script_of(L)->options->timeout_s));
    return 1;
}

/* --- threads ------------------------------------------------------------------------- */

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
    lua_pushcfunction(L, lookup);
    lua_pushstring(L, t->host ? t->host : url->host);
    lua_pushinteger(L, t->host ? t->port : url->port);
    lua_call(L, 2, 1);
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

static bool is_addr(lua_State *L, int index)
{
    bool is = lua_getmetatable(L, index);
    if (is) {
        luaL_getmetatable(L, ADDR);
        is = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    return is;
}

static int thread_newindex(lua_State *L)
{
    struct wrk_thread *t = check_thread(L);
    const char *name = luaL_checkstring(L, 2);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (strcmp(name, "addr") != 0)
        script_raise(L, "thread.%s cannot be set; thread:set('%s', value) makes a global of it",
                     name, name);
    if (!is_addr(L, 3))
        script_raise(L, "thread.addr takes one of the addresses that wrk.lookup gives, not %s",
                     lua_isnil(L, 3) ? "nil: does the server accept connections?"
                                     : luaL_typename(L, 3));
    name_addr(L, lua_touserdata(L, 3), host, port);
    t->host = keep_host(t, host);
    t->port = atoi(port);
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

/* --- statistics ------------------------------------------------------------------------ */

struct stats_value {
    const struct hist *hist; /* borrowed, outlives the call of done() */
    struct hist_iter at;     /* scripts count upwards: where the last (i) was found */
    uint64_t index;          /* of it; 0: before the first */
};

static double whole(double us)
{
    return floor(us + 0.5);
}

/* stats(i): the ith value that was counted, from 1, and how often. */
static int stats_call(lua_State *L)
{
    struct stats_value *v = luaL_checkudata(L, 1, STATS);
    double wanted = luaL_checknumber(L, 2);
    if (wanted < 1 || wanted < (double)v->index)
        v->at = (struct hist_iter){.hist = v->hist}, v->index = 0;
    while ((double)v->index < wanted && hist_next(&v->at))
        v->index++;
    bool found = wanted >= 1 && (double)v->index >= wanted;
    double middle = (double)v->at.low + (double)(v->at.width - 1) / 2;
    middle = fmin(fmax(middle, (double)v->hist->min), (double)v->hist->max);
    lua_pushnumber(L, found ? whole(middle) : 0);
    lua_pushnumber(L, found ? (double)v->at.count : 0);
    return 2;
}

/* #stats: how many different values were counted. */
static int stats_len(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    struct hist_iter it = {.hist = v->hist};
    int n = 0;
    while (hist_next(&it))
        n++;
    lua_pushinteger(L, n);
    return 1;
}

static int stats_percentile(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    double percent = luaL_checknumber(L, 2);
    if (!(percent >= 0 && percent <= 100))
        script_raise(L, "percentile(p) takes a number from 0 to 100");
    lua_pushnumber(L, whole(hist_percentile(v->hist, percent)));
    return 1;
}

static int stats_index(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    const char *name = luaL_checkstring(L, 2);
    const struct hist *h = v->hist;
    if (strcmp(name, "min") == 0)
        lua_pushnumber(L, h->count > 0 ? (double)h->min : 0);
    else if (strcmp(name, "max") == 0)
        lua_pushnumber(L, (double)h->max);
    else if (strcmp(name, "mean") == 0)
        lua_pushnumber(L, hist_mean(h));
    else if (strcmp(name, "stdev") == 0)
        lua_pushnumber(L, hist_stdev(h));
    else if (strcmp(name, "percentile") == 0)
        lua_pushcfunction(L, stats_percentile);
    else
        script_raise(L, "statistics have min, max, mean, stdev, percentile(p), (i) and #, not '%s'",
                     name);
    return 1;
}

void wrk_push_stats(lua_State *L, const struct hist *h)
{
    struct stats_value *v = lua_newuserdata(L, sizeof(*v));
    *v = (struct stats_value){.hist = h, .at = {.hist = h}};
    luaL_getmetatable(L, STATS);
    lua_setmetatable(L, -2);
}

/* --- the module -------------------------------------------------------------------------- */

static void new_metatable(lua_State *L, const char *name, const luaL_Reg *functions)
{
    luaL_newmetatable(L, name);
    luaL_register(L, NULL, functions);
}

static void push_headers(lua_State *L, const struct wrk_options *o)
{
    lua_newtable(L);
    for (size_t i = 0; i < o->headers_len; i++) {
        lua_pushlstring(L, o->headers[i].name.data, o->headers[i].name.len);
        lua_pushlstring(L, o->headers[i].value.data, o->headers[i].value.len);
        lua_rawset(L, -3);
    }
}

int script_open_wrk(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"formatter", formatter},
        {"lookup", lookup},
        {"connect", try_connect},
        {NULL, NULL},
    };
    static const luaL_Reg addr[] = {{"__tostring", addr_tostring}, {NULL, NULL}};
    static const luaL_Reg thread[] = {{"__index", thread_index},
                                      {"__newindex", thread_newindex},
                                      {"__tostring", thread_tostring},
                                      {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"get", thread_get}, {"set", thread_set}, {"stop", thread_stop}, {NULL, NULL}};
    static const luaL_Reg stats[] = {
        {"__index", stats_index}, {"__call", stats_call}, {"__len", stats_len}, {NULL, NULL}};
    new_metatable(L, ADDR, addr);
    new_metatable(L, STATS, stats);
    new_metatable(L, THREAD, thread);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "methods");

    const struct wrk_options *o = wrk_thread_of(L)->wrk->options;
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    lua_pushstring(L, o->url->scheme);
    lua_setfield(L, -2, "scheme");
    lua_pushstring(L, o->url->host);
    lua_setfield(L, -2, "host");
    if (o->url->port_given) {
        lua_pushfstring(L, "%d", o->url->port);
        lua_setfield(L, -2, "port");
    }
    lua_pushstring(L, o->url->target);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, o->method ? o->method : "GET");
    lua_setfield(L, -2, "method");
    lua_pushstring(L, o->body); /* nil without one */
    lua_setfield(L, -2, "body");
    push_headers(L, o);
    lua_setfield(L, -2, "headers");
    lua_pushstring(L, o->script->source->chunkname + 1);
    lua_setfield(L, -2, "file");
    return 1;
}
