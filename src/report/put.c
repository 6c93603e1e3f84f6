/* Shapes of the JSON reports; see put.h. */
#include "report/put.h"

#include "report/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void put_string(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    if (value != NULL)
        json_string(j, value);
    else
        json_null(j);
}

void put_uint(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

void put_int(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_int(j, value);
}

void put_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

void put_number(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_number(j, value, 3);
}

void put_exact(struct json *j, const char *key, double value)
{
    char text[32];
    json_key(j, key);
    if (isfinite(value))
        json_raw(j, text, (size_t)snprintf(text, sizeof(text), "%.17g", value));
    else
        json_null(j);
}

void put_seconds(struct json *j, const char *key, uint64_t ns)
{
    json_key(j, key);
    json_number(j, (double)ns / 1e9, 9);
}

void put_utc(struct json *j, const char *key, double wall)
{
    char text[FIGURE_MAX];
    put_string(j, key, wall > 0 ? figure_utc(text, wall) : NULL);
}

void put_latency(struct json *j, const char *key, const struct latency_summary *l)
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

void put_hist(struct json *j, const char *key, const struct hist *h)
{
    json_key(j, key);
    json_object_begin(j);
    put_uint(j, "count", h->count);
    put_uint(j, "min", h->count > 0 ? h->min : 0);
    put_uint(j, "max", h->max);
    put_number(j, "sum", h->sum); /* sums of whole numbers: every digit is written */
    put_number(j, "sum2", h->sum2);

    /* On one line, however the rest is laid out: there may be thousands. */
    struct buf buckets = BUF_INIT;
    struct hist_iter it = {.hist = h};
    buf_addch(&buckets, '[');
    while (hist_next(&it))
        buf_addf(&buckets, "%s[%" PRIu64 ",%" PRIu64 "]", buckets.len > 1 ? "," : "", it.low,
                 it.count);
    buf_addch(&buckets, ']');
    json_key(j, "buckets");
    json_raw(j, buckets.data, buckets.len);
    buf_release(&buckets);
    json_object_end(j);
}
