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

#define ONLY_THESE \
    "only \"in warmup\", \"in stage NAME\", \"for TIME\" and \"abort\" may follow the value"

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
        {"p(95) < 200", "unknown metric \"p(95)\"; did you mean \"p95\"?", "^"},
        {"errors < 1%", "unknown metric \"errors\"; did you mean \"failures\"?", "^"},
        {"failure < 1%", "unknown metric \"failure\"; did you mean \"failures\"?", "^"},
        {"GET /x: MAX < 1s", "unknown metric \"MAX\"; did you mean \"max\"?", "        ^"},
        {"zebra < 1s",
         "unknown metric \"zebra\"; known: min, mean, max, stdev, pN (also service.pN, "
         "first_byte.pN), failures, requests, rps, checks, check \"NAME\", script_errors, metric",
         "^"},
        {"/x:p95 < 1s", "unknown metric \"/x:p95\"; a series ends with a colon and a space", "^"},
        {"GET /x p95 < 1s", "unknown metric \"GET\"", "^"},
        /* comparisons */
        {"p95", "a comparison must stand here: < <= > >= ==", "   ^"},
        {"p95 200ms", "a comparison must stand here", "    ^"},
        {"p95 = 200ms", "write \"==\" to compare", "    ^"},
        {"p95 +10%", "a change is judged by --fail-if", "    ^"},
        {"p95 => 200ms", "a comparison must stand here", "    ^"},
        {"p95 <> 200ms", "a comparison must stand here", "    ^"},
        {"p95 === 200ms", "a comparison must stand here", "    ^"},
        /* values */
        {"p95 <", "a value must stand here, such as 200ms", "     ^"},
        {"failures < ", "a value must stand here, such as 1%", "           ^"},
        {"rps >", "a value must stand here, such as 500", "     ^"},
        {"p95 < 200", "a time needs its unit: 200ms or 200s", "      ^"},
        {"p95 < 0", "a time needs its unit", "      ^"},
        {"p95 < 200mss", "unknown unit \"mss\"", "      ^"},
        {"p95 < fast", "duration \"fast\" does not begin with a number", "      ^"},
        {"p95 < -5ms", "is negative", "      ^"},
        {"p95 < 5%", "only failures, checks and rates can be compared with a share", "      ^"},
        {"rps > 5%", "only failures, checks and rates can be compared with a share", "      ^"},
        {"failures < 101%", "a share is a number from 0% to 100%, such as 1%", "           ^"},
        {"failures < -1%", "a share is a number from 0% to 100%", "           ^"},
        {"failures < %", "a share is a number from 0% to 100%", "           ^"},
        {"failures < x%", "a share is a number from 0% to 100%", "           ^"},
        {"failures < 0.01", "a share of the requests is written 1%", "           ^"},
        {"failures < few", "number \"few\" does not begin with a number", "           ^"},
        {"failures < -1", "a negative number compares with nothing here", "           ^"},
        {"requests > 5s", "ends in \"s\"", "           ^"},
        {"rps > 1.5x", "ends in \"x\"", "      ^"},
        {"p95 < 1\nx", "unknown unit \"?x\"", "      ^"},
        {"ze\nbra < 1s", "unknown metric \"ze?bra\"", "^"},
        /* what follows */
        {"p95 < 200ms foo", ONLY_THESE, "            ^"},
        {"p95 < 200 xs", "unknown unit \"xs\"", "      ^"},
        {"p95 < 200 300ms", "a time needs its unit", "      ^"},
        {"failures < 1 2", ONLY_THESE, "             ^"},
        {"p95 < 1 s x", ONLY_THESE, "          ^"},
        {"failures < 1% of all", ONLY_THESE, "              ^"},
        {"p95 < 1s, p99 < 2s", "unknown unit \"s,\"", "      ^"},
        {"p95 < 1s && max < 2s", ONLY_THESE, "         ^"},
        {"p95 < 1s abort x", ONLY_THESE, "               ^"},
        {"p95 < 1s in", "a part of the run must stand here: warmup, or stage NAME", "           ^"},
        {"p95 < 1s in peak", "a part of the run must stand here", "            ^"},
        {"p95 < 1s in stage", "the stage's name must stand here", "                 ^"},
        {"p95 < 1s in stage \"a", "the quote that begins here has no end", "                  ^"},
        {"p95 < 1s in warmup in stage a", "the part of the run is said already",
         "                      ^"},
        {"p95 < 1s for", "a time must stand here, such as 10s", "            ^"},
        {"p95 < 1s for x", "does not begin with a number", "             ^"},
        {"p95 < 1s for 500ms", "a window is 1s to 1h long", "             ^"},
        {"p95 < 1s for 2h", "a window is 1s to 1h long", "             ^"},
        {"p95 < 1s for 5s for 6s", "the window is said already", "                    ^"},
        {"requests > 5 abort", "known at the end only", "             ^"},
        {"requests >= 5 abort in warmup", "known at the end only", "                    ^"},
        {"metric a.count != 5 abort", "known at the end only", "                    ^"},
        /* what is of the whole run */
        {"class A: checks > 1%", "checks are of the whole run", "         ^"},
        {"GET /x: script_errors == 0", "script errors are of the whole run", "        ^"},
        {"tag t: metric a.rate > 1", "metrics are of the whole run", "       ^"},
        {"class: p95 < 1x", "unknown unit \"x\"", "             ^"}, /* a series of that name */
        {"class : p95 < 1s", "the name of a user class must stand before", "      ^"},
        {"tag  : p95 < 1s", "a tag must stand before", "     ^"},
        /* checks and custom metrics */
        {"checks > 99", "this is a share; write it in percent, such as 99%", "         ^"},
        {"checks > 200%", "a share is a number from 0% to 100%", "         ^"},
        {"check token > 1%", "the check's name must stand here in quotes", "      ^"},
        {"check \"token > 1%", "the quote that begins here has no end", "      ^"},
        {"check \"\" > 1%", "there is no name between the quotes", "      ^"},
        {"metric > 5", "the metric's name must stand here", "       ^"},
        {"metric a > 5", "a figure must stand behind the metric's name: .count", "        ^"},
        {"metric \"a b\" > 5", "a figure must stand behind the metric's name", "            ^"},
        {"metric a.foo > 5", "a metric has no \"foo\"; it has .count", "         ^"},
        {"metric a.p101 > 5", "\"p101\" is no percentile", "         ^"},
        {"metric a.share > 5", "this is a share", "                 ^"},
        {"metric a.count > 5%", "only failures, checks and rates", "                 ^"},
        {"service.p < 1s", "unknown metric \"service.p\"", "^"},
        {"service.p200 < 1s", "\"p200\" is no percentile", "        ^"},
        {"frist_byte.p95 < 1s", "did you mean \"first_byte.p95\"?", "^"},
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

