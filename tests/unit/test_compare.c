/* Comparisons of runs whose difference is known. */
#include "report/compare.h"

#include "report/compare_rule.h"
#include "report_cases.h"
#include "unit.h"

#include <stdio.h>

struct pair {
    struct fixture from, to;
    struct comparison comparison;
};

/* n answers to GET /name, spread over about 1 to 3 ms, times factor. */
static void answers(struct fixture *f, const char *name, uint64_t n, double factor)
{
    uint32_t id = fixture_series(f, "GET", name);
    for (uint64_t i = 0; i < n; i++) {
        double us = factor * (1000 + (double)(i * 7919 % 2003));
        struct sample sample = {
            .series = id,
            .response_ns = (uint64_t)us * NS_PER_US,
            .status = 200,
            .end_ns = FIXTURE_START + i * NS_PER_US,
        };
        stats_record(f->stats, &sample);
    }
}

static void failing(struct fixture *f, const char *name, uint64_t n)
{
    fixture_failures(f, fixture_series(f, "GET", name), ERR_STATUS, 500, "HTTP 500", n, 2, 1, 1);
}

static void begin(struct pair *p)
{
    fixture_init(&p->from);
    fixture_init(&p->to);
}

static void compare(struct pair *p)
{
    const struct compare_side from = {"old.json", &p->from.run, &p->from.end, NULL};
    const struct compare_side to = {"new.json", &p->to.run, &p->to.end, NULL};
    compare_init(&p->comparison, &from, &to);
}

static void end(struct pair *p)
{
    compare_release(&p->comparison);
    fixture_release(&p->from);
    fixture_release(&p->to);
}

static void assert_says(const struct compare_row *row, const char *word)
{
    struct buf text = BUF_INIT;
    compare_describe(&text, row);
    assert_contains(buf_cstr(&text), word);
    buf_release(&text);
}

static void test_same_data(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1);
    compare(&p);
    assert_int_equal(p.comparison.rows.len, 1);
    assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_SAME);
    assert_int_equal(p.comparison.total.verdict, COMPARE_SAME);
    assert_says(&p.comparison.rows.items[0], "no difference that the data show");
    end(&p);
}

static void test_ten_percent_slower(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1.1);
    compare(&p);
    const struct compare_row *row = &p.comparison.rows.items[0];
    assert_int_equal(row->verdict, COMPARE_SLOWER);
    for (int i = COMPARE_MEAN; i <= COMPARE_P99; i++) {
        assert_float_equal(row->changes[i].change, 0.1, 0.002);
        assert_true(row->changes[i].within.known);
        assert_true(row->changes[i].within.low < 0.1 && row->changes[i].within.high > 0.1);
    }
    assert_true(row->shift.larger > 0.5 && row->shift.p < 0.001);
    assert_says(row, "slower: p50 +10.0% (95% confidence +");
    end(&p);
}

static void test_faster(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 0.8);
    compare(&p);
    assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_FASTER);
    assert_says(&p.comparison.rows.items[0], "faster: p50 -20.");
    end(&p);
}

static void test_too_few(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, 4, 7};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct pair p;
        begin(&p);
        answers(&p.from, "/", counts[i], 1);
        answers(&p.to, "/", counts[i], 5);
        compare(&p);
        assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_TOO_FEW);
        assert_says(&p.comparison.rows.items[0], "too few answers to tell");
        end(&p);
    }
}

/* The same shift is not believed of seconds that differ as much by themselves. */
static void test_uneven_seconds(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1.03);
    compare(&p);
    assert_int_equal(p.comparison.total.verdict, COMPARE_SLOWER);
    compare_release(&p.comparison);

    struct spreads uneven = {VEC_INIT};
    spreads_add(&uneven, &(struct spread){0, 30, {30 * 50., 30 * 50., 30 * 50., 30 * 50., 30}});
    spreads_add(&uneven,
                &(struct spread){UINT32_MAX, 30, {30 * 50., 30 * 50., 30 * 50., 30 * 50., 30}});
    const struct compare_side from = {"old.json", &p.from.run, &p.from.end, &uneven};
    const struct compare_side to = {"new.json", &p.to.run, &p.to.end, &uneven};
    compare_init(&p.comparison, &from, &to);
    assert_int_equal(p.comparison.total.verdict, COMPARE_SAME);
    assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_SAME);
    spreads_release(&uneven);
    end(&p);
}

static void test_failures(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1);
    failing(&p.to, "/", 100);
    compare(&p);
    const struct compare_row *row = &p.comparison.rows.items[0];
    assert_int_equal(row->failures, 1);
    assert_float_equal(row->changes[COMPARE_FAILURES].change, 100 / 5100., 1e-9);
    assert_says(row, "more failures: +1.96 points");
    end(&p);
}

static void test_series_of_one_run_only(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/gone", 500, 1);
    answers(&p.from, "/stays", 500, 1);
    answers(&p.to, "/come", 500, 1);
    answers(&p.to, "/stays", 500, 1);
    compare(&p);
    assert_int_equal(p.comparison.rows.len, 3);
    assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_ONLY_NEW);
    assert_string_equal(p.comparison.rows.items[0].name, "/come");
    assert_int_equal(p.comparison.rows.items[1].verdict, COMPARE_ONLY_OLD);
    assert_int_equal(p.comparison.rows.items[2].verdict, COMPARE_SAME);
    assert_says(&p.comparison.rows.items[1], "only in the old run");
    end(&p);
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 500, 1);
    compare(&p);
    assert_int_equal(p.comparison.total.verdict, COMPARE_TOO_FEW);
    end(&p);
}

