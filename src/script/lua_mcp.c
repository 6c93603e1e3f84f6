/*
 * "inrush.mcp.core": what of an MCP client happens with every message. A wire
 * is a client's way to its server: it writes JSON-RPC requests straight into the
 * bytes of an HTTP request, and reads the result of an ordinary answer straight
 * out of the connection's. Everything that is not ordinary is inrush/mcp.lua's.
 *
 *     wire = core.wire(user.http, url, type, on_event)
 *     wire:set_headers { Accept = "...", ... }      all of them
 *     call = wire:prepare(name, text, inside, headers)
 *     res = core.send(wire, call, params, timeout)  waits
 *     result = core.take(wire)                      nil: look at res
 */
#include "base/mem.h"
#include "script/http_client.h"
#include "script/lua_json.h"

#include <stdlib.h>
#include <string.h>

static const char wire_meta[] = "inrush.mcp.Wire";

enum { CALL_HEADERS = 2, CALLS_MAX = 4096 };

/* A kind of request. */
struct call {
    uint32_t series;
    char *text; /* owned: what stands between the request's id and its parameters */
    size_t text_len;
    bool inside; /* its parameters are members of the object that text has opened */
    bool comma;  /* ... and not the first ones */
    struct http1_header headers[CALL_HEADERS]; /* owned bytes */
    size_t headers_len;
};

struct wire {
    const void *tag;            /* says of a userdata that it is a wire, without a look-up */
    struct http_client *client; /* borrowed, outlives the user's tasks */
    struct client_box *box;   /* borrowed, kept by the environment: empty when the client is gone */
    char *url;                /* owned */
    char *type;               /* owned */
    const void *events;       /* which function is called with events */
    int events_ref;           /* registry reference: the function for events */
    int box_ref;              /* registry reference: keeps the box */
    size_t link;              /* index of the client's link */
    struct http1_span target; /* in url, or "/" */
    struct http1_defaults head; /* of its requests */
    bool has_head;
    int64_t id; /* of the last request */
    VEC(struct call) calls;
    struct buf body;  /* of the last request */
    size_t begin_len; /* ... up to behind its id: most answers begin with the same bytes */
};

static const char wire_tag;

static struct wire *wire_at(lua_State *L)
{
    struct wire *w = lua_touserdata(L, 1);
    if (!w || lua_objlen(L, 1) != sizeof(*w) || w->tag != &wire_tag) {
        luaL_typerror(L, 1, wire_meta);
        __builtin_unreachable();
    }
    if (!w->box->client)
        script_raise(L, "this user is gone; its MCP client with it");
    return w;
}

static struct http1_span string_at(lua_State *L, int index)
{
    struct http1_span span;
    span.data = luaL_checklstring(L, index, &span.len);
    return span;
}

/* wire(http, url, type, on_event) */
static int new_wire(lua_State *L)
{
    struct client_box *box = http_box_at(L, 1);
    struct http1_span target = string_at(L, 2);
    const char *type = luaL_checkstring(L, 3);
    luaL_checktype(L, 4, LUA_TFUNCTION);
    size_t link = http_link_index(L, box->client, &target);
    struct wire *w = lua_newuserdata(L, sizeof(*w));
    memset(w, 0, sizeof(*w));
    w->tag = &wire_tag;
    w->box = box;
    w->client = box->client;
    w->link = link;
    w->url = xasprintf("%s%.*s", w->client->links.items[link].host->prefix, (int)target.len,
                       target.data);
    w->target = http1_span(w->url);
    w->type = xstrdup(type);
    w->events = lua_topointer(L, 4);
    lua_pushvalue(L, 4);
    w->events_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 1);
    w->box_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    luaL_getmetatable(L, wire_meta);
    lua_setmetatable(L, -2);
    return 1;
}

static void forget_calls(struct wire *w)
{
    for (size_t i = 0; i < w->calls.len; i++) {
        struct call *call = &w->calls.items[i];
        free(call->text);
        for (size_t k = 0; k < call->headers_len; k++) {
            free((char *)call->headers[k].name.data);
            free((char *)call->headers[k].value.data);
        }
    }
    w->calls.len = 0;
}

static int wire_gc(lua_State *L)
{
    struct wire *w = luaL_checkudata(L, 1, wire_meta);
    luaL_unref(L, LUA_REGISTRYINDEX, w->events_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, w->box_ref);
    forget_calls(w);
    vec_release(&w->calls);
    if (w->has_head)
        http1_defaults_release(&w->head);
    buf_release(&w->body);
    free(w->url);
    free(w->type);
    return 0;
}

