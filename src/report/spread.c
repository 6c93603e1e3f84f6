/* Differences between a run's seconds; see spread.h. */
#include "report/spread.h"

#include <math.h>

const char *const spread_names[SPREADS] = {
    [SPREAD_P50] = "p50",   [SPREAD_P95] = "p95",           [SPREAD_P99] = "p99",
    [SPREAD_MEAN] = "mean", [SPREAD_FAILURES] = "failures",
};

enum { PERCENTILES = SPREAD_P99 + 1 };
static const double percents[PERCENTILES] = {50, 95, 99};

/* Of fewer requests no second differs from another. */
enum { TOTAL_MIN = 20 };

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

/* By how much the mean square of the difference between n of `all` values, drawn
 * by chance without putting them back, and all of them is less than the variance
 * of a single one. */
static double drawn(uint64_t n, uint64_t all)
{
    return (double)(all - n) / ((double)(all - 1) * (double)n);
}

/* n of `all`, of which `part` deviate from an expected share; 1 where it cannot
 * vary. */
static double share_deviates(uint64_t part, uint64_t n, uint64_t part_of_all, uint64_t all)
{
    if (n == 0 || n == all || part_of_all == 0 || part_of_all == all)
        return 1;
    double share = (double)part_of_all / (double)all, off = (double)part / (double)n - share;
    return off * off / (share * (1 - share) * drawn(n, all));
}

static double mean_deviates(const struct hist *interval, const struct hist *total)
{
    double deviation = hist_stdev(total), off = hist_mean(interval) - hist_mean(total);
    if (interval->count == 0 || interval->count == total->count || deviation <= 0)
        return 1;
    return off * off / (deviation * deviation * drawn(interval->count, total->count));
}

static void add(struct spread *s, const struct series *all, const struct series *now)
{
    const struct hist *total = &all->response, *interval = &now->response;
    double values[PERCENTILES];
    uint64_t us[PERCENTILES], of_all[PERCENTILES], of_these[PERCENTILES];
    if (all->requests < TOTAL_MIN || now->requests == 0 || now->requests == all->requests)
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
    if (tick->warmup)
        return;
    for (uint32_t id = 0; id < tick->interval->series_len && id < tick->total->series_len; id++) {
        const struct series *now = tick->interval->series[id], *all = tick->total->series[id];
        if (now != NULL && now->requests > 0 && all != NULL)
            add(touch(s, id), all, now);
    }
    add(touch(s, UINT32_MAX), tick->total_sum, tick->interval_sum);
}

struct spread spreads_get(const struct spreads *s, uint32_t id)
{
    for (size_t i = 0; i < s->items.len; i++) {
        if (s->items.items[i].id == id)
            return s->items.items[i];
    }
    return (struct spread){.id = id};
}

void spread_add(struct spread *to, const struct spread *more)
{
    to->ticks += more->ticks;
    for (int i = 0; i < SPREADS; i++)
        to->sum[i] += more->sum[i];
}

void spreads_add(struct spreads *s, const struct spread *more)
{
    spread_add(touch(s, more->id), more);
}

struct dependence spread_of(const struct spread *s, enum spread_figure what)
{
    if (s->ticks < SPREAD_TICKS_MIN)
        return (struct dependence){.effect = 1};
    return (struct dependence){fmax(1, s->sum[what] / s->ticks), s->ticks};
}

struct dependence spread_of_percentile(const struct spread *s, double percent)
{
    return spread_of(s, percent < 80 ? SPREAD_P50 : percent < 97.5 ? SPREAD_P95 : SPREAD_P99);
}
