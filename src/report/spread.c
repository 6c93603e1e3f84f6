/* Differences between a run's seconds; see spread.h. Ticked by the reporters
 * that write or compare. */
#include "report/spread.h"

#include <math.h>

static const double percents[SPREADS] = {50, 95, 99};

/* A percentile of fewer values, and a share of none, say nothing. */
enum { TOTAL_MIN = 200, TICKS_MIN = 5 };

void spreads_release(struct spreads *s)
{
    vec_release(&s->items);
}

static struct spread *touch(struct spreads *s, uint32_t id)
{
    for (size_t i = 0; i < s->items.len; i++) {
        if (s->items.items[i].id == id)
            return &s->items.items[i];
    }
    struct spread *added = vec_add(&s->items);
    added->id = id;
    return added;
}

/* How many values lie in the buckets up to the one of each of these values. */
static void count_up_to(const struct hist *h, const double us[SPREADS], uint64_t counts[SPREADS])
{
    struct hist_iter it = {.hist = h};
    for (int i = 0; i < SPREADS; i++)
        counts[i] = 0;
    while (hist_next(&it) && (double)it.low <= us[SPREADS - 1]) {
        for (int i = 0; i < SPREADS; i++)
            counts[i] += (double)it.low <= us[i] ? it.count : 0;
    }
}

static void add(struct spread *s, const struct hist *total, const struct hist *interval)
{
    double us[SPREADS];
    uint64_t of_all[SPREADS], of_these[SPREADS];
    if (total->count < TOTAL_MIN || interval->count == 0 || total->count == interval->count)
        return;
    hist_percentiles(total, percents, SPREADS, us);
    count_up_to(total, us, of_all);
    count_up_to(interval, us, of_these);
    double n = (double)interval->count;
    s->ticks++;
    for (int i = 0; i < SPREADS; i++) {
        double share = (double)of_all[i] / (double)total->count; /* a bucket may hold many */
        double off = (double)of_these[i] / n - share;
        if (share < 1)
            s->sum[i] += off * off * n / (share * (1 - share));
        else
            s->sum[i] += 1;
    }
}

void spreads_tick(struct spreads *s, const struct report_tick *tick)
{
    struct series total, interval;
    if (tick->warmup)
        return;
    series_init(&total, UINT32_MAX);
    series_init(&interval, UINT32_MAX);
    for (uint32_t id = 0; id < tick->interval->series_len && id < tick->total->series_len; id++) {
        const struct series *now = tick->interval->series[id], *all = tick->total->series[id];
        if (now != NULL && now->requests > 0 && all != NULL)
            add(touch(s, id), &all->response, &now->response);
    }
    stats_total(tick->total, &total);
    stats_total(tick->interval, &interval);
    add(touch(s, UINT32_MAX), &total.response, &interval.response);
    series_release(&total);
    series_release(&interval);
}

struct spread spreads_get(const struct spreads *s, uint32_t id)
{
    for (size_t i = 0; i < s->items.len; i++) {
        if (s->items.items[i].id == id)
            return s->items.items[i];
    }
    return (struct spread){.id = id};
}

void spreads_add(struct spreads *s, const struct spread *more)
{
    struct spread *to = touch(s, more->id);
    to->ticks += more->ticks;
    for (int i = 0; i < SPREADS; i++)
        to->sum[i] += more->sum[i];
}

double spread_effect(const struct spread *s, double percent)
{
    int at = percent < 80 ? SPREAD_P50 : percent < 97.5 ? SPREAD_P95 : SPREAD_P99;
    return s->ticks < TICKS_MIN ? 1 : fmax(1, s->sum[at] / s->ticks);
}
