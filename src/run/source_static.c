/* Fixed requests in turn; see source_static.h. */
#include "run/source_static.h"

#include "base/mem.h"
#include "base/url.h"
#include "run/oneoff.h"
#include "run/worker.h"

#include <stdlib.h>

struct fixed {
    const struct source_static *about; /* borrowed, the plan's */
    struct endpoint *origins;          /* owned */
    const struct static_request *turn; /* whose turn it is */
    const struct static_request *end;
};

static void *fixed_create(struct worker *w, const void *about, struct err *err)
{
    (void)err;
    const struct plan *plan = w->plan;
    struct fixed *s = xcalloc(1, sizeof(*s));
    s->about = about;
    uint32_t len = s->about->requests_len;
    s->turn = s->about->requests + oneoff_first(plan->oneoff, w->number, plan->workers, len) % len;
    s->end = s->about->requests + len;
    s->origins = xcalloc(s->about->origins_len, sizeof(*s->origins));
    for (uint32_t i = 0; i < s->about->origins_len; i++)
        endpoint_init(&s->origins[i], plan->net, NULL, &s->about->origins[i]);
    return s;
}

static const struct endpoint *fixed_origins(void *source, uint32_t *len)
{
    const struct fixed *s = source;
    *len = s->about->origins_len;
    return s->origins;
}

static bool fixed_next(void *source, struct outgoing *out)
{
    struct fixed *s = source;
    const struct static_request *r = s->turn;
    if (++s->turn == s->end)
        s->turn = s->about->requests;
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
    for (uint32_t i = 0; i < s->about->origins_len; i++)
        endpoint_release(&s->origins[i]);
    free(s->origins);
    free(s);
}

const struct source_kind source_static = {
    .create = fixed_create,
    .origins = fixed_origins,
    .next = fixed_next,
    .free = fixed_free,
};
