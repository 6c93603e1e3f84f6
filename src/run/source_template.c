/* Filling requests in; see source_template.h. The n workers deal numbers out
 * among themselves: worker w (from 0) takes w, w + n, w + 2n... */
#include "run/source_template.h"

#include "base/mem.h"
#include "run/oneoff.h"
#include "run/requests.h"
#include "run/worker.h"

#include <stdlib.h>

struct filled {
    const struct requests *requests; /* borrowed, the plan's */
    struct endpoint *endpoints;      /* owned */
    size_t turn;                     /* whose turn it is */
    uint64_t workers, worker;        /* how many; which, from 0 */
    uint64_t sent;
    uint64_t *sent_of; /* owned; by request */
    struct rng *rngs;  /* owned; by connection */
    uint32_t first_connection;
    struct buf body; /* owned: a body, until its head is filled in */
};

static void *filled_create(struct worker *w, const void *about, struct err *err)
{
    (void)err;
    const struct plan *plan = w->plan;
    struct filled *s = xcalloc(1, sizeof(*s));
    s->requests = about;
    size_t len = s->requests->items.len;
    s->turn = (size_t)(oneoff_first(plan->oneoff, w->number, plan->workers, len) % len);
    s->workers = (uint64_t)plan->workers;
    s->worker = (uint64_t)w->number - 1;
    s->sent_of = xcalloc(len, sizeof(*s->sent_of));
    s->first_connection = (uint32_t)oneoff_shares_before(plan->users, w->number, plan->workers);
    uint32_t connections = (uint32_t)oneoff_share(plan->users, w->number, plan->workers);
    s->rngs = xcalloc(connections + 1, sizeof(*s->rngs));
    for (uint32_t i = 0; i < connections; i++)
        rng_init(&s->rngs[i], plan->seed, s->first_connection + i);
    s->endpoints = requests_endpoints(s->requests, plan->net);
    return s;
}

static const struct endpoint *filled_origins(void *source, uint32_t *len)
{
    const struct filled *s = source;
    *len = (uint32_t)s->requests->origins.len;
    return s->endpoints;
}

static void fill_in(struct filled *s, const struct request *r, struct template_values *values,
                    struct outgoing *out)
{
    if (r->body) {
        buf_clear(&s->body);
        template_expand(r->body, values, &s->body);
        values->body_len = s->body.len;
    }
    template_expand(r->head, values, out->own);
    if (r->body)
        buf_add(out->own, s->body.data, s->body.len);
    out->bytes = out->own->data;
    out->len = out->own->len;
}

static bool filled_next(void *source, struct outgoing *out)
{
    struct filled *s = source;
    const struct request *r = &s->requests->items.items[s->turn];
    struct template_values values = {
        .rng = &s->rngs[out->connection],
        .number = s->worker + s->sent++ * s->workers,
        .row = s->worker + s->sent_of[s->turn]++ * s->workers,
        .worker = (uint32_t)s->worker + 1,
        .connection = s->first_connection + out->connection + 1,
    };
    if (++s->turn == s->requests->items.len)
        s->turn = 0;
    out->origin = r->origin;
    out->series = r->series;
    out->head_request = r->head_request;
    if (r->head) {
        fill_in(s, r, &values, out);
    } else {
        out->bytes = r->bytes;
        out->len = r->len;
    }
    return true;
}

static void filled_free(void *source)
{
    struct filled *s = source;
    requests_endpoints_free(s->endpoints, s->requests);
    buf_release(&s->body);
    free(s->sent_of);
    free(s->rngs);
    free(s);
}

const struct source_kind source_template = {
    .create = filled_create,
    .origins = filled_origins,
    .next = filled_next,
    .free = filled_free,
};