/* What a right expression comes to. */
static void the_parts_of_an_expression(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct threshold want;
    } cases[] = {
        {"class A B: p95 < 1s",
         {.subject = THRESHOLD_CLASS,
          .name = (char *)"A B",
          .figure = THRESHOLD_PERCENTILE,
          .percent = 95,
          .limit = 1000}},
        {"tag read: service.mean < 1s",
         {.subject = THRESHOLD_TAG,
          .name = (char *)"read",
          .source = THRESHOLD_SERVICE,
          .figure = THRESHOLD_MEAN,
          .limit = 1000}},
        {"classy: first_byte.max < 1s", /* a series */
         {.subject = THRESHOLD_SERIES,
          .name = (char *)"classy",
          .source = THRESHOLD_FIRST_BYTE,
          .figure = THRESHOLD_MAX,
          .limit = 1000}},
        {"check \"a: b\" >= 99.5%",
         {.source = THRESHOLD_CHECKS,
          .what = (char *)"a: b",
          .figure = THRESHOLD_SHARE,
          .op = THRESHOLD_GREATER_EQUAL,
          .limit = 99.5}},
        {"script_errors == 0 abort",
         {.source = THRESHOLD_SCRIPT_ERRORS,
          .figure = THRESHOLD_COUNT,
          .op = THRESHOLD_EQUAL,
          .aborts = true}},
        {"rps > 5/s for 1m30s",
         {.source = THRESHOLD_REQUESTS,
          .figure = THRESHOLD_PER_S,
          .op = THRESHOLD_GREATER,
          .limit = 5,
          .window_s = 90}},
        {"max < 2 s in stage peak abort for 10s",
         {.figure = THRESHOLD_MAX,
          .limit = 2000,
          .part = THRESHOLD_STAGE,
          .stage = (char *)"peak",
          .window_s = 10,
          .aborts = true}},
        {"max < 2s in stage \"the peak\"",
         {.figure = THRESHOLD_MAX,
          .limit = 2000,
          .part = THRESHOLD_STAGE,
          .stage = (char *)"the peak"}},
        {"failures != 3 in warmup",
         {.source = THRESHOLD_FAILURES,
          .figure = THRESHOLD_COUNT,
          .op = THRESHOLD_UNEQUAL,
          .limit = 3,
          .part = THRESHOLD_WARMUP}},
        {"metric a.b.p99.9 < 10k",
         {.source = THRESHOLD_METRIC,
          .what = (char *)"a.b",
          .figure = THRESHOLD_PERCENTILE,
          .percent = 99.9,
          .limit = 10000}},
        {"metric \"a.b c\".last > -3",
         {.source = THRESHOLD_METRIC,
          .what = (char *)"a.b c",
          .figure = THRESHOLD_LAST,
          .op = THRESHOLD_GREATER,
          .limit = -3}},
        {"metric t.mean < 200 ms",
         {.source = THRESHOLD_METRIC,
          .what = (char *)"t",
          .figure = THRESHOLD_MEAN,
          .limit = 200,
          .limit_is_time = true}},
        {"requests > 5 for 10s abort",
         {.source = THRESHOLD_REQUESTS,
          .figure = THRESHOLD_COUNT,
          .op = THRESHOLD_GREATER,
          .limit = 5,
          .window_s = 10,
          .aborts = true}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct threshold *t;
        struct err err;
        const struct threshold *want = &cases[i].want;
        if (threshold_parse(&t, cases[i].text, &err) < 0)
            fail_msg("%s", err.message);
        assert_int_equal(t->subject, want->subject);
        assert_int_equal(t->source, want->source);
        assert_int_equal(t->figure, want->figure);
        assert_int_equal(t->op, want->op);
        assert_int_equal(t->part, want->part);
        assert_true(t->percent == want->percent && t->limit == want->limit);
        assert_true(t->window_s == want->window_s && t->aborts == want->aborts);
        assert_true(t->limit_is_time == want->limit_is_time);
        assert_string_equal(t->name ? t->name : "-", want->name ? want->name : "-");
        assert_string_equal(t->what ? t->what : "-", want->what ? want->what : "-");
        assert_string_equal(t->stage ? t->stage : "-", want->stage ? want->stage : "-");
        threshold_free(t);
    }
}

