/* stats/threshold.h: the expressions that are taken, those that are refused,
 * and where the caret stands. */
#include "unit.h"

#include "stats/threshold.h"

#include <stdio.h>

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
        cmocka_unit_test(mistakes_get_a_caret),
        cmocka_unit_test(the_parts_of_an_expression),
        cmocka_unit_test(fail_if_states_what_must_not_be),
        cmocka_unit_test(a_long_expression_is_shown_around_its_caret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
