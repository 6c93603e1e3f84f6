/* stats/threshold.h: what holds, and what does not. */
#include "unit.h"

#include "base/clock.h"
#include "stats/threshold.h"

#include <stdio.h>

/* What the thresholds are asked about: over 10 s,
 *   GET /health            100 requests of 1..100 ms, 2 failures
 *   GET /a: b              10 requests of 5 ms
 *   GET http://h:80/x      10 requests of 7 ms
 *   POST /health           100 requests of 1001..1100 ms
 *   GET /never             none */
enum { DURATION_S = 10 };
static struct catalog *catalog;
static struct stats *total;

static uint32_t series(const char *type, const char *name)
{
    return catalog_intern(catalog, type, strlen(type), name, strlen(name));
}

static void record(uint32_t id, uint64_t ms, enum err_kind error)
{
    stats_record(
        total,
        &(struct sample){.series = id, .response_ns = ms * NS_PER_MS, .error = error, .end_ns = 1});
}

static int set_up(void **state)
{
    (void)state;
    catalog = catalog_new();
    total = stats_new();
    for (uint64_t i = 1; i <= 100; i++) {
        record(series("GET", "/health"), i, i <= 2 ? ERR_TIMEOUT : ERR_NONE);
        record(series("POST", "/health"), 1000 + i, ERR_NONE);
    }
    for (int i = 0; i < 10; i++) {
        record(series("GET", "/a: b"), 5, ERR_NONE);
        record(series("GET", "http://h:80/x"), 7, ERR_NONE);
    }
    record(series("GET", "/down"), 0, ERR_REFUSED);
    series("GET", "/never");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stats_free(total);
    catalog_free(catalog);
    return 0;
}

static void evaluate(const char *text, struct threshold_result *result)
{
    struct threshold *t;
    struct err err = {.message = ""};
    if (threshold_parse(&t, text, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(t->text, text);
    threshold_evaluate(t, total, catalog, DURATION_S, result);
    assert_ptr_equal(result->expression, t->text);
    threshold_free(t);
}

static void what_holds_and_what_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool passed;
        double value;
        const char *shown;
    } cases[] = {
        /* metrics, over all series: 221 requests in 10 s, 3 failures */
        {"min == 1ms", true, 1, "1.00 ms"},
        {"min > 1ms", false, 1, "1.000 ms"},
        {"max <= 1.1s", true, 1100, "1.10 s"},
        {"max < 1.1s", false, 1100, "1100.000 ms"},
        {"requests >= 221", true, 221, "221"},
        {"requests > 1k", false, 221, "221"},
        {"rps > 21.5", true, 22.1, "22.1/s"},
        {"rps >= 1k", false, 22.1, "22.1/s"},
        {"rps == 22.1", true, 22.1, "22.1/s"},
        {"failures < 2%", true, 300.0 / 221, "1.36 %"},
        {"failures < 1.3%", false, 300.0 / 221, "1.36 %"},
        {"failures < 1.35%", false, 300.0 / 221, "1.35747 %"},
        {"failures == 0", false, 3, "3"},
        {"failures == 0%", false, 300.0 / 221, "1.36 %"},
        {"failures <= 3", true, 3, "3"},
        {"failures < 2 %", true, 300.0 / 221, "1.36 %"},
        {"max <= 1100 ms", true, 1100, "1.10 s"},
        /* a series by type and name */
        {"GET /health: p50 <= 50.05ms", true, 50, "50.0 ms"},
        {"GET /health: p95 < 200ms", true, 95, "95.0 ms"},
        {"GET /health: p99.9 <= 50ms", false, 100, "100 ms"},
        {"GET /health: p0 == 1ms", true, 1, "1.00 ms"},
        {"GET /health: p100 == 100ms", true, 100, "100 ms"},
        {"GET /health: mean < 50.5ms", false, 50.5, "50.500 ms"},
        {"GET /health: mean <= 50500us", true, 50.5, "50.5 ms"},
        {"GET /health: stdev < 29ms", true, 28.866, "28.9 ms"},
        {"GET /health: failures == 2%", true, 2, "2 %"},
        {"POST /health: failures == 0", true, 0, "0"},
        {"POST /health: min > 1s", true, 1001, "1.00 s"},
        {"POST /health: min > 0.5m", false, 1001, "1.00 s"},
        /* by name alone: all of that name */
        {"/health: requests == 200", true, 200, "200"},
        {"/health: max >= 1s100ms", true, 1100, "1.10 s"},
        /* colons in the name */
        {"GET /a: b: max < 6ms", true, 5, "5.00 ms"},
        {"/a: b: requests == 10", true, 10, "10"},
        {"GET http://h:80/x: p95 < 10ms", true, 7, "7.00 ms"},
        {"http://h:80/x: p95 > 10ms", false, 7, "7.00 ms"},
        /* blanks where one likes */
        {"max<2s", true, 1100, "1.10 s"},
        {"max<=1.1s", true, 1100, "1.10 s"},
        {"  max \t<  2s  ", true, 1100, "1.10 s"},
        {" GET /health :  max < 2s", true, 100, "100 ms"},
        {"failures<2%", true, 300.0 / 221, "1.36 %"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct threshold_result result;
        evaluate(cases[i].text, &result);
        if (result.passed != cases[i].passed || result.no_data)
            fail_msg("%s: %s with %s", cases[i].text, result.passed ? "passed" : "failed",
                     result.shown);
        double off = result.value - cases[i].value;
        if (off * off > 1e-6 * cases[i].value * cases[i].value)
            fail_msg("%s: %f", cases[i].text, result.value);
        assert_string_equal(result.shown, cases[i].shown);
    }
}

static void without_a_request_nothing_holds(void **state)
{
    (void)state;
    static const char *const known[] = {
        "GET /never: failures == 0", "/never: p95 < 1s",      "GET /never: requests < 10",
        "GET /never: rps >= 0",      "GET /never: max == 0s",
    };
    struct threshold_result result;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        evaluate(known[i], &result);
        assert_true(result.no_data);
        assert_false(result.passed);
        assert_string_equal(result.shown, "no requests");
    }
    static const char *const unknown[] = {
        "GET /healthy: p95 < 1s", "get /health: p95 < 1s",      "GET  /health: p95 < 1s",
        "GET: p95 < 1s",          "PUT /health: failures == 0",
    };
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        evaluate(unknown[i], &result);
        assert_true(result.no_data);
        assert_false(result.passed);
        assert_string_equal(result.shown, "no such series");
    }
}

