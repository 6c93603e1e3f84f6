/*
 * user.http, the requesting half: reads a request's options, lays out its
 * bytes, starts it and yields; on completion makes the sample and resumes.
 * Responses are lua_response.c's.
 */
#include "base/mem.h"
#include "base/suggest.h"
#include "base/units.h"
#include "script/http_client.h"
#include "script/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- options --------------------------------------------------------------- */

enum option {
    OPT_NONE,
    OPT_NAME,
    OPT_TYPE,
    OPT_HEADERS,
    OPT_QUERY,
    OPT_JSON,
    OPT_BODY,
    OPT_FORM,
    OPT_TIMEOUT,
    OPT_EXPECT,
    OPT_RECORD,
    OPT_EVENTS,
    OPT_BACKGROUND,
};

static const char *const option_names[] = {
    [OPT_NAME] = "name",     [OPT_TYPE] = "type",       [OPT_HEADERS] = "headers",
    [OPT_QUERY] = "query",   [OPT_JSON] = "json",       [OPT_BODY] = "body",
    [OPT_FORM] = "form",     [OPT_TIMEOUT] = "timeout", [OPT_EXPECT] = "expect",
    [OPT_RECORD] = "record", [OPT_EVENTS] = "events",   [OPT_BACKGROUND] = "background",
};

enum { OPTIONS = sizeof(option_names) / sizeof(*option_names) };

/* The arguments of a method. */
enum { ARG_SELF = 1, ARG_TARGET, ARG_OPTIONS };

/*
 * Strings that the state has met, by address: Lua keeps one copy of each
 * string, so as long as somebody holds it the address says which it is.
 */
enum { SERIES_CACHE = 256 };

struct names {
    const void *options[OPTIONS]; /* held by the registry */
    struct {
        const char *type, *name; /* bytes of strings that the table of series holds */
        uint32_t id;
    } series[SERIES_CACHE];
};

/* Upvalues of a method: struct names; the table type -> name -> series; cjson's
 * encode; the HTTP method. */
enum { UP_NAMES = 1, UP_SERIES, UP_ENCODE, UP_METHOD };

/* What a call asked for. Spans point at Lua strings that its option table, at
 * ARG_OPTIONS, keeps alive. */
struct call {
    struct http1_request request;
    struct http1_header headers[HTTP_HEADERS_MAX];
    unsigned given; /* bits 1 << enum option */
    double timeout_s;
    struct http1_span type, name; /* the series; type is the method unless given */
    int expect[HTTP_EXPECT_MAX];
    int expect_len;
    bool record;
    bool background;
};

static struct http1_span span_at(lua_State *L, int index)
{
    struct http1_span span;
    span.data = lua_tolstring(L, index, &span.len);
    return span;
}

static void unknown_option(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        script_raise(L, "request options must have names, not [%s]",
                     lua_typename(L, lua_type(L, -1)));
    const char *given = lua_tostring(L, -1);
    const char *near = suggest(given, option_names + 1, OPTIONS - 1);
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
static void read_headers(lua_State *L, struct call *call)
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
        header->name = span_at(L, -2);
        header->value = span_at(L, -1);
    }
}

