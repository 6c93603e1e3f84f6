/* run/gates.h, fed with ticks made by hand: windows, stages, warm-up, aborts. */
#include "unit.h"

#include "base/clock.h"
#include "run/gates.h"

#include <stdio.h>

/* One threshold, and a run whose ticks are one second each. */
struct bench {
    struct catalog *catalog;
    struct threshold *threshold;
    struct gates *gates;
    struct stats *total, *interval;
    double elapsed_s;
    uint32_t series;
    const char *reason; /* why the run was to end; NULL: it was not */
    struct report_tick tick;
};

static void begin(struct bench *b, const char *text)
{
    struct err err;
    *b = (struct bench){.catalog = catalog_new(), .total = stats_new(), .interval = stats_new()};
    if (threshold_parse(&b->threshold, text, &err) < 0)
        fail_msg("%s", err.message);
    b->gates = gates_new(&b->threshold, 1, b->catalog);
    b->series = catalog_intern(b->catalog, "GET", 3, "/", 1);
}

/* A second in which so many requests took so long each. */
static void second(struct bench *b, int requests, uint64_t ms)
{
    for (int i = 0; i < requests; i++)
        stats_record(b->interval, &(struct sample){.series = b->series,
                                                   .response_ns = ms * NS_PER_MS,
                                                   .error = ms == 666 ? ERR_RESET : ERR_NONE,
                                                   .end_ns = 1});
    b->tick.elapsed_s = b->elapsed_s += 1;
    b->tick.interval_s = 1;
    b->tick.interval = b->interval;
    b->tick.total = b->total;
    const char *reason = gates_tick(b->gates, &b->tick);
    if (reason) {
        assert_null(b->reason);
        b->reason = reason;
    }
    if (!b->tick.warmup)
        stats_merge(b->total, b->interval);
    stats_clear(b->interval);
}

static void seconds(struct bench *b, int n, int requests, uint64_t ms)
{
    for (int i = 0; i < n; i++)
        second(b, requests, ms);
}

/* The verdict; everything is released. */
static struct threshold_result end(struct bench *b)
{
    static char text[200]; /* the threshold, and so its text, goes */
    struct threshold_result r;
    gates_finish(b->gates, b->total, b->elapsed_s, &r);
    snprintf(text, sizeof(text), "%s", r.expression);
    r.expression = text;
    gates_free(b->gates);
    threshold_free(b->threshold);
    stats_free(b->total);
    stats_free(b->interval);
    catalog_free(b->catalog);
    return r;
}

static void the_whole_run_is_judged_from_its_total(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "mean < 50ms");
    seconds(&b, 3, 10, 90);
    seconds(&b, 7, 10, 10);
    struct threshold_result r = end(&b);
    assert_true(r.passed && r.value == 34 && r.violated_s == 0);
    assert_string_equal(r.scope, "");
    assert_null(b.reason);
}

static void a_window_fails_when_one_of_them_does(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "mean < 50ms for 3s");
    seconds(&b, 5, 10, 10);
    second(&b, 10, 90); /* 6th: mean of the last three 36.7 ms */
    second(&b, 10, 90); /* 7th: 63.3 ms: the first violation */
    second(&b, 10, 90); /* 8th: 90 ms: the worst */
    seconds(&b, 20, 10, 10);
    struct threshold_result r = end(&b);
    assert_false(r.passed);
    assert_true(r.violated_s == 7 && r.value == 90);
    assert_string_equal(r.scope, "any 3s");
    assert_string_equal(r.shown, "90.0 ms");
}

static void a_window_that_always_holds_shows_its_worst(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "rps >= 4 for 2s");
    seconds(&b, 3, 10, 1);
    second(&b, 2, 1); /* 6/s over two seconds */
    seconds(&b, 3, 10, 1);
    struct threshold_result r = end(&b);
    assert_true(r.passed && r.value == 6 && r.violated_s == 0);
}

static void percentiles_of_a_window_are_those_of_its_requests(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "p100 < 50ms for 2s");
    second(&b, 1, 49);
    for (uint64_t ms = 1; ms <= 40; ms++)
        second(&b, 7, ms);
    struct threshold_result r = end(&b);
    assert_true(r.passed && r.value == 49);
    begin(&b, "p50 <= 39.55ms for 2s"); /* long enough for the ring to go round */
    for (uint64_t ms = 1; ms <= 40; ms++)
        second(&b, 7, ms);
    r = end(&b);
    assert_true(r.passed && r.value == 39);
}

static void a_run_shorter_than_the_window_is_one(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "mean < 50ms for 1m");
    seconds(&b, 10, 10, 60);
    struct threshold_result r = end(&b);
    assert_false(r.passed);
    assert_true(r.value == 60 && r.violated_s == 0);
    assert_string_equal(r.scope, "all 10s");
}

/* In which nothing was answered: no figure, and no verdict. But nothing done is
 * a figure of a rate. */