static void without_an_answer_there_is_no_time(void **state)
{
    (void)state;
    static const char *const times[] = {"p95 < 1s", "min >= 0s", "mean < 1s", "max < 1s",
                                        "stdev < 1s"};
    struct threshold_result result;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        char text[64];
        snprintf(text, sizeof(text), "GET /down: %s", times[i]);
        evaluate(text, &result);
        assert_true(result.no_data);
        assert_false(result.passed);
        assert_string_equal(result.shown, "no answer");
    }
    evaluate("GET /down: failures <= 1", &result);
    assert_false(result.no_data);
    assert_true(result.passed);
}

static void the_sum_of_an_empty_run_has_no_data(void **state)
{
    (void)state;
    struct threshold *t;
    struct threshold_result result;
    struct stats *empty = stats_new();
    assert_int_equal(threshold_parse(&t, "failures == 0", NULL), 0);
    threshold_evaluate(t, empty, catalog, 0, &result);
    assert_true(result.no_data);
    assert_false(result.passed);
    stats_free(empty);
    threshold_free(t);
    threshold_free(NULL);
}

static void a_run_of_no_length_has_no_rate(void **state)
{
    (void)state;
    struct threshold *t;
    struct threshold_result result;
    assert_int_equal(threshold_parse(&t, "rps > 0", NULL), 0);
    threshold_evaluate(t, total, catalog, 0, &result);
    assert_false(result.no_data);
    assert_false(result.passed);
    assert_true(result.value == 0);
    threshold_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_and_what_does_not),
        cmocka_unit_test(without_a_request_nothing_holds),
        cmocka_unit_test(without_an_answer_there_is_no_time),
        cmocka_unit_test(the_sum_of_an_empty_run_has_no_data),
        cmocka_unit_test(a_run_of_no_length_has_no_rate),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
