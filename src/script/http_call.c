/* Reading the options of a user.http call, naming its series, making its parts. */
#include "script/http_call.h"

#include "base/suggest.h"
#include "script/call.h"

#include <string.h>

const char *const http_option_names[OPTIONS] = {
    [OPT_NAME] = "name",     [OPT_TYPE] = "type",       [OPT_HEADERS] = "headers",
    [OPT_QUERY] = "query",   [OPT_JSON] = "json",       [OPT_BODY] = "body",
    [OPT_FORM] = "form",     [OPT_TIMEOUT] = "timeout", [OPT_EXPECT] = "expect",
    [OPT_RECORD] = "record", [OPT_EVENTS] = "events",   [OPT_BACKGROUND] = "background",
};

void http_call_init(lua_State *L, struct http_call *call, const struct user *u)
{
    memset(&call->request, 0, sizeof(call->request)); /* not all of it: the headers are many */
    call->request.headers = call->headers;
    call->request.method = call->type = http_span_at(L, lua_upvalueindex(UP_METHOD));
    call->request.target = http_span_at(L, ARG_TARGET);
    call->given = 0;
    call->timeout_s = user_timeout_s(u);
    call->expect_len = 0;
    call->record = true;
    call->background = false;
    if (!call->request.target.data)
        script_raise(L, "a request takes a path or a URL, not %s", luaL_typename(L, ARG_TARGET));
}

static void unknown_option(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        script_raise(L, "request options must have names, not [%s]",
                     lua_typename(L, lua_type(L, -1)));
    const char *given = lua_tostring(L, -1);
    const char *near = suggest(given, http_option_names + 1, OPTIONS - 1);
    if (near)
        script_raise(L, "unknown request option '%s'; did you mean '%s'?", given, near);
    script_raise(
        L,
        "unknown request option '%s'; there are name, type, headers, query, json, body, form, "
        "timeout, expect, record, events and background",
        given);
}

static void want(lua_State *L, bool good, const char *option, const char *what)
{
    if (!good)
        script_raise(L, "request option '%s' must be %s, not %s", option, what,
                     luaL_typename(L, -1));
}

/* The value on top is a table of names to strings; they stay referenced by it. */
static void read_headers(lua_State *L, struct http_call *call)
{
    want(L, lua_istable(L, -1), "headers", "a table of names to strings");
    luaL_checkstack(L, 4, "headers");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1))
            script_raise(L, "request option 'headers' must map names to strings");
        if (call->request.header_count == HTTP_HEADERS_MAX)
            script_raise(L, "a request cannot have more than %d headers", HTTP_HEADERS_MAX);
        if (lua_type(L, -1) == LUA_TNUMBER) { /* made a string where it lives */
            lua_pushvalue(L, -2);
            lua_pushstring(L, lua_tostring(L, -2));
            lua_rawset(L, -5);
            lua_pop(L, 1);
            lua_pushvalue(L, -1);
            lua_rawget(L, -3);
        }
        struct http1_header *header = &call->headers[call->request.header_count++];
        header->name = http_span_at(L, -2);
        header->value = http_span_at(L, -1);
    }
}

static void read_expect(lua_State *L, struct http_call *c)
{
    c->expect_len = 0;
    if (lua_isnumber(L, -1)) {
        c->expect[c->expect_len++] = (int)lua_tointeger(L, -1);
        return;
    }
    want(L, lua_istable(L, -1), "expect", "a status or a list of them");
    int n = (int)lua_objlen(L, -1);
    if (n > HTTP_EXPECT_MAX)
        script_raise(L, "request option 'expect' takes at most %d statuses", HTTP_EXPECT_MAX);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        want(L, lua_isnumber(L, -1), "expect", "a status or a list of them");
        c->expect[c->expect_len++] = (int)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
}

