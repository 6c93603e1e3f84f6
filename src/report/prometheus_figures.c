/* The copy of the statistics for Prometheus; see prometheus_figures.h. */
#include "report/prometheus_internal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const double metric_quantiles[METRIC_QUANTILES] = {50, 95, 99};

struct prometheus_figures *prometheus_figures_new(const struct report_run *run)
{
    struct prometheus_figures *f = xcalloc(1, sizeof(*f));
    f->run = run;
    return f;
}

void prometheus_figures_free(struct prometheus_figures *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->series.len; i++) {
        vec_release(&f->series.items[i].statuses);
        exposition_times_release(&f->series.items[i].response);
        exposition_times_release(&f->series.items[i].service);
    }
    for (size_t i = 0; i < f->checks.len; i++)
        free(f->checks.items[i].name);
    vec_release(&f->series);
    vec_release(&f->checks);
    vec_release(&f->metrics);
    exposition_times_release(&f->loop_lag);
    free(f);
}

static void copy_series(struct copied_series *to, const struct series *from)
{
    to->requests = from->requests;
    to->bytes = from->bytes;
    to->has_service = from->has_service;
    vec_clear(&to->statuses);
    for (size_t i = 0; i < from->statuses.len; i++)
        vec_push(&to->statuses, from->statuses.items[i]);
    exposition_times_set(&to->response, &from->response);
    if (from->has_service)
        exposition_times_set(&to->service, &from->service);
}

/* changed: copy only the series with requests in there; NULL: all. */
static void copy_all_series(struct prometheus_figures *f, const struct stats *total,
                            const struct stats *changed)
{
    while (f->series.len < total->series_len)
        (void)vec_add(&f->series);
    for (uint32_t id = 0; id < total->series_len; id++) {
        const struct series *from = total->series[id];
        bool new = changed == NULL || (id < changed->series_len && changed->series[id] != NULL &&
                                       changed->series[id]->requests > 0);
        if (new &&from != NULL)
            copy_series(&f->series.items[id], from);
    }
}

static void copy_failures(struct prometheus_figures *f, const struct stats *total)
{
    for (size_t i = 0; i < f->series.len; i++)
        memset(f->series.items[i].failures, 0, sizeof(f->series.items[i].failures));
    for (size_t i = 0; i < total->failures.len; i++) {
        const struct failure *failure = &total->failures.items[i];
        if (failure->series < f->series.len)
            f->series.items[failure->series].failures[failure->kind] += failure->count;
    }
}

/* Their places in the sum never change. */
static void copy_checks(struct prometheus_figures *f, const struct stats *total)
{
    for (size_t i = 0; i < total->checks.len; i++) {
        const struct check_count *from = &total->checks.items[i];
        if (i == f->checks.len)
            vec_add(&f->checks)->name = xstrdup(from->name);
        f->checks.items[i].passes = from->passes;
        f->checks.items[i].failures = from->failures;
    }
}

/* All that are declared, used or not: what counts is 0 from then on. */
static void copy_metrics(struct prometheus_figures *f, const struct stats *total)
{
    uint32_t len = catalog_metrics_len(f->run->catalog);
    while (f->metrics.len < len) {
        uint32_t id = (uint32_t)f->metrics.len;
        struct copied_metric *to = vec_add(&f->metrics);
        to->about = catalog_metric_get(f->run->catalog, id);
    }
    for (uint32_t id = 0; id < f->metrics.len; id++) {
        const struct metric *from = metric_get(&total->metrics, id);
        struct copied_metric *to = &f->metrics.items[id];
        if (from == NULL)
            continue;
        to->value = to->about.kind == METRIC_GAUGE ? from->last : from->sum;
        to->count = from->count;
        to->trues = from->trues;
        for (int i = 0; i < METRIC_QUANTILES && to->about.kind == METRIC_TREND; i++)
            to->quantiles[i] = metric_percentile(from, to->about.unit, metric_quantiles[i]);
    }
}

static void copy_rest(struct prometheus_figures *f, const struct stats *total)
{
    f->script_errors = 0;
    for (size_t i = 0; i < total->script_errors.len; i++)
        f->script_errors += total->script_errors.items[i].count;
    f->generator = total->generator;
    f->generator.loop_lag = (struct hist){0};
    f->due = total->arrivals.due;
    f->started = total->arrivals.started;
    f->late = total->arrivals.late;
    f->dropped = total->arrivals.dropped;
    exposition_times_set(&f->loop_lag, &total->generator.loop_lag);
}

static void copy(struct prometheus_figures *f, const struct stats *total,
                 const struct stats *changed)
{
    copy_all_series(f, total, changed);
    copy_failures(f, total);
    copy_checks(f, total);
    copy_metrics(f, total);
    copy_rest(f, total);
}

void prometheus_figures_tick(struct prometheus_figures *f, const struct report_tick *tick)
{
    copy(f, tick->total, tick->interval);
    f->users = tick->users;
    f->elapsed_s = tick->elapsed_s;
    f->warmup = tick->warmup;
}

void prometheus_figures_end(struct prometheus_figures *f, const struct report_end *end)
{
    copy(f, end->total, NULL);
    f->users = 0;
    f->warmup = false;
    f->ended = true;
}
