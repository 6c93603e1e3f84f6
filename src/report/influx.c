/*
 * The InfluxDB reporter: its line protocol (docs.influxdata.com, "Line
 * protocol"), a point for every series and tick, with what completed since the
 * tick before. Written while the run lasts, so a pipe to what sends it on sees
 * points as they come. docs/metrics-out.md lists the fields.
 */
#include "base/mem.h"
#include "report/condition.h"
#include "report/output.h"
#include "report/reporters.h"
#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *file;          /* owned */
    struct buf lines;             /* of one tick */
    int64_t time_ns;              /* of the tick, since the epoch */
};

static struct reporter *influx_open(const struct report_run *run, const struct report_options *opt,
                                    struct err *err)
{
    struct output *file = output_open(opt->path, err);
    if (file == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->file = file;
    return r;
}

/* ",key=value"; a tag must not be empty, nor hold a line end. The protocol has
 * no way to write a backslash before one of its own signs: it becomes a slash. */
static void add_tag(struct buf *out, const char *key, const char *value)
{
    struct buf valid = BUF_INIT;
    if (*value == 0)
        return;
    text_for_file(&valid, value);
    buf_addf(out, ",%s=", key);
    for (size_t i = 0; i < valid.len; i++) {
        char c = valid.data[i];
        if (c == ',' || c == '=' || c == ' ')
            buf_addch(out, '\\');
        buf_addch(out, c == '\n' || c == '\r' || c == '\t' ? '_' : c == '\\' ? '/' : c);
    }
    buf_release(&valid);
}

static void end_line(struct reporter *r)
{
    buf_addf(&r->lines, " %" PRId64 "\n", r->time_ns);
}

static void add_times(struct buf *out, const char *prefix, const struct hist *h)
{
    static const double percents[] = {50, 95, 99};
    double values[3];
    if (h->count == 0)
        return;
    hist_percentiles(h, percents, 3, values);
    buf_addf(out, ",%smean_ms=%.6g,%sp50_ms=%.6g,%sp95_ms=%.6g,%sp99_ms=%.6g,%smax_ms=%.6g", prefix,
             hist_mean(h) / 1000, prefix, values[0] / 1000, prefix, values[1] / 1000, prefix,
             values[2] / 1000, prefix, (double)h->max / 1000);
}

static void add_series(struct reporter *r, const struct series *s)
{
    struct catalog_entry entry = catalog_get(r->run->catalog, s->id);
    buf_adds(&r->lines, "inrush_requests");
    add_tag(&r->lines, "type", entry.type);
    add_tag(&r->lines, "name", entry.name);
    buf_addf(&r->lines, " requests=%" PRIu64 "i,failures=%" PRIu64 "i,bytes=%" PRIu64 "i",
             s->requests, s->failures, s->bytes);
    add_times(&r->lines, "", &s->response);
    if (s->has_service)
        add_times(&r->lines, "service_", &s->service);
    end_line(r);
}

static void add_failure(struct reporter *r, const struct failure *failure)
{
    struct catalog_entry entry = catalog_get(r->run->catalog, failure->series);
    buf_adds(&r->lines, "inrush_failures");
    add_tag(&r->lines, "type", entry.type);
    add_tag(&r->lines, "name", entry.name);
    add_tag(&r->lines, "kind", err_kind_name(failure->kind));
    add_tag(&r->lines, "message", failure->message);
    buf_addf(&r->lines, " count=%" PRIu64 "i", failure->count);
    end_line(r);
}

static void add_check(struct reporter *r, const struct check_count *check)
{
    buf_adds(&r->lines, "inrush_checks");
    add_tag(&r->lines, "check", check->name);
    buf_addf(&r->lines, " passed=%" PRIu64 "i,failed=%" PRIu64 "i", check->passes, check->failures);
    end_line(r);
}

static void add_metric(struct reporter *r, struct metric_about about, const struct metric *m)
{
    buf_adds(&r->lines, "inrush_custom");
    add_tag(&r->lines, "metric", about.name);
    add_tag(&r->lines, "kind", metric_kind_names[about.kind]);
    add_tag(&r->lines, "unit", about.unit);
    buf_addf(&r->lines, " count=%" PRIu64 "i", m->count);
    if (about.kind == METRIC_COUNTER)
        buf_addf(&r->lines, ",sum=%.15g", m->sum);
    else if (about.kind == METRIC_GAUGE)
        buf_addf(&r->lines, ",last=%.15g,min=%.15g,max=%.15g", m->last, m->min, m->max);
    else if (about.kind == METRIC_RATE)
        buf_addf(&r->lines, ",true=%" PRIu64 "i", m->trues);
    else
        buf_addf(&r->lines, ",sum=%.15g,p50=%.6g,p95=%.6g,p99=%.6g,min=%.15g,max=%.15g", m->sum,
                 metric_percentile(m, about.unit, 50), metric_percentile(m, about.unit, 95),
                 metric_percentile(m, about.unit, 99), m->min, m->max);
    end_line(r);
}

/* How the run and the generator stand. */
static void add_run(struct reporter *r, const struct report_tick *tick)
{
    uint64_t script_errors = 0;
    for (size_t i = 0; i < tick->interval->script_errors.len; i++)
        script_errors += tick->interval->script_errors.items[i].count;
    buf_adds(&r->lines, "inrush_run");
    add_tag(&r->lines, "title", r->run->title);
    buf_addf(&r->lines, " users=%" PRIu32 "i,script_errors=%" PRIu64 "i", tick->users,
             script_errors);
    struct condition_figure figures[CONDITION_FIGURES];
    condition_figures(figures, &tick->interval->generator, &tick->total->generator);
    for (int i = 0; i < CONDITION_FIGURES; i++) {
        if (!isnan(figures[i].value))
            buf_addf(&r->lines, ",%s=%.10g", figures[i].name, figures[i].value);
    }
    const struct arrival_stats *a = &tick->interval->arrivals;
    if (a->due > 0)
        buf_addf(&r->lines,
                 ",arrivals_due=%" PRIu64 "i,arrivals_started=%" PRIu64 "i,arrivals_late=%" PRIu64
                 "i,arrivals_dropped=%" PRIu64 "i",
                 a->due, a->started, a->late, a->dropped);
    end_line(r);
}

static void influx_tick(struct reporter *r, const struct report_tick *tick)
{
    const struct stats *s = tick->interval;
    if (tick->warmup || tick->elapsed_s <= 0)
        return;
    buf_clear(&r->lines);
    /* A double has no nanoseconds left beside the years. */
    r->time_ns = (int64_t)((r->run->started_wall + tick->elapsed_s) * 1e6) * 1000;
    add_run(r, tick);
    for (uint32_t id = 0; id < s->series_len; id++) {
        if (s->series[id] != NULL && s->series[id]->requests > 0)
            add_series(r, s->series[id]);
    }
    for (size_t i = 0; i < s->failures.len; i++)
        add_failure(r, &s->failures.items[i]);
    for (size_t i = 0; i < s->checks.len; i++)
        add_check(r, &s->checks.items[i]);
    for (uint32_t id = 0; id < s->metrics.len; id++) {
        const struct metric *m = metric_get(&s->metrics, id);
        if (m != NULL && m->count > 0)
            add_metric(r, catalog_metric_get(r->run->catalog, id), m);
    }
    output_write_live(r->file, &r->lines);
}

static int influx_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end;
    int rc = output_close(r->file, err);
    buf_release(&r->lines);
    free(r);
    return rc;
}

static void influx_discard(struct reporter *r)
{
    output_abandon(r->file);
    buf_release(&r->lines);
    free(r);
}

const struct reporter_kind report_influx = {
    .name = "influx",
    .open = influx_open,
    .tick = influx_tick,
    .end = influx_end,
    .discard = influx_discard,
};
