/* How the copy of the statistics is exposed, family by family; docs/metrics-out.md
 * lists them. */
#include "report/prometheus_internal.h"

#include "base/clock.h"

#include <stdio.h>

static void single(struct exposition *e, const char *name, const char *help,
                   enum exposition_type type, double value)
{
    exposition_family(e, name, help, type);
    exposition_value(e, NULL, 0, value);
}

/* The next series from *id on that has requests, and its labels; or NULL. */
static const struct copied_series *next_series(const struct prometheus_figures *f, size_t *id,
                                               struct exposition_label labels[2])
{
    while (*id < f->series.len && f->series.items[*id].requests == 0)
        ++*id;
    if (*id == f->series.len)
        return NULL;
    struct catalog_entry entry = catalog_get(f->run->catalog, (uint32_t)*id);
    labels[0] = (struct exposition_label){"type", entry.type};
    labels[1] = (struct exposition_label){"name", entry.name};
    return &f->series.items[*id];
}

static void expose_requests(const struct prometheus_figures *f, struct exposition *e)
{
    const struct copied_series *s;
    struct exposition_label labels[2];
    exposition_family(e, "inrush_requests_total", "Requests completed, failed ones included.",
                      EXPOSITION_COUNTER);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++)
        exposition_value(e, labels, 2, (double)s->requests);
    exposition_family(e, "inrush_received_bytes_total", "Bytes received, head and body.",
                      EXPOSITION_COUNTER);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++)
        exposition_value(e, labels, 2, (double)s->bytes);
}

static void expose_outcomes(const struct prometheus_figures *f, struct exposition *e)
{
    const struct copied_series *s;
    struct exposition_label labels[3];
    exposition_family(e, "inrush_request_failures_total", "Requests failed, by kind of failure.",
                      EXPOSITION_COUNTER);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++) {
        for (int kind = 0; kind < ERR_KINDS; kind++) {
            labels[2] = (struct exposition_label){"kind", err_kind_name((enum err_kind)kind)};
            if (s->failures[kind] > 0)
                exposition_value(e, labels, 3, (double)s->failures[kind]);
        }
    }
    exposition_family(e, "inrush_responses_total", "Answers, by status code.", EXPOSITION_COUNTER);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++) {
        for (size_t i = 0; i < s->statuses.len; i++) {
            char status[16];
            snprintf(status, sizeof(status), "%d", s->statuses.items[i].status);
            labels[2] = (struct exposition_label){"status", status};
            exposition_value(e, labels, 3, (double)s->statuses.items[i].count);
        }
    }
}

static void expose_times(const struct prometheus_figures *f, struct exposition *e)
{
    const struct copied_series *s;
    struct exposition_label labels[2];
    exposition_family(e, "inrush_response_time_seconds",
                      "From when a request was due until its answer was complete.",
                      EXPOSITION_HISTOGRAM);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++)
        exposition_times(e, labels, 2, &s->response);
    exposition_family(e, "inrush_service_time_seconds",
                      "From when a request was sent until its answer was complete, where that is "
                      "not when it was due.",
                      EXPOSITION_HISTOGRAM);
    for (size_t id = 0; (s = next_series(f, &id, labels)) != NULL; id++) {
        if (s->has_service)
            exposition_times(e, labels, 2, &s->service);
    }
}

static void expose_run(const struct prometheus_figures *f, struct exposition *e)
{
    const struct report_run *run = f->run;
    const struct exposition_label about[] = {
        {"title", run->title},
        {"scenario", run->scenario != NULL ? run->scenario : ""},
        {"url", run->url != NULL ? run->url : ""},
        {"version", run->version},
    };
    exposition_family(e, "inrush_run_info", "What runs.", EXPOSITION_GAUGE);
    exposition_value(e, about, 4, 1);
    single(e, "inrush_run_active", "1 until the run has ended.", EXPOSITION_GAUGE, !f->ended);
    single(e, "inrush_run_elapsed_seconds", "Since the load started.", EXPOSITION_GAUGE,
           f->elapsed_s);
    single(e, "inrush_run_warmup", "1 while what is measured is left out of the figures.",
           EXPOSITION_GAUGE, f->warmup);
    single(e, "inrush_users", "Users, or connections of a one-off, that run now.", EXPOSITION_GAUGE,
           f->users);
    single(e, "inrush_users_planned", "Users or connections that were asked for.", EXPOSITION_GAUGE,
           run->users);
}

