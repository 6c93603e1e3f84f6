/* A wrk script as a source; see source_wrk.h. */
#include "run/source_wrk.h"

#include "base/mem.h"
#include "net/endpoint.h"
#include "proto/http1.h"
#include "run/worker.h"

#include <stdlib.h>
#include <string.h>

struct wrk_source {
    struct wrk_thread *thread; /* borrowed from the script, which outlives the workers */
    struct endpoint made;      /* from the URL; owned */
    struct endpoint endpoint;  /* the same, or where thread.addr says */
    bool is_static;            /* the request is the same, and its bytes stay where they are */
    uint32_t series;
};

/* Requests are counted under what they ask for where that is known, and else under
 * the script's name: paths that count up would be as many series. */
static uint32_t series_of(struct wrk_source *s, struct catalog *catalog, const char *name)
{
    struct http1_span method, target;
    s->is_static = wrk_thread_static(s->thread, &method, &target);
    if (!s->is_static)
        return catalog_intern(catalog, "wrk", 3, name, strlen(name));
    const char *query = memchr(target.data, '?', target.len);
    size_t len = query ? (size_t)(query - target.data) : target.len;
    return catalog_intern(catalog, method.data, method.len, target.data, len);
}

/* A connection under way may hold the host before it; the thread keeps them all. */
static void follow_addr(struct wrk_source *s)
{
    if (wrk_thread_moved(s->thread, &s->endpoint.host, &s->endpoint.port))
        s->endpoint.unix_path = NULL;
}

static void *wrk_source_create(struct worker *w, const void *about, struct err *err)
{
    const struct source_wrk *script = about;
    struct wrk_source *s = xcalloc(1, sizeof(*s));
    s->thread = wrk_thread_new(script->wrk, w->number, w->stats, err);
    if (!s->thread) {
        free(s);
        return NULL;
    }
    w->script = wrk_thread_script(s->thread);
    s->series = series_of(s, w->catalog, script->name);
    endpoint_init(&s->made, w->plan->net, NULL, script->url);
    s->endpoint = s->made;
    follow_addr(s);
    return s;
}

static const struct endpoint *wrk_source_origins(void *source, uint32_t *len)
{
    const struct wrk_source *s = source;
    *len = 1;
    return &s->endpoint;
}

static double wrk_source_delay(void *source)
{
    const struct wrk_source *s = source;
    return wrk_thread_delay(s->thread);
}

static bool wrk_source_next(void *source, struct outgoing *out)
{
    struct wrk_source *s = source;
    struct wrk_request request;
    if (!wrk_thread_request(s->thread, out->most, &request))
        return false;
    follow_addr(s);
    out->bytes = request.bytes;
    out->len = request.len;
    if (!s->is_static) {
        buf_add(out->own, request.bytes, request.len);
        out->bytes = out->own->data;
    }
    out->series = s->series;
    out->requests = request.requests;
    out->heads = request.heads;
    out->head_request = request.heads[0];
    out->keep = wrk_thread_wants_responses(s->thread);
    return true;
}

static bool wrk_source_answered(void *source, const struct http1_op *op)
{
    const struct wrk_source *s = source;
    return wrk_thread_response(s->thread, op->status, (struct http1_span){op->head, op->head_len},
                               (struct http1_span){op->body, op->body_len});
}

static void wrk_source_free(void *source)
{
    struct wrk_source *s = source;
    endpoint_release(&s->made);
    free(s);
}

const struct source_kind source_wrk = {
    .create = wrk_source_create,
    .origins = wrk_source_origins,
    .delay = wrk_source_delay,
    .next = wrk_source_next,
    .answered = wrk_source_answered,
    .free = wrk_source_free,
};
