/*
 * What goes to other programs while a run lasts, and the data of the HTML
 * page, compared with tests/golden/report/NAME for one tick of a run that has
 * everything, and for one with hostile names. With UPDATE_GOLDEN=1 in the
 * environment the files are written instead.
 */
#include "report_cases.h"

#include "report/html_data.h"
#include "report/prometheus_figures.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;
    if (file == NULL)
        return NULL;
    ssize_t len = getdelim(&text, &cap, 0, file);
    fclose(file);
    if (len < 0)
        *text = 0;
    return text;
}

static void assert_golden(const char *name, const char *kind, const char *actual)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/../../golden/report/%s.%s", TEST_DATA_DIR, name, kind);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        fputs(actual, file);
        assert_int_equal(fclose(file), 0);
    }
    char *expected = read_all(path);
    if (expected == NULL)
        fail_msg("%s is missing; UPDATE_GOLDEN=1 writes it", path);
    else if (strcmp(expected, actual) != 0)
        fail_msg("%s differs; this was written:\n%s", path, actual);
    free(expected);
}

static const struct {
    const char *name;
    void (*build)(struct fixture *f);
} cases[] = {{"scenario", case_scenario}, {"names", case_names}, {"oneoff_rate", case_oneoff_rate}};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* A case; with a schedule, and metrics whose names no format likes, where it is
 * a scenario. */
static void build(struct fixture *f, int i)
{
    fixture_init(f);
    cases[i].build(f);
    if (f->run.url != NULL)
        return;
    uint32_t depth = fixture_metric(f, METRIC_GAUGE, "depth=\\", "");
    uint32_t checkout = fixture_metric(f, METRIC_TREND, "check, out\n", "ms");
    metric_gauge(&f->stats->metrics, depth, -3, FIXTURE_START + NS_PER_S);
    for (int value = 1; value <= 100; value++)
        metric_trend(&f->stats->metrics, checkout, "ms", value);
    f->stats->arrivals.due = 40;
    f->stats->arrivals.started = 38;
    f->stats->arrivals.late = 5;
    f->stats->arrivals.dropped = 2;
}

static struct report_tick tick_of(const struct fixture *f)
{
    return (struct report_tick){
        .elapsed_s = f->end.duration_s,
        .users = 7,
        .total = f->stats,
        .interval = f->stats,
        .interval_s = f->end.duration_s,
    };
}

static void test_prometheus(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct fixture f;
        build(&f, i);
        struct prometheus_figures *figures = prometheus_figures_new(&f.run);
        struct report_tick tick = tick_of(&f);
        prometheus_figures_tick(figures, &tick);
        struct buf out = BUF_INIT;
        struct exposition e = {.format = &exposition_text, .out = &out};
        prometheus_figures_expose(figures, &e);
        assert_golden(cases[i].name, "prom", buf_cstr(&out));

        /* Exposing changes nothing, and in the end it is the same but for the state. */
        buf_clear(&out);
        prometheus_figures_end(figures, fixture_end(&f));
        prometheus_figures_expose(figures, &e);
        assert_non_null(strstr(buf_cstr(&out), "inrush_run_active 0\n"));
        buf_release(&out);
        prometheus_figures_free(figures);
        fixture_release(&f);
    }
}

/* A length-delimited message at *at: its end, and *at moved to its beginning. */
static const char *message_end(const char **at, const char *end)
{
    uint64_t len = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(*at < end);
        unsigned char c = (unsigned char)*(*at)++;
        len |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            break;
    }
    assert_true(len <= (uint64_t)(end - *at));
    return *at + len;
}

/* As many families as the text has, their names in the same order; what is in
 * them a real Prometheus reads in tests/e2e/test_prometheus.py. */
static void test_protobuf(void **state)
{
    (void)state;
    struct fixture f;
    build(&f, 0);
    struct prometheus_figures *figures = prometheus_figures_new(&f.run);
    struct report_tick tick = tick_of(&f);
    prometheus_figures_tick(figures, &tick);
    struct buf text = BUF_INIT, bytes = BUF_INIT;
    struct exposition e = {.format = &exposition_text, .out = &text};
    prometheus_figures_expose(figures, &e);
    e = (struct exposition){.format = &exposition_protobuf, .out = &bytes};
    prometheus_figures_expose(figures, &e);

    const char *line = buf_cstr(&text), *at = bytes.data, *end = bytes.data + bytes.len;
    while ((line = strstr(line, "# HELP ")) != NULL) {
        line += strlen("# HELP ");
        const char *family_end = message_end(&at, end);
        assert_int_equal(*at++, 1 << 3 | 2);
        const char *name_end = message_end(&at, family_end);
        assert_int_equal(name_end - at, strcspn(line, " "));
        assert_memory_equal(at, line, (size_t)(name_end - at));
        at = family_end;
    }
    assert_ptr_equal(at, end);
    buf_release(&text);
    buf_release(&bytes);
    prometheus_figures_free(figures);
    fixture_release(&f);
}

