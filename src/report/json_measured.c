/*
 * What was measured, as JSON. Figures come first, for people and jq; the
 * histograms behind them are what compare and merge read (saved.c), so whatever
 * is added to struct stats is added here and there.
 */
#include "report/json_measured.h"

#include "base/clock.h"

#include "report/verdict.h"

#include <math.h>

static void put_statuses(struct json *j, const struct series *series)
{
    VEC(struct status_count) sorted = VEC_INIT;
    for (size_t i = 0; i < series->statuses.len; i++)
        vec_push(&sorted, series->statuses.items[i]);
    digest_sort_statuses(sorted.items, sorted.len);
    json_key(j, "statuses");
    json_object_begin(j);
    for (size_t i = 0; i < sorted.len; i++) {
        char code[16];
        snprintf(code, sizeof(code), "%d", sorted.items[i].status);
        put_uint(j, code, sorted.items[i].count);
    }
    json_object_end(j);
    vec_release(&sorted);
}

static void put_first_byte(struct json *j, const struct series *series)
{
    struct latency_summary first_byte;
    latency_summarize(&first_byte, &series->first_byte);
    if (first_byte.count > 0)
        put_latency(j, "first_byte_ms", &first_byte);
}

static void put_figures(struct json *j, const struct series_summary *s, const struct series *series)
{
    put_string(j, "type", s->type);
    put_string(j, "name", s->name);
    put_uint(j, "requests", s->requests);
    put_uint(j, "failures", s->failures);
    json_key(j, "failure_ratio");
    json_number(j, s->failure_ratio, 6);
    put_number(j, "rps", s->rps);
    put_number(j, "failures_per_s", s->failures_per_s);
    put_uint(j, "bytes", s->bytes);
    put_number(j, "bytes_per_s", s->bytes_per_s);
    put_latency(j, "latency_ms", &s->latency);
    if (s->has_service)
        put_latency(j, "service_ms", &s->service);
    put_first_byte(j, series);
    put_statuses(j, series);
}

static void put_histograms(struct json *j, const struct series *series)
{
    json_key(j, "histograms_us");
    json_object_begin(j);
    put_hist(j, "latency", &series->response);
    if (series->has_service)
        put_hist(j, "service", &series->service);
    if (series->first_byte.count > 0)
        put_hist(j, "first_byte", &series->first_byte);
    json_object_end(j);
}

