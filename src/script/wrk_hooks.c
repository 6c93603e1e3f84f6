/*
 * The hooks of a wrk script that run for each request: request(), response(),
 * delay(). The thread's stack holds the names and the handler they need from
 * wrk_hooks_prepare on; a hook may be replaced at any time, as in wrk.
 *
 * request() mostly returns the string that it returned before: Lua keeps one
 * copy of equal strings, so that is seen by its address, and what was found
 * out about its bytes still holds.
 */
#include "base/mem.h"
#include "proto/http1_split.h"
#include "script/wrk_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- calling ------------------------------------------------------------------------ */

/* Pushes the hook whose name is at slot; false, and nothing, when it is none. */
static bool push_hook(struct wrk_thread *t, int slot)
{
    lua_State *L = t->script->L;
    lua_pushvalue(L, slot);
    lua_rawget(L, LUA_GLOBALSINDEX);
    if (lua_isfunction(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

/* Where the hook begins: "script.lua:3". Owned by the caller. */
static char *place_of_hook(struct wrk_thread *t, int slot)
{
    lua_Debug ar;
    if (!push_hook(t, slot))
        return xstrdup(t->wrk->options->script->source->chunkname + 1);
    lua_getinfo(t->script->L, ">S", &ar);
    return xasprintf("%s:%d", ar.short_src, ar.linedefined);
}

static void fail(struct wrk_thread *t, const char *message, const char *traceback)
{
    script_report_error(t->script, message, traceback);
    atomic_store(&t->stop, true);
}

/* An error that names no line of the file came out of a call in a return, which
 * leaves no line: it is said where the hook begins. */
static void fail_hook(struct wrk_thread *t, int slot)
{
    char *message, *traceback;
    script_take_error(t->script->L, &message, &traceback);
    if (!strstr(message, t->wrk->options->script->source->chunkname + 1)) {
        char *place = place_of_hook(t, slot), *whole = xasprintf("%s: %s", place, message);
        free(place);
        free(message);
        message = whole;
    }
    fail(t, message, traceback);
    free(message);
    free(traceback);
}

/* Calls the hook below nargs arguments. -1: it failed, and the thread with it. */
static int call_hook(struct wrk_thread *t, int slot, const char *name, int nargs, int nresults)
{
    struct script *s = t->script;
    atomic_store_explicit(&s->running_task, name, memory_order_relaxed);
    t->running = true;
    script_enter(s);
    int rc = lua_pcall(s->L, nargs, nresults, SLOT_HANDLER);
    script_leave(s);
    t->running = false;
    collector_after_run(s);
    if (rc == 0)
        return 0;
    fail_hook(t, slot);
    return -1;
}

/* A hook returned what it should not: said at its own place in the file. */
static void fail_result(struct wrk_thread *t, int slot, const char *what)
{
    char *place = place_of_hook(t, slot);
    char *message = xasprintf("%s: %s() %s", place, lua_tostring(t->script->L, slot), what);
    free(place);
    fail(t, message, "");
    free(message);
}

/* --- request ------------------------------------------------------------------------- */

/* Takes the bytes apart; -1 and *err saying which request is wrong, and how. */
static int take_apart(struct wrk_thread *t, struct http1_span bytes, struct err *err)
{
    struct http1_span rest = bytes;
    struct http1_piece piece;
    int rc;
    vec_clear(&t->heads);
    vec_clear(&t->ends);
    while ((rc = http1_split_next(&rest, &piece, err)) > 0) {
        if (t->heads.len == 0)
            t->method = piece.method, t->target = piece.target;
        vec_push(&t->heads, piece.head_request);
        vec_push(&t->ends, (size_t)(rest.data - bytes.data));
    }
    if (rc == 0 && t->heads.len == 0)
        return err_set(err, ERR_CONFIG, "it is empty");
    if (rc == 0)
        return 0;
    if (t->heads.len > 0)
        return err_prefix(err,
                          "behind request %zu, whose Content-Length may be missing or too small",
                          t->heads.len);
    return -1;
}

/* Keeps the string on top of the stack, and pops it. */
static int keep_request(struct wrk_thread *t, struct err *err)
{
    lua_State *L = t->script->L;
    size_t len;
    const char *bytes = lua_tolstring(L, -1, &len);
    if (take_apart(t, (struct http1_span){bytes, len}, err) < 0) {
        lua_pop(L, 1);
        return -1;
    }
    lua_replace(L, SLOT_LAST);
    t->bytes = bytes;
    t->len = len;
    return 0;
}

/* Asks request() for the next. */
static bool renew_request(struct wrk_thread *t)
{
    lua_State *L = t->script->L;
    if (!push_hook(t, SLOT_REQUEST) || call_hook(t, SLOT_REQUEST, "request", 0, 1) < 0)
        return !atomic_load(&t->stop); /* it was taken away: the last one stays */
    if (!lua_isstring(L, -1)) {
        char what[120];
        snprintf(what, sizeof(what),
                 "returned %s; it must return the request as a string, as wrk.format does",
                 lua_isnil(L, -1) ? "nothing" : luaL_typename(L, -1));
        lua_pop(L, 1);
        fail_result(t, SLOT_REQUEST, what);
        return false;
    }
    if (lua_tostring(L, -1) == t->bytes) {
        lua_pop(L, 1);
        return true;
    }
    struct err err;
    if (keep_request(t, &err) == 0)
        return true;
    err_prefix(&err, "returned what is no request");
    fail_result(t, SLOT_REQUEST, err.message);
    return false;
}

bool wrk_thread_request(struct wrk_thread *t, uint64_t most, struct wrk_request *out)
{
    if (atomic_load_explicit(&t->stop, memory_order_relaxed))
        return false;
    if (t->has_request && !renew_request(t))
        return false;
    *out = (struct wrk_request){
        .bytes = t->bytes,
        .len = t->len,
        .requests = (uint32_t)t->heads.len,
        .heads = t->heads.items,
    };
    if (out->requests > most) {
        out->requests = (uint32_t)most;
        out->len = t->ends.items[most - 1];
    }
    return true;
}

bool wrk_thread_static(const struct wrk_thread *t, struct http1_span *method,
                       struct http1_span *target)
{
    *method = t->method;
    *target = t->target;
    return !t->has_request;
}

/* --- delay ----------------------------------------------------------------------------- */

double wrk_thread_delay(struct wrk_thread *t)
{
    lua_State *L = t->script->L;
    if (!t->has_delay || atomic_load_explicit(&t->stop, memory_order_relaxed) ||
        !push_hook(t, SLOT_DELAY) || call_hook(t, SLOT_DELAY, "delay", 0, 1) < 0)
        return 0;
    bool ok = lua_isnumber(L, -1);
    double ms = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!ok)
        fail_result(t, SLOT_DELAY, "did not return a number; it must return milliseconds");
    return ok && ms > 0 ? ms : 0;
}

/* --- response ---------------------------------------------------------------------------- */

/* Makes span the text of a name or value whose string lies at `at` in the table
 * at SLOT_FIELDS: mostly it is already. */
static void learn(lua_State *L, struct http1_span *known, struct http1_span span, int at)
{
    if (known->len == span.len && memcmp(known->data, span.data, span.len) == 0)
        return;
    lua_pushlstring(L, span.data, span.len);
    *known = (struct http1_span){lua_tostring(L, -1), span.len};
    lua_rawseti(L, SLOT_FIELDS, at);
}

static struct http1_span unfold(struct wrk_thread *t, struct http1_span value)
{
    struct buf *joined = &t->script->scratch;
    if (memchr(value.data, '\n', value.len) == NULL)
        return value;
    buf_clear(joined);
    http1_value_add(joined, value);
    return (struct http1_span){joined->data, joined->len};
}

/* A head that differs from the one before: mostly in a value or two, so only
 * these become new strings. */
static void learn_head(struct wrk_thread *t, struct http1_span head)
{
    static const struct http1_header unknown = {{"", 0}, {"", 0}};
    lua_State *L = t->script->L;
    struct http1_span rest = head;
    struct http1_header field;
    size_t n = 0;
    while (http1_header_next(&rest, &field)) {
        if (n == t->fields.len) {
            vec_push(&t->fields, unknown);
            for (int at = 1; at <= 2; at++) {
                lua_pushliteral(L, "");
                lua_rawseti(L, SLOT_FIELDS, (int)(2 * n) + at);
            }
        }
        struct http1_header *known = &t->fields.items[n];
        learn(L, &known->name, field.name, (int)(2 * n) + 1);
        learn(L, &known->value, unfold(t, field.value), (int)(2 * n) + 2);
        n++;
    }
    t->fields_len = n;
    buf_clear(&t->head);
    buf_add(&t->head, head.data, head.len);
}

/* Pushes the table of a head's fields; of those with the same name the last. */
static void push_headers(struct wrk_thread *t, struct http1_span head)
{
    lua_State *L = t->script->L;
    if (head.len != t->head.len || memcmp(head.data, t->head.data, head.len) != 0)
        learn_head(t, head);
    int n = (int)t->fields_len;
    lua_createtable(L, 0, n);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, SLOT_FIELDS, 2 * i + 1);
        lua_rawgeti(L, SLOT_FIELDS, 2 * i + 2);
        lua_rawset(L, -3);
    }
}

