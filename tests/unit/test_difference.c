/* Statements about differences, held against tables and against themselves. */
#include "stats/difference.h"

#include "stats/student.h"
#include "unit.h"

#include <math.h>

/* Independent values, and such that are not but whose effect is known. */
static const struct dependence known = {1, INFINITY};

static struct dependence effect(double times)
{
    return (struct dependence){times, INFINITY};
}

static void add_range(struct hist *h, uint64_t from, uint64_t to)
{
    for (uint64_t us = from; us <= to; us++)
        hist_record(h, us);
}

static void assert_near(double value, double expected, double by)
{
    if (!(fabs(value - expected) <= by))
        fail_msg("%g is not within %g of %g", value, by, expected);
}

/* The median of 100 values lies between the 40th and the 61st (Conover, table
 * A3: of 100 coins 39 or fewer are heads with a probability of 0.0176). */
static void test_ranks_of_the_median(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    add_range(&h, 1001, 1100);
    struct interval i = difference_percentile(&h, 50, known, 0.05);
    assert_true(i.known);
    assert_near(i.low, 1040, 0);
    assert_near(i.high, 1062, 0); /* the far side of the bucket of 1061 */
    hist_release(&h);
}

/* The 90th percentile of 100: of 100 in a tail of 0.1, 5 to 16 with 95 %. */
static void test_ranks_of_a_tail(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    add_range(&h, 1001, 1100);
    struct interval i = difference_percentile(&h, 90, known, 0.05);
    assert_true(i.known);
    assert_near(i.low, 1084, 0);
    assert_near(i.high, 1097, 0);
    hist_release(&h);
}

/* No value of 50 is known to lie above their 99th percentile. */
static void test_too_few_for_a_percentile(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    assert_false(difference_percentile(&h, 50, known, 0.05).known);
    add_range(&h, 101, 150);
    assert_true(difference_percentile(&h, 50, known, 0.05).known);
    assert_false(difference_percentile(&h, 99, known, 0.05).known);
    assert_false(difference_percentile(&h, 50, effect(25), 0.05).known); /* as if there were two */
    hist_release(&h);
}

/* With many values, the normal approximation and the exact binomial agree. */
static void test_many_values(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    add_range(&h, 1, 1000);
    struct interval i = difference_percentile(&h, 50, known, 0.05); /* +- 1.96 * sqrt(250) */
    assert_near(i.low, 469, 2);
    assert_near(i.high, 532, 3);
    struct interval wider = difference_percentile(&h, 50, effect(4), 0.05);
    assert_near(wider.high - wider.low, 2 * (i.high - i.low), 8);
    hist_release(&h);
}

/* Newcombe (1998), table II, method 10: 56/70 less 48/80 is 0.2, within
 * 0.0524 ... 0.3339; and 9/10 less 3/10 within 0.1705 ... 0.8090. */
static void test_shares(void **state)
{
    (void)state;
    struct interval a = difference_share(48, 80, known, 0.05),
                    b = difference_share(56, 70, known, 0.05);
    struct interval d = difference_minus(48 / 80.0, a, 56 / 70.0, b);
    assert_near(d.low, 0.0524, 0.0001);
    assert_near(d.high, 0.3339, 0.0001);
    a = difference_share(3, 10, known, 0.05);
    b = difference_share(9, 10, known, 0.05);
    d = difference_minus(0.3, a, 0.9, b);
    assert_near(d.low, 0.1705, 0.0001);
    assert_near(d.high, 0.8090, 0.0001);
    a = difference_share(0, 1000, known, 0.05);
    assert_near(a.low, 0, 0);
    assert_near(a.high, 0.00383, 0.0001);
}

/* U of 1..10 and 6..15, five of them tied: 87.5 of 100; z = 2.840. */
static void test_mann_whitney(void **state)
{
    (void)state;
    struct hist a, b;
    hist_init(&a);
    hist_init(&b);
    add_range(&a, 1, 10);
    add_range(&b, 6, 15);
    struct shift s = difference_shift(&a, known, &b, known);
    assert_true(s.known);
    assert_near(s.larger, 0.875, 1e-12);
    assert_near(s.p, 0.00451, 0.0001);
    s = difference_shift(&b, known, &a, known);
    assert_near(s.larger, 0.125, 1e-12);
    assert_near(s.p, 0.00451, 0.0001);
    assert_false(difference_shift(&a, effect(2), &b, known).known); /* as if there were five */
    hist_release(&a);
    hist_release(&b);
}

static void test_the_same_is_the_same(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    add_range(&h, 500, 20000);
    struct shift s = difference_shift(&h, known, &h, known);
    assert_near(s.larger, 0.5, 1e-12);
    assert_near(s.p, 1, 1e-9);
    static const double percents[] = {50, 95, 99.9};
    for (int i = 0; i < 3; i++) {
        struct interval within = difference_percentile(&h, percents[i], known, 0.05);
        double at = hist_percentile(&h, percents[i]);
        struct interval change = difference_ratio(at, within, at, within);
        assert_true(change.known && change.low < 0 && change.high > 0);
    }
    hist_release(&h);
}

