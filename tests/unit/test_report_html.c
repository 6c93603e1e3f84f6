/*
 * The HTML page's data: the points over time, however long the run, and how
 * large a page becomes. What the page does with them is tested in a browser
 * (tests/e2e/test_html.py).
 */
#include "report_cases.h"

#include "report/html_data.h"
#include "report/timeline.h"

#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* One second of a run: in series i so many requests take base + i us and a
 * bit, one in a hundred ten times as long; every tenth second one fails. */
static void fill_tick(struct stats *s, uint32_t series_len, int second, int requests)
{
    for (uint32_t id = 0; id < series_len; id++) {
        for (int i = 0; i < requests; i++) {
            uint64_t us = 1000 + id * 100 + (uint64_t)(i * 37 + second * 13) % 4000;
            struct sample sample = {
                .series = id,
                .response_ns = (i % 100 == 99 ? 10 * us : us) * NS_PER_US,
                .bytes = 100,
                .status = 200,
                .end_ns = FIXTURE_START + (uint64_t)second * NS_PER_S,
            };
            if (second % 10 == 0 && i == 0) {
                sample.error = ERR_STATUS;
                sample.message = "HTTP status 500";
            }
            stats_record(s, &sample);
        }
    }
}

static struct report_tick tick_at(double elapsed_s, double interval_s, const struct stats *interval)
{
    return (struct report_tick){
        .elapsed_s = elapsed_s,
        .users = 10,
        .total = interval,
        .interval = interval,
        .interval_s = interval_s,
    };
}

static void give(struct timeline *t, struct report_tick tick)
{
    struct tick_sums sums;
    tick_sums_init(&sums, &tick);
    timeline_tick(t, &tick);
    tick_sums_release(&sums);
}

/* The tick that comes as the load starts. */
static void begin(struct timeline *t, const struct stats *empty)
{
    struct report_tick first = tick_at(0.0001, 0, empty);
    give(t, first);
}

static void feed(struct timeline *t, struct stats *total, int seconds, uint32_t series_len,
                 int requests)
{
    struct stats *interval = stats_new();
    begin(t, interval);
    for (int second = 1; second <= seconds; second++) {
        fill_tick(interval, series_len, second, requests);
        struct report_tick tick = tick_at(second, 1, interval);
        give(t, tick);
        if (total != NULL)
            stats_merge(total, interval);
        stats_clear(interval);
    }
    stats_free(interval);
}

static uint64_t sum_of(const struct timeline_series *series, bool failures)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < series->figures.len; i++)
        sum += failures ? series->figures.items[i].failures : series->figures.items[i].requests;
    return sum;
}

/* Nothing is lost, and the points lie behind each other. */
static void check_points(const struct timeline_points *points, uint64_t requests, double end_s)
{
    const struct timeline_series *all = &points->series.items[0];
    assert_int_equal(all->id, UINT32_MAX);
    assert_int_equal(sum_of(all, false), requests);
    assert_true(points->items.len <= TIMELINE_POINTS_MAX + 1);
    assert_true(fabs(points->items.items[points->items.len - 1].end_s - end_s) < 1e-9);
    for (size_t i = 1; i < points->items.len; i++)
        assert_true(points->items.items[i].end_s > points->items.items[i - 1].end_s);
    for (size_t i = 0; i < points->series.len; i++)
        assert_int_equal(points->series.items[i].figures.len, points->items.len);
}

static void test_a_point_a_tick(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(0);
    feed(t, NULL, 30, 2, 100);
    const struct timeline_points *points = timeline_end(t);
    assert_int_equal(points->items.len, 30);
    assert_int_equal(timeline_ticks_per_point(t), 1);
    check_points(points, 30 * 200, 30);
    assert_int_equal(points->series.len, 3);
    assert_int_equal(sum_of(&points->series.items[0], true), 3 * 2);
    assert_int_equal(sum_of(&points->series.items[1], true), 3);
    timeline_free(t);
}

/* A point that took the place of others has the percentiles of all requests in
 * them: as if they had been recorded into one histogram. */
static void test_longer_points_are_exact(void **state)
{
    (void)state;
    const double percents[] = {50, 95, 99};
    struct timeline *t = timeline_new(0);
    feed(t, NULL, 2500, 1, 120);
    const struct timeline_points *points = timeline_end(t);
    assert_int_equal(timeline_ticks_per_point(t), 8);
    check_points(points, 2500 * 120, 2500);
    assert_int_equal(points->items.len, (2500 + 7) / 8);
    for (int at = 0; at < 312; at += 61) {
        struct stats *s = stats_new();
        double expected[3];
        for (int second = at * 8 + 1; second <= at * 8 + 8; second++)
            fill_tick(s, 1, second, 120);
        hist_percentiles(&s->series[0]->response, percents, 3, expected);
        const struct timeline_figures *found = &points->series.items[1].figures.items[at];
        assert_true(fabs(found->p50 - expected[0]) < 0.01);
        assert_true(fabs(found->p95 - expected[1]) < 0.01);
        assert_true(fabs(found->p99 - expected[2]) < 0.01);
        assert_true(fabs(found->max - (double)s->series[0]->response.max) < 0.01);
        assert_int_equal(found->requests, 8 * 120);
        stats_free(s);
    }
    timeline_free(t);
}