static void windows_without_a_request(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "mean < 50ms for 2s");
    seconds(&b, 3, 1, 10);
    seconds(&b, 5, 0, 0);
    struct threshold_result r = end(&b);
    assert_true(r.passed && r.value == 10);

    begin(&b, "rps > 0.5 for 2s");
    seconds(&b, 3, 1, 10);
    seconds(&b, 5, 0, 0);
    r = end(&b);
    assert_false(r.passed);
    assert_true(r.value == 0 && r.violated_s == 4);

    begin(&b, "mean < 50ms for 2s");
    seconds(&b, 5, 0, 0);
    r = end(&b);
    assert_true(r.no_data && !r.passed);
    assert_string_equal(r.shown, "no requests");
}

static void what_winds_down_is_in_no_window(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "rps > 5 for 2s");
    seconds(&b, 4, 10, 1);
    b.tick.stopping = true;
    seconds(&b, 4, 1, 1);
    assert_true(end(&b).passed);
}

static void the_warm_up_is_left_out_and_asked_for(void **state)
{
    (void)state;
    for (int windowed = 0; windowed < 2; windowed++) {
        struct bench b;
        begin(&b, windowed ? "mean < 50ms for 2s" : "mean < 50ms abort");
        b.tick.warmup = true;
        seconds(&b, 5, 10, 90);
        b.tick.warmup = false;
        seconds(&b, 5, 10, 10);
        struct threshold_result r = end(&b);
        assert_true(r.passed && r.value == 10 && !b.reason);

        begin(&b, windowed ? "mean < 50ms in warmup for 2s" : "mean < 50ms in warmup");
        b.tick.warmup = true;
        seconds(&b, 5, 10, 90);
        b.tick.warmup = false;
        seconds(&b, 5, 10, 10);
        r = end(&b);
        assert_true(!r.passed && r.value == 90);
        assert_string_equal(r.scope, windowed ? "warm-up, any 2s" : "warm-up");
    }
}

static void a_stage_is_its_own(void **state)
{
    (void)state;
    static const char *const course[] = {"ramp", "ramp", "peak", "peak", "peak", "down"};
    for (int windowed = 0; windowed < 2; windowed++) {
        struct bench b;
        begin(&b, windowed ? "mean < 50ms in stage peak for 2s" : "mean < 50ms in stage peak");
        for (size_t i = 0; i < ARRAY_LEN(course); i++) {
            b.tick.stage = course[i];
            second(&b, 10, strcmp(course[i], "peak") == 0 ? 40 : 90);
        }
        struct threshold_result r = end(&b);
        assert_true(r.passed && r.value == 40);
        assert_string_equal(r.scope, windowed ? "stage peak, any 2s" : "stage peak");
    }
}

/* Windows do not reach back into another stage's seconds. */
static void a_window_begins_with_its_stage(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "mean < 50ms in stage a for 2s");
    for (int round = 0; round < 3; round++) {
        b.tick.stage = "a";
        second(&b, 10, 60); /* alone in its round: no window is full */
        b.tick.stage = "b";
        second(&b, 10, 1);
    }
    struct threshold_result r = end(&b);
    assert_true(!r.passed && r.value == 60 && r.violated_s == 0); /* as one, at the end */
}

static void an_abort_ends_the_run_once(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "failures < 10% abort");
    seconds(&b, 3, 10, 1);
    second(&b, 10, 666);
    assert_non_null(b.reason);
    assert_string_equal(b.reason, "threshold 'failures < 10% abort' did not hold: 25 %");
    b.tick.stopping = true;
    seconds(&b, 90, 10, 1); /* the total comes to hold again: it is too late */
    struct threshold_result r = end(&b);
    assert_true(!r.passed && r.aborted && r.value == 25 && r.violated_s == 4);
}

static void an_abort_that_holds_does_nothing(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "p95 < 50ms abort");
    seconds(&b, 2, 0, 0); /* nothing to judge yet */
    seconds(&b, 5, 10, 10);
    assert_null(b.reason);
    struct threshold_result r = end(&b);
    assert_true(r.passed && !r.aborted);
}

static void an_amount_may_still_grow_to_what_it_must_equal(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "requests == 30 abort");
    seconds(&b, 3, 10, 1);
    assert_null(b.reason);
    assert_true(end(&b).passed);
    begin(&b, "requests == 30 abort");
    seconds(&b, 4, 10, 1);
    assert_non_null(b.reason);
    assert_false(end(&b).passed);
}

