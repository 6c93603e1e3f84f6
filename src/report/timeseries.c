/*
 * The time series reporter: NDJSON, a line for every series at each tick, and
 * one for all of them together with what went wrong and how the generator
 * stood. A line holds what completed since the tick before, as far as the
 * workers had published it by then; the lines of a run add up to its totals.
 * Written while the run lasts, so it needs memory for one tick only.
 */
#include "base/mem.h"
#include "report/condition.h"
#include "report/output.h"
#include "report/put.h"
#include "report/reporters.h"

#include <math.h>
#include <stdlib.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *file;          /* owned */
    struct buf lines;             /* of one tick */
};

static struct reporter *timeseries_open(const struct report_run *run,
                                        const struct report_options *opt, struct err *err)
{
    struct output *file = output_open(opt->path, err);
    if (file == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->file = file;
    return r;
}

static void put_times(struct json *j, const char *key, const struct hist *h)
{
    static const double percents[] = {50, 95, 99};
    static const char *const names[] = {"p50", "p95", "p99"};
    double values[3];
    hist_percentiles(h, percents, 3, values);
    json_key(j, key);
    json_object_begin(j);
    put_uint(j, "count", h->count);
    put_number(j, "mean", h->count > 0 ? hist_mean(h) / 1000 : NAN);
    for (int i = 0; i < 3; i++)
        put_number(j, names[i], h->count > 0 ? values[i] / 1000 : NAN);
    put_number(j, "max", h->count > 0 ? (double)h->max / 1000 : NAN);
    json_object_end(j);
}

/* What every line has. */
static void put_series(struct json *j, const struct reporter *r, const struct report_tick *tick,
                       const char *type, const char *name, const struct series *s)
{
    double per_s = tick->interval_s > 0 ? 1 / tick->interval_s : 0;
    put_utc(j, "time", r->run->started_wall + tick->elapsed_s);
    put_number(j, "elapsed_s", tick->elapsed_s);
    put_number(j, "interval_s", tick->interval_s);
    put_bool(j, "warmup", tick->warmup);
    put_string(j, "stage", tick->stage);
    put_uint(j, "users", tick->users);
    put_string(j, "type", type);
    put_string(j, "name", name);
    put_uint(j, "requests", s->requests);
    put_uint(j, "failures", s->failures);
    put_number(j, "rps", (double)s->requests * per_s);
    put_number(j, "failures_per_s", (double)s->failures * per_s);
    put_uint(j, "bytes", s->bytes);
    put_times(j, "latency_ms", &s->response);
    if (s->has_service)
        put_times(j, "service_ms", &s->service);
}

static void put_errors(struct json *j, const struct reporter *r, const struct stats *stats)
{
    uint64_t script_errors = 0;
    json_key(j, "errors");
    json_array_begin(j);
    for (size_t i = 0; i < stats->failures.len; i++) {
        const struct failure *f = &stats->failures.items[i];
        struct catalog_entry series = catalog_get(r->run->catalog, f->series);
        json_object_begin(j);
        put_string(j, "type", series.type);
        put_string(j, "name", series.name);
        put_string(j, "kind", err_kind_name(f->kind));
        put_string(j, "message", f->message);
        put_uint(j, "count", f->count);
        json_object_end(j);
    }
    json_array_end(j);
    for (size_t i = 0; i < stats->script_errors.len; i++)
        script_errors += stats->script_errors.items[i].count;
    put_uint(j, "script_errors", script_errors);
}

/* One of the scripts' own, of the interval alone. */
static void put_metric(struct json *j, const struct metric_summary *m)
{
    json_object_begin(j);
    put_string(j, "name", m->about.name);
    put_string(j, "type", metric_kind_names[m->about.kind]);
    put_string(j, "unit", *m->about.unit != 0 ? m->about.unit : NULL);
    put_uint(j, "count", m->count);
    put_number(j, m->about.kind == METRIC_TREND ? "mean" : "value", m->value);
    if (m->about.kind == METRIC_GAUGE || m->about.kind == METRIC_TREND) {
        put_number(j, "min", m->min);
        put_number(j, "max", m->max);
    }
    for (int i = 0; m->about.kind == METRIC_TREND && i < SUMMARY_PERCENTILES; i++)
        put_number(j, summary_percentile_names[i], m->p[i]);
    json_object_end(j);
}

static void put_metrics(struct json *j, const struct reporter *r, const struct report_tick *tick)
{
    json_key(j, "metrics");
    json_array_begin(j);
    for (uint32_t id = 0; id < catalog_metrics_len(r->run->catalog); id++) {
        const struct metric *recorded = metric_get(&tick->interval->metrics, id);
        struct metric_summary m;
        if (recorded == NULL)
            continue;
        metric_summarize(&m, catalog_metric_get(r->run->catalog, id), recorded, tick->interval_s);
        put_metric(j, &m);
    }
    json_array_end(j);
}

/* What became of the starts of a schedule. */
static void put_arrivals(struct json *j, const struct arrival_stats *a)
{
    if (a->due == 0 && a->started == 0 && a->dropped == 0)
        return;
    json_key(j, "arrivals");
    json_object_begin(j);
    put_uint(j, "due", a->due);
    put_uint(j, "started", a->started);
    put_uint(j, "late", a->late);
    put_uint(j, "dropped", a->dropped);
    json_object_end(j);
}

/* g: of the span. */
static void put_generator(struct json *j, const struct generator_stats *g,
                          const struct generator_stats *so_far)
{
    struct condition_figure figures[CONDITION_FIGURES];
    condition_figures(figures, g, so_far);
    json_key(j, "generator");
    json_object_begin(j);
    for (int i = 0; i < CONDITION_FIGURES; i++)
        put_number(j, figures[i].name, figures[i].value);
    put_uint(j, "connects", g->connects);
    put_uint(j, "reconnects", g->reconnects);
    json_object_end(j);
}

static void begin_line(struct reporter *r, struct json *j)
{
    json_init(j, &r->lines, false);
    json_object_begin(j);
}

static void end_line(struct reporter *r, struct json *j)
{
    json_object_end(j);
    buf_addch(&r->lines, '\n');
}

static void add_aggregated(struct reporter *r, const struct report_tick *tick)
{
    struct json j;
    begin_line(r, &j);
    put_series(&j, r, tick, "", "Aggregated", tick->interval_sum);
    put_errors(&j, r, tick->interval);
    put_metrics(&j, r, tick);
    put_arrivals(&j, &tick->interval->arrivals);
    put_generator(&j, &tick->interval->generator, &tick->total->generator);
    end_line(r, &j);
}

static bool seen(const struct stats *stats, uint32_t id)
{
    return id < stats->series_len && stats->series[id] != NULL && stats->series[id]->requests > 0;
}

/* A series has a line from its first request on, idle or not, so that a chart
 * falls to zero where the requests do. */
static void timeseries_tick(struct reporter *r, const struct report_tick *tick)
{
    struct series none;
    struct json j;
    series_init(&none, UINT32_MAX);
    buf_clear(&r->lines);
    for (uint32_t id = 0; id < catalog_len(r->run->catalog); id++) {
        bool now = seen(tick->interval, id);
        if (!now && !seen(tick->total, id))
            continue;
        struct catalog_entry entry = catalog_get(r->run->catalog, id);
        begin_line(r, &j);
        put_series(&j, r, tick, entry.type, entry.name, now ? tick->interval->series[id] : &none);
        end_line(r, &j);
    }
    add_aggregated(r, tick);
    output_write_live(r->file, &r->lines);
    series_release(&none);
}

static int timeseries_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end; /* the last tick has told all */
    int rc = output_close(r->file, err);
    buf_release(&r->lines);
    free(r);
    return rc;
}

static void timeseries_discard(struct reporter *r)
{
    output_abandon(r->file);
    buf_release(&r->lines);
    free(r);
}

const struct reporter_kind report_timeseries = {
    .name = "timeseries",
    .open = timeseries_open,
    .tick = timeseries_tick,
    .end = timeseries_end,
    .discard = timeseries_discard,
};
