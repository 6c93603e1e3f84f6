/* Counting arrivals; see arrivals.h. */
#include "stats/arrivals.h"

#include "base/clock.h"

void arrival_stats_init(struct arrival_stats *a)
{
    *a = (struct arrival_stats){.due = 0};
    hist_init(&a->lag);
}

void arrival_stats_release(struct arrival_stats *a)
{
    hist_release(&a->lag);
}

void arrival_stats_clear(struct arrival_stats *a)
{
    a->due = a->started = a->late = a->dropped = 0;
    hist_clear(&a->lag);
}

void arrival_stats_merge(struct arrival_stats *dst, const struct arrival_stats *src)
{
    dst->due += src->due;
    dst->started += src->started;
    dst->late += src->late;
    dst->dropped += src->dropped;
    hist_merge(&dst->lag, &src->lag);
}

struct arrival_stats *stats_class_arrivals_touch(struct stats *s, uint32_t class)
{
    while (s->class_arrivals.len <= class)
        arrival_stats_init(vec_add(&s->class_arrivals));
    return &s->class_arrivals.items[class];
}

static void record_start(struct arrival_stats *a, uint64_t lag_us, bool late)
{
    a->started++;
    a->late += late;
    hist_record(&a->lag, lag_us);
}

void stats_record_start(struct stats *s, uint32_t class, uint64_t lag_ns, bool late)
{
    uint64_t lag_us = (lag_ns + NS_PER_US / 2) / NS_PER_US;
    record_start(&s->arrivals, lag_us, late);
    if (class != STATS_NO_CLASS)
        record_start(stats_class_arrivals_touch(s, class), lag_us, late);
}

void stats_count_arrivals(struct stats *s, uint32_t class, uint64_t due, uint64_t dropped)
{
    s->arrivals.due += due;
    s->arrivals.dropped += dropped;
    if (class != STATS_NO_CLASS && due + dropped > 0) {
        struct arrival_stats *a = stats_class_arrivals_touch(s, class);
        a->due += due;
        a->dropped += dropped;
    }
}
