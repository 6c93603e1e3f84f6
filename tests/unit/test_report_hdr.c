/*
 * HdrHistogram's encoding and log, and its percentile spectrum. What its own
 * libraries make of them is tests/e2e/test_hdr.py's; here a decoder of our own
 * looks at every count.
 */
#include "report/hdr_encode.h"
#include "report/spectrum.h"

#include "base/rng.h"
#include "report_cases.h"

#include <math.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* --- decoding ---------------------------------------------------------------- */

enum { INDEXES = 33 * 1024 };

struct decoded {
    uint64_t lowest, highest;
    uint32_t digits;
    uint64_t counts[INDEXES];
    uint64_t total;
};

static uint64_t be(const unsigned char *at, int bytes)
{
    uint64_t n = 0;
    for (int i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

static int64_t take_count(const unsigned char **at)
{
    uint64_t n = 0;
    for (int i = 0; i < 9; i++) {
        unsigned char byte = *(*at)++;
        n |= (uint64_t)(i < 8 ? byte & 0x7F : byte) << (7 * i);
        if (i < 8 && !(byte & 0x80))
            break;
    }
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static void decode(struct decoded *d, const char *text, size_t len)
{
    static unsigned char packed[1 << 20], payload[1 << 21];
    memset(d, 0, sizeof(*d));
    assert_true(len / 4 * 3 <= sizeof(packed));
    assert_true(EVP_DecodeBlock(packed, (const unsigned char *)text, (int)len) > 8);
    assert_int_equal(be(packed, 4), 0x1c849314);
    uLongf size = sizeof(payload);
    assert_int_equal(uncompress(payload, &size, packed + 8, be(packed + 4, 4)), Z_OK);
    assert_int_equal(be(payload, 4), 0x1c849313);
    assert_int_equal(be(payload + 4, 4), size - 40);
    assert_int_equal(be(payload + 8, 4), 0);
    d->digits = (uint32_t)be(payload + 12, 4);
    d->lowest = be(payload + 16, 8);
    d->highest = be(payload + 24, 8);
    assert_true(be(payload + 32, 8) == 0x3FF0000000000000); /* 1.0 */
    const unsigned char *at = payload + 40, *end = payload + size;
    for (int64_t index = 0; at < end;) {
        int64_t n = take_count(&at);
        if (n < 0) {
            index -= n;
            continue;
        }
        assert_true(index < INDEXES);
        d->counts[index++] = (uint64_t)n;
        d->total += (uint64_t)n;
        assert_true(at < end || n > 0); /* it ends with the highest count */
    }
}

/* The lowest value of a bucket, and how many share it. */
static uint64_t low_of(int index)
{
    int bucket = index < 2048 ? 0 : index / 1024 - 1;
    return (uint64_t)(index - 1024 * bucket) << bucket;
}

static uint64_t width_of(int index)
{
    return UINT64_C(1) << (index < 2048 ? 0 : index / 1024 - 1);
}

/* --- the encoding ------------------------------------------------------------- */

static void encode_decode(struct decoded *d, const struct hist *h)
{
    struct buf text = BUF_INIT;
    hdr_encode(&text, h);
    decode(d, text.data, text.len);
    buf_release(&text);
    assert_int_equal(d->digits, 3);
    assert_int_equal(d->lowest, 1);
    assert_true(d->highest == UINT64_C(3600000000000));
    assert_int_equal(d->total, h->count);
}

static struct decoded decoded;

static void test_single_values(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,    1,    2,       1023,       1024,       2047,
                                      2048, 2049, 1234567, 3599999999, HIST_MAX_US};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct hist h;
        hist_init(&h);
        hist_record(&h, values[i]);
        encode_decode(&decoded, &h);
        uint64_t ns = values[i] * 1000;
        int index = 0;
        while (decoded.counts[index] == 0)
            index++;
        assert_true(low_of(index) <= ns && ns < low_of(index) + width_of(index));
        hist_release(&h);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    encode_decode(&decoded, &h);
    hist_release(&h);
}

/* Every percentile read from the log is that of the histogram, to three digits. */
static void test_percentiles(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7, 1);
    for (int round = 0; round < 20; round++) {
        struct hist h;
        hist_init(&h);
        for (int i = 0; i < 20000; i++)
            hist_record(&h, (uint64_t)exp(rng_between(&rng, 0, 22)));
        encode_decode(&decoded, &h);
        uint64_t running = 0;
        for (int index = 0; index < INDEXES; index++) {
            if (decoded.counts[index] == 0)
                continue;
            running += decoded.counts[index];
            double ours = 1000 * hist_percentile(&h, 100. * (double)running / (double)h.count);
            double theirs = (double)low_of(index) + (double)(width_of(index) - 1) / 2;
            assert_true(fabs(ours - theirs) <= ours / 1024 + 1);
        }
        assert_int_equal(running, h.count);
        hist_release(&h);
    }
}

/* Counts that take one byte up to those that take nine. */
static void test_large_counts(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    for (int shift = 0; shift < 62; shift++) {
        uint64_t us = (uint64_t)shift * 2; /* a single zero between any two */
        hist_record(&h, us);
        uint64_t extra = (UINT64_C(1) << shift) - 1;
        h.octaves[0][us] += extra;
        h.count += extra;
    }
    encode_decode(&decoded, &h);
    for (int shift = 0; shift < 62; shift++) {
        uint64_t ns = (uint64_t)shift * 2000, found = 0;
        for (int index = 0; index < INDEXES; index++)
            if (low_of(index) <= ns && ns < low_of(index) + width_of(index))
                found = decoded.counts[index];
        assert_true(found == UINT64_C(1) << shift);
    }
    hist_release(&h);
}

/* --- the log -------------------------------------------------------------------- */

static char path[] = "/tmp/inrush-hdr-XXXXXX";

static void give_tick(struct reporter *r, struct fixture *f, struct stats *interval, double from_s,
                      double length_s, bool warmup)
{
    interval->begin_ns = FIXTURE_START + (uint64_t)(from_s * 1e9);
    interval->end_ns = interval->begin_ns + (uint64_t)(length_s * 1e9);
    struct report_tick tick = {
        .elapsed_s = from_s + length_s,
        .total = f->stats,
        .interval = interval,
        .interval_s = length_s,
        .warmup = warmup,
    };
    fixture_tick(report_kind("hdr"), r, tick);
    stats_clear(interval);
}

static void record(struct stats *s, uint32_t series, uint64_t us, bool service)
{
    stats_record(s, &(struct sample){.series = series,
                                     .response_ns = us * 1000,
                                     .has_service = service,
                                     .service_ns = us * 500,
                                     .end_ns = 1});
}

/* The log with each histogram replaced by its total. */
static char *read_log(void)
{
    char *text = NULL, *line = NULL;
    size_t len, cap = 0;
    FILE *in = fopen(path, "re"), *out = open_memstream(&text, &len);
    assert_non_null(in);
    for (ssize_t n; (n = getline(&line, &cap, in)) > 0;) {
        char *comma = strrchr(line, ',');
        if (*line == '#' || *line == '"') {
            fputs(line, out);
            continue;
        }
        decode(&decoded, comma + 1, (size_t)(line + n - 1 - (comma + 1)));
        fprintf(out, "%.*s%lu\n", (int)(comma + 1 - line), line, (unsigned long)decoded.total);
    }
    free(line);
    fclose(in);
    fclose(out);
    return text;
}

static void test_log(void **state)
{
    (void)state;
    struct fixture f;
    struct err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fixture_init(&f);
    uint32_t plain = fixture_series(&f, "GET", "/health");
    uint32_t odd = fixture_series(&f, "A_B:C", "100%, \303\244_:\n");
    struct stats *interval = stats_new();
    struct report_options opt = {.path = path};
    struct reporter *r = report_kind("hdr")->open(&f.run, &opt, &err);
    assert_non_null(r);

    struct report_tick first = {.total = f.stats, .interval = interval};
    fixture_tick(report_kind("hdr"), r, first);
    record(interval, plain, 900, false);
    give_tick(r, &f, interval, 0, 0.5, true);
    record(interval, plain, 1500, false);
    record(interval, plain, 2769, false);
    record(interval, odd, 250, true);
    give_tick(r, &f, interval, 0.5, 1.0025, false);
    give_tick(r, &f, interval, 1.5025, 1, false); /* nothing came */
    record(interval, plain, 1, false);
    give_tick(r, &f, interval, 2.5025, 0.25, false);
    assert_int_equal(report_kind("hdr")->end(r, fixture_end(&f), &err), 0);

    char *log = read_log();
    assert_string_equal(log, "#[Logged with inrush 0.1.0]\n"
                             "#[Histogram log format version 1.3]\n"
                             "#[StartTime: 1763807000.250 (seconds since epoch), "
                             "Sat Nov 22 10:23:20 UTC 2025]\n"
                             "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                             "\"Interval_Compressed_Histogram\"\n"
                             "Tag=warmup:GET_/health,0.000,0.500,0.900,1\n"
                             "0.500,1.002,2.769,3\n"
                             "Tag=GET_/health,0.500,1.002,2.769,2\n"
                             "Tag=A%5FB%3AC_100%25%2C%20%C3%A4_:%0A,0.500,1.002,0.250,1\n"
                             "Tag=service:A%5FB%3AC_100%25%2C%20%C3%A4_:%0A,0.500,1.002,0.125,1\n"
                             "1.502,1.000,0.000,0\n"
                             "2.502,0.250,0.001,1\n"
                             "Tag=GET_/health,2.502,0.250,0.001,1\n");
    free(log);
    unlink(path);
    stats_free(interval);
    fixture_release(&f);
}

/* --- the spectrum ------------------------------------------------------------------ */

static void test_spectrum(void **state)
{
    (void)state;
    struct hist h;
    struct buf text = BUF_INIT;
    hist_init(&h);
    spectrum_add(&text, &h);
    assert_string_equal(buf_cstr(&text),
                        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                        "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
                        "#[Max     =        0.000, Total count    =            0]\n"
                        "#[Buckets =           22, SubBuckets     =         2048]\n");
    buf_clear(&text);

    for (uint64_t us = 1; us <= 10; us++)
        hist_record(&h, us);
    hist_record(&h, 5000); /* in a bucket of 4 us */
    hist_record(&h, 5001);
    spectrum_add(&text, &h);
    assert_string_equal(buf_cstr(&text),
                        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                        "       0.001 0.000000000000          1           1.00\n"
                        "       0.002 0.100000000000          2           1.11\n"
                        "       0.003 0.200000000000          3           1.25\n"
                        "       0.004 0.300000000000          4           1.43\n"
                        "       0.005 0.400000000000          5           1.67\n"
                        "       0.006 0.500000000000          6           2.00\n"
                        "       0.007 0.550000000000          7           2.22\n"
                        "       0.008 0.600000000000          8           2.50\n"
                        "       0.008 0.650000000000          8           2.86\n"
                        "       0.009 0.700000000000          9           3.33\n"
                        "       0.009 0.750000000000          9           4.00\n"
                        "       0.010 0.775000000000         10           4.44\n"
                        "       0.010 0.800000000000         10           5.00\n"
                        "       0.010 0.825000000000         10           5.71\n"
                        "       5.001 0.850000000000         12           6.67\n"
                        "       5.001 1.000000000000         12\n"
                        "#[Mean    =        0.838, StdDeviation   =        1.862]\n"
                        "#[Max     =        5.001, Total count    =           12]\n"
                        "#[Buckets =           22, SubBuckets     =         2048]\n");
    buf_release(&text);
    hist_release(&h);
}

/* A value at each step: that of its rank among all values sorted, as far as the
 * buckets tell; and the steps HdrHistogram's, whatever the count. */
static void test_spectrum_of_many(void **state)
{
    (void)state;
    enum { VALUES = 30000 };
    struct hist h;
    struct buf text = BUF_INIT;
    hist_init(&h);
    for (uint64_t i = 1; i <= VALUES; i++)
        hist_record(&h, i * 7);
    spectrum_add(&text, &h);
    int lines = 0;
    double last = -1;
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
        double value, percentile, inverse;
        unsigned long count;
        int fields = sscanf(line, "%lf %lf %lu %lf", &value, &percentile, &count, &inverse);
        if (fields < 3)
            continue;
        lines++;
        assert_true(percentile > last);
        last = percentile;
        double rank = fmax(1, ceil(percentile * VALUES - 1e-9));
        assert_true((double)count >= rank);
        assert_true(fabs(value - rank * 7 / 1000) <= value / 1024 + 0.001);
        if (fields == 4)
            assert_true(fabs(inverse - 1 / (1 - percentile)) <= inverse * 1e-6 + 0.005);
    }
    assert_true(last == 1);
    assert_int_equal(lines, 59); /* five for each halving down to the top bucket */
    buf_release(&text);
    hist_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_values),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_large_counts),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_spectrum_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
