/*
 * From JSON back to a run: the counterpart of json.c, field for field; see
 * saved.h. What was measured in it is saved_measured.c's.
 */
#include "report/saved.h"

#include "base/clock.h"
#include "base/mem.h"
#include "report/reader.h"
#include "report/saved_measured.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *keep(struct saved *s, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = xstrdup(text);
    vec_push(&s->texts, copy);
    return copy;
}

/* "2026-11-22T13:40:00.250Z" in seconds since the epoch; 0: not known. */
static double read_started(struct reader *r, const struct cJSON *root)
{
    const char *text = reader_text_or_null(r, root, "started");
    struct tm tm = {0};
    if (text == NULL)
        return 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL || *rest != '.') {
        reader_fail(r, "started", "is not a time such as 2026-11-22T13:40:00.250Z");
        return 0;
    }
    double started = (double)timegm(&tm) + strtod(rest, NULL);
    if (started >= 0 && started <= READER_SECONDS_MAX)
        return started;
    reader_fail(r, "started", "is out of the calendar");
    return 0;
}

static void read_run(struct saved *s, struct reader *r, const struct cJSON *root)
{
    struct report_run *run = &s->run;
    const struct cJSON *planned;
    run->title = keep(s, reader_text(r, root, "title"));
    run->scenario = keep(s, reader_text_or_null(r, root, "scenario"));
    run->url = keep(s, reader_text_or_null(r, root, "url"));
    run->version = keep(s, reader_text(r, root, "inrush"));
    run->users = reader_count32(r, root, "users");
    run->workers = (int)(reader_count32(r, root, "workers") & INT32_MAX);
    run->started_wall = read_started(r, root);
    run->seed = (uint64_t)reader_number_or_0(r, root, "seed");
    size_t path = reader_enter(r, root, "planned", &planned);
    run->duration_s = reader_number_or_0(r, planned, "duration_s");
    run->warmup_s = reader_has(planned, "warmup_s") ? reader_seconds(r, planned, "warmup_s") : 0;
    run->requests = reader_count_or_0(r, planned, "requests");
    run->spawn_rate = reader_number_or_0(r, planned, "spawn_rate");
    run->rate = reader_number_or_0(r, planned, "rate");
    run->ramp = reader_has(planned, "rate_to");
    run->rate_to = reader_number_or_0(r, planned, "rate_to");
    reader_leave(r, path);
}

/* Why a class was skipped stands in a list of its own. */
static const char *skipped_why(struct reader *r, const struct cJSON *root, const char *class)
{
    const struct cJSON *list, *item;
    const char *why = "no reason is given";
    size_t path = reader_enter(r, root, "skipped", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        if (strcmp(reader_text(r, item, "class"), class) == 0)
            why = reader_text(r, item, "reason");
    }
    reader_leave(r, path);
    return why;
}

static void read_classes(struct saved *s, struct reader *r, const struct cJSON *root)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, root, "classes", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        const char *name = reader_text(r, item, "name");
        bool skipped = reader_bool(r, item, "skipped");
        const char *target = reader_text_or_null(r, item, "target");
        struct report_class *class = vec_add(&s->classes);
        *class = (struct report_class){
            .name = keep(s, name),
            .target = keep(s, target != NULL ? target : ""),
            .users = reader_count32(r, item, "users"),
            .arrivals = keep(s, reader_text_or_null(r, item, "rate")),
            .number = (uint32_t)s->classes.len - 1,
            .skipped = skipped ? keep(s, skipped_why(r, root, name)) : NULL,
        };
    }
    reader_leave(r, path);
    s->run.classes = s->classes.items;
    s->run.classes_len = s->classes.len;
}

static void read_thresholds(struct saved *s, struct reader *r, const struct cJSON *root)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, root, "thresholds", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        struct threshold_result result = {
            .expression = keep(s, reader_text(r, item, "expression")),
            .passed = reader_bool(r, item, "passed"),
            .no_data = !reader_has(item, "value"),
            .value = reader_number_or_0(r, item, "value"),
            .violated_s =
                reader_has(item, "violated_s") ? reader_number(r, item, "violated_s") : -1,
            .aborted = reader_bool(r, item, "aborted"),
        };
        const char *scope = reader_text_or_null(r, item, "scope");
        snprintf(result.scope, sizeof(result.scope), "%s", scope != NULL ? scope : "");
        snprintf(result.shown, sizeof(result.shown), "%s", reader_text(r, item, "shown"));
        vec_push(&s->thresholds, result);
    }
    reader_leave(r, path);
    s->end.thresholds = s->thresholds.items;
    s->end.thresholds_len = s->thresholds.len;
}

static void read_notes(struct saved *s, struct reader *r, const struct cJSON *root)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, root, "notes", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item))
        vec_push(&s->notes, keep(s, reader_item_text(r, item)));
    reader_leave(r, path);
    s->end.notes = s->notes.items;
    s->end.notes_len = s->notes.len;
}

