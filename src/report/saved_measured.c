/*
 * From JSON back to statistics: the counterpart of json_measured.c, field for
 * field. Everything that takes part in the figures is checked against the rest,
 * since a figure that is wrong without being missed is worse than an error.
 */
#include "report/saved_measured.h"

#include "base/clock.h"
#include "stats/arrivals.h"

#include <stdlib.h>
#include <string.h>

/* --- histograms ------------------------------------------------------------------ */

static void read_bucket(struct reader *r, const struct cJSON *item, struct hist *h, uint64_t *next,
                        uint64_t *counted)
{
    uint64_t low = reader_item_at(r, item, 0), count = reader_item_at(r, item, 1);
    if (r->err.kind != ERR_NONE)
        return;
    if (low > HIST_MAX_US || low < *next) {
        reader_fail(r, NULL, "is out of order");
        return;
    }
    int octave = hist_octave(low), sub = hist_sub(low, octave);
    uint64_t width = hist_bucket_width(octave);
    if (hist_bucket_low(octave, sub) != low) {
        reader_fail(r, NULL, "is no bucket");
        return;
    }
    if (*counted == 0 && (h->min < low || h->min >= low + width))
        reader_fail(r, NULL, "does not hold the minimum");
    hist_touch(h, octave)[sub] = count;
    *next = low + width;
    *counted += count;
}

static void read_hist(struct reader *r, const struct cJSON *object, const char *key, struct hist *h)
{
    const struct cJSON *hist, *buckets, *item;
    uint64_t next = 0, counted = 0;
    size_t path = reader_enter(r, object, key, &hist);
    uint64_t count = reader_count(r, hist, "count"), max = reader_count(r, hist, "max");
    if (count > 0 && r->err.kind == ERR_NONE) {
        h->min = reader_count(r, hist, "min");
        h->sum = reader_number(r, hist, "sum");
        h->sum2 = reader_number(r, hist, "sum2");
        size_t inner = reader_enter(r, hist, "buckets", &buckets);
        for (item = reader_first(r, buckets); item != NULL; item = reader_next(r, item))
            read_bucket(r, item, h, &next, &counted);
        reader_leave(r, inner);
        if (counted != count)
            reader_fail(r, NULL, "has buckets that do not add up to its count");
        /* The last bucket ends before `next`, and the maximum is in it. */
        else if (h->min > max || max >= next || max > HIST_MAX_US ||
                 hist_bucket_low(hist_octave(max), hist_sub(max, hist_octave(max))) +
                         hist_bucket_width(hist_octave(max)) !=
                     next)
            reader_fail(r, NULL, "does not hold its maximum");
        /* Of exact values, so hardly outside what their bounds allow. */
        double least = (double)count * (double)h->min, most = (double)count * (double)max;
        if (h->sum < 0.999 * least || h->sum > 1.001 * most || h->sum2 < 0)
            reader_fail(r, NULL, "has a sum that its values cannot have");
        if (r->err.kind == ERR_NONE) {
            h->count = count;
            h->max = max;
        }
    }
    reader_leave(r, path);
}

static void read_hist_or_none(struct reader *r, const struct cJSON *object, const char *key,
                              struct hist *h)
{
    if (reader_has(object, key))
        read_hist(r, object, key, h);
}

/* --- what was measured ------------------------------------------------------------- */

static uint32_t series_number(struct catalog *catalog, const char *type, const char *name)
{
    return catalog_intern(catalog, type, strlen(type), name, strlen(name));
}

static void read_statuses(struct reader *r, const struct cJSON *object, struct series *series)
{
    const struct cJSON *statuses, *item;
    size_t path = reader_enter(r, object, "statuses", &statuses);
    for (item = reader_first(r, statuses); item != NULL; item = reader_next(r, item)) {
        char *end;
        long status = strtol(reader_item_name(item), &end, 10);
        struct status_count count = {.status = (int)status, .count = reader_item_count(r, item)};
        if (*end != 0 || status < 1 || status > 999)
            reader_fail(r, NULL, "is no status code");
        else
            vec_push(&series->statuses, count);
    }
    reader_leave(r, path);
}

static void read_series(struct reader *r, const struct cJSON *item, struct stats *stats,
                        struct catalog *catalog)
{
    const struct cJSON *histograms;
    const char *type = reader_text(r, item, "type"), *name = reader_text(r, item, "name");
    if (r->err.kind != ERR_NONE)
        return;
    struct series *series = stats_series_touch(stats, series_number(catalog, type, name));
    if (series->requests > 0)
        reader_fail(r, NULL, "is there twice");
    series->requests = reader_count(r, item, "requests");
    series->failures = reader_count(r, item, "failures");
    series->bytes = reader_count(r, item, "bytes");
    read_statuses(r, item, series);
    size_t path = reader_enter(r, item, "histograms_us", &histograms);
    read_hist(r, histograms, "latency", &series->response);
    series->has_service = reader_has(histograms, "service");
    read_hist_or_none(r, histograms, "service", &series->service);
    read_hist_or_none(r, histograms, "first_byte", &series->first_byte);
    reader_leave(r, path);
    if (series->response.count > series->requests || series->failures > series->requests)
        reader_fail(r, NULL, "has fewer requests than times or failures");
}