static void test_a_planned_length(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(1500);
    assert_int_equal(timeline_ticks_per_point(t), 3);
    feed(t, NULL, 1504, 1, 5);
    const struct timeline_points *points = timeline_end(t);
    assert_int_equal(points->items.len, 502);
    check_points(points, 1504 * 5, 1504);
    timeline_free(t);
}

/* The end comes a moment behind a tick: that moment is no point of its own. */
static void test_a_short_last_tick(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(0);
    struct stats *rest = stats_new();
    feed(t, NULL, 3, 1, 100);
    fill_tick(rest, 1, 4, 1);
    struct report_tick tick = tick_at(3.004, 0.004, rest);
    tick.users = 0;
    tick.stopping = true;
    give(t, tick);
    const struct timeline_points *points = timeline_end(t);
    assert_int_equal(points->items.len, 3);
    check_points(points, 301, 3.004);
    assert_int_equal(points->items.items[2].users, 10);
    stats_free(rest);
    timeline_free(t);
}

static void test_a_run_shorter_than_a_tick(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(0);
    struct stats *all = stats_new();
    begin(t, all);
    fill_tick(all, 1, 1, 7);
    struct report_tick tick = tick_at(0.1, 0.1, all);
    give(t, tick);
    check_points(timeline_end(t), 7, 0.1);
    stats_free(all);
    timeline_free(t);

    t = timeline_new(10);
    assert_int_equal(timeline_end(t)->items.len, 0);
    timeline_free(t);
}

/* A second in which nothing was answered has no percentiles, and a series that
 * comes late has none before. */
static void test_gaps(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(0);
    struct stats *s = stats_new();
    begin(t, s);
    struct report_tick tick = tick_at(1, 1, s);
    give(t, tick);
    fill_tick(s, 1, 2, 5);
    tick = tick_at(2, 1, s);
    give(t, tick);
    const struct timeline_points *points = timeline_end(t);
    check_points(points, 5, 2);
    assert_true(isnan(points->series.items[1].figures.items[0].p50));
    assert_false(isnan(points->series.items[1].figures.items[1].p50));
    stats_free(s);
    timeline_free(t);
}

/* Series beyond those with points of their own are in the sum. */
static void test_many_series(void **state)
{
    (void)state;
    struct timeline *t = timeline_new(0);
    feed(t, NULL, 3, 200, 2);
    const struct timeline_points *points = timeline_end(t);
    assert_int_equal(points->series.len, TIMELINE_SERIES_MAX + 1);
    check_points(points, 3 * 200 * 2, 3);
    timeline_free(t);
}

/* A page of a run, and the heap that its reporter held at the end of it. */
static char *write_page(struct fixture *f, int seconds, uint32_t series_len, size_t *held)
{
    static char path[] = "/tmp/inrush-html-XXXXXX";
    strcpy(path, "/tmp/inrush-html-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct err err;
    struct report_options opt = {.path = path};
    const struct reporter_kind *kind = report_kind("html");
    struct stats *interval = stats_new();
    fill_tick(interval, series_len, 1, 200); /* its memory is not the reporter's */
    stats_clear(interval);
    size_t before = mallinfo2().uordblks;
    struct reporter *r = kind->open(&f->run, &opt, &err);
    assert_non_null(r);
    struct report_tick first = tick_at(0, 0, interval);
    fixture_tick(kind, r, first);
    for (int second = 1; second <= seconds; second++) {
        fill_tick(interval, series_len, second, 20);
        struct report_tick tick = tick_at(second, 1, interval);
        fixture_tick(kind, r, tick);
        if (second % 100 == 0) /* what the total has is not measured here */
            stats_merge(f->stats, interval);
        stats_clear(interval);
    }
    *held = mallinfo2().uordblks - before;
    assert_int_equal(kind->end(r, fixture_end(f), &err), 0);
    stats_free(interval);
    return path;
}

static void check_an_hour(double planned_s)
{
    struct fixture f;
    size_t held;
    struct stat st;
    fixture_init(&f);
    f.run.duration_s = planned_s;
    f.end.duration_s = 3600;
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof(name), "/api/v1/things/%d/parts", i);
        assert_int_equal(fixture_series(&f, "GET", name), i);
    }
    /* The sum's memory is there before: only the reporter's is looked at. */
    fill_tick(f.stats, 20, 1, 400);
    char *path = write_page(&f, 3600, 20, &held);
    assert_int_equal(stat(path, &st), 0);
    printf("an hour, 20 series: %lld bytes, reporter %zu bytes\n", (long long)st.st_size, held);
    assert_true(st.st_size < 1000 * 1000);
    assert_true(held < 10 * 1000 * 1000);
    unlink(path);
    fixture_release(&f);
}

static void test_an_hour_of_20_series(void **state)
{
    (void)state;
    check_an_hour(3600);
}

static void test_an_hour_that_was_not_planned(void **state)
{
    (void)state;
    check_an_hour(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_point_a_tick),
        cmocka_unit_test(test_longer_points_are_exact),
        cmocka_unit_test(test_a_planned_length),
        cmocka_unit_test(test_a_short_last_tick),
        cmocka_unit_test(test_a_run_shorter_than_a_tick),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_many_series),
        cmocka_unit_test(test_an_hour_of_20_series),
        cmocka_unit_test(test_an_hour_that_was_not_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