static void fail_if_states_what_must_not_be(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum threshold_op op;
    } cases[] = {
        {"p99 > 250ms", THRESHOLD_LESS_EQUAL}, {"p99 >= 250ms", THRESHOLD_LESS},
        {"rps < 5", THRESHOLD_GREATER_EQUAL},  {"rps <= 5", THRESHOLD_GREATER},
        {"failures != 0", THRESHOLD_EQUAL},    {"requests == 0", THRESHOLD_UNEQUAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct threshold *t;
        char text[80];
        assert_int_equal(threshold_parse_fail_if(&t, cases[i].text, NULL), 0);
        assert_int_equal(t->op, cases[i].op);
        snprintf(text, sizeof(text), "fail if %s", cases[i].text);
        assert_string_equal(t->text, text);
        threshold_free(t);
    }
    struct threshold *t;
    struct err err;
    assert_int_equal(threshold_parse_fail_if(&t, "requests < 5 abort", &err), -1);
    assert_int_equal(threshold_parse_fail_if(&t, "failures > 5 abort", &err), 0);
    threshold_free(t);
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
        cmocka_unit_test(the_parts_of_an_expression),
        cmocka_unit_test(fail_if_states_what_must_not_be),
        cmocka_unit_test(a_long_expression_is_shown_around_its_caret),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