static void read_expect(lua_State *L, struct call *c)
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
static uint32_t find_series(lua_State *L, struct names *names, struct script *s,
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
static uint32_t find_series_of_path(lua_State *L, struct names *names, struct script *s,
                                    const struct call *call)
{
    const struct http1_span *target = &call->request.target;
    const char *query = memchr(target->data, '?', target->len);
    lua_pushlstring(L, target->data, query ? (size_t)(query - target->data) : target->len);
    uint32_t id = find_series(L, names, s, call->type, span_at(L, -1));
    lua_pop(L, 1);
    return id;
}

/* Seconds, as a number or a text; 0 for what is neither. */
static double read_duration(lua_State *L)
{
    double seconds = 0;
    if (lua_type(L, -1) == LUA_TNUMBER)
        seconds = lua_tonumber(L, -1);
    else if (lua_type(L, -1) == LUA_TSTRING)
        (void)units_parse_duration(lua_tostring(L, -1), &seconds, NULL);
    return seconds;
}

/* The value of option `which` is on top, and stays there. */
static void read_option(lua_State *L, struct call *call, int which)
{
    switch (which) {
    case OPT_NAME:
        want(L, lua_type(L, -1) == LUA_TSTRING, "name", "a string");
        call->name = span_at(L, -1);
        break;
    case OPT_TYPE:
        want(L, lua_type(L, -1) == LUA_TSTRING, "type", "a string");
        call->type = span_at(L, -1);
        break;
    case OPT_HEADERS:
        read_headers(L, call);
        break;
    case OPT_BODY:
        want(L, lua_type(L, -1) == LUA_TSTRING, "body", "a string");
        call->request.body = span_at(L, -1);
        call->request.has_body = true;
        break;
    case OPT_FORM:
    case OPT_QUERY:
        want(L, lua_istable(L, -1), option_names[which], "a table of names to values");
        break;
    case OPT_TIMEOUT:
        call->timeout_s = read_duration(L);
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

static int which_option(const struct names *names, const void *key)
{
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        if (names->options[i] == key)
            return i;
    }
    return OPT_NONE;
}

static void read_options(lua_State *L, const struct names *names, struct call *call)
{
    for (lua_pushnil(L); lua_next(L, ARG_OPTIONS); lua_pop(L, 1)) {
        int which = which_option(names, lua_topointer(L, -2));
        if (which == OPT_NONE) {
            lua_pop(L, 1);
            unknown_option(L);
        }
        call->given |= 1u << which;
        read_option(L, call, which);
    }
    const unsigned bodies = 1u << OPT_BODY | 1u << OPT_JSON | 1u << OPT_FORM;
    if (__builtin_popcount(call->given & bodies) > 1)
        script_raise(L, "a request has one of json, body and form, not several");
}

static bool given(const struct call *call, enum option option)
{
    return call->given >> option & 1;
}

/* --- the request's parts ------------------------------------------------------ */

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
            add_encoded(out, span_at(L, -3));
            buf_addch(out, '=');
            add_encoded(out, span_at(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void set_content_type(struct call *call, const char *type)
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
static void make_body(lua_State *L, struct script *s, struct call *call)
{
    if (given(call, OPT_JSON)) {
        lua_pushvalue(L, lua_upvalueindex(UP_ENCODE));
        lua_getfield(L, ARG_OPTIONS, "json");
        if (lua_pcall(L, 1, 1, 0) != 0)
            script_raise(L, "request option 'json': %s", lua_tostring(L, -1));
        call->request.body = span_at(L, -1);
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
static void add_query(lua_State *L, struct call *call)
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
        *target = span_at(L, -1);
    }
    buf_release(&out);
}

/* --- hosts and connections ------------------------------------------------------ */

/* The class's headers as an array; their strings are kept by the class. */
static size_t class_headers(lua_State *L, const struct user_class *class,
                            struct http1_header *headers)
{
    size_t n = 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, class->self);
    lua_getfield(L, -1, "headers");
    for (lua_pushnil(L); lua_next(L, -2) && n < HTTP_HEADERS_MAX; lua_pop(L, 1)) {
        headers[n].name = span_at(L, -2);
        headers[n].value = span_at(L, -1);
        n++;
    }
    lua_pop(L, 2);
    return n;
}

static struct http_link *link_to(lua_State *L, struct http_client *c, const char *base, size_t len)
{
    struct user *u = c->user;
    struct script *s = u->script;
    for (size_t i = 0; i < c->links.len; i++) {
        const struct http_host *h = c->links.items[i].host;
        if (h->base_len == len && memcmp(h->base, base, len) == 0)
            return &c->links.items[i];
    }
    struct http_host *host = http_hosts_find(s->hosts, u->class, base, len);
    if (!host) {
        struct http1_header headers[HTTP_HEADERS_MAX];
        size_t n = class_headers(L, u->class, headers);
        struct err err;
        if (http_hosts_add(s->hosts, u->class, base, len, headers, n, &host, &err) < 0)
            script_raise(L, "%s", err.message);
    }
    vec_push(&c->links, ((struct http_link){.host = host}));
    struct http_link *link = &c->links.items[c->links.len - 1];
    link->conn = http1_conn_new(s->net, &host->origin);
    return link;
}

/* The link for a target, which is left with its path only. */
static struct http_link *find_link(lua_State *L, struct http_client *c, struct http1_span *target)
{
    const struct user *u = c->user;
    if (target->len > 0 && target->data[0] == '/') {
        const char *base = u->script->options->host;
        if (!base)
            base = u->class->about->host;
        if (!base)
            script_raise(L,
                         "user class '%s' has no host for the path %s; give it one (host = "
                         "\"http://...\"), or run with --host",
                         u->class->about->name, target->data);
        return link_to(L, c, base, strlen(base));
    }
    const char *authority = strstr(target->data, "://");
    if (!authority)
        script_raise(L, "the target must be a path that begins with / or a whole URL, not '%s'",
                     target->data);
    authority += 3;
    size_t base_len = (size_t)(authority - target->data) + strcspn(authority, "/?#");
    struct http_link *link = link_to(L, c, target->data, base_len);
    target->data += base_len;
    target->len -= base_len;
    if (target->len == 0 || target->data[0] != '/') { /* http://host?query */
        lua_pushfstring(L, "/%s", target->data);
        *target = span_at(L, -1);
    }
    return link;
}

size_t http_link_index(lua_State *L, struct http_client *c, struct http1_span *target)
{
    return (size_t)(find_link(L, c, target) - c->links.items);
}

int http_defaults_with(lua_State *L, const struct http_client *c, const struct http_link *link,
                       const struct http1_header *own, size_t own_len, struct http1_defaults *out,
                       struct err *err)
{
    struct http1_header headers[2 * HTTP_HEADERS_MAX];
    struct http1_header *theirs = headers + HTTP_HEADERS_MAX;
    size_t n = own_len, theirs_len = class_headers(L, c->user->class, theirs);
    if (own_len > 0)
        memcpy(headers, own, own_len * sizeof(*own));
    for (size_t i = 0; i < theirs_len; i++) {
        bool replaced = false;
        for (size_t j = 0; j < own_len && !replaced; j++)
            replaced = http1_span_equal_nocase(theirs[i].name, own[j].name);
        if (!replaced)
            headers[n++] = theirs[i];
    }
    return http1_defaults_init(out, link->host->authority, headers, n, err);
}

/* The shared or the user's own first part of a request. */
static const struct http1_defaults *link_defaults(lua_State *L, struct http_client *c,
                                                  struct http_link *link)
{
    if (c->headers.len == 0)
        return &link->host->defaults;
    if (!link->has_own) {
        struct http1_header headers[HTTP_HEADERS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < c->headers.len; i++, n++) {
            headers[n].name = http1_span(c->headers.items[i].name);
            headers[n].value = http1_span(c->headers.items[i].value);
        }
        struct err err;
        if (http_defaults_with(L, c, link, headers, n, &link->own, &err) < 0)
            script_raise(L, "%s", err.message);
        link->has_own = true;
    }
    return &link->own;
}

/* --- start and completion --------------------------------------------------------- */

bool http_status_good(int status, const int *expected, int n, char why[HTTP_STATUS_MESSAGE])
{
    if (n == 0 && status < 400)
        return true;
    for (int i = 0; i < n; i++) {
        if (expected[i] == status)
            return true;
    }
    int len = snprintf(why, HTTP_STATUS_MESSAGE, "HTTP status %d", status);
    for (int i = 0; i < n && len < HTTP_STATUS_MESSAGE; i++)
        len += snprintf(why + len, HTTP_STATUS_MESSAGE - (size_t)len, "%s%d",
                        i == 0 ? ", expected " : " or ", expected[i]);
    return false;
}

static void completed(struct op *op)
{
    struct http_client *c = op->owner;
    struct sample sample = {
        .series = c->series,
        .response_ns = op->end_ns - op->start_ns,
        .service_ns = op->end_ns - op->start_ns,
        .bytes = op->bytes,
        .status = c->op.status,
        .error = op->err.kind,
        .message = op->err.message,
        .end_ns = op->end_ns,
    };
    if (op->err.kind == ERR_NONE &&
        !http_status_good(c->op.status, c->expect, c->expect_len, c->message)) {
        sample.error = ERR_STATUS;
        sample.message = c->message;
    }
    user_set_sample(c->user, &sample, c->record);
    if (op->err.kind == ERR_CANCELLED)
        return;
    http_response_push(c);
    user_resume(c->user, 1);
}

static void cancel(struct user *u)
{
    http1_cancel(http_client_of(u)->busy);
}

static double usual_timeout(const struct user *u)
{
    return u->class->timeout_s > 0 ? u->class->timeout_s : u->script->options->timeout_s;
}

/* Says of a userdata that it is a box of ours, without a look-up. */
static const char client_tag;

struct http_box *http_box_at(lua_State *L, int index)
{
    struct http_box *box = lua_touserdata(L, index);
    if (!box || lua_objlen(L, index) != sizeof(*box) || box->tag != &client_tag)
        script_raise(L, "call it with a colon: user.http:get(...)");
    if (!box->client)
        script_raise(L, "this user is gone; its http client with it");
    return box;
}

static struct http_client *client_at(lua_State *L, int index)
{
    return http_box_at(L, index)->client;
}

void http_start_request(struct http_client *c, struct http_link *link, double timeout_s)
{
    c->op.op.complete = completed;
    c->op.op.owner = c;
    c->op.request = c->request.data;
    c->op.request_len = c->request.len;
    c->op.keep_body = true;
    c->busy = link->conn;
    http1_start(link->conn, &c->op, timeout_s > 0 ? timeout_s : usual_timeout(c->user));
    user_wait(c->user, cancel);
}

static void init_call(lua_State *L, struct call *call, const struct user *u)
{
    memset(&call->request, 0, sizeof(call->request)); /* not all of it: the headers are many */
    call->request.headers = call->headers;
    call->request.method = call->type = span_at(L, lua_upvalueindex(UP_METHOD));
    call->request.target = span_at(L, ARG_TARGET);
    call->given = 0;
    call->timeout_s = usual_timeout(u);
    call->expect_len = 0;
    call->record = true;
    call->background = false;
    if (!call->request.target.data)
        script_raise(L, "a request takes a path or a URL, not %s", luaL_typename(L, ARG_TARGET));
}

void http_check_waits(lua_State *L, const struct user *u)
{
    if (u->script->current == u && u->thread.co == L && lua_isyieldable(L))
        return;
    user_to_wait(L, "user.http"); /* says what is wrong, if it is not the user */
    script_raise(L, "a user's http client serves only its own user");
}

/* Makes body, query and the path's prefix; what they are made of stays on the
 * stack. */
static void complete_request(lua_State *L, struct script *s, struct call *call,
                             const struct http_link *link)
{
    if (call->given & (1u << OPT_JSON | 1u << OPT_FORM))
        make_body(L, s, call);
    if (given(call, OPT_QUERY)) {
        if (given(call, OPT_FORM)) { /* both are laid out in scratch: keep the body */
            lua_pushlstring(L, call->request.body.data, call->request.body.len);
            call->request.body = span_at(L, -1);
        }
        add_query(L, call);
    }
    if (link->host->prefix[0]) {
        lua_pushstring(L, link->host->prefix);
        lua_pushlstring(L, call->request.target.data, call->request.target.len);
        lua_concat(L, 2);
        call->request.target = span_at(L, -1);
    }
}

/* client:get(target, options) and the like: begins the request and yields; what
 * is given at resumption, the response, is what the method returns. */
static int http_start(lua_State *L)
{
    struct http_client *c = client_at(L, ARG_SELF);
    struct user *u = c->user;
    struct script *s = u->script;
    struct names *names = lua_touserdata(L, lua_upvalueindex(UP_NAMES));
    struct call call;
    struct err err;
    init_call(L, &call, u);
    int options = lua_type(L, ARG_OPTIONS);
    if (options == LUA_TTABLE)
        read_options(L, names, &call);
    else if (options > LUA_TNIL)
        script_raise(L, "request options must be a table, not %s", lua_typename(L, options));

    struct http_link *link = find_link(L, c, &call.request.target);
    if (call.background) {
        complete_request(L, s, &call, link);
        if (http_background(c, link, link_defaults(L, c, link), &call.request, call.timeout_s,
                            &err) < 0)
            script_raise(L, "%s", err.message);
        return 0;
    }

    http_check_waits(L, u);
    user_begin(u);
    c->record = call.record;
    c->expect_len = call.expect_len;
    memcpy(c->expect, call.expect, (size_t)call.expect_len * sizeof(*c->expect));
    c->series = given(&call, OPT_NAME) ? find_series(L, names, s, call.type, call.name)
                                       : find_series_of_path(L, names, s, &call);
    complete_request(L, s, &call, link);
    buf_clear(&c->request);
    if (http1_request_add(&c->request, link_defaults(L, c, link), &call.request, &err) < 0)
        script_raise(L, "%s", err.message);
    c->op.look = NULL;
    if (given(&call, OPT_EVENTS)) {
        lua_getfield(L, ARG_OPTIONS, option_names[OPT_EVENTS]);
        http_events_begin(L, c);
    }
    c->op.head_request =
        call.request.method.len == 4 && memcmp(call.request.method.data, "HEAD", 4) == 0;
    http_start_request(c, link, call.timeout_s);
    return lua_yield(L, 0);
}

/* client:set_header(name, value): sent with each of this user's requests from
 * now on; nil takes it away. */
static int set_header(lua_State *L)
{
    struct http_client *c = client_at(L, 1);
    if (lua_type(L, 2) != LUA_TSTRING || !(lua_isstring(L, 3) || lua_isnoneornil(L, 3)))
        script_raise(L, "set_header takes a name and a string, or nil to take it away");
    const char *name = lua_tostring(L, 2);
    for (size_t i = 0; i < c->headers.len; i++) {
        struct http_own_header *h = &c->headers.items[i];
        if (!http1_span_equal_nocase(http1_span(h->name), http1_span(name)))
            continue;
        free(h->name);
        free(h->value);
        *h = c->headers.items[--c->headers.len];
        break;
    }
    if (c->headers.len >= HTTP_HEADERS_MAX / 2)
        script_raise(L, "a user cannot have more than %d headers of its own", HTTP_HEADERS_MAX / 2);
    if (lua_isstring(L, 3))
        vec_push(&c->headers,
                 ((struct http_own_header){xstrdup(name), xstrdup(lua_tostring(L, 3))}));
    for (size_t i = 0; i < c->links.len; i++) {
        struct http_link *link = &c->links.items[i];
        if (link->has_own)
            http1_defaults_release(&link->own);
        link->has_own = false;
    }
    return 0;
}

/* client:disconnect(): closes its connections; the next request opens anew. */
static int disconnect(lua_State *L)
{
    struct http_client *c = client_at(L, 1);
    for (size_t i = 0; i < c->links.len; i++)
        http1_disconnect(c->links.items[i].conn);
    return 0;
}

static const char client_meta[] = "inrush.http.Client";

void *http_client_new(lua_State *L, struct user *u)
{
    struct http_client *c = xcalloc(1, sizeof(*c));
    c->box = lua_newuserdata(L, sizeof(*c->box));
    *c->box = (struct http_box){&client_tag, c};
    luaL_getmetatable(L, client_meta);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    c->box_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    c->kept_ref = LUA_NOREF;
    c->events_ref = LUA_NOREF;
    c->user = u;
    return c;
}

void http_client_free(void *client)
{
    struct http_client *c = client;
    lua_State *L = c->user->script->L;
    http_stream_release(c);
    c->box->client = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, c->box_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, c->kept_ref);
    for (size_t i = 0; i < c->links.len; i++) {
        http1_conn_free(c->links.items[i].conn);
        if (c->links.items[i].has_own)
            http1_defaults_release(&c->links.items[i].own);
    }
    vec_release(&c->links);
    for (size_t i = 0; i < c->headers.len; i++) {
        free(c->headers.items[i].name);
        free(c->headers.items[i].value);
    }
    vec_release(&c->headers);
    buf_release(&c->request);
    free(c);
}

/* method(name): the client method for an HTTP method. Its upvalues are the
 * methods' first three. */
static int make_method(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_settop(L, 1);
    for (int i = UP_NAMES; i < UP_METHOD; i++)
        lua_pushvalue(L, lua_upvalueindex(i));
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, http_start, UP_METHOD);
    return 1;
}

/* The module's table: Client, whose methods inrush/http.lua completes, and
 * `method`, which makes them. */
int script_open_http(lua_State *L)
{
    http_response_open(L);
    lua_newtable(L);

    luaL_newmetatable(L, client_meta);
    lua_newtable(L);
    lua_pushcfunction(L, set_header);
    lua_setfield(L, -2, "set_header");
    lua_pushcfunction(L, disconnect);
    lua_setfield(L, -2, "disconnect");
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "Client");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);

    struct names *names = lua_newuserdata(L, sizeof(*names));
    memset(names, 0, sizeof(*names));
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        lua_pushstring(L, option_names[i]);
        names->options[i] = lua_topointer(L, -1);
        luaL_ref(L, LUA_REGISTRYINDEX); /* for good */
    }
    lua_newtable(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "encode");
    lua_replace(L, -2);
    lua_pushcclosure(L, make_method, UP_METHOD - 1);
    lua_setfield(L, -2, "method");
    return 1;
}
