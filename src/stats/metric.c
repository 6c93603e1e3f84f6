/* Recording and merging custom metrics; see metric.h. */
#include "stats/metric.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const metric_kind_names[METRIC_KINDS] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_RATE] = "rate",
    [METRIC_TREND] = "trend",
};

static struct metric *touch(struct metric_set *set, uint32_t id)
{
    if (id >= set->len) {
        uint32_t len = id + 8;
        set->items = xrealloc(set->items, len * sizeof(struct metric *));
        memset(set->items + set->len, 0, (len - set->len) * sizeof(struct metric *));
        set->len = len;
    }
    if (!set->items[id]) {
        set->items[id] = xcalloc(1, sizeof(struct metric));
        hist_init(&set->items[id]->values);
    }
    return set->items[id];
}

static void clear(struct metric *m)
{
    struct hist values = m->values;
    hist_clear(&values);
    *m = (struct metric){.values = values};
}

void metric_release(struct metric *m)
{
    hist_release(&m->values);
}

void metric_set_release(struct metric_set *set)
{
    for (uint32_t i = 0; i < set->len; i++) {
        if (set->items[i])
            metric_release(set->items[i]);
        free(set->items[i]);
    }
    free(set->items);
    *set = (struct metric_set){NULL, 0};
}

void metric_set_clear(struct metric_set *set)
{
    for (uint32_t i = 0; i < set->len; i++)
        if (set->items[i] && set->items[i]->count > 0)
            clear(set->items[i]);
}

void metric_merge(struct metric *dst, const struct metric *src)
{
    if (src->count == 0)
        return;
    if (dst->count == 0 || src->min < dst->min)
        dst->min = src->min;
    if (dst->count == 0 || src->max > dst->max)
        dst->max = src->max;
    if (src->last_ns >= dst->last_ns) {
        dst->last = src->last;
        dst->last_ns = src->last_ns;
    }
    dst->count += src->count;
    dst->trues += src->trues;
    dst->sum += src->sum;
    dst->sum2 += src->sum2;
    hist_merge(&dst->values, &src->values);
}

void metric_set_merge(struct metric_set *dst, const struct metric_set *src)
{
    for (uint32_t i = 0; i < src->len; i++)
        if (src->items[i] && src->items[i]->count > 0)
            metric_merge(touch(dst, i), src->items[i]);
}

const struct metric *metric_get(const struct metric_set *set, uint32_t id)
{
    return id < set->len && set->items[id] && set->items[id]->count > 0 ? set->items[id] : NULL;
}

static struct metric *record(struct metric_set *set, uint32_t id, double value)
{
    struct metric *m = touch(set, id);
    if (m->count == 0 || value < m->min)
        m->min = value;
    if (m->count == 0 || value > m->max)
        m->max = value;
    m->count++;
    m->sum += value;
    m->sum2 += value * value;
    return m;
}

void metric_count(struct metric_set *set, uint32_t id, double n)
{
    record(set, id, n);
}

void metric_gauge(struct metric_set *set, uint32_t id, double value, uint64_t now_ns)
{
    struct metric *m = record(set, id, value);
    m->last = value;
    m->last_ns = now_ns;
}

void metric_rate(struct metric_set *set, uint32_t id, bool value)
{
    record(set, id, value)->trues += value;
}

void metric_trend(struct metric_set *set, uint32_t id, const char *unit, double value)
{
    hist_record(&record(set, id, value)->values, (uint64_t)(value * metric_scale(unit) + 0.5));
}

double metric_scale(const char *unit)
{
    static const struct {
        const char *unit;
        double scale;
    } known[] = {
        {"s", 1e6}, {"ms", 1e3}, {"us", 1}, {"bytes", 1}, {"B", 1},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(unit, known[i].unit) == 0)
            return known[i].scale;
    return 1e3;
}

double metric_most(const char *unit)
{
    return (double)HIST_MAX_US / metric_scale(unit);
}

double metric_percentile(const struct metric *m, const char *unit, double percent)
{
    double value = hist_percentile(&m->values, percent) / metric_scale(unit);
    return value < m->min ? m->min : value > m->max ? m->max : value;
}

double metric_mean(const struct metric *m)
{
    return m->count > 0 ? m->sum / (double)m->count : 0;
}

double metric_stdev(const struct metric *m)
{
    if (m->count == 0)
        return 0;
    double mean = metric_mean(m);
    double variance = m->sum2 / (double)m->count - mean * mean;
    return variance > 0 ? sqrt(variance) : 0;
}