static void metrics_and_checks_have_windows_too(void **state)
{
    (void)state;
    struct bench b;
    uint32_t id;
    begin(&b, "metric logins.rate > 3/s for 2s");
    assert_int_equal(catalog_metric(b.catalog, METRIC_COUNTER, "logins", "", &id, NULL), 0);
    for (int i = 0; i < 6; i++) {
        metric_count(&b.interval->metrics, id, i == 4 ? 0 : 5);
        second(&b, 1, 1);
    }
    struct threshold_result r = end(&b);
    assert_true(!r.passed && r.value == 2.5 && r.violated_s == 5);

    begin(&b, "metric size.p100 < 900 for 2s");
    assert_int_equal(catalog_metric(b.catalog, METRIC_TREND, "size", "bytes", &id, NULL), 0);
    for (int i = 0; i < 6; i++) {
        metric_trend(&b.interval->metrics, id, "bytes", i == 2 ? 1000 : 100);
        second(&b, 1, 1);
    }
    r = end(&b);
    assert_true(!r.passed && r.value == 1000 && r.violated_s == 3);
    assert_string_equal(r.shown, "1000 bytes");

    begin(&b, "checks > 90% for 2s");
    for (int i = 0; i < 6; i++) {
        stats_record_check(b.interval, "ok", i != 3);
        second(&b, 1, 1);
    }
    r = end(&b);
    assert_true(!r.passed && r.value == 50 && r.violated_s == 4);
}

static void groups_are_what_was_recorded_under_them(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "class A: mean < 50ms for 2s");
    b.threshold->group = 1;
    for (int i = 0; i < 4; i++) {
        struct sample sample = {.series = b.series, .response_ns = 20 * NS_PER_MS, .end_ns = 1};
        groups_record(&b.interval->groups, 1, &sample);
        second(&b, 10, 90);
    }
    struct threshold_result r = end(&b);
    assert_true(r.passed && r.value == 20);
}

/* A run that was interrupted before the part says so, not that it found nothing. */
static void a_part_that_never_came(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "p95 < 1s in stage peak");
    seconds(&b, 3, 10, 10);
    struct threshold_result r = end(&b);
    assert_true(!r.passed && r.no_data && !r.unknown);
    assert_string_equal(r.shown, "the run ended before it");

    begin(&b, "script_errors == 0 in stage peak"); /* none were found, as nobody looked */
    seconds(&b, 3, 10, 10);
    r = end(&b);
    assert_true(!r.passed && r.no_data);
}

/* What came up only later is no misspelt name. */
static void a_part_without_what_came_later(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "POST /late: p95 < 1s in stage up");
    b.tick.stage = "up";
    seconds(&b, 2, 10, 10);
    b.tick.stage = "peak";
    b.series = catalog_intern(b.catalog, "POST", 4, "/late", 5);
    seconds(&b, 2, 10, 10);
    struct threshold_result r = end(&b);
    assert_true(!r.passed && r.no_data && !r.unknown);
    assert_string_equal(r.shown, "no requests");
}

static void what_a_misspelt_name_may_mean(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"GET /api/v1/tim: p95 < 1s", "no such series; \"GET /api/v1/time\"?"},
        {"/api/v1/tiem: p95 < 1s", "no such series; \"/api/v1/time\"?"},
        {"GET /api/v1/tim: p95 < 1s for 2s", "no such series; \"GET /api/v1/time\"?"},
        {"nothing like it: p95 < 1s", "no such series"},
        {"check \"is okay\" > 9%", "no such check; \"is ok\"?"},
        {"metric login.count > 1", "no such metric; \"logins\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        uint32_t id;
        begin(&b, cases[i].text);
        b.series = catalog_intern(b.catalog, "GET", 3, "/api/v1/time", 12);
        assert_int_equal(catalog_metric(b.catalog, METRIC_COUNTER, "logins", "", &id, NULL), 0);
        stats_record_check(b.interval, "is ok", true);
        seconds(&b, 3, 10, 10);
        struct threshold_result r = end(&b);
        assert_true(r.no_data && r.unknown && !r.passed);
        assert_string_equal(r.shown, cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_run_is_judged_from_its_total),
        cmocka_unit_test(a_window_fails_when_one_of_them_does),
        cmocka_unit_test(a_window_that_always_holds_shows_its_worst),
        cmocka_unit_test(percentiles_of_a_window_are_those_of_its_requests),
        cmocka_unit_test(a_run_shorter_than_the_window_is_one),
        cmocka_unit_test(windows_without_a_request),
        cmocka_unit_test(what_winds_down_is_in_no_window),
        cmocka_unit_test(the_warm_up_is_left_out_and_asked_for),
        cmocka_unit_test(a_stage_is_its_own),
        cmocka_unit_test(a_window_begins_with_its_stage),
        cmocka_unit_test(an_abort_ends_the_run_once),
        cmocka_unit_test(an_abort_that_holds_does_nothing),
        cmocka_unit_test(an_amount_may_still_grow_to_what_it_must_equal),
        cmocka_unit_test(metrics_and_checks_have_windows_too),
        cmocka_unit_test(a_part_that_never_came),
        cmocka_unit_test(a_part_without_what_came_later),
        cmocka_unit_test(what_a_misspelt_name_may_mean),
        cmocka_unit_test(groups_are_what_was_recorded_under_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