bool wrk_thread_wants_responses(const struct wrk_thread *t)
{
    return t->has_response;
}

bool wrk_thread_response(struct wrk_thread *t, int status, struct http1_span head,
                         struct http1_span body)
{
    lua_State *L = t->script->L;
    if (atomic_load_explicit(&t->stop, memory_order_relaxed))
        return false;
    if (!push_hook(t, SLOT_RESPONSE))
        return true;
    lua_pushinteger(L, status);
    push_headers(t, head);
    lua_pushlstring(L, body.data, body.len);
    return call_hook(t, SLOT_RESPONSE, "response", 3, 0) == 0 &&
           !atomic_load_explicit(&t->stop, memory_order_relaxed);
}

/* --- preparing ------------------------------------------------------------------------------ */

static bool has_hook(struct wrk_thread *t, int slot)
{
    bool has = push_hook(t, slot);
    if (has)
        lua_pop(t->script->L, 1);
    return has;
}

/* What wrk.init has made of wrk.*. */
static int call_wrk_request(lua_State *L)
{
    lua_getglobal(L, "wrk");
    lua_getfield(L, -1, "request");
    if (!lua_isfunction(L, -1))
        script_raise(L, "there is no request(), and wrk.init, which makes one, was replaced");
    lua_call(L, 0, 1);
    if (!lua_isstring(L, -1))
        script_raise(L, "wrk.request() returned %s; it must return the request as a string",
                     luaL_typename(L, -1));
    return 1;
}