/* The value of option `which` is on top, and stays there. */
static void read_option(lua_State *L, struct http_call *call, int which)
{
    switch (which) {
    case OPT_NAME:
        want(L, lua_type(L, -1) == LUA_TSTRING, "name", "a string");
        call->name = http_span_at(L, -1);
        break;
    case OPT_TYPE:
        want(L, lua_type(L, -1) == LUA_TSTRING, "type", "a string");
        call->type = http_span_at(L, -1);
        break;
    case OPT_HEADERS:
        read_headers(L, call);
        break;
    case OPT_BODY:
        want(L, lua_type(L, -1) == LUA_TSTRING, "body", "a string");
        call->request.body = http_span_at(L, -1);
        call->request.has_body = true;
        break;
    case OPT_FORM:
    case OPT_QUERY:
        want(L, lua_istable(L, -1), http_option_names[which], "a table of names to values");
        break;
    case OPT_TIMEOUT:
        call->timeout_s = call_duration(L);
        want(L, call->timeout_s > 0, "timeout", "above 0: seconds, or a duration such as '500ms'");
        break;
    case OPT_EXPECT:
        read_expect(L, call);
        break;
    case OPT_RECORD:
        want(L, lua_isboolean(L, -1), "record", "true or false");
        call->record = lua_toboolean(L, -1);
        break;
    case OPT_EVENTS:
        want(L, lua_isfunction(L, -1), "events", "a function");
        break;
    case OPT_BACKGROUND:
        want(L, lua_isboolean(L, -1), "background", "true or false");
        call->background = lua_toboolean(L, -1);
        break;
    default:
        break;
    }
}

static int which_option(const struct http_names *names, const void *key)
{
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        if (names->options[i] == key)
            return i;
    }
    return OPT_NONE;
}

void http_call_read(lua_State *L, const struct http_names *names, struct http_call *call)
{
    int type = lua_type(L, ARG_OPTIONS);
    if (type <= LUA_TNIL)
        return;
    if (type != LUA_TTABLE)
        script_raise(L, "request options must be a table, not %s", lua_typename(L, type));
    for (lua_pushnil(L); lua_next(L, ARG_OPTIONS); lua_pop(L, 1)) {
        int which = which_option(names, lua_topointer(L, -2));
        if (which == OPT_NONE) {
            lua_pop(L, 1);
            unknown_option(L);
        }
        call->given |= 1u << which;
        read_option(L, call, which);
    }
    unsigned bodies = call->given & (1u << OPT_BODY | 1u << OPT_JSON | 1u << OPT_FORM);
    if ((bodies & (bodies - 1)) != 0) /* more than one bit */
        script_raise(L, "a request has one of json, body and form, not several");
}

/* --- the series --------------------------------------------------------------- */

/* Pushes the table name -> series of a type. */
static void push_series_of(lua_State *L, struct http1_span type)
{
    lua_pushlstring(L, type.data, type.len);
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(UP_SERIES));
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, lua_upvalueindex(UP_SERIES));
    }
    lua_replace(L, -2);
}

/* The number of a series; its type and name are bytes of Lua strings. */
static uint32_t find_series(lua_State *L, struct http_names *names, struct script *s,
                            struct http1_span type, struct http1_span name)
{
    size_t slot = ((uintptr_t)name.data >> 4) % SERIES_CACHE;
    if (names->series[slot].name == name.data && names->series[slot].type == type.data)
        return names->series[slot].id;

    uint32_t id;
    push_series_of(L, type);
    lua_pushlstring(L, name.data, name.len);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
        id = catalog_intern(s->catalog, type.data, type.len, name.data, name.len);
        lua_pushvalue(L, -2);
        lua_pushinteger(L, (lua_Integer)id);
        lua_rawset(L, -5);
    } else {
        id = (uint32_t)lua_tointeger(L, -1);
    }
    lua_pop(L, 3);
    names->series[slot].name = name.data;
    names->series[slot].type = type.data;
    names->series[slot].id = id;
    return id;
}

/* A request without a name counts under its path. */
static uint32_t find_series_of_path(lua_State *L, struct http_names *names, struct script *s,
                                    const struct http_call *call)
{
    const struct http1_span *target = &call->request.target;
    const char *query = memchr(target->data, '?', target->len);
    lua_pushlstring(L, target->data, query ? (size_t)(query - target->data) : target->len);
    uint32_t id = find_series(L, names, s, call->type, http_span_at(L, -1));
    lua_pop(L, 1);
    return id;
}

uint32_t http_call_series(lua_State *L, struct http_names *names, struct script *s,
                          const struct http_call *call)
{
    if (http_call_given(call, OPT_NAME))
        return find_series(L, names, s, call->type, call->name);
    return find_series_of_path(L, names, s, call);
}

