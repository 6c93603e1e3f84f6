/*
 * "inrush.wrk.core": what wrk.lua stands on: wrk.format, addresses, and what the
 * command line says.
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

#define ADDR "wrk.addr"

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
static void name_addr(lua_State *L, const struct addr *addr, char host[WRK_HOST_MAX],
                      char port[NI_MAXSERV])
{
    int rc = getnameinfo((const struct sockaddr *)&addr->storage, addr->len, host, WRK_HOST_MAX,
                         port, NI_MAXSERV, NI_NUMERICHOST | NI_NUMERICSERV);
    if (rc != 0)
        script_raise(L, "cannot print the address: %s", gai_strerror(rc));
}

static int addr_tostring(lua_State *L)
{
    const struct addr *addr = luaL_checkudata(L, 1, ADDR);
    char host[WRK_HOST_MAX], port[NI_MAXSERV];
    name_addr(L, addr, host, port);
    lua_pushfstring(L, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    return 1;
}

bool wrk_read_addr(lua_State *L, int index, char host[WRK_HOST_MAX], int *port)
{
    char service[NI_MAXSERV];
    bool is_addr = lua_getmetatable(L, index);
    if (is_addr) {
        luaL_getmetatable(L, ADDR);
        is_addr = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!is_addr)
        return false;
    name_addr(L, lua_touserdata(L, index), host, service);
    *port = atoi(service);
    return true;
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

void wrk_push_lookup(lua_State *L, const char *host, int port)
{
    lua_pushcfunction(L, lookup);
    lua_pushstring(L, host);
    lua_pushinteger(L, port);
    lua_call(L, 2, 1);
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

/* --- the module -------------------------------------------------------------------------- */

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
    luaL_newmetatable(L, ADDR);
    luaL_register(L, NULL, addr);
    wrk_open_thread(L);
    wrk_open_stats(L);

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
