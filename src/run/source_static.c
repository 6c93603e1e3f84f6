/* Fixed requests in turn, over all connections of a worker; see
 * source_static.h. */
#include "run/source_static.h"

#include "base/mem.h"
#include "run/oneoff.h"
#include "run/requests.h"
#include "run/worker.h"

#include <stdlib.h>

struct fixed {
    const struct requests *requests; /* borrowed, the plan's */
    struct endpoint *endpoints;      /* owned */
    const struct request *turn;      /* whose turn it is */
    const struct request *end;
};

static void *fixed_create(struct worker *w, const void *about, struct err *err)
{
    (void)err;
    const struct plan *plan = w->plan;
    struct fixed *s = xcalloc(1, sizeof(*s));
    s->requests = about;
    size_t len = s->requests->items.len;
    s->turn =
        s->requests->items.items + oneoff_first(plan->oneoff, w->number, plan->workers, len) % len;
    s->end = s->requests->items.items + len;
    s->endpoints = requests_endpoints(s->requests, plan->net);
    return s;
}

static const struct endpoint *fixed_origins(void *source, uint32_t *len)
{
    const struct fixed *s = source;
    *len = (uint32_t)s->requests->origins.len;
    return s->endpoints;
}

static bool fixed_next(void *source, struct outgoing *out)
{
    struct fixed *s = source;
    const struct request *r = s->turn;
    if (++s->turn == s->end)
        s->turn = s->requests->items.items;
    out->origin = r->origin;
    out->series = r->series;
    out->head_request = r->head_request;
    out->bytes = r->bytes;
    out->len = r->len;
    return true;
}

static void fixed_free(void *source)
{
    struct fixed *s = source;
    requests_endpoints_free(s->endpoints, s->requests);
    free(s);
}

const struct source_kind source_static = {
    .create = fixed_create,
    .origins = fixed_origins,
    .next = fixed_next,
    .free = fixed_free,
};
