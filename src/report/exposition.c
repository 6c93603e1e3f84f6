/* Histograms as Prometheus has them; see exposition.h. */
#include "report/exposition.h"

#include <math.h>
#include <string.h>

const double exposition_bounds[EXPOSITION_BOUNDS] = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60,
};

static void add_native(struct exposition_times *t, const struct hist_iter *it)
{
    double us = (double)it->low + (double)(it->width - 1) / 2;
    if (us <= 0) {
        t->zeros += it->count;
        return;
    }
    int32_t index = (int32_t)ceil(log2(us / 1e6) * (1 << EXPOSITION_SCHEMA));
    struct exposition_bucket *last = t->native.len > 0 ? &t->native.items[t->native.len - 1] : NULL;
    if (last != NULL && last->index == index)
        last->count += it->count;
    else
        vec_push(&t->native, ((struct exposition_bucket){index, it->count}));
}

void exposition_times_set(struct exposition_times *t, const struct hist *h)
{
    struct hist_iter it = {.hist = h};
    int bound = 0;
    t->count = h->count;
    t->sum_s = h->sum / 1e6;
    t->zeros = 0;
    vec_clear(&t->native);
    uint64_t running = 0;
    while (hist_next(&it)) {
        while (bound < EXPOSITION_BOUNDS && (double)it.low > exposition_bounds[bound] * 1e6 + 0.5)
            t->below[bound++] = running;
        running = it.cumulative;
        add_native(t, &it);
    }
    while (bound < EXPOSITION_BOUNDS)
        t->below[bound++] = running;
}

void exposition_times_release(struct exposition_times *t)
{
    vec_release(&t->native);
}

void exposition_family(struct exposition *e, const char *name, const char *help,
                       enum exposition_type type)
{
    exposition_end(e);
    e->name = name;
    e->type = type;
    e->format->family(e, help);
}

void exposition_value(struct exposition *e, const struct exposition_label *labels, size_t n,
                      double value)
{
    e->format->value(e, labels, n, value);
}

void exposition_times(struct exposition *e, const struct exposition_label *labels, size_t n,
                      const struct exposition_times *times)
{
    e->format->times(e, labels, n, times);
}

void exposition_end(struct exposition *e)
{
    if (e->name != NULL && e->format->end != NULL)
        e->format->end(e);
    e->name = NULL;
}
