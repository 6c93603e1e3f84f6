/* Differences between a run's seconds; see spread.h. Ticked by the reporters
 * that write or compare. */
#include "report/spread.h"

#include <math.h>

const char *const spread_names[SPREADS] = {
    [SPREAD_P50] = "p50",   [SPREAD_P95] = "p95",           [SPREAD_P99] = "p99",
    [SPREAD_MEAN] = "mean", [SPREAD_FAILURES] = "failures",
};

enum { PERCENTILES = SPREAD_P99 + 1 };
static const double percents[PERCENTILES] = {50, 95, 99};

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

/* n of which `part` deviate from an expected share; 1 where it cannot vary. */
static double share_deviates(uint64_t part, uint64_t n, uint64_t part_of_all, uint64_t all)
{
    double share = (double)part_of_all / (double)all;
    double off = (double)part / (double)n - share;
    return part_of_all == 0 || part_of_all == all ? 1
                                                  : off * off * (double)n / (share * (1 - share));
}

static double mean_deviates(const struct hist *interval, const struct hist *total)
{
    double deviation = hist_stdev(total), off = hist_mean(interval) - hist_mean(total);
    return deviation > 0 ? off * off * (double)interval->count / (deviation * deviation) : 1;
}

static void add(struct spread *s, const struct series *all, const struct series *now)
{
    const struct hist *total = &all->response, *interval = &now->response;
    double values[PERCENTILES];
    uint64_t us[PERCENTILES], of_all[PERCENTILES], of_these[PERCENTILES];
    if (total->count < TOTAL_MIN || interval->count == 0 || total->count == interval->count)
        return;
    hist_percentiles(total, percents, PERCENTILES, values);
    for (int i = 0; i < PERCENTILES; i++)
        us[i] = (uint64_t)values[i];
    hist_counts_up_to(total, us, PERCENTILES, of_all);
    hist_counts_up_to(interval, us, PERCENTILES, of_these);
    s->ticks++;
    for (int i = 0; i < PERCENTILES; i++)
        s->sum[i] += share_deviates(of_these[i], interval->count, of_all[i], total->count);
    s->sum[SPREAD_MEAN] += mean_deviates(interval, total);
    s->sum[SPREAD_FAILURES] +=
        share_deviates(now->failures, now->requests, all->failures, all->requests);
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
            add(touch(s, id), all, now);
    }
    stats_total(tick->total, &total);
    stats_total(tick->interval, &interval);
    add(touch(s, UINT32_MAX), &total, &interval);
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

double spread_effect(const struct spread *s, enum spread_of what)
{
    return s->ticks < TICKS_MIN ? 1 : fmax(1, s->sum[what] / s->ticks);
}

double spread_effect_at(const struct spread *s, double percent)
{
    return spread_effect(s, percent < 80 ? SPREAD_P50 : percent < 97.5 ? SPREAD_P95 : SPREAD_P99);
}