/* All values equal: nothing varies, and the least difference is certain. */
static void test_constant_values(void **state)
{
    (void)state;
    struct hist a, b;
    hist_init(&a);
    hist_init(&b);
    for (int i = 0; i < 100; i++) {
        hist_record(&a, 100);
        hist_record(&b, 101);
    }
    assert_near(difference_shift(&a, known, &a, known).p, 1, 0);
    struct shift s = difference_shift(&a, known, &b, known);
    assert_near(s.larger, 1, 0);
    assert_true(s.p < 1e-9);
    hist_release(&a);
    hist_release(&b);
}

/* Student's table: the bounds of 5 % and 1 %, for odd, even and many degrees. */
static void test_student(void **state)
{
    (void)state;
    static const struct {
        double freedom, five, one;
    } table[] = {
        {1, 12.7062, 63.6567}, {2, 4.3027, 9.9248},    {5, 2.5706, 4.0321},
        {10, 2.2281, 3.1693},  {30, 2.0423, 2.7500},   {100, 1.9840, 2.6259},
        {101, 1.9837, 2.6254}, {1000, 1.9623, 2.5808}, {INFINITY, 1.9600, 2.5758},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        assert_near(student_bound(0.05, table[i].freedom), table[i].five, 0.0001);
        assert_near(student_bound(0.01, table[i].freedom), table[i].one, 0.0001);
        assert_near(student_tails(-table[i].five, table[i].freedom), 0.05, 0.00002);
    }
    assert_near(student_tails(0, 3), 1, 1e-12);
    assert_near(student_tails(5, 0), 1, 0);
    assert_true(isinf(student_bound(0.05, 0)));
}

/* An effect known from five seconds widens every interval by t / z, 2.571 / 1.960;
 * one known from none makes none. */
static void test_few_seconds(void **state)
{
    (void)state;
    static const struct dependence five = {1, 5}, none = {1, 0};
    struct hist h;
    hist_init(&h);
    add_range(&h, 1001, 2000);
    struct interval sure = difference_mean(&h, known, 0.05);
    struct interval wide = difference_mean(&h, five, 0.05);
    assert_near((wide.high - wide.low) / (sure.high - sure.low), 1.3116, 0.001);
    sure = difference_percentile(&h, 50, known, 0.05);
    wide = difference_percentile(&h, 50, five, 0.05);
    assert_near((wide.high - wide.low) / (sure.high - sure.low), 1.31, 0.1);
    assert_false(difference_mean(&h, none, 0.05).known);
    assert_false(difference_percentile(&h, 50, none, 0.05).known);
    assert_false(difference_share(5, 1000, none, 0.05).known);

    struct hist later;
    hist_init(&later);
    add_range(&later, 1035, 2034);
    struct shift p = difference_shift(&h, known, &later, known);
    assert_true(p.known && p.p < 0.01);
    p = difference_shift(&h, known, &later, five); /* the fewer seconds decide */
    assert_true(p.known && p.p > 0.03);
    assert_false(difference_shift(&h, known, &later, none).known);
    hist_release(&h);
    hist_release(&later);
}

static void test_ten_percent(void **state)
{
    (void)state;
    struct hist a, b;
    hist_init(&a);
    hist_init(&b);
    for (int i = 0; i < 20000; i++) {
        uint64_t us = 1000 + (uint64_t)(i % 1000) * 3;
        hist_record(&a, us);
        hist_record(&b, us * 11 / 10);
    }
    static const double percents[] = {50, 90, 99};
    for (int i = 0; i < 3; i++) {
        double p = percents[i], from = hist_percentile(&a, p), to = hist_percentile(&b, p);
        struct interval d = difference_ratio(from, difference_percentile(&a, p, known, 0.05), to,
                                             difference_percentile(&b, p, known, 0.05));
        assert_true(d.low > 0.07 && d.low < 0.1);
        assert_true(d.high > 0.1 && d.high < 0.13);
    }
    struct interval mean = difference_ratio(hist_mean(&a), difference_mean(&a, known, 0.05),
                                            hist_mean(&b), difference_mean(&b, known, 0.05));
    assert_true(mean.low > 0.08 && mean.high < 0.12);
    assert_true(difference_shift(&a, known, &b, known).p < 1e-9);
    hist_release(&a);
    hist_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_of_the_median),
        cmocka_unit_test(test_ranks_of_a_tail),
        cmocka_unit_test(test_too_few_for_a_percentile),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_mann_whitney),
        cmocka_unit_test(test_the_same_is_the_same),
        cmocka_unit_test(test_constant_values),
        cmocka_unit_test(test_student),
        cmocka_unit_test(test_few_seconds),
        cmocka_unit_test(test_ten_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