/* Many unchanged series, each drawn by chance: none is called changed. */
static void test_chance_is_not_a_difference(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    unsigned short seed[3] = {1, 2, 3};
    for (int k = 0; k < 40; k++) {
        char name[16];
        snprintf(name, sizeof(name), "/%d", k);
        struct fixture *sides[] = {&p.from, &p.to};
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < 1000; i++) {
                double u = erand48(seed), v = erand48(seed);
                struct sample sample = {
                    .series = fixture_series(sides[side], "GET", name),
                    .response_ns = (uint64_t)(1000 + 2000 * u * v) * NS_PER_US,
                    .status = 200,
                    .end_ns = FIXTURE_START + 1,
                };
                stats_record(sides[side]->stats, &sample);
            }
        }
    }
    compare(&p);
    for (size_t i = 0; i < p.comparison.rows.len; i++)
        assert_int_equal(p.comparison.rows.items[i].verdict, COMPARE_SAME);
    assert_int_equal(p.comparison.total.verdict, COMPARE_SAME);
    end(&p);
}

/* --- rules ------------------------------------------------------------------------ */

static void test_rules_parse(void **state)
{
    (void)state;
    static const char *const good[] = {
        "p95 +10%",     "p99.9 +5ms",           "rps -5%",
        "failures +1%", "GET /a: b: p50 +1.5%", "mean +1 ms",
        "max +2s",      "  requests -10 % ",    "GET /x+1: min +3us",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct compare_rule *rule;
        struct err err = {0};
        assert_true(compare_rule_is(good[i]));
        if (compare_rule_parse(&rule, good[i], &err) != 0)
            fail_msg("%s: %s", good[i], err.message);
        compare_rule_free(rule);
    }
    static const char *const others[] = {"p95 < 10ms", "failures > 1%", "GET /x +1: p95 < 3ms",
                                         "p95", ""};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(compare_rule_is(others[i]));
}

static void test_bad_rules(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word, *caret; /* what stands over the caret */
    } cases[] = {
        {"p95 +10", "needs % or a unit", "10"},
        {"p59x +10%", "no metric 'p59x'", "p59x"},
        {"p100 +10%", "no metric 'p100'", "p100"},
        {"mean +10parsecs", "no such unit", "parsecs"},
        {"rps -5ms", "is in %", "ms"},
        {"p95 +10% or so", "nothing may follow", "or so"},
        {"p95 < 200ms", "--threshold", ""},
        {": p95 +1%", "a series must stand", ": p95"},
        {"+10%", "metric must stand", "+10%"},
        {"GET /: +10%", "metric must stand", "+10%"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compare_rule *rule;
        struct err err = {0};
        assert_int_equal(compare_rule_parse(&rule, cases[i].text, &err), -1);
        assert_contains(err.message, cases[i].word);
        char *lines = strdup(err.message), *shown = strchr(lines, '\n');
        assert_non_null(shown);
        char *caret = strrchr(lines, '\n');
        *caret++ = 0;
        size_t at = strlen(caret) - 1;
        assert_int_equal(caret[at], '^');
        if (strncmp(shown + 1 + at, cases[i].caret, strlen(cases[i].caret)) != 0)
            fail_msg("the caret is misplaced: %s", err.message);
        free(lines);
    }
}

static void assert_judged(const struct pair *p, const char *text, bool passed, const char *shown)
{
    struct compare_rule *rule;
    struct threshold_result result;
    struct err err = {0};
    if (compare_rule_parse(&rule, text, &err) != 0)
        fail_msg("%s", err.message);
    compare_rule_judge(rule, &p->comparison, &result);
    if (result.passed != passed)
        fail_msg("%s: %s, %s", text, result.passed ? "passed" : "failed", result.shown);
    assert_string_equal(result.expression, text);
    assert_contains(result.shown, shown);
    compare_rule_free(rule);
}

static void test_rules_judge(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1.1);
    answers(&p.from, "/few", 12, 1);
    answers(&p.to, "/few", 12, 1.03);
    failing(&p.to, "/", 100);
    compare(&p);
    assert_judged(&p, "GET /: p95 +5%", false, "ms to ");
    assert_judged(&p, "/: p95 +5%", false, "ms to ");
    assert_judged(&p, "GET /: p95 +15%", true, "ms to ");
    assert_judged(&p, "p90 +5%", false, "ms to ");
    assert_judged(&p, "GET /: p50 +100us", false, "+");
    assert_judged(&p, "GET /: p50 +1ms", true, "+");
    assert_judged(&p, "GET /: mean -5%", true, "+");
    assert_judged(&p, "failures +1%", false, "(0.00 % to 1.9");
    assert_judged(&p, "failures +5%", true, "+1.9");
    assert_judged(&p, "GET /few: rps -10%", true, "+0.0 %");
    assert_judged(&p, "requests +1%", false, "+2.0 %");
    assert_judged(&p, "GET /few: p50 +1%", true, "+");  /* beyond, and may be chance */
    assert_judged(&p, "GET /few: p99 +1%", false, "+"); /* nothing is known of chance */
    assert_judged(&p, "GET /nowhere: p95 +10%", false, "no such series");
    end(&p);
}

static void test_rule_without_data(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 500, 1);
    compare(&p);
    assert_judged(&p, "p95 +10%", false, "no requests in the new run");
    assert_judged(&p, "rps -10%", false, "no requests in the new run");
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_data),
        cmocka_unit_test(test_ten_percent_slower),
        cmocka_unit_test(test_faster),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_uneven_seconds),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_series_of_one_run_only),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_chance_is_not_a_difference),
        cmocka_unit_test(test_rules_parse),
        cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_rules_judge),
        cmocka_unit_test(test_rule_without_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
