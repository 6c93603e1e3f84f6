/*
 * user.http, the requesting half: begins a request and yields; on completion
 * makes the sample and resumes. What was asked for is http_call.c's, where it
 * goes http_link.c's; what came is http_response.c's.
 */
#include "base/mem.h"
#include "script/http_call.h"
#include "script/http_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        .error = op_failure(op),
        .message = op_message(op),
        .end_ns = op->end_ns,
    };
    if (op->err == NULL && !http_status_good(c->op.status, c->expect, c->expect_len, c->message)) {
        sample.error = ERR_STATUS;
        sample.message = c->message;
    }
    user_set_sample(c->user, &sample, c->record);
    if (op_failure(op) == ERR_CANCELLED)
        return;
    http_response_push(c);
    user_resume(c->user, 1);
}

static void cancel(struct user *u)
{
    http1_cancel(http_client_of(u)->busy);
}

static const char client_meta[] = "inrush.http.Client";

struct client_box *http_box_at(lua_State *L, int index)
{
    return client_box_at(L, index, client_meta, "user.http:get", "http client");
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
    http1_start(link->conn, &c->op, timeout_s > 0 ? timeout_s : user_timeout_s(c->user));
    user_wait(c->user, cancel);
}

void http_check_waits(lua_State *L, const struct user *u)
{
    if (u->script->current == u && u->thread.co == L && lua_isyieldable(L))
        return;
    user_to_wait(L, "user.http"); /* says what is wrong, if it is not the user */
    script_raise(L, "a user's http client serves only its own user");
}

/* client:get(target, options) and the like: begins the request and yields; what
 * is given at resumption, the response, is what the method returns. */
static int http_start(lua_State *L)
{
    struct http_client *c = client_at(L, ARG_SELF);
    struct user *u = c->user;
    struct script *s = u->script;
    struct http_names *names = lua_touserdata(L, lua_upvalueindex(UP_NAMES));
    struct http_call call;
    struct err err;
    http_call_init(L, &call, u);
    http_call_read(L, names, &call);
    struct http_link *link = http_link_find(L, c, &call.request.target);
    if (call.background) {
        http_call_complete(L, s, &call, link->host->prefix);
        if (http_background(c, link, http_link_defaults(L, c, link), &call.request, call.timeout_s,
                            &err) < 0)
            script_raise(L, "%s", err.message);
        return 0;
    }

    http_check_waits(L, u);
    user_begin(u);
    c->record = call.record;
    c->expect_len = call.expect_len;
    memcpy(c->expect, call.expect, (size_t)call.expect_len * sizeof(*c->expect));
    c->series = http_call_series(L, names, s, &call);
    http_call_complete(L, s, &call, link->host->prefix);
    buf_clear(&c->request);
    if (http1_request_add(&c->request, http_link_defaults(L, c, link), &call.request, &err) < 0)
        script_raise(L, "%s", err.message);
    c->op.look = NULL;
    if (http_call_given(&call, OPT_EVENTS)) {
        lua_getfield(L, ARG_OPTIONS, http_option_names[OPT_EVENTS]);
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

void *http_client_new(lua_State *L, struct user *u)
{
    struct http_client *c = xcalloc(1, sizeof(*c));
    c->box = client_box_new(L, client_meta, c);
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
    client_box_empty(L, c->box);
    luaL_unref(L, LUA_REGISTRYINDEX, c->kept_ref);
    for (size_t i = 0; i < c->links.len; i++) {
        http1_conn_free(c->links.items[i].conn);
        if (c->links.items[i].has_own)
            http1_defaults_release(&c->links.items[i].own);
    }
    vec_release(&c->links);
    op_release(&c->op.op);
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

    struct http_names *names = lua_newuserdata(L, sizeof(*names));
    memset(names, 0, sizeof(*names));
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        lua_pushstring(L, http_option_names[i]);
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
