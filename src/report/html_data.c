/* What the page draws, as compact JSON; see html_data.h. */
#include "report/html_data.h"

#include "base/json.h"
#include "report/digest.h"
#include "report/json_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void put_ms(struct json *j, double us)
{
    json_number(j, us / 1000, 3);
}

static void put_times(struct json *j, const char *key, const struct timeline_series *series,
                      size_t field)
{
    json_key(j, key);
    json_array_begin(j);
    for (size_t i = 0; i < series->figures.len; i++)
        put_ms(j, *(const float *)((const char *)&series->figures.items[i] + field));
    json_array_end(j);
}

static void put_counts(struct json *j, const char *key, const struct timeline_series *series,
                       size_t field)
{
    json_key(j, key);
    json_array_begin(j);
    for (size_t i = 0; i < series->figures.len; i++)
        json_uint(j, *(const uint64_t *)((const char *)&series->figures.items[i] + field));
    json_array_end(j);
}

static void put_over_time(struct json *j, const struct timeline_series *series)
{
    put_counts(j, "requests", series, offsetof(struct timeline_figures, requests));
    put_counts(j, "failures", series, offsetof(struct timeline_figures, failures));
    put_times(j, "p50", series, offsetof(struct timeline_figures, p50));
    put_times(j, "p95", series, offsetof(struct timeline_figures, p95));
    put_times(j, "p99", series, offsetof(struct timeline_figures, p99));
    put_times(j, "max", series, offsetof(struct timeline_figures, max));
}

/* 32 bins for each power of two from 64 us on, one for each microsecond below.
 * No bucket of a histogram lies across the bounds of a bin. */
static uint64_t bin_of(uint64_t us)
{
    if (us < 64)
        return us;
    int shift = 63 - __builtin_clzll(us) - 5;
    return (uint64_t)shift * 32 + (us >> shift);
}

static void put_bin(struct json *j, uint64_t bin, uint64_t count)
{
    if (count == 0)
        return;
    json_uint(j, bin);
    json_uint(j, count);
}

static void put_bins(struct json *j, const struct hist *h)
{
    uint64_t bin = 0, count = 0;
    struct hist_iter it = {.hist = h};
    json_key(j, "bins");
    json_array_begin(j);
    while (hist_next(&it)) {
        if (bin_of(it.low) != bin) {
            put_bin(j, bin, count);
            bin = bin_of(it.low);
            count = 0;
        }
        count += it.count;
    }
    put_bin(j, bin, count);
    json_array_end(j);
}

/* Four percentiles for each halving of what lies above, until that is less than
 * one request. */
static void put_spectrum(struct json *j, const struct hist *h)
{
    enum { MOST = 4 * 64 };
    double percents[MOST], values[MOST];
    int n = 0;
    while (n < MOST && exp2(n / 4.) <= (double)h->count) {
        percents[n] = 100 * (1 - exp2(-n / 4.));
        n++;
    }
    hist_percentiles(h, percents, n, values);
    json_key(j, "spectrum");
    json_array_begin(j);
    for (int i = 0; i < n; i++)
        put_ms(j, values[i]);
    json_array_end(j);
}

static void put_detail(struct json *j, int64_t place, const struct timeline_series *over_time,
                       const struct hist *response)
{
    json_object_begin(j);
    json_key(j, "series");
    json_int(j, place);
    put_over_time(j, over_time);
    json_key(j, "longest");
    put_ms(j, response->count > 0 ? (double)response->max : NAN);
    put_bins(j, response);
    put_spectrum(j, response);
    json_object_end(j);
}

static const struct timeline_series *find_series(const struct timeline_points *points, uint32_t id)
{
    for (size_t i = 0; i < points->series.len; i++)
        if (points->series.items[i].id == id)
            return &points->series.items[i];
    return NULL;
}

static void put_details(struct json *j, const struct digest *d,
                        const struct timeline_points *points)
{
    static const struct timeline_series none = {.id = UINT32_MAX};
    json_key(j, "details");
    json_array_begin(j);
    const struct timeline_series *all = find_series(points, UINT32_MAX);
    put_detail(j, -1, all != NULL ? all : &none, &d->total.response);
    for (size_t i = 0; i < d->rows.len; i++) {
        const struct series *series = d->rows.items[i].series;
        const struct timeline_series *over_time = find_series(points, series->id);
        if (over_time != NULL)
            put_detail(j, (int64_t)i, over_time, &series->response);
    }
    json_array_end(j);
}

static void put_points(struct json *j, const struct timeline_points *points)
{
    json_key(j, "ends");
    json_array_begin(j);
    for (size_t i = 0; i < points->items.len; i++)
        json_number(j, points->items.items[i].end_s, 3);
    json_array_end(j);
    json_key(j, "users");
    json_array_begin(j);
    for (size_t i = 0; i < points->items.len; i++)
        json_uint(j, points->items.items[i].users);
    json_array_end(j);
}

/* Nothing in a script element may look like its end, or begin a comment. In
 * JSON these signs stand in strings only, where an escape means the same. */
static void add_for_script(struct buf *out, const struct buf *json)
{
    for (size_t i = 0; i < json->len; i++) {
        char c = json->data[i];
        if (c == '<' || c == '>' || c == '&')
            buf_addf(out, "\\u%04x", (unsigned)c);
        else
            buf_addch(out, c);
    }
}

static void put_stages(struct json *j, const struct timeline_stages *stages)
{
    json_key(j, "stages");
    json_array_begin(j);
    for (size_t i = 0; i < stages->items.len; i++) {
        json_object_begin(j);
        json_key(j, "from");
        json_number(j, stages->items.items[i].from_s, 3);
        json_field(j, "name", stages->items.items[i].name);
        json_object_end(j);
    }
    json_array_end(j);
}

void html_data_put(struct buf *out, const struct report_run *run, const struct report_end *end,
                   struct timeline *timeline)
{
    const struct timeline_points *points = timeline_end(timeline);
    struct digest digest;
    struct buf text = BUF_INIT;
    struct json j;
    digest_init(&digest, run, end);
    json_init(&j, &text, false);
    json_object_begin(&j);

    json_key(&j, "report");
    json_object_begin(&j);
    json_report_put(&j, run, end, &digest, false);
    json_object_end(&j);

    json_key(&j, "page");
    json_object_begin(&j);
    json_key(&j, "decimals");
    json_int(&j, digest.decimals);
    char seed[24]; /* as text: a script's numbers are exact up to 2^53 only */
    snprintf(seed, sizeof(seed), "%" PRIu64, run->seed);
    json_field(&j, "seed", seed);
    json_key(&j, "warmup_s");
    json_number(&j, run->warmup_s, 3);
    put_stages(&j, timeline_stages(timeline));
    json_key(&j, "ticks_per_point");
    json_uint(&j, timeline_ticks_per_point(timeline));
    put_points(&j, points);
    put_details(&j, &digest, points);
    json_object_end(&j);

    json_object_end(&j);
    add_for_script(out, &text);
    buf_release(&text);
    digest_release(&digest);
}