/* Appends the table's headers at index, whose strings it keeps. */
static size_t read_headers(lua_State *L, int index, struct http1_header *headers, size_t most)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            script_raise(L, "mcp.client: headers must map names to strings");
        if (n == most)
            script_raise(L, "mcp.client: there are more than %d headers", (int)most);
        headers[n++] = (struct http1_header){string_at(L, -2), string_at(L, -1)};
    }
    return n;
}

/* wire:set_headers(table): those of every request from now on, with the class's
 * that they do not replace. */
static int set_headers(lua_State *L)
{
    struct wire *w = wire_at(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    struct http1_header headers[HTTP_HEADERS_MAX];
    size_t n = read_headers(L, 2, headers, HTTP_HEADERS_MAX);
    struct http1_defaults head;
    struct err err;
    if (http_defaults_with(L, w->client, &w->client->links.items[w->link], headers, n, &head,
                           &err) < 0)
        script_raise(L, "%s", err.message);
    if (w->has_head)
        http1_defaults_release(&w->head);
    w->head = head;
    w->has_head = true;
    return 0;
}

/* wire:prepare(name, text, inside, headers): a kind of request; its number. */
static int prepare(lua_State *L)
{
    struct wire *w = wire_at(L);
    struct http1_span name = string_at(L, 2), text = string_at(L, 3);
    struct http1_header headers[CALL_HEADERS];
    size_t n = 0;
    if (lua_istable(L, 5))
        n = read_headers(L, 5, headers, CALL_HEADERS);
    if (w->calls.len == CALLS_MAX)
        script_raise(L, "mcp.client: more than %d different tools or names", CALLS_MAX);
    struct call call = {.text_len = text.len, .headers_len = n};
    call.series = catalog_intern(w->client->user->script->catalog, w->type, strlen(w->type),
                                 name.data, name.len);
    call.text = xstrndup(text.data, text.len);
    call.inside = lua_toboolean(L, 4);
    call.comma = text.len > 0 && text.data[text.len - 1] != '{';
    for (size_t i = 0; i < n; i++) {
        call.headers[i].name = http1_span(xstrndup(headers[i].name.data, headers[i].name.len));
        call.headers[i].value = http1_span(xstrndup(headers[i].value.data, headers[i].value.len));
    }
    vec_push(&w->calls, call);
    lua_pushinteger(L, (lua_Integer)w->calls.len);
    return 1;
}

static int forget(lua_State *L)
{
    forget_calls(wire_at(L));
    return 0;
}

static void write_params(lua_State *L, const struct call *call, struct buf *out)
{
    struct err err;
    int type = lua_type(L, 3);
    if (type > LUA_TNIL && type != LUA_TTABLE)
        script_raise(L, "mcp: call_tool takes a table of names and values, not %s",
                     lua_typename(L, type));
    if (type == LUA_TTABLE && lua_objlen(L, 3) > 0)
        script_raise(L, "mcp: call_tool takes a table of names and values, not a list");
    if (!call->inside)
        buf_addch(out, '{');
    if (type == LUA_TTABLE &&
        lua_json_write_members(L, 3, call->inside && call->comma, out, &err) < 0)
        script_raise(L, "mcp: parameters cannot be JSON: %s", err.message);
    buf_add(out, "}}}", call->inside ? 2 : 3);
}

/* send(wire, call, params, timeout): POSTs it and waits; the response. */
static int send_request(lua_State *L)
{
    static const char begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    struct wire *w = wire_at(L);
    size_t number = (size_t)lua_tointeger(L, 2);
    luaL_argcheck(L, number - 1 < w->calls.len, 2, "no such call");
    luaL_argcheck(L, w->has_head, 1, "no headers");
    const struct call *call = &w->calls.items[number - 1];
    struct http_client *c = w->client;
    http_check_waits(L, c->user);

    buf_clear(&w->body);
    buf_add(&w->body, begin, sizeof(begin) - 1);
    lua_json_write_integer(&w->body, ++w->id);
    w->begin_len = w->body.len;
    buf_add(&w->body, call->text, call->text_len);
    write_params(L, call, &w->body);

    user_begin(c->user);
    struct http1_request request = {.method = {"POST", 4},
                                    .target = w->target,
                                    .headers = call->headers,
                                    .header_count = call->headers_len,
                                    .body = {w->body.data, w->body.len},
                                    .has_body = true};
    struct err err;
    buf_clear(&c->request);
    if (http1_request_add(&c->request, &w->head, &request, &err) < 0)
        script_raise(L, "%s", err.message);
    c->op.head_request = false;
    c->series = call->series;
    c->record = true;
    c->expect_len = 0;
    if (!http_events_again(c, w->events)) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, w->events_ref);
        http_events_begin(L, c);
    }
    http_start_request(c, &c->links.items[w->link],
                       lua_type(L, 4) == LUA_TNUMBER ? lua_tonumber(L, 4) : 0);
    return lua_yield(L, 0);
}

