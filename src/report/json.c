/*
 * The JSON reporter: everything the console shows, for programs, and with the
 * histograms all that compare and merge need (saved.c). Names stay as they are
 * once released; new ones may be added. Times within the run are seconds since
 * the load started, latencies milliseconds with three decimals (the
 * histogram's microseconds); what was not measured is null.
 */
#include "report/json_report.h"

#include "report/at_end.h"
#include "report/json_measured.h"
#include "report/reporters.h"
#include "report/spread.h"

#include <math.h>

/* A plan's figure that 0 leaves open. */
static void put_planned(struct json *j, const char *key, double value)
{
    put_number(j, key, value > 0 ? value : NAN);
}

static void put_run(struct json *j, const struct report_run *run)
{
    put_int(j, "schema", REPORT_JSON_SCHEMA);
    put_string(j, "inrush", run->version);
    put_string(j, "title", run->title);
    put_string(j, "scenario", run->scenario);
    put_string(j, "url", run->url);
    put_string(j, "command", run->command);
    put_utc(j, "started", run->started_wall);
    put_uint(j, "seed", run->seed);
    put_uint(j, "users", run->users);
    put_int(j, "workers", run->workers);

    json_key(j, "planned");
    json_object_begin(j);
    put_planned(j, "duration_s", run->duration_s);
    put_planned(j, "warmup_s", run->warmup_s);
    put_planned(j, "requests", (double)run->requests);
    put_planned(j, "spawn_rate", run->spawn_rate);
    put_planned(j, "rate", run->rate);
    put_number(j, "rate_to", run->ramp ? run->rate_to : NAN);
    json_object_end(j);
}

static void put_outcome(struct json *j, const struct report_end *end)
{
    static const char *const names[] = {
        [REPORT_FINISHED] = "finished",
        [REPORT_INTERRUPTED] = "interrupted",
        [REPORT_ABORTED] = "aborted",
        [REPORT_THRESHOLD] = "aborted",
    };
    int status = report_exit_status(end);
    put_number(j, "duration_s", end->duration_s);
    put_string(j, "outcome", names[end->outcome]);
    put_string(j, "reason", end->reason);
    json_key(j, "exit");
    json_object_begin(j);
    put_int(j, "status", status);
    put_string(j, "meaning", report_exit_meaning(end));
    json_object_end(j);
}

static void put_tasks(struct json *j, const struct report_class *class, const struct stats *total)
{
    json_key(j, "tasks");
    json_array_begin(j);
    for (size_t i = 0; i < class->tasks_len; i++) {
        const struct report_task *task = &class->tasks[i];
        json_object_begin(j);
        put_string(j, "name", task->name);
        put_number(j, "weight", task->weight);
        put_uint(j, "count",
                 task->number < total->tasks.len ? total->tasks.items[task->number] : 0);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_classes(struct json *j, const struct report_run *run, const struct stats *total,
                        bool whole)
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
        put_string(j, "rate", class->arrivals);
        static const struct arrival_stats none = {.due = 0};
        json_put_arrivals(j,
                          class->number < total->class_arrivals.len
                              ? &total->class_arrivals.items[class->number]
                              : &none,
                          whole);
        put_bool(j, "skipped", class->skipped != NULL);
        put_tasks(j, class, total);
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
        put_string(j, "shown", r->shown);
        put_bool(j, "passed", r->passed);
        put_string(j, "scope", *r->scope ? r->scope : NULL);
        json_key(j, "violated_s");
        json_number(j, r->violated_s > 0 ? r->violated_s : NAN, 3);
        put_bool(j, "aborted", r->aborted);
        json_object_end(j);
    }
    json_array_end(j);

    json_key(j, "notes");
    json_array_begin(j);
    for (size_t i = 0; i < end->notes_len; i++)
        json_string(j, end->notes[i]);
    json_array_end(j);
}

/* What the figures above leave out. */
static void put_warmup(struct json *j, const struct report_run *run, const struct report_end *end,
                       bool whole)
{
    const struct report_end of_warmup = {
        .total = end->warmup, .total_sum = end->warmup_sum, .duration_s = run->warmup_s};
    struct digest digest;
    json_key(j, "warmup");
    if (end->warmup == NULL) {
        json_null(j);
        return;
    }
    digest_init(&digest, run, &of_warmup);
    json_object_begin(j);
    put_number(j, "duration_s", run->warmup_s);
    json_put_series(j, &digest, whole);
    json_put_errors(j, &digest, run->catalog);
    json_object_end(j);
    digest_release(&digest);
}

void json_report_put(struct json *j, const struct report_run *run, const struct report_end *end,
                     const struct digest *digest, bool whole)
{
    put_run(j, run);
    put_outcome(j, end);
    put_classes(j, run, end->total, whole);
    json_put_series(j, digest, whole);
    json_put_errors(j, digest, run->catalog);
    json_put_checks(j, end->total);
    json_put_metrics(j, end->total, run->catalog, end->duration_s, whole);
    put_thresholds(j, end);
    json_put_arrivals(j, &end->total->arrivals, whole);
    json_put_connections(j, &end->total->connections, whole);
    put_warmup(j, run, end, whole);
    json_put_generator(j, end->total, run, digest->total.requests, whole);
}

/* NULL: not known. */
static void put_spreads(struct json *j, const struct spreads *spreads, struct catalog *catalog)
{
    json_key(j, "spreads");
    json_array_begin(j);
    for (size_t i = 0; spreads != NULL && i < spreads->items.len; i++) {
        const struct spread *s = &spreads->items.items[i];
        struct catalog_entry entry = {"", "Aggregated"};
        if (s->id != UINT32_MAX)
            entry = catalog_get(catalog, s->id);
        json_object_begin(j);
        put_string(j, "type", entry.type);
        put_string(j, "name", entry.name);
        put_uint(j, "ticks", s->ticks);
        for (int at = 0; at < SPREADS; at++) {
            json_key(j, spread_names[at]);
            json_number(j, s->sum[at], 6);
        }
        json_object_end(j);
    }
    json_array_end(j);
}

void json_report_text(struct buf *out, const struct report_run *run, const struct report_end *end)
{
    struct digest digest;
    struct json j;
    digest_init(&digest, run, end);
    json_init(&j, out, true);
    json_object_begin(&j);
    json_report_put(&j, run, end, &digest, true);
    put_spreads(&j, end->spreads, run->catalog);
    json_object_end(&j);
    buf_addch(out, '\n');
    digest_release(&digest);
}

static int json_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    return at_end_write(r, json_report_text, end, err);
}

const struct reporter_kind report_json = {
    .name = "json",
    .open = at_end_open,
    .end = json_end,
    .discard = at_end_discard,
};
