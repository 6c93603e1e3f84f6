/* stats/threshold.h: what is taken, what is refused and where the caret
 * stands, and what holds. */
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
    assert_string_equal(threshold_text(t), text);
    threshold_evaluate(t, total, catalog, DURATION_S, result);
    assert_ptr_equal(result->expression, threshold_text(t));
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

/* Each is the message's first line, the expression and the caret's line. */
static void mistakes_get_a_caret(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason, *caret;
    } cases[] = {
        {"", "a metric must stand here, such as p95, mean, failures or rps", "^"},
        {"   ", "a metric must stand here", "   ^"},
        {"< 5ms", "a metric must stand here", "^"},
        {"GET /x: ", "a metric must stand here", "        ^"},
        {": p95 < 1s", "a series must stand before the \":\"", "^"},
        {"  : p95 < 1s", "a series must stand before the \":\"", "  ^"},
        /* metrics */
        {"p95x < 1s", "\"p95x\" is no percentile; write one from p0 to p100, such as p99.9", "^"},
        {"p101 < 1s", "\"p101\" is no percentile", "^"},
        {"p99. < 1s", "\"p99.\" is no percentile", "^"},
        {"p-1 < 1s", "unknown metric \"p-1\"", "^"},
        {"avg < 1s", "unknown metric \"avg\"; did you mean \"mean\"?", "^"},
        {"median < 1s", "unknown metric \"median\"; did you mean \"p50\"?", "^"},
        {"errors < 1%", "unknown metric \"errors\"; did you mean \"failures\"?", "^"},
        {"failure < 1%", "unknown metric \"failure\"; did you mean \"failures\"?", "^"},
        {"GET /x: MAX < 1s", "unknown metric \"MAX\"; did you mean \"max\"?", "        ^"},
        {"zebra < 1s",
         "unknown metric \"zebra\"; known: min, mean, max, stdev, pN, failures, requests, rps",
         "^"},
        {"/x:p95 < 1s", "unknown metric \"/x:p95\"; a series ends with a colon and a space", "^"},
        {"GET /x p95 < 1s", "unknown metric \"GET\"", "^"},
        /* comparisons */
        {"p95", "a comparison must stand here: < <= > >= ==", "   ^"},
        {"p95 200ms", "a comparison must stand here", "    ^"},
        {"p95 = 200ms", "write \"==\" to compare", "    ^"},
        {"p95 != 200ms", "a comparison must stand here", "    ^"},
        {"p95 => 200ms", "a comparison must stand here", "    ^"},
        {"p95 <> 200ms", "a comparison must stand here", "    ^"},
        {"p95 === 200ms", "a comparison must stand here", "    ^"},
        /* values */
        {"p95 <", "a value must stand here, such as 200ms", "     ^"},
        {"failures < ", "a value must stand here, such as 1%", "           ^"},
        {"rps >", "a value must stand here, such as 1000", "     ^"},
        {"p95 < 200", "a time needs its unit: 200ms or 200s", "      ^"},
        {"p95 < 0", "a time needs its unit", "      ^"},
        {"p95 < 200mss", "unknown unit \"mss\"", "      ^"},
        {"p95 < fast", "duration \"fast\" does not begin with a number", "      ^"},
        {"p95 < -5ms", "is negative", "      ^"},
        {"p95 < 5%", "only failures can be compared with a share", "      ^"},
        {"rps > 5%", "only failures can be compared with a share", "      ^"},
        {"failures < 101%", "a share is a number from 0% to 100%, such as 1%", "           ^"},
        {"failures < -1%", "a share is a number from 0% to 100%", "           ^"},
        {"failures < %", "a share is a number from 0% to 100%", "           ^"},
        {"failures < x%", "a share is a number from 0% to 100%", "           ^"},
        {"failures < few", "number \"few\" does not begin with a number", "           ^"},
        {"failures < -1", "a negative number compares with nothing here", "           ^"},
        {"requests > 5s", "ends in \"s\"", "           ^"},
        {"rps > 1.5x", "ends in \"x\"", "      ^"},
        {"p95 < 1\nx", "unknown unit \"?x\"", "      ^"},
        {"ze\nbra < 1s", "unknown metric \"ze?bra\"", "^"},
        /* what follows */
        {"p95 < 200ms foo", "nothing may follow the value", "            ^"},
        {"p95 < 200 xs", "unknown unit \"xs\"", "      ^"},
        {"p95 < 200 300ms", "a time needs its unit", "      ^"},
        {"failures < 1 2", "nothing may follow the value", "             ^"},
        {"p95 < 1 s x", "nothing may follow the value", "          ^"},
        {"failures < 1% of all", "nothing may follow the value", "              ^"},
        {"p95 < 1s, p99 < 2s", "unknown unit \"s,\"", "      ^"},
        {"p95 < 1s && max < 2s", "nothing may follow the value", "         ^"},
        /* one column per character, and nothing that moves a terminal's cursor */
        {"GET /caf\xC3\xA9: p95 > fast", "does not begin with a number", "                 ^"},
        {"p95\t<\tx", "does not begin with a number", "      ^"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct threshold *t = NULL;
        struct err err = {.message = ""};
        if (threshold_parse(&t, cases[i].text, &err) != -1)
            fail_msg("\"%s\" is taken", cases[i].text);
        assert_null(t);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_memory_equal(err.message, "threshold: ", strlen("threshold: "));
        assert_contains(err.message, cases[i].reason);

        const char *expression = strstr(err.message, "\n    ");
        assert_non_null(expression);
        expression += strlen("\n    ");
        const char *caret = strstr(expression, "\n    ");
        assert_non_null(caret);
        if (!strpbrk(cases[i].text, "\t\n")) {
            assert_int_equal(caret - expression, strlen(cases[i].text));
            assert_memory_equal(expression, cases[i].text, strlen(cases[i].text));
        }
        if (strcmp(caret + strlen("\n    "), cases[i].caret) != 0)
            fail_msg("%s", err.message);
    }
    struct threshold *t;
    assert_int_equal(threshold_parse(&t, "nonsense", NULL), -1);
}

static void a_long_expression_is_shown_around_its_caret(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof(text));
    snprintf(text + 2000, 100, ": p95 < 200");
    struct threshold *t;
    struct err err;
    assert_int_equal(threshold_parse(&t, text, &err), -1);
    assert_contains(err.message, "a time needs its unit");
    assert_contains(err.message, "xxx: p95 < 200\n");
    const char *caret = strrchr(err.message, '\n') + 1;
    const char *expression = strchr(err.message, '\n') + 1;
    size_t column = strlen(caret) - 1;
    assert_int_equal(caret[column], '^');
    assert_memory_equal(expression + column, "200\n", 4);

    /* and begins with a whole character, wherever the cut falls */
    for (int shift = 0; shift < 2; shift++) {
        for (size_t i = (size_t)shift; i + 1 < 2000; i += 2) {
            text[i] = '\xC3';
            text[i + 1] = '\xA9';
        }
        snprintf(text + 1998 + shift, 100, ": p95 < 200");
        assert_int_equal(threshold_parse(&t, text, &err), -1);
        assert_memory_equal(strchr(err.message, '\n') + 1, "    \xC3\xA9", 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_and_what_does_not),
        cmocka_unit_test(without_a_request_nothing_holds),
        cmocka_unit_test(without_an_answer_there_is_no_time),
        cmocka_unit_test(the_sum_of_an_empty_run_has_no_data),
        cmocka_unit_test(a_run_of_no_length_has_no_rate),
        cmocka_unit_test(mistakes_get_a_caret),
        cmocka_unit_test(a_long_expression_is_shown_around_its_caret),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
