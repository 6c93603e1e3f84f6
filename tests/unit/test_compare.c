/* Comparisons of runs whose difference is known. */
#include "report/compare.h"

#include "report/compare_rule.h"
#include "report_cases.h"
#include "unit.h"

#include <stdio.h>

struct pair {
    struct fixture from, to;
    struct spreads from_spreads, to_spreads;
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
    *p = (struct pair){.from_spreads = {VEC_INIT}, .to_spreads = {VEC_INIT}};
    fixture_init(&p->from);
    fixture_init(&p->to);
}

/* So many ticks that differ by chance, or `effect` times as much, in every series. */
static void set_spreads(struct spreads *s, const struct fixture *f, uint32_t ticks, double effect)
{
    double sum = ticks * effect;
    spreads_release(s);
    for (uint32_t id = 0; id < catalog_len(f->run.catalog); id++)
        spreads_add(s, &(struct spread){id, ticks, {sum, sum, sum, sum, ticks}});
    spreads_add(s, &(struct spread){UINT32_MAX, ticks, {sum, sum, sum, sum, ticks}});
}

static void compare_over(struct pair *p, uint32_t ticks, double effect)
{
    set_spreads(&p->from_spreads, &p->from, ticks, effect);
    set_spreads(&p->to_spreads, &p->to, ticks, effect);
    const struct compare_side from = {"old.json", &p->from.run, fixture_end(&p->from),
                                      &p->from_spreads};
    const struct compare_side to = {"new.json", &p->to.run, fixture_end(&p->to), &p->to_spreads};
    compare_init(&p->comparison, &from, &to);
}

static void compare(struct pair *p)
{
    compare_over(p, 60, 1);
}

static void end(struct pair *p)
{
    compare_release(&p->comparison);
    spreads_release(&p->from_spreads);
    spreads_release(&p->to_spreads);
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

    compare_over(&p, 30, 50);
    assert_int_equal(p.comparison.total.verdict, COMPARE_SAME);
    assert_int_equal(p.comparison.rows.items[0].verdict, COMPARE_SAME);
    end(&p);
}

/* Of a run of a few seconds nobody knows how much its seconds differ: however
 * many requests, it says nothing, and limits are judged by the change alone. */
static void test_too_short(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    answers(&p.from, "/", 5000, 1);
    answers(&p.to, "/", 5000, 1.1);
    failing(&p.to, "/", 100);
    compare_over(&p, SPREAD_TICKS_MIN - 1, 1);
    assert_int_equal(p.comparison.total.verdict, COMPARE_TOO_SHORT);
    assert_int_equal(p.comparison.total.failures, 0);
    assert_false(p.comparison.total.changes[COMPARE_P50].within.known);
    assert_says(&p.comparison.total, "too short to tell");
    assert_judged(&p, "p50 +5%", false, "+");
    assert_judged(&p, "p50 +15%", true, "+");
    compare_release(&p.comparison);

    /* The fewer seconds, the less is believed of the same data. */
    double width[2];
    for (int i = 0; i < 2; i++) {
        compare_over(&p, i == 0 ? SPREAD_TICKS_MIN : 1000, 1);
        struct interval within = p.comparison.total.changes[COMPARE_P50].within;
        assert_true(within.known);
        width[i] = within.high - within.low;
        if (i == 0)
            compare_release(&p.comparison);
    }
    assert_true(width[0] > 1.2 * width[1] && width[0] < 1.5 * width[1]);
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
        {"p95 < 200ms", "--threshold", "< 200ms"},
        {"p95", "--threshold", ""},
        {"p95 10%", "a change must stand", "10%"},
        {"GET /: p0x20 +5%", "no metric 'p0x20'", "p0x20"},
        {"p95 +1.2.3%", "no number", "1.2.3%"},
        {"avg +5%", "did you mean 'mean'", "avg"},
        {"class Buyer: p95 +10%", "classes and tags", "class"},
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
    assert_judged(&p, "GET /fev: p95 +10%", false, "no such series; \"/few\"?");
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

/* A name with several types is judged as their sum, with what both know of their
 * seconds. */
static void test_rule_of_several_types(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    struct fixture *sides[] = {&p.from, &p.to};
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 4000; i++) {
            struct sample sample = {
                .series = fixture_series(sides[side], i % 2 == 0 ? "GET" : "POST", "/"),
                .response_ns = (uint64_t)(1000 + i + 40 * side) * NS_PER_US,
                .status = 200,
                .end_ns = FIXTURE_START,
            };
            stats_record(sides[side]->stats, &sample);
        }
    }
    compare_over(&p, 60, 50);
    assert_judged(&p, "/: p50 +1%", true, "+1.3 %"); /* may be chance */
    compare_release(&p.comparison);
    compare_over(&p, 60, 0.5);
    assert_judged(&p, "/: p50 +1%", false, "+1.3 %");
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
        cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_series_of_one_run_only),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_chance_is_not_a_difference),
        cmocka_unit_test(test_rules_parse),
        cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_rules_judge),
        cmocka_unit_test(test_rule_without_data),
        cmocka_unit_test(test_rule_of_several_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