static void expose_arrivals(const struct prometheus_figures *f, struct exposition *e)
{
    if (f->due == 0)
        return;
    single(e, "inrush_arrivals_due_total", "Starts that the schedule asked for.",
           EXPOSITION_COUNTER, (double)f->due);
    single(e, "inrush_arrivals_started_total", "Of these, started.", EXPOSITION_COUNTER,
           (double)f->started);
    single(e, "inrush_arrivals_late_total", "Of the started, those that had to wait.",
           EXPOSITION_COUNTER, (double)f->late);
    single(e, "inrush_arrivals_dropped_total", "Due, and never started.", EXPOSITION_COUNTER,
           (double)f->dropped);
}

/* What the process holds; left out where it is not known. */
static void expose_machine(const struct generator_stats *g, struct exposition *e)
{
    const struct {
        const char *name, *help;
        uint64_t value;
    } gauges[] = {
        {"inrush_generator_lua_memory_bytes", "The most that one worker's scripts have held.",
         g->lua_bytes_most},
        {"inrush_generator_memory_bytes", "The most resident memory so far.", g->memory_most},
        {"inrush_generator_files", "The most files open at once so far.", g->fds_most},
        {"inrush_generator_files_limit", "How many may be.", g->fds_limit},
        {"inrush_generator_tcp_sockets",
         "The most TCP sockets of the machine so far, those in TIME_WAIT included.",
         g->tcp_sockets_most},
        {"inrush_generator_local_ports", "How many an address has for connections to one server.",
         g->local_ports},
    };
    for (size_t i = 0; i < sizeof(gauges) / sizeof(*gauges); i++) {
        if (gauges[i].value > 0)
            single(e, gauges[i].name, gauges[i].help, EXPOSITION_GAUGE, (double)gauges[i].value);
    }
}

static void expose_generator(const struct prometheus_figures *f, struct exposition *e)
{
    const struct generator_stats *g = &f->generator;
    single(e, "inrush_script_errors_total", "Errors that tasks raised.", EXPOSITION_COUNTER,
           (double)f->script_errors);
    single(e, "inrush_tasks_total", "Task functions run to their end.", EXPOSITION_COUNTER,
           (double)g->tasks);
    single(e, "inrush_connections_opened_total", "Connections opened.", EXPOSITION_COUNTER,
           (double)g->connects);
    single(e, "inrush_connections_reopened_total", "Of these, after one had closed.",
           EXPOSITION_COUNTER, (double)g->reconnects);
    single(e, "inrush_generator_cpu_seconds_total", "CPU time of the worker threads.",
           EXPOSITION_COUNTER, ns_to_s(g->cpu_ns));
    single(e, "inrush_generator_wall_seconds_total", "Wall time of the worker threads, summed.",
           EXPOSITION_COUNTER, ns_to_s(g->wall_ns));
    single(e, "inrush_generator_script_seconds_total",
           "Time inside scripts, garbage collection included.", EXPOSITION_COUNTER,
           ns_to_s(g->script_ns));
    single(e, "inrush_generator_script_longest_seconds",
           "The longest that a script ran without waiting.", EXPOSITION_GAUGE,
           ns_to_s(g->script_longest_ns));
    single(e, "inrush_generator_gc_seconds_total", "Of these, in garbage collection.",
           EXPOSITION_COUNTER, ns_to_s(g->gc_ns));
    single(e, "inrush_generator_gc_longest_seconds", "The longest pause for it.", EXPOSITION_GAUGE,
           ns_to_s(g->gc_longest_ns));
    expose_machine(g, e);
    exposition_family(e, "inrush_generator_lag_seconds", "How late the event loops ran timers.",
                      EXPOSITION_HISTOGRAM);
    exposition_times(e, NULL, 0, &f->loop_lag);
}

