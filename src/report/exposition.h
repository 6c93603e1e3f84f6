/*
 * Metrics in the formats that Prometheus scrapes: a family at a time, each
 * with its samples. What is exposed does not know in which format.
 *
 *     struct exposition e = {.format = &exposition_text, .out = &buf};
 *     exposition_family(&e, "inrush_users", "Users running now.", EXPOSITION_GAUGE);
 *     exposition_value(&e, NULL, 0, 12);
 *     exposition_end(&e);
 *
 * Text: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
 * Protobuf: io.prometheus.client.MetricFamily of github.com/prometheus/
 * client_model, delimited; the only one that carries native histograms.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "stats/hist.h"

#include <stddef.h>
#include <stdint.h>

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition_label {
    const char *name, *value; /* value: any text */
};

/* The upper bounds of the classic buckets, in seconds; +Inf comes on top. */
enum { EXPOSITION_BOUNDS = 18 };
extern const double exposition_bounds[EXPOSITION_BOUNDS];

/* Native buckets have 2^4 in each power of two: bucket i holds what is above
 * 2^((i-1)/16) s, up to 2^(i/16) s. */
enum { EXPOSITION_SCHEMA = 4 };

struct exposition_bucket {
    int32_t index;
    uint64_t count;
};

/* A histogram of times, made ready for both kinds. */
struct exposition_times {
    uint64_t count;
    double sum_s;
    uint64_t below[EXPOSITION_BOUNDS];    /* at or below each bound, so cumulative */
    uint64_t zeros;                       /* that took less than a microsecond */
    VEC(struct exposition_bucket) native; /* ascending */
};

/* Replaces what is in t. A histogram's bucket counts where its values begin, so
 * a bound is met to 1 part in 1,024. */
void exposition_times_set(struct exposition_times *t, const struct hist *h);
void exposition_times_release(struct exposition_times *t);

struct exposition {
    const struct exposition_format *format;
    struct buf *out;  /* borrowed */
    const char *name; /* of the open family */
    enum exposition_type type;
    struct buf family, part, detail; /* protobuf's: lengths come first */
};

struct exposition_format {
    const char *content_type;
    void (*family)(struct exposition *e, const char *help);
    void (*value)(struct exposition *e, const struct exposition_label *labels, size_t n,
                  double value);
    void (*times)(struct exposition *e, const struct exposition_label *labels, size_t n,
                  const struct exposition_times *times);
    void (*end)(struct exposition *e);
};
extern const struct exposition_format exposition_text, exposition_protobuf;

/* Begins a family; a family without samples may stand there. */
void exposition_family(struct exposition *e, const char *name, const char *help,
                       enum exposition_type type);
void exposition_value(struct exposition *e, const struct exposition_label *labels, size_t n,
                      double value);
void exposition_times(struct exposition *e, const struct exposition_label *labels, size_t n,
                      const struct exposition_times *times);
/* After the last family. */
void exposition_end(struct exposition *e);