/* When something happened that is given in seconds since the start. */
static uint64_t moment(const struct stats *stats, double seconds)
{
    return stats->begin_ns + (seconds > 0 ? (uint64_t)(seconds * 1e9 + 0.5) : 0);
}

static enum err_kind read_kind(struct reader *r, const struct cJSON *item)
{
    const char *name = reader_text(r, item, "kind");
    for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++) {
        if (strcmp(err_kind_name((enum err_kind)kind), name) == 0)
            return (enum err_kind)kind;
    }
    reader_fail(r, "kind", "is none that this inrush knows");
    return ERR_NONE;
}

static void read_errors(struct reader *r, const struct cJSON *object, struct stats *stats,
                        struct catalog *catalog)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, object, "errors", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        const char *type = reader_text(r, item, "type"), *name = reader_text(r, item, "name");
        const struct failure failure = {
            .kind = read_kind(r, item),
            .message = (char *)reader_text(r, item, "message"),
            .count = reader_count(r, item, "count"),
            .first_ns = moment(stats, reader_seconds(r, item, "first_s")),
            .last_ns = moment(stats, reader_seconds(r, item, "last_s")),
            .series = r->err.kind == ERR_NONE ? series_number(catalog, type, name) : 0,
        };
        if (r->err.kind == ERR_NONE)
            stats_add_failure(stats, &failure);
    }
    reader_leave(r, path);
}

static void read_script_errors(struct reader *r, const struct cJSON *object, struct stats *stats)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, object, "script_errors", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        const struct script_error error = {
            .message = (char *)reader_text(r, item, "message"),
            .traceback = (char *)reader_text(r, item, "traceback"),
            .count = reader_count(r, item, "count"),
            .first_ns = moment(stats, reader_seconds(r, item, "first_s")),
            .last_ns = moment(stats, reader_seconds(r, item, "last_s")),
        };
        if (r->err.kind == ERR_NONE)
            stats_add_script_error(stats, &error);
    }
    reader_leave(r, path);
}

static void read_checks(struct reader *r, const struct cJSON *object, struct stats *stats)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, object, "checks", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) {
        const struct check_count check = {
            .name = (char *)reader_text(r, item, "name"),
            .passes = reader_count(r, item, "passes"),
            .failures = reader_count(r, item, "failures"),
        };
        if (r->err.kind == ERR_NONE)
            stats_add_check(stats, &check);
    }
    reader_leave(r, path);
}

static uint64_t read_ns(struct reader *r, const struct cJSON *object, const char *key)
{
    return s_to_ns(reader_seconds(r, object, key));
}

static uint64_t read_ns_or_0(struct reader *r, const struct cJSON *object, const char *key)
{
    return reader_has(object, key) ? read_ns(r, object, key) : 0;
}

static void read_script(struct reader *r, const struct cJSON *object, struct generator_stats *g)
{
    const struct cJSON *inner;
    size_t path = reader_enter(r, object, "script", &inner);
    g->script_ns = read_ns(r, inner, "s");
    g->script_longest_ns = read_ns(r, inner, "longest_ms") / 1000;
    g->gc_ns = read_ns(r, inner, "gc_s");
    g->gc_longest_ns = read_ns(r, inner, "gc_longest_ms") / 1000;
    g->lua_bytes_most = reader_count(r, inner, "lua_bytes_most");
    reader_leave(r, path);
}

static void read_machine(struct reader *r, const struct cJSON *object, struct generator_stats *g)
{
    g->memory_most = reader_count_or_0(r, object, "memory_most_bytes");
    g->fds_most = (uint32_t)reader_count_or_0(r, object, "files_most");
    g->fds_limit = (uint32_t)reader_count_or_0(r, object, "files_limit");
    g->tcp_sockets_most = (uint32_t)reader_count_or_0(r, object, "tcp_sockets_most");
    g->local_ports = (uint32_t)reader_count_or_0(r, object, "local_ports");
}

static void read_generator(struct reader *r, const struct cJSON *object, struct generator_stats *g)
{
    const struct cJSON *inner;
    size_t path = reader_enter(r, object, "generator", &inner);
    g->cpu_ns = read_ns(r, inner, "cpu_s");
    g->wall_ns = read_ns(r, inner, "wall_s");
    g->connects = reader_count(r, inner, "connects");
    g->reconnects = reader_count(r, inner, "reconnects");
    g->tasks = reader_count(r, inner, "tasks");
    g->cancelled = reader_count(r, inner, "cancelled");
    g->cancelled_longest_ns = read_ns_or_0(r, inner, "cancelled_longest_ms") / 1000;
    g->system_errors = reader_count(r, inner, "system_errors");
    g->hung = reader_count32(r, inner, "hung");
    read_script(r, inner, g);
    read_machine(r, inner, g);
    read_hist(r, inner, "loop_lag_histogram_us", &g->loop_lag);
    reader_leave(r, path);
}

