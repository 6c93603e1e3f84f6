/* Sums and sorts the statistics for the reporters; see digest.h. */
#include "report/digest.h"

#include "base/clock.h"

#include <string.h>

static int by_type_and_name(const void *a, const void *b)
{
    const struct series_summary *x = &((const struct digest_row *)a)->summary;
    const struct series_summary *y = &((const struct digest_row *)b)->summary;
    int order = strcmp(x->type, y->type);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static int by_code(const void *a, const void *b)
{
    return ((const struct status_count *)a)->status - ((const struct status_count *)b)->status;
}

/* Most frequent first; equals in order of time, so that output is stable. */
static int by_count(uint64_t count_x, uint64_t count_y, uint64_t first_x, uint64_t first_y)
{
    if (count_x != count_y)
        return count_x > count_y ? -1 : 1;
    return first_x < first_y ? -1 : first_x > first_y;
}

static int by_failures(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;
    return by_count(x->count, y->count, x->first_ns, y->first_ns);
}

static int by_script_errors(const void *a, const void *b)
{
    const struct script_error *x = a, *y = b;
    return by_count(x->count, y->count, x->first_ns, y->first_ns);
}

#define SORT(vec, order)                                                  \
    do {                                                                  \
        if ((vec).len > 1)                                                \
            qsort((vec).items, (vec).len, sizeof((vec).items[0]), order); \
    } while (0)

static void add_rows(struct digest *d, const struct stats *stats, struct catalog *catalog)
{
    for (uint32_t id = 0; id < stats->series_len; id++) {
        const struct series *series = stats->series[id];
        if (series == NULL || series->requests == 0)
            continue;
        struct catalog_entry entry = catalog_get(catalog, id);
        struct digest_row *row = vec_add(&d->rows);
        row->series = series;
        series_summarize(&row->summary, series, entry.type, entry.name, d->duration_s);
    }
    SORT(d->rows, by_type_and_name);
}

static void take_total(struct digest *d, const struct series *sum)
{
    d->total = *sum;
    memset(&d->total.statuses, 0, sizeof(d->total.statuses)); /* a copy is sorted */
    for (size_t i = 0; i < sum->statuses.len; i++)
        vec_push(&d->total.statuses, sum->statuses.items[i]);
}

static void add_statuses(struct digest *d)
{
    for (size_t i = 0; i < d->rows.len; i++) {
        if (d->rows.items[i].series->statuses.len > 0)
            d->status_requests += d->rows.items[i].series->requests;
    }
    d->without_status = d->status_requests;
    for (size_t i = 0; i < d->total.statuses.len; i++)
        d->without_status -= d->total.statuses.items[i].count;
    digest_sort_statuses(d->total.statuses.items, d->total.statuses.len);
}

/* Milliseconds have the same number of decimals in every table: as many as the
 * median asks for (3 below 1 ms, 2 below 100 ms, else 1), and so many that the
 * minimum is not 0.0. */
static int choose_decimals(const struct latency_summary *latency)
{
    double median = latency->p[0];
    if (median < 1 || latency->min < 0.01)
        return 3;
    return median < 100 || latency->min < 0.1 ? 2 : 1;
}

void digest_init(struct digest *d, const struct report_run *run, const struct report_end *end)
{
    const struct stats *stats = end->total;
    *d = (struct digest){.duration_s = end->duration_s, .start_ns = stats->begin_ns};
    add_rows(d, stats, run->catalog);

    take_total(d, end->total_sum);
    series_summarize(&d->total_summary, &d->total, "", "Aggregated", d->duration_s);
    d->decimals = choose_decimals(&d->total_summary.latency);
    add_statuses(d);

    for (size_t i = 0; i < stats->failures.len; i++)
        vec_push(&d->failures, stats->failures.items[i]);
    SORT(d->failures, by_failures);
    for (size_t i = 0; i < stats->script_errors.len; i++)
        vec_push(&d->script_errors, stats->script_errors.items[i]);
    SORT(d->script_errors, by_script_errors);
}

void digest_release(struct digest *d)
{
    vec_release(&d->rows);
    vec_release(&d->total.statuses);
    vec_release(&d->failures);
    vec_release(&d->script_errors);
}

double digest_elapsed(const struct digest *d, uint64_t ns)
{
    return ns > d->start_ns ? ns_to_s(ns - d->start_ns) : 0;
}

void digest_sort_statuses(struct status_count *statuses, size_t len)
{
    if (len > 1)
        qsort(statuses, len, sizeof(*statuses), by_code);
}