/* Every value is in the native bucket that has it between its bounds, and
 * counted below each classic bound that it does not exceed. */
static void test_buckets(void **state)
{
    (void)state;
    for (uint64_t us = 0; us <= HIST_MAX_US; us = us * 9 / 8 + 1) {
        struct hist h;
        struct exposition_times t = {0};
        hist_init(&h);
        hist_record(&h, us);
        exposition_times_set(&t, &h);
        assert_int_equal(t.count, 1);
        for (int i = 0; i < EXPOSITION_BOUNDS; i++) {
            double bound_us = exposition_bounds[i] * 1e6;
            if (fabs((double)us - bound_us) > bound_us / 1000)
                assert_int_equal(t.below[i], (double)us <= bound_us);
        }
        assert_int_equal(t.zeros, us == 0);
        assert_int_equal(t.native.len, us > 0);
        if (us > 0) {
            double s = (double)us / 1e6, high = exp2(t.native.items[0].index / 16.);
            assert_true(s <= high * 1.001 && s > high / exp2(1 / 16.) / 1.001);
        }
        exposition_times_release(&t);
        hist_release(&h);
    }
}

static void test_influx(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        char path[] = "/tmp/inrush-influx-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
        struct fixture f;
        struct err err;
        build(&f, i);
        struct report_options opt = {.path = path};
        const struct reporter_kind *kind = report_kind("influx");
        struct reporter *r = kind->open(&f.run, &opt, &err);
        assert_non_null(r);
        struct report_tick tick = tick_of(&f);
        fixture_tick(kind, r, tick);
        assert_int_equal(kind->end(r, fixture_end(&f), &err), 0);
        char *text = read_all(path);
        unlink(path);
        assert_golden(cases[i].name, "influx", text);
        free(text);
        fixture_release(&f);
    }
}

static void test_statsd(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    for (int i = 0; i < CASES; i++) {
        char place[32], packet[2048];
        struct fixture f;
        struct err err;
        struct buf text = BUF_INIT;
        snprintf(place, sizeof(place), "127.0.0.1:%d", ntohs(address.sin_port));
        build(&f, i);
        struct report_options opt = {.path = place};
        const struct reporter_kind *kind = report_kind("statsd");
        struct reporter *r = kind->open(&f.run, &opt, &err);
        assert_non_null(r);
        struct report_tick tick = tick_of(&f);
        fixture_tick(kind, r, tick);
        assert_int_equal(kind->end(r, fixture_end(&f), &err), 0);
        for (ssize_t n; (n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0;) {
            assert_true(n <= 1432);
            buf_add(&text, packet, (size_t)n);
            buf_addch(&text, '\n');
        }
        assert_golden(cases[i].name, "statsd", buf_cstr(&text));
        buf_release(&text);
        fixture_release(&f);
    }
    close(fd);
}

static void test_html_data(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct fixture f;
        struct buf out = BUF_INIT;
        build(&f, i);
        struct timeline *timeline = timeline_new(30);
        struct tick_sums sums;
        struct report_tick tick = tick_of(&f);
        tick_sums_init(&sums, &tick);
        tick.elapsed_s = tick.interval_s = 0;
        tick.stage = "ramp";
        timeline_tick(timeline, &tick); /* the first: the load starts */
        tick.elapsed_s = tick.interval_s = f.end.duration_s;
        tick.stage = "hold <";
        tick.stage_number = 1;
        timeline_tick(timeline, &tick);
        tick_sums_release(&sums);
        html_data_put(&out, &f.run, fixture_end(&f), timeline);
        assert_null(memchr(out.data, '<', out.len));
        buf_addch(&out, '\n');
        assert_golden(cases[i].name, "html.json", buf_cstr(&out));
        buf_release(&out);
        timeline_free(timeline);
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prometheus), cmocka_unit_test(test_protobuf),
        cmocka_unit_test(test_buckets),    cmocka_unit_test(test_influx),
        cmocka_unit_test(test_statsd),     cmocka_unit_test(test_html_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