/* --- the request's parts ------------------------------------------------------- */

/* Percent-encoding of everything but RFC 3986's unreserved characters. */
static void add_encoded(struct buf *out, struct http1_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.data[i];
        if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
            ch == '-' || ch == '.' || ch == '_' || ch == '~')
            buf_addch(out, (char)ch);
        else
            buf_addf(out, "%%%02X", ch);
    }
}

/* Appends the table in option `name` as a=b&c=d; a list as a value repeats its
 * name. */
static void add_pairs(lua_State *L, struct buf *out, const char *name)
{
    bool first = true;
    lua_getfield(L, ARG_OPTIONS, name);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            script_raise(L, "request option '%s' must map names to values", name);
        int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 1;
        for (int i = 1; i <= n; i++) {
            if (lua_istable(L, -1))
                lua_rawgeti(L, -1, i);
            else
                lua_pushvalue(L, -1);
            if (lua_isboolean(L, -1)) {
                lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
                lua_replace(L, -2);
            }
            if (!lua_isstring(L, -1))
                script_raise(L,
                             "request option '%s': '%s' must be a string, number, boolean or a "
                             "list of them, not %s",
                             name, lua_tostring(L, -3), luaL_typename(L, -1));
            if (!first)
                buf_addch(out, '&');
            first = false;
            add_encoded(out, http_span_at(L, -3));
            buf_addch(out, '=');
            add_encoded(out, http_span_at(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void set_content_type(struct http_call *call, const char *type)
{
    for (size_t i = 0; i < call->request.header_count; i++) {
        if (http1_span_equal_nocase(call->headers[i].name, http1_span("content-type")))
            return;
    }
    call->headers[call->request.header_count++] =
        (struct http1_header){http1_span("Content-Type"), http1_span(type)};
}

/* Lays the body of json or form out; the value stays on the stack, or in
 * scratch. */
static void make_body(lua_State *L, struct script *s, struct http_call *call)
{
    if (http_call_given(call, OPT_JSON)) {
        lua_pushvalue(L, lua_upvalueindex(UP_ENCODE));
        lua_getfield(L, ARG_OPTIONS, "json");
        if (lua_pcall(L, 1, 1, 0) != 0)
            script_raise(L, "request option 'json': %s", lua_tostring(L, -1));
        call->request.body = http_span_at(L, -1);
        set_content_type(call, "application/json");
    } else {
        buf_clear(&s->scratch);
        add_pairs(L, &s->scratch, "form");
        call->request.body = (struct http1_span){s->scratch.data, s->scratch.len};
        set_content_type(call, "application/x-www-form-urlencoded");
    }
    call->request.has_body = true;
}

/* Puts the query's pairs behind the target, as a Lua string on the stack. */
static void add_query(lua_State *L, struct http_call *call)
{
    struct http1_span *target = &call->request.target;
    struct buf out = BUF_INIT; /* pairs that cannot be encoded raise before it is filled */
    struct script *s = script_of(L);
    buf_clear(&s->scratch);
    add_pairs(L, &s->scratch, "query");
    if (s->scratch.len > 0) {
        buf_add(&out, target->data, target->len);
        buf_addch(&out, memchr(target->data, '?', target->len) ? '&' : '?');
        buf_add(&out, s->scratch.data, s->scratch.len);
        lua_pushlstring(L, out.data, out.len);
        *target = http_span_at(L, -1);
    }
    buf_release(&out);
}

void http_call_complete(lua_State *L, struct script *s, struct http_call *call, const char *prefix)
{
    if (call->given & (1u << OPT_JSON | 1u << OPT_FORM))
        make_body(L, s, call);
    if (http_call_given(call, OPT_QUERY)) {
        if (http_call_given(call, OPT_FORM)) { /* both are laid out in scratch: keep the body */
            lua_pushlstring(L, call->request.body.data, call->request.body.len);
            call->request.body = http_span_at(L, -1);
        }
        add_query(L, call);
    }
    if (prefix[0]) {
        lua_pushstring(L, prefix);
        lua_pushlstring(L, call->request.target.data, call->request.target.len);
        lua_concat(L, 2);
        call->request.target = http_span_at(L, -1);
    }
}