static void read_connections(struct reader *r, const struct cJSON *object,
                             struct connection_times *c)
{
    const struct cJSON *inner;
    size_t path = reader_enter(r, object, "connections", &inner);
    read_hist_or_none(r, inner, "connect_histogram_us", &c->connect);
    read_hist_or_none(r, inner, "handshake_histogram_us", &c->handshake);
    c->resumed = reader_count(r, inner, "resumed");
    reader_leave(r, path);
}

static void read_arrivals(struct reader *r, const struct cJSON *object, struct arrival_stats *a)
{
    const struct cJSON *inner;
    if (!reader_has(object, "arrivals"))
        return;
    size_t path = reader_enter(r, object, "arrivals", &inner);
    a->due = reader_count(r, inner, "due");
    a->started = reader_count(r, inner, "started");
    a->late = reader_count(r, inner, "late");
    a->dropped = reader_count(r, inner, "dropped");
    read_hist_or_none(r, inner, "lag_histogram_us", &a->lag);
    reader_leave(r, path);
}

static void read_all_series(struct reader *r, const struct cJSON *object, struct stats *stats,
                            struct catalog *catalog)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, object, "series", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item))
        read_series(r, item, stats, catalog);
    reader_leave(r, path);
}

/* --- metrics ------------------------------------------------------------------------ */

static int metric_kind(struct reader *r, const struct cJSON *item)
{
    const char *name = reader_text(r, item, "type");
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        if (strcmp(metric_kind_names[kind], name) == 0)
            return kind;
    }
    reader_fail(r, "type", "is no kind of metric that this inrush knows");
    return 0;
}

static void read_metric(struct reader *r, const struct cJSON *item, struct stats *stats,
                        struct catalog *catalog)
{
    struct err err;
    uint32_t id;
    int kind = metric_kind(r, item);
    const char *name = reader_text(r, item, "name"), *unit = reader_text_or_null(r, item, "unit");
    struct metric m = {.count = reader_count(r, item, "count")};
    hist_init(&m.values);
    if (r->err.kind == ERR_NONE &&
        catalog_metric(catalog, (enum metric_kind)kind, name, unit != NULL ? unit : "", &id, &err))
        reader_fail(r, NULL, "cannot be: %s", err.message);
    if (r->err.kind == ERR_NONE && m.count > 0) {
        m.sum = reader_number(r, item, "sum");
        m.sum2 = reader_number(r, item, "sum2");
        m.trues = reader_count_or_0(r, item, "trues");
        m.min = reader_number_or_0(r, item, "min");
        m.max = reader_number_or_0(r, item, "max");
        m.last = reader_number_or_0(r, item, "last");
        if (kind == METRIC_GAUGE)
            m.last_ns = moment(stats, reader_seconds(r, item, "last_s"));
        if (kind == METRIC_TREND)
            read_hist(r, item, "histogram", &m.values);
    }
    if (r->err.kind == ERR_NONE) {
        struct metric *items[METRICS_MAX] = {NULL};
        items[id] = &m;
        metric_set_merge(&stats->metrics, &(struct metric_set){.items = items, .len = id + 1});
    }
    metric_release(&m);
}

static void read_metrics(struct reader *r, const struct cJSON *object, struct stats *stats,
                         struct catalog *catalog)
{
    const struct cJSON *list, *item;
    size_t path = reader_enter(r, object, "metrics", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item))
        read_metric(r, item, stats, catalog);
    reader_leave(r, path);
}

void saved_read_class_arrivals(struct reader *r, const struct cJSON *root, struct stats *stats)
{
    const struct cJSON *list, *item;
    uint32_t number = 0;
    size_t path = reader_enter(r, root, "classes", &list);
    for (item = reader_first(r, list); item != NULL; item = reader_next(r, item), number++) {
        if (reader_has(item, "arrivals"))
            read_arrivals(r, item, stats_class_arrivals_touch(stats, number));
    }
    reader_leave(r, path);
}

/* --- all of it ------------------------------------------------------------------------ */

void saved_read_series(struct reader *r, const struct cJSON *object, struct stats *stats,
                       struct catalog *catalog)
{
    read_all_series(r, object, stats, catalog);
    read_errors(r, object, stats, catalog);
}

void saved_read_measured(struct reader *r, const struct cJSON *root, struct stats *stats,
                         struct catalog *catalog)
{
    saved_read_series(r, root, stats, catalog);
    read_script_errors(r, root, stats);
    read_checks(r, root, stats);
    read_metrics(r, root, stats, catalog);
    read_generator(r, root, &stats->generator);
    read_connections(r, root, &stats->connections);
    read_arrivals(r, root, &stats->arrivals);
}