static void expose_checks(const struct prometheus_figures *f, struct exposition *e)
{
    exposition_family(e, "inrush_checks_total", "Checks, by name and result.", EXPOSITION_COUNTER);
    for (size_t i = 0; i < f->checks.len; i++) {
        const struct copied_check *check = &f->checks.items[i];
        struct exposition_label labels[] = {{"check", check->name}, {"result", "passed"}};
        exposition_value(e, labels, 2, (double)check->passes);
        labels[1].value = "failed";
        exposition_value(e, labels, 2, (double)check->failures);
    }
}

/* One family for what the metrics of a kind have in common: their names are
 * labels, as a script's names need not be Prometheus'. */
struct metric_family {
    enum metric_kind kind;
    const char *name, *help;
    enum exposition_type type;
    double (*value)(const struct copied_metric *m);
};

static double metric_value(const struct copied_metric *m)
{
    return m->value;
}

static double metric_count_of(const struct copied_metric *m)
{
    return (double)m->count;
}

static double metric_trues(const struct copied_metric *m)
{
    return (double)m->trues;
}

static const struct metric_family metric_families[] = {
    {METRIC_COUNTER, "inrush_custom_added_total", "Counters of the scenario.", EXPOSITION_COUNTER,
     metric_value},
    {METRIC_GAUGE, "inrush_custom_last", "Gauges of the scenario.", EXPOSITION_GAUGE, metric_value},
    {METRIC_RATE, "inrush_custom_rate_true_total", "Of the scenario's rates: how often true.",
     EXPOSITION_COUNTER, metric_trues},
    {METRIC_RATE, "inrush_custom_rate_values_total", "Of the scenario's rates: how often set.",
     EXPOSITION_COUNTER, metric_count_of},
    {METRIC_TREND, "inrush_custom_trend_values_total", "Of the scenario's trends: how many values.",
     EXPOSITION_COUNTER, metric_count_of},
    {METRIC_TREND, "inrush_custom_trend_total", "Of the scenario's trends: the sum of the values.",
     EXPOSITION_COUNTER, metric_value},
};

static void expose_metric_family(const struct prometheus_figures *f, struct exposition *e,
                                 const struct metric_family *family)
{
    bool begun = false;
    for (size_t id = 0; id < f->metrics.len; id++) {
        const struct copied_metric *m = &f->metrics.items[id];
        bool nothing = m->count == 0 && family->type != EXPOSITION_COUNTER;
        if (nothing || m->about.kind != family->kind)
            continue;
        if (!begun)
            exposition_family(e, family->name, family->help, family->type);
        begun = true;
        const struct exposition_label labels[] = {{"metric", m->about.name},
                                                  {"unit", m->about.unit}};
        exposition_value(e, labels, 2, family->value(m));
    }
}

static void expose_trends(const struct prometheus_figures *f, struct exposition *e)
{
    static const char *const names[METRIC_QUANTILES] = {"0.5", "0.95", "0.99"};
    bool begun = false;
    for (size_t id = 0; id < f->metrics.len; id++) {
        const struct copied_metric *m = &f->metrics.items[id];
        if (m->count == 0 || m->about.kind != METRIC_TREND)
            continue;
        if (!begun)
            exposition_family(e, "inrush_custom_trend_quantile",
                              "Of the scenario's trends: percentiles since the start.",
                              EXPOSITION_GAUGE);
        begun = true;
        for (int i = 0; i < METRIC_QUANTILES; i++) {
            const struct exposition_label labels[] = {
                {"metric", m->about.name}, {"unit", m->about.unit}, {"share", names[i]}};
            exposition_value(e, labels, 3, m->quantiles[i]);
        }
    }
}

void prometheus_figures_expose(const struct prometheus_figures *f, struct exposition *e)
{
    expose_run(f, e);
    expose_requests(f, e);
    expose_outcomes(f, e);
    expose_times(f, e);
    expose_checks(f, e);
    expose_arrivals(f, e);
    for (size_t i = 0; i < sizeof(metric_families) / sizeof(metric_families[0]); i++)
        expose_metric_family(f, e, &metric_families[i]);
    expose_trends(f, e);
    expose_generator(f, e);
    exposition_end(e);
}
