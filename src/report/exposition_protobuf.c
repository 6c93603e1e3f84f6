/*
 * Prometheus' protobuf format, written field by field: the few messages of
 * io/prometheus/client/metrics.proto that it needs. The numbers are that
 * file's. A message's length stands before it, so each is made in a buffer of
 * its own: `part` a Metric's, `detail` what is inside that.
 */
#include "report/exposition.h"

#include "report/text.h"

#include <stdint.h>
#include <string.h>

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2 };

static void add_varint(struct buf *out, uint64_t n)
{
    while (n >= 0x80) {
        buf_addch(out, (char)(n | 0x80));
        n >>= 7;
    }
    buf_addch(out, (char)n);
}

static void add_tag(struct buf *out, int field, enum wire wire)
{
    add_varint(out, (uint64_t)field << 3 | wire);
}

static void add_uint(struct buf *out, int field, uint64_t n)
{
    add_tag(out, field, VARINT);
    add_varint(out, n);
}

static uint64_t zigzag(int64_t n)
{
    return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static void add_double(struct buf *out, int field, double n)
{
    add_tag(out, field, FIXED64);
    uint64_t bits;
    memcpy(&bits, &n, sizeof(bits));
    for (int i = 0; i < 8; i++)
        buf_addch(out, (char)(bits >> 8 * i));
}

static void add_bytes(struct buf *out, int field, const void *data, size_t len)
{
    add_tag(out, field, BYTES);
    add_varint(out, len);
    buf_add(out, data, len);
}

/* Any text; a string of protobuf must be valid UTF-8. */
static void add_string(struct buf *out, int field, const char *s)
{
    struct buf valid = BUF_INIT;
    text_for_file(&valid, s);
    add_bytes(out, field, valid.data, valid.len);
    buf_release(&valid);
}

static void protobuf_family(struct exposition *e, const char *help)
{
    enum { NAME = 1, HELP = 2, TYPE = 3 };
    static const uint8_t types[] = {
        [EXPOSITION_COUNTER] = 0,
        [EXPOSITION_GAUGE] = 1,
        [EXPOSITION_HISTOGRAM] = 4,
    };
    buf_clear(&e->family);
    add_string(&e->family, NAME, e->name);
    add_string(&e->family, HELP, help);
    add_uint(&e->family, TYPE, types[e->type]);
}

/* Puts what is in `detail`, as that field of a Metric with these labels, into
 * the family. */
static void add_metric(struct exposition *e, const struct exposition_label *labels, size_t n,
                       int field)
{
    enum { METRIC = 4, LABEL = 1, NAME = 1, VALUE = 2 };
    struct buf label = BUF_INIT;
    buf_clear(&e->part);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&label);
        add_string(&label, NAME, labels[i].name);
        add_string(&label, VALUE, labels[i].value);
        add_bytes(&e->part, LABEL, label.data, label.len);
    }
    add_bytes(&e->part, field, e->detail.data, e->detail.len);
    add_bytes(&e->family, METRIC, e->part.data, e->part.len);
    buf_release(&label);
}

static void protobuf_value(struct exposition *e, const struct exposition_label *labels, size_t n,
                           double value)
{
    enum { GAUGE = 2, COUNTER = 3, VALUE = 1 };
    buf_clear(&e->detail);
    add_double(&e->detail, VALUE, value);
    add_metric(e, labels, n, e->type == EXPOSITION_COUNTER ? COUNTER : GAUGE);
}

static void add_classic(struct buf *out, uint64_t count, double bound)
{
    enum { BUCKET = 3, CUMULATIVE_COUNT = 1, UPPER_BOUND = 2 };
    struct buf bucket = BUF_INIT;
    add_uint(&bucket, CUMULATIVE_COUNT, count);
    add_double(&bucket, UPPER_BOUND, bound);
    add_bytes(out, BUCKET, bucket.data, bucket.len);
    buf_release(&bucket);
}

/* Runs of neighbouring buckets, and each bucket's count as the difference to
 * the one before it. */
static void add_native(struct buf *out, const struct exposition_times *t)
{
    enum { SPAN = 12, DELTA = 13, OFFSET = 1, LENGTH = 2 };
    struct buf deltas = BUF_INIT, span = BUF_INIT;
    int32_t next = 0; /* the index behind the last span */
    uint64_t before = 0;
    for (size_t i = 0; i < t->native.len;) {
        size_t first = i;
        int32_t begin = t->native.items[first].index;
        for (; i < t->native.len && t->native.items[i].index == begin + (int32_t)(i - first); i++) {
            uint64_t count = t->native.items[i].count;
            add_varint(&deltas, zigzag((int64_t)(count - before)));
            before = count;
        }
        buf_clear(&span);
        add_uint(&span, OFFSET, zigzag(begin - next));
        add_uint(&span, LENGTH, i - first);
        add_bytes(out, SPAN, span.data, span.len);
        next = begin + (int32_t)(i - first);
    }
    if (deltas.len > 0)
        add_bytes(out, DELTA, deltas.data, deltas.len);
    buf_release(&deltas);
    buf_release(&span);
}

static void protobuf_times(struct exposition *e, const struct exposition_label *labels, size_t n,
                           const struct exposition_times *t)
{
    enum {
        HISTOGRAM = 7,
        SAMPLE_COUNT = 1,
        SAMPLE_SUM = 2,
        SCHEMA = 5,
        ZERO_THRESHOLD = 6,
        ZERO_COUNT = 7
    };
    buf_clear(&e->detail);
    add_uint(&e->detail, SAMPLE_COUNT, t->count);
    add_double(&e->detail, SAMPLE_SUM, t->sum_s);
    for (int i = 0; i < EXPOSITION_BOUNDS; i++)
        add_classic(&e->detail, t->below[i], exposition_bounds[i]);
    add_uint(&e->detail, SCHEMA, zigzag(EXPOSITION_SCHEMA));
    add_double(&e->detail, ZERO_THRESHOLD, 1e-9);
    add_uint(&e->detail, ZERO_COUNT, t->zeros);
    add_native(&e->detail, t);
    add_metric(e, labels, n, HISTOGRAM);
}

static void protobuf_end(struct exposition *e)
{
    add_varint(e->out, e->family.len);
    buf_add(e->out, e->family.data, e->family.len);
    buf_release(&e->family);
    buf_release(&e->part);
    buf_release(&e->detail);
}

const struct exposition_format exposition_protobuf = {
    .content_type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                    "encoding=delimited",
    .family = protobuf_family,
    .value = protobuf_value,
    .times = protobuf_times,
    .end = protobuf_end,
};
