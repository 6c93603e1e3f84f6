/* What a threshold needs of the statistics; see reading.h. */
#include "stats/reading.h"

#include "base/mem.h"
#include "stats/groups.h"

#include <stdlib.h>
#include <string.h>

void reading_init(struct reading *r)
{
    *r = (struct reading){.unit = ""};
    hist_init(&r->times);
    hist_init(&r->metric.values);
}

void reading_release(struct reading *r)
{
    hist_release(&r->times);
    metric_release(&r->metric);
}

void reading_clear(struct reading *r)
{
    struct hist times = r->times, values = r->metric.values;
    hist_clear(&times);
    hist_clear(&values);
    *r = (struct reading){.times = times, .metric = {.values = values}, .unit = ""};
}

/* All but the histograms. */
static void add_figures(struct reading *dst, const struct reading *src)
{
    dst->known |= src->known;
    dst->count += src->count;
    dst->part += src->part;
    dst->seconds += src->seconds;
    if (src->known) {
        dst->kind = src->kind;
        dst->unit = src->unit;
    }
}

void reading_add(struct reading *dst, const struct reading *src)
{
    add_figures(dst, src);
    hist_merge(&dst->times, &src->times);
    metric_merge(&dst->metric, &src->metric);
}

/* ---- taking it ---- */

static void read_series(const struct threshold *t, const struct series *series, struct reading *out)
{
    out->count += series->requests;
    out->part += series->failures;
    if (t->source == THRESHOLD_RESPONSE)
        hist_merge(&out->times, &series->response);
    else if (t->source == THRESHOLD_SERVICE)
        hist_merge(&out->times, series->has_service ? &series->service : &series->response);
    else if (t->source == THRESHOLD_FIRST_BYTE)
        hist_merge(&out->times, &series->first_byte);
}

static void read_subject(const struct threshold *t, const struct stats *stats,
                         struct catalog *catalog, struct reading *out)
{
    if (t->subject == THRESHOLD_CLASS || t->subject == THRESHOLD_TAG) {
        const struct series *group = groups_get(&stats->groups, t->group);
        out->known = true;
        if (group)
            read_series(t, group, out);
        return;
    }
    out->known |= t->subject == THRESHOLD_ALL;
    uint32_t len = catalog_len(catalog);
    for (uint32_t id = 0; id < len; id++) {
        if (t->subject == THRESHOLD_SERIES && !catalog_is_called(catalog_get(catalog, id), t->name))
            continue;
        out->known = true;
        if (id < stats->series_len && stats->series[id])
            read_series(t, stats->series[id], out);
    }
}

static void read_checks(const struct threshold *t, const struct stats *stats, struct reading *out)
{
    out->known |= t->what == NULL;
    for (size_t i = 0; i < stats->checks.len; i++) {
        const struct check_count *check = &stats->checks.items[i];
        if (t->what && strcmp(t->what, check->name) != 0)
            continue;
        out->known = true;
        out->count += check->passes + check->failures;
        out->part += check->passes;
    }
}

static void read_script_errors(const struct stats *stats, struct reading *out)
{
    out->known = true;
    for (size_t i = 0; i < stats->script_errors.len; i++)
        out->count += stats->script_errors.items[i].count;
}

static void read_metric(const struct threshold *t, const struct stats *stats,
                        struct catalog *catalog, struct reading *out)
{
    uint32_t len = catalog_metrics_len(catalog);
    for (uint32_t id = 0; id < len; id++) {
        struct metric_about about = catalog_metric_get(catalog, id);
        if (strcmp(about.name, t->what) != 0)
            continue;
        const struct metric *metric = metric_get(&stats->metrics, id);
        out->known = true;
        out->kind = about.kind;
        out->unit = about.unit;
        if (metric)
            metric_merge(&out->metric, metric);
    }
}

void threshold_read(const struct threshold *t, const struct stats *stats, struct catalog *catalog,
                    double seconds, struct reading *out)
{
    out->seconds += seconds;
    switch (t->source) {
    case THRESHOLD_CHECKS:
        read_checks(t, stats, out);
        return;
    case THRESHOLD_SCRIPT_ERRORS:
        read_script_errors(stats, out);
        return;
    case THRESHOLD_METRIC:
        read_metric(t, stats, catalog, out);
        return;
    default:
        read_subject(t, stats, catalog, out);
    }
}

/* ---- windows ---- */

/* A reading with its histograms packed. */
struct slot {
    struct reading figures;
    struct hist_packed times, values;
};

struct window {
    double length_s, held_s;
    struct slot *slots; /* owned; a ring */
    size_t cap, first, len;
};

struct window *window_new(double seconds)
{
    struct window *w = xcalloc(1, sizeof(*w));
    w->length_s = seconds;
    return w;
}

static struct slot *slot_at(const struct window *w, size_t i)
{
    return &w->slots[(w->first + i) % w->cap];
}

void window_free(struct window *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->cap; i++) {
        hist_packed_release(&w->slots[i].times);
        hist_packed_release(&w->slots[i].values);
    }
    free(w->slots);
    free(w);
}

void window_clear(struct window *w)
{
    w->first = w->len = 0;
    w->held_s = 0;
}

static void grow(struct window *w)
{
    size_t cap = w->cap > 0 ? 2 * w->cap : 16;
    struct slot *slots = xcalloc(cap, sizeof(*slots));
    for (size_t i = 0; i < w->len; i++)
        slots[i] = *slot_at(w, i);
    free(w->slots);
    w->slots = slots;
    w->cap = cap;
    w->first = 0;
}

/* Half of a tick, which is a second: spans are not of equal length. */
static const double TOLERANCE_S = 0.5;

void window_push(struct window *w, const struct reading *r)
{
    while (w->len > 0 &&
           w->held_s + r->seconds - slot_at(w, 0)->figures.seconds >= w->length_s - TOLERANCE_S) {
        w->held_s -= slot_at(w, 0)->figures.seconds;
        w->first = (w->first + 1) % w->cap;
        w->len--;
    }
    if (w->len == w->cap)
        grow(w);
    struct slot *slot = slot_at(w, w->len++);
    slot->figures = *r;
    hist_pack(&slot->times, &r->times);
    hist_pack(&slot->values, &r->metric.values);
    w->held_s += r->seconds;
}

bool window_is_full(const struct window *w)
{
    return w->held_s >= w->length_s - TOLERANCE_S;
}

void window_sum(const struct window *w, struct reading *out)
{
    for (size_t i = 0; i < w->len; i++) {
        const struct slot *slot = slot_at(w, i);
        struct metric figures = slot->figures.metric;
        hist_init(&figures.values); /* those of the slot belong to whoever took it */
        add_figures(out, &slot->figures);
        metric_merge(&out->metric, &figures);
        hist_unpack(&out->times, &slot->times);
        hist_unpack(&out->metric.values, &slot->values);
    }
}