static int make_static_request(struct wrk_thread *t, struct err *err)
{
    char *message, *traceback;
    lua_pushcfunction(t->script->L, call_wrk_request);
    if (script_call(t->script, 0, 1, &message, &traceback) < 0) {
        wrk_set_error(t, message, traceback, err);
        free(message);
        free(traceback);
        return -1;
    }
    if (keep_request(t, err) < 0)
        return err_prefix(err, "%s: what wrk.method, .path, .headers and .body make is no request",
                          t->wrk->options->script->source->chunkname + 1);
    return 0;
}

int wrk_hooks_prepare(struct wrk_thread *t, struct err *err)
{
    lua_State *L = t->script->L;
    lua_settop(L, 0);
    luaL_checkstack(L, LUA_MINSTACK + SLOTS, NULL);
    lua_pushcfunction(L, script_traceback);
    lua_pushliteral(L, "request");
    lua_pushliteral(L, "response");
    lua_pushliteral(L, "delay");
    lua_newtable(L);
    lua_pushnil(L);
    t->has_request = has_hook(t, SLOT_REQUEST);
    t->has_response = has_hook(t, SLOT_RESPONSE);
    t->has_delay = has_hook(t, SLOT_DELAY);
    return t->has_request ? 0 : make_static_request(t, err);
}
