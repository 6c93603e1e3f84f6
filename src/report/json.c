/*
 * The JSON reporter: everything the console shows, for programs. Names stay
 * as they are once released; new ones may be added. Times within the run are
 * seconds since the load started, latencies milliseconds with three decimals
 * (the histogram's microseconds); what was not measured is null.
 */
#include "report/json_report.h"

#include "base/mem.h"
#include "report/output.h"
#include "report/reporters.h"
#include "report/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    const char *path;             /* borrowed */
};

static struct reporter *json_open(const struct report_run *run, const struct report_options *opt,
                                  struct err *err)
{
    if (output_check(opt->path, err) != 0)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->path = opt->path;
    return r;
}

static void put_string(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    if (value != NULL)
        json_string(j, value);
    else
        json_null(j);
}

static void put_uint(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

static void put_number(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_number(j, value, 3);
}

/* A plan's figure that 0 leaves open. */
static void put_planned(struct json *j, const char *key, double value)
{
    put_number(j, key, value > 0 ? value : NAN);
}

static void put_latency(struct json *j, const char *key, const struct latency_summary *l)
{
    bool measured = l->count > 0;
    json_key(j, key);
    json_object_begin(j);
    put_uint(j, "count", l->count);
    put_number(j, "min", measured ? l->min : NAN);
    put_number(j, "mean", measured ? l->mean : NAN);
    put_number(j, "stdev", measured ? l->stdev : NAN);
    put_number(j, "max", measured ? l->max : NAN);
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        put_number(j, summary_percentile_names[i], measured ? l->p[i] : NAN);
    json_object_end(j);
}

static int by_code(const void *a, const void *b)
{
    return ((const struct status_count *)a)->status - ((const struct status_count *)b)->status;
}

static void put_statuses(struct json *j, const struct series *series)
{
    VEC(struct status_count) sorted = VEC_INIT;
    for (size_t i = 0; i < series->statuses.len; i++)
        vec_push(&sorted, series->statuses.items[i]);
    if (sorted.len > 1)
        qsort(sorted.items, sorted.len, sizeof(sorted.items[0]), by_code);
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

static void put_series(struct json *j, const struct series_summary *s, const struct series *series)
{
    json_object_begin(j);
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
    put_statuses(j, series);
    json_object_end(j);
}

static void put_started(struct json *j, double wall)
{
    char text[40], date[24];
    time_t seconds = (time_t)floor(wall);
    struct tm tm;
    json_key(j, "started");
    if (wall <= 0 || gmtime_r(&seconds, &tm) == NULL) {
        json_null(j);
        return;
    }
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof(text), "%s.%03dZ", date, (int)((wall - floor(wall)) * 1000));
    json_string(j, text);
}

static void put_run(struct json *j, const struct report_run *run)
{
    put_string(j, "inrush", run->version);
    put_string(j, "title", run->title);
    put_string(j, "scenario", run->scenario);
    put_string(j, "url", run->url);
    put_started(j, run->started_wall);
    put_uint(j, "seed", run->seed);
    put_uint(j, "users", run->users);
    json_key(j, "workers");
    json_int(j, run->workers);

    json_key(j, "planned");
    json_object_begin(j);
    put_planned(j, "duration_s", run->duration_s);
    put_planned(j, "requests", (double)run->requests);
    put_planned(j, "spawn_rate", run->spawn_rate);
    put_planned(j, "rate", run->rate);
    json_object_end(j);
}

static void put_outcome(struct json *j, const struct report_end *end)
{
    static const char *const names[] = {
        [REPORT_FINISHED] = "finished",
        [REPORT_INTERRUPTED] = "interrupted",
        [REPORT_ABORTED] = "aborted",
    };
    int status = report_exit_status(end);
    put_number(j, "duration_s", end->duration_s);
    put_string(j, "outcome", names[end->outcome]);
    put_string(j, "reason", end->reason);
    json_key(j, "exit");
    json_object_begin(j);
    json_key(j, "status");
    json_int(j, status);
    put_string(j, "meaning", report_exit_meaning(status));
    json_object_end(j);
}

static void put_classes(struct json *j, const struct report_run *run)
{
    json_key(j, "classes");
    json_array_begin(j);
    for (size_t i = 0; i < run->classes_len; i++) {
        const struct report_class *class = &run->classes[i];
        json_object_begin(j);
        put_string(j, "name", class->name);
        put_string(j, "target",
                   class->target != NULL && *class->target != 0 ? class->target : NULL);
        put_uint(j, "users", class->users);
        json_key(j, "skipped");
        json_bool(j, class->skipped != NULL);
        json_object_end(j);
    }
    json_array_end(j);

    json_key(j, "skipped");
    json_array_begin(j);
    for (size_t i = 0; i < run->classes_len; i++) {
        if (run->classes[i].skipped == NULL)
            continue;
        json_object_begin(j);
        put_string(j, "class", run->classes[i].name);
        put_string(j, "reason", run->classes[i].skipped);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_measured(struct json *j, const struct digest *d)
{
    json_key(j, "totals");
    put_series(j, &d->total_summary, &d->total);
    json_key(j, "series");
    json_array_begin(j);
    for (size_t i = 0; i < d->rows.len; i++)
        put_series(j, &d->rows.items[i].summary, d->rows.items[i].series);
    json_array_end(j);
}

static void put_seen(struct json *j, const struct digest *d, uint64_t count, uint64_t first_ns,
                     uint64_t last_ns)
{
    put_uint(j, "count", count);
    put_number(j, "first_s", digest_elapsed(d, first_ns));
    put_number(j, "last_s", digest_elapsed(d, last_ns));
}

static void put_errors(struct json *j, const struct digest *d, struct catalog *catalog)
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

static void put_checks(struct json *j, const struct stats *stats)
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

static void put_thresholds(struct json *j, const struct report_end *end)
{
    json_key(j, "thresholds");
    json_array_begin(j);
    for (size_t i = 0; i < end->thresholds_len; i++) {
        const struct threshold_result *r = &end->thresholds[i];
        json_object_begin(j);
        put_string(j, "expression", r->expression);
        json_key(j, "value");
        json_number(j, r->no_data ? NAN : r->value, 6);
        json_key(j, "passed");
        json_bool(j, r->passed);
        json_object_end(j);
    }
    json_array_end(j);

    json_key(j, "notes");
    json_array_begin(j);
    for (size_t i = 0; i < end->notes_len; i++)
        json_string(j, end->notes[i]);
    json_array_end(j);
}

static void put_generator(struct json *j, const struct report_end *end,
                          const struct report_run *run, uint64_t requests)
{
    const struct generator_stats *g = &end->total->generator;
    struct verdict verdict;
    struct latency_summary lag;
    struct buf text = BUF_INIT;
    verdict_reach(&verdict, g);
    if (report_answered(end->total) > 0)
        verdict_describe(&text, &verdict, run->workers, run->cpus);
    else
        buf_adds(&text, verdict_nothing_measured(requests));
    latency_summarize(&lag, &g->loop_lag);

    json_key(j, "generator");
    json_object_begin(j);
    json_key(j, "limited");
    json_bool(j, verdict.limited);
    put_string(j, "verdict", buf_cstr(&text));
    put_number(j, "cpu_share", verdict.cpu_share >= 0 ? verdict.cpu_share : NAN);
    put_number(j, "cpu_s", (double)g->cpu_ns / 1e9);
    put_latency(j, "loop_lag_ms", &lag);
    put_uint(j, "connects", g->connects);
    put_uint(j, "reconnects", g->reconnects);
    put_uint(j, "tasks", g->tasks);
    put_uint(j, "cancelled", g->cancelled);
    json_object_end(j);
    buf_release(&text);
}

void json_report_put(struct json *j, const struct report_run *run, const struct report_end *end,
                     const struct digest *digest)
{
    put_run(j, run);
    put_outcome(j, end);
    put_classes(j, run);
    put_measured(j, digest);
    put_errors(j, digest, run->catalog);
    put_checks(j, end->total);
    put_thresholds(j, end);
    put_generator(j, end, run, digest->total.requests);
}

static int json_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    struct digest digest;
    struct buf text = BUF_INIT;
    struct json j;
    digest_init(&digest, r->run, end);
    json_init(&j, &text, true);
    json_object_begin(&j);
    json_report_put(&j, r->run, end, &digest);
    json_object_end(&j);
    buf_addch(&text, '\n');

    int rc = output_file(r->path, &text, err);
    digest_release(&digest);
    buf_release(&text);
    free(r);
    return rc;
}

const struct reporter_kind report_json = {
    .name = "json",
    .open = json_open,
    .end = json_end,
};