/* Whether what comes next is that number, of digits alone. */
static bool read_id(struct lua_json_reader *r, int64_t id)
{
    int64_t n = 0;
    lua_json_peek(r);
    const char *first = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - first < 18; r->at++)
        n = n * 10 + (*r->at - '0');
    return r->at > first && n == id;
}

/* Moves to the result of an answer that begins as its request did, and goes on with
 * its result, as most do. */
static bool skip_usual_begin(struct lua_json_reader *r, const struct wire *w)
{
    static const char result[] = ",\"result\":";
    const size_t len = w->begin_len, more = sizeof(result) - 1;
    if ((size_t)(r->end - r->at) < len + more || memcmp(r->at, w->body.data, len) != 0 ||
        memcmp(r->at + len, result, more) != 0)
        return false;
    r->at += len + more;
    return true;
}

/* Reads {"id":..., "result":...} of the wire's last request; pushes the result. */
static bool read_result(lua_State *L, struct lua_json_reader *r, const struct wire *w)
{
    if (skip_usual_begin(r, w))
        return lua_json_read(L, r) && lua_istable(L, -1) && lua_json_skip(r, '}') &&
               lua_json_peek(r) == '\0' && r->at == r->end;

    struct http1_span name;
    bool ours = false, found = false;
    int top = lua_gettop(L);
    if (!lua_json_skip(r, '{'))
        return false;
    do {
        if (!lua_json_string(r, &name))
            return false;
        bool is_id = name.len == 2 && memcmp(name.data, "id", 2) == 0;
        bool is_result = name.len == 6 && memcmp(name.data, "result", 6) == 0;
        bool is_version = name.len == 7 && memcmp(name.data, "jsonrpc", 7) == 0;
        if (!lua_json_skip(r, ':') || !(is_id || is_result || is_version))
            return false; /* an error, or something else to look at closely */
        if (is_version) {
            if (!lua_json_string(r, &name))
                return false;
            continue;
        }
        if (is_id) {
            ours = read_id(r, w->id);
        } else {
            if (!lua_json_read(L, r))
                return false;
            found = lua_istable(L, -1) && lua_gettop(L) == top + 1;
        }
    } while (lua_json_skip(r, ','));
    return lua_json_skip(r, '}') && lua_json_peek(r) == '\0' && r->at == r->end && ours && found;
}

/* take(wire): the result in the last answer, if it is JSON, complete, and
 * nothing but the result of the last request; else nil. */
static int take(lua_State *L)
{
    struct wire *w = wire_at(L);
    struct http_client *c = w->client;
    if (c->response == 0 || c->op.status != 200 || c->op.op.err != NULL || c->streaming)
        return 0;
    struct lua_json_reader r = {.at = c->op.body, .end = c->op.body + c->op.body_len, .names = 1};
    bool good = read_result(L, &r, w);
    buf_release(&r.text);
    if (good)
        return 1;
    lua_settop(L, 1);
    return 0;
}

/* wire:last_id() */
static int last_id(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)wire_at(L)->id);
    return 1;
}

static const luaL_Reg methods[] = {
    {"set_headers", set_headers}, {"prepare", prepare}, {"forget", forget},
    {"last_id", last_id},         {"__gc", wire_gc},    {NULL, NULL},
};

int script_open_mcp(lua_State *L)
{
    luaL_newmetatable(L, wire_meta);
    luaL_register(L, NULL, methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, send_request);
    lua_setfield(L, -2, "send");
    for (size_t i = 0; i < sizeof(lua_json_names) / sizeof(*lua_json_names); i++)
        lua_pushstring(L, lua_json_names[i]);
    lua_pushcclosure(L, take, sizeof(lua_json_names) / sizeof(*lua_json_names));
    lua_setfield(L, -2, "take");
    lua_pushcfunction(L, new_wire);
    lua_setfield(L, -2, "wire");
    lua_pushcfunction(L, lua_json_encode);
    lua_setfield(L, -2, "encode");
    lua_pushcfunction(L, lua_json_decode);
    lua_setfield(L, -2, "decode");
    return 1;
}
