/*
 * user.http beside the one request at a time that a task waits for: the events
 * of an answer that streams, given to a function as they come; and requests in
 * the background, with which such a function answers a server that asks
 * something back before it goes on.
 */
#include "base/mem.h"
#include "script/http_client.h"

#include <stdlib.h>
#include <strings.h>

/* --- events ------------------------------------------------------------------ */

/* Calls the script's function with (data, type, id, retry); whether it has seen
 * enough. It runs outside the user's coroutine and cannot wait. */
static bool give(struct http_client *c, const struct sse_event *event)
{
    struct script *s = c->user->script;
    lua_State *L = s->L;
    char *message, *traceback;
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->events_ref);
    lua_pushlstring(L, event->data.data, event->data.len);
    lua_pushlstring(L, event->type.data, event->type.len);
    lua_pushlstring(L, event->id.data, event->id.len);
    if (event->retry_ms >= 0)
        lua_pushnumber(L, (double)event->retry_ms / 1e3);
    else
        lua_pushnil(L);
    if (script_call(s, 4, 1, &message, &traceback) < 0) {
        script_report_error(s, message, traceback);
        free(message);
        free(traceback);
        return true; /* what it was to find will not be found now */
    }
    bool enough = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return enough;
}

/* Whether a head says Content-Type: text/event-stream. */
static bool is_event_stream(struct http1_span head)
{
    static const char type[] = "text/event-stream";
    struct http1_span value;
    return http1_header_find(head, "content-type", &value) && value.len >= sizeof(type) - 1 &&
           strncasecmp(value.data, type, sizeof(type) - 1) == 0;
}

/* A stream of events has none in a first line that begins with { or [, as JSON does:
 * those need no look at the header. */
static bool begins_stream(const struct http1_op *op, struct http1_span body)
{
    return body.data[0] != '{' && body.data[0] != '[' &&
           is_event_stream((struct http1_span){op->head, op->head_len});
}

static bool look(struct http1_op *op, struct http1_span part)
{
    struct http_client *c = op->op.owner;
    struct sse_event event;
    if (op->body_len == part.len) { /* the first piece */
        c->streaming = begins_stream(op, part);
        if (c->streaming)
            sse_clear(&c->sse);
    }
    while (c->streaming && sse_next(&c->sse, &part, &event)) {
        if (give(c, &event))
            return true;
    }
    return false;
}

bool http_events_again(struct http_client *c, const void *function)
{
    if (c->events != function)
        return false;
    c->op.look = look;
    c->streaming = false;
    return true;
}

void http_events_begin(lua_State *L, struct http_client *c)
{
    const void *function = lua_topointer(L, -1);
    if (http_events_again(c, function)) {
        lua_pop(L, 1);
        return;
    }
    luaL_unref(L, LUA_REGISTRYINDEX, c->events_ref);
    c->events = function;
    c->events_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    (void)http_events_again(c, function);
}

/* --- background ---------------------------------------------------------------- */

enum { ASIDES_MAX = 16 }; /* of one user at once */

struct http_aside {
    struct http1_op op;
    struct http_client *client; /* borrowed, outlives it */
    struct http1_conn *conn;    /* owned */
    struct buf request;         /* owned */
    struct http_aside *next;
};

static void aside_completed(struct op *op)
{
    struct http_aside *aside = op->owner;
    struct http_aside **at = &aside->client->asides;
    while (*at != aside)
        at = &(*at)->next;
    *at = aside->next;
    http1_conn_free(aside->conn);
    op_release(&aside->op.op);
    buf_release(&aside->request);
    free(aside);
}

int http_background(struct http_client *c, const struct http_link *link,
                    const struct http1_defaults *defaults, const struct http1_request *request,
                    double timeout_s, struct err *err)
{
    size_t n = 0;
    for (const struct http_aside *other = c->asides; other; other = other->next)
        n++;
    if (n == ASIDES_MAX)
        return err_set(err, ERR_CONFIG,
                       "a user cannot have more than %d requests in the background", ASIDES_MAX);
    struct buf bytes = BUF_INIT;
    if (http1_request_add(&bytes, defaults, request, err) < 0) {
        buf_release(&bytes);
        return -1;
    }
    struct http_aside *aside = xcalloc(1, sizeof(*aside));
    aside->client = c;
    aside->request = bytes;
    aside->conn = http1_conn_new(c->user->script->net, &link->host->to);
    aside->op.op.complete = aside_completed;
    aside->op.op.owner = aside;
    aside->op.request = bytes.data;
    aside->op.request_len = bytes.len;
    aside->next = c->asides;
    c->asides = aside;
    http1_start(aside->conn, &aside->op, timeout_s);
    return 0;
}

void http_stream_release(struct http_client *c)
{
    while (c->asides)
        http1_cancel(c->asides->conn); /* completes, and so frees, it */
    luaL_unref(c->user->script->L, LUA_REGISTRYINDEX, c->events_ref);
    sse_release(&c->sse);
}