static void read_outcome(struct saved *s, struct reader *r, const struct cJSON *root)
{
    const struct cJSON *exit;
    const char *outcome = reader_text(r, root, "outcome");
    s->end.reason = keep(s, reader_text_or_null(r, root, "reason"));
    s->end.duration_s = reader_seconds(r, root, "duration_s");
    size_t path = reader_enter(r, root, "exit", &exit);
    uint64_t status = reader_count(r, exit, "status");
    s->end.outcome = strcmp(outcome, "finished") == 0      ? REPORT_FINISHED
                     : strcmp(outcome, "interrupted") == 0 ? REPORT_INTERRUPTED
                     : status == 2                         ? REPORT_THRESHOLD
                                                           : REPORT_ABORTED;
    if (s->end.outcome == REPORT_INTERRUPTED)
        s->end.signal = status > 128 ? (int)(status - 128) : 0;
    reader_leave(r, path);
}

static struct stats *begin_stats(const struct saved *s)
{
    struct stats *stats = stats_new();
    double begin = s->run.started_wall > 0 ? s->run.started_wall : 0;
    stats->begin_ns = s_to_ns(begin);
    stats->end_ns = s_to_ns(begin + s->run.warmup_s + s->end.duration_s);
    stats->last_ns = stats->end_ns;
    return stats;
}

static void read_spreads(struct saved *s, struct reader *r, const struct cJSON *root)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, root, "spreads", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        const char *type = reader_text(r, item, "type"), *name = reader_text(r, item, "name");
        struct spread spread = {.id = UINT32_MAX};
        spread.ticks = reader_count32(r, item, "ticks");
        for (int i = 0; i < SPREADS; i++)
            spread.sum[i] = reader_number(r, item, spread_names[i]);
        if (r->err.kind != ERR_NONE)
            continue;
        if (*type != 0 || strcmp(name, "Aggregated") != 0)
            spread.id = catalog_intern(s->run.catalog, type, strlen(type), name, strlen(name));
        spreads_add(&s->spreads, &spread);
    }
    reader_leave(r, path);
}

static void read_measured(struct saved *s, struct reader *r, const struct cJSON *root)
{
    struct catalog *catalog = s->run.catalog;
    s->total = begin_stats(s);
    s->total->users = s->run.users;
    saved_read_measured(r, root, s->total, catalog);
    saved_read_class_arrivals(r, root, s->total);
    if (!reader_has(root, "warmup"))
        return;
    const struct cJSON *warmup;
    size_t path = reader_enter(r, root, "warmup", &warmup);
    s->warmup = begin_stats(s);
    saved_read_series(r, warmup, s->warmup, catalog);
    reader_leave(r, path);
}

/* Whether it is a report that can be read at all. */
static int check_kind(const struct reader *r, const struct cJSON *root, struct err *err)
{
    static const char *const marks[] = {"inrush", "series", "totals", "generator"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (!reader_has(root, marks[i]))
            return err_set(err, ERR_CONFIG,
                           "%s is no report of a run; name a file that --json wrote", r->name);
    }
    if (!reader_has(root, "schema"))
        return err_set(err, ERR_CONFIG,
                       "%s was written by an inrush that did not keep histograms yet: it cannot "
                       "be compared or merged; run it again",
                       r->name);
    return 0;
}

static int check_schema(struct reader *r, const struct cJSON *root, struct err *err)
{
    uint64_t schema = reader_count(r, root, "schema");
    if (r->err.kind == ERR_NONE && schema != REPORT_JSON_SCHEMA)
        return err_set(err, ERR_CONFIG,
                       "%s has schema %" PRIu64
                       " and this inrush reads %d; use the inrush that wrote it",
                       r->name, schema, REPORT_JSON_SCHEMA);
    return 0;
}

struct saved *saved_new(void)
{
    struct saved *s = xcalloc(1, sizeof(*s));
    series_init(&s->total_sum, UINT32_MAX);
    series_init(&s->warmup_sum, UINT32_MAX);
    return s;
}

int saved_read(struct saved **out, const char *path, struct catalog *catalog, struct err *err)
{
    struct reader r;
    *out = NULL;
    if (reader_open(&r, path, err) != 0)
        return -1;
    if (check_kind(&r, r.tree, err) != 0 || check_schema(&r, r.tree, err) != 0) {
        reader_close(&r, NULL);
        return -1;
    }
    struct saved *s = saved_new();
    s->run.catalog = catalog;
    read_run(s, &r, r.tree);
    read_classes(s, &r, r.tree);
    read_outcome(s, &r, r.tree);
    read_thresholds(s, &r, r.tree);
    read_notes(s, &r, r.tree);
    read_measured(s, &r, r.tree);
    read_spreads(s, &r, r.tree);
    if (reader_close(&r, err) != 0) {
        saved_free(s);
        return -1;
    }
    saved_sum_up(s);
    *out = s;
    return 0;
}

void saved_sum_up(struct saved *s)
{
    s->end.total = s->total;
    s->end.spreads = &s->spreads;
    stats_total(s->total, &s->total_sum);
    s->end.total_sum = &s->total_sum;
    if (s->warmup == NULL)
        return;
    s->end.warmup = s->warmup;
    stats_total(s->warmup, &s->warmup_sum);
    s->end.warmup_sum = &s->warmup_sum;
}

void saved_free(struct saved *s)
{
    if (s == NULL)
        return;
    stats_free(s->total);
    stats_free(s->warmup);
    series_release(&s->total_sum);
    series_release(&s->warmup_sum);
    spreads_release(&s->spreads);
    for (size_t i = 0; i < s->texts.len; i++)
        free(s->texts.items[i]);
    vec_release(&s->texts);
    vec_release(&s->classes);
    vec_release(&s->thresholds);
    vec_release(&s->notes);
    free(s);
}