void json_put_series(struct json *j, const struct digest *d, bool whole)
{
    json_key(j, "totals"); /* without histograms: they are the sum of those below */
    json_object_begin(j);
    put_figures(j, &d->total_summary, &d->total);
    json_object_end(j);

    json_key(j, "series");
    json_array_begin(j);
    for (size_t i = 0; i < d->rows.len; i++) {
        json_object_begin(j);
        put_figures(j, &d->rows.items[i].summary, d->rows.items[i].series);
        if (whole)
            put_histograms(j, d->rows.items[i].series);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_seen(struct json *j, const struct digest *d, uint64_t count, uint64_t first_ns,
                     uint64_t last_ns)
{
    put_uint(j, "count", count);
    put_number(j, "first_s", digest_elapsed(d, first_ns));
    put_number(j, "last_s", digest_elapsed(d, last_ns));
}

void json_put_errors(struct json *j, const struct digest *d, struct catalog *catalog)
{
    json_key(j, "errors");
    json_array_begin(j);
    for (size_t i = 0; i < d->failures.len; i++) {
        const struct failure *f = &d->failures.items[i];
        struct catalog_entry series = catalog_get(catalog, f->series);
        json_object_begin(j);
        put_string(j, "type", series.type);
        put_string(j, "name", series.name);
        put_string(j, "kind", err_kind_name(f->kind));
        put_string(j, "message", f->message);
        put_seen(j, d, f->count, f->first_ns, f->last_ns);
        json_object_end(j);
    }
    json_array_end(j);

    json_key(j, "script_errors");
    json_array_begin(j);
    for (size_t i = 0; i < d->script_errors.len; i++) {
        const struct script_error *e = &d->script_errors.items[i];
        json_object_begin(j);
        put_string(j, "message", e->message);
        put_string(j, "traceback", e->traceback);
        put_seen(j, d, e->count, e->first_ns, e->last_ns);
        json_object_end(j);
    }
    json_array_end(j);
}

void json_put_checks(struct json *j, const struct stats *stats)
{
    json_key(j, "checks");
    json_array_begin(j);
    for (size_t i = 0; i < stats->checks.len; i++) {
        json_object_begin(j);
        put_string(j, "name", stats->checks.items[i].name);
        put_uint(j, "passes", stats->checks.items[i].passes);
        put_uint(j, "failures", stats->checks.items[i].failures);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_figure(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_number(j, value, 6);
}

static void put_trend(struct json *j, const struct metric_summary *m, const struct metric *values,
                      bool whole)
{
    put_figure(j, "min", m->min);
    put_figure(j, "mean", m->value);
    put_figure(j, "stdev", m->stdev);
    put_figure(j, "max", m->max);
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        put_figure(j, summary_percentile_names[i], m->p[i]);
    if (!whole)
        return;
    put_figure(j, "scale", metric_scale(m->about.unit));
    put_hist(j, "histogram", &values->values); /* of the values times scale */
}

static void put_metric_figures(struct json *j, const struct metric_summary *m,
                               const struct metric *recorded, uint64_t begin_ns, bool whole)
{
    switch (m->about.kind) {
    case METRIC_COUNTER:
        put_figure(j, "value", m->value);
        put_figure(j, "per_s", m->per_s);
        return;
    case METRIC_RATE:
        put_uint(j, "trues", m->trues);
        put_figure(j, "share", recorded ? m->value : NAN);
        return;
    case METRIC_GAUGE:
        if (!recorded)
            return;
        put_figure(j, "last", m->value);
        put_figure(j, "last_s", ns_to_s(recorded->last_ns - begin_ns));
        put_figure(j, "min", m->min);
        put_figure(j, "max", m->max);
        return;
    default:
        if (recorded)
            put_trend(j, m, recorded, whole);
    }
}

void json_put_metrics(struct json *j, const struct stats *stats, struct catalog *catalog,
                      double duration_s, bool whole)
{
    json_key(j, "metrics");
    json_array_begin(j);
    uint32_t len = catalog_metrics_len(catalog);
    for (uint32_t id = 0; id < len; id++) {
        const struct metric *recorded = metric_get(&stats->metrics, id);
        struct metric_summary m;
        metric_summarize(&m, catalog_metric_get(catalog, id), recorded, duration_s);
        json_object_begin(j);
        put_string(j, "name", m.about.name);
        put_string(j, "type", metric_kind_names[m.about.kind]);
        put_string(j, "unit", *m.about.unit ? m.about.unit : NULL);
        put_uint(j, "count", m.count);
        put_metric_figures(j, &m, recorded, stats->begin_ns, whole);
        if (whole && recorded) { /* from which means and deviations of several runs come */
            put_exact(j, "sum", recorded->sum);
            put_exact(j, "sum2", recorded->sum2);
        }
        json_object_end(j);
    }
    json_array_end(j);
}

/* Figures and, unless `histogram` is NULL, what they come from; nothing without
 * counts. */
static void put_times(struct json *j, const char *key, const char *histogram, const struct hist *h)
{
    struct latency_summary figures;
    latency_summarize(&figures, h);
    if (figures.count == 0)
        return;
    put_latency(j, key, &figures);
    if (histogram != NULL)
        put_hist(j, histogram, h);
}

void json_put_connections(struct json *j, const struct connection_times *c, bool whole)
{
    json_key(j, "connections");
    json_object_begin(j);
    put_times(j, "connect_ms", whole ? "connect_histogram_us" : NULL, &c->connect);
    put_times(j, "handshake_ms", whole ? "handshake_histogram_us" : NULL, &c->handshake);
    put_uint(j, "resumed", c->resumed);
    json_object_end(j);
}

void json_put_arrivals(struct json *j, const struct arrival_stats *a, bool whole)
{
    json_key(j, "arrivals");
    if (a->due == 0) {
        json_null(j);
        return;
    }
    json_object_begin(j);
    put_uint(j, "due", a->due);
    put_uint(j, "started", a->started);
    put_uint(j, "late", a->late);
    put_uint(j, "dropped", a->dropped);
    put_times(j, "lag_ms", whole ? "lag_histogram_us" : NULL, &a->lag);
    json_object_end(j);
}

static void put_verdict(struct json *j, const struct stats *stats, const struct report_run *run,
                        uint64_t requests)
{
    struct verdict verdict;
    struct buf text = BUF_INIT;
    verdict_of_run(&verdict, &text, run, stats, requests);
    put_bool(j, "limited", verdict.limited);
    put_string(j, "verdict", buf_cstr(&text));
    put_number(j, "cpu_share", verdict.cpu_share >= 0 ? verdict.cpu_share : NAN);
    buf_release(&text);
}

static void put_script(struct json *j, const struct generator_stats *g)
{
    json_key(j, "script");
    json_object_begin(j);
    put_seconds(j, "s", g->script_ns);
    put_number(j, "longest_ms", (double)g->script_longest_ns / 1e6);
    put_seconds(j, "gc_s", g->gc_ns);
    put_number(j, "gc_longest_ms", (double)g->gc_longest_ns / 1e6);
    put_uint(j, "lua_bytes_most", g->lua_bytes_most);
    json_object_end(j);
}

/* null: not known. */
static void put_known(struct json *j, const char *key, uint64_t value)
{
    if (value > 0) {
        put_uint(j, key, value);
        return;
    }
    json_key(j, key);
    json_null(j);
}

static void put_machine(struct json *j, const struct generator_stats *g)
{
    put_known(j, "memory_most_bytes", g->memory_most);
    put_known(j, "files_most", g->fds_most);
    put_known(j, "files_limit", g->fds_limit);
    put_known(j, "tcp_sockets_most", g->tcp_sockets_most);
    put_known(j, "local_ports", g->local_ports);
}

void json_put_generator(struct json *j, const struct stats *stats, const struct report_run *run,
                        uint64_t requests, bool whole)
{
    const struct generator_stats *g = &stats->generator;
    struct latency_summary lag;
    latency_summarize(&lag, &g->loop_lag);
    json_key(j, "generator");
    json_object_begin(j);
    put_verdict(j, stats, run, requests);
    put_seconds(j, "cpu_s", g->cpu_ns);
    put_seconds(j, "wall_s", g->wall_ns);
    put_script(j, g);
    put_latency(j, "loop_lag_ms", &lag);
    put_uint(j, "connects", g->connects);
    put_uint(j, "reconnects", g->reconnects);
    put_uint(j, "tasks", g->tasks);
    put_uint(j, "cancelled", g->cancelled);
    put_number(j, "cancelled_longest_ms", (double)g->cancelled_longest_ns / 1e6);
    put_uint(j, "system_errors", g->system_errors);
    put_uint(j, "hung", g->hung);
    put_machine(j, g);
    if (whole)
        put_hist(j, "loop_lag_histogram_us", &g->loop_lag);
    json_object_end(j);
}
