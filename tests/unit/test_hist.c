/* stats/hist.h: against exact statistics of the same values. */
#include "unit.h"

#include "base/rng.h"
#include "stats/hist.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUES = 50000 };

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Distributions of times in us. */

static uint64_t uniform(struct rng *rng)
{
    return (uint64_t)rng_range(rng, 0, 1000000);
}

static uint64_t exponential(struct rng *rng)
{
    return (uint64_t)(-log(1 - rng_double(rng)) * 20000);
}

static uint64_t lognormal(struct rng *rng)
{
    double normal = sqrt(-2 * log(1 - rng_double(rng))) * cos(2 * 3.14159265 * rng_double(rng));
    return (uint64_t)fmin(exp(8 + 2 * normal), 3.6e9);
}

/* A fast answer, and one in a hundred that waited for a timeout. */
static uint64_t bimodal(struct rng *rng)
{
    return rng_range(rng, 1, 100) == 1 ? (uint64_t)rng_range(rng, 29000000, 31000000)
                                       : (uint64_t)rng_range(rng, 300, 900);
}

static uint64_t constant(struct rng *rng)
{
    (void)rng;
    return 777777;
}

static uint64_t every_magnitude(struct rng *rng)
{
    return (uint64_t)fmin(exp2(rng_between(rng, 0, 31.7)), 3.6e9);
}

static const struct {
    const char *name;
    uint64_t (*draw)(struct rng *rng);
} distributions[] = {
    {"uniform", uniform}, {"exponential", exponential}, {"lognormal", lognormal},
    {"bimodal", bimodal}, {"constant", constant},       {"every magnitude", every_magnitude},
};

static const double percents[] = {0,  0.001, 1,  5,  10, 25,   33.3,  50,     66, 75,
                                  80, 90,    95, 98, 99, 99.9, 99.99, 99.999, 100};

/* The rank of percent among n, in whole numbers: percent has at most three
 * decimals. */
static size_t rank(double percent, size_t n)
{
    uint64_t thousandths = (uint64_t)llround(percent * 1000);
    uint64_t r = (thousandths * n + 99999) / 100000;
    return r > 0 ? r : 1;
}

static void assert_near(double found, double exact, double relative, const char *what)
{
    if (fabs(found - exact) > relative * exact)
        fail_msg("%s: found %.6f, exact %.6f", what, found, exact);
}

static void percentiles_are_within_a_thousandth(void **state)
{
    (void)state;
    static uint64_t values[VALUES];
    static const size_t sizes[] = {1, 2, 3, 10, 99, 100, 101, 1000, VALUES};
    for (size_t d = 0; d < ARRAY_LEN(distributions); d++) {
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            size_t n = sizes[s];
            struct rng rng;
            rng_init(&rng, d, n);
            struct hist h;
            hist_init(&h);
            double sum = 0;
            for (size_t i = 0; i < n; i++) {
                values[i] = distributions[d].draw(&rng);
                sum += (double)values[i];
                hist_record(&h, values[i]);
            }
            qsort(values, n, sizeof(values[0]), compare);

            assert_true(h.count == n);
            assert_true(h.min == values[0]);
            assert_true(h.max == values[n - 1]);
            double last = 0;
            for (size_t p = 0; p < ARRAY_LEN(percents); p++) {
                char what[80];
                snprintf(what, sizeof(what), "%s, %zu values, p%g", distributions[d].name, n,
                         percents[p]);
                double found = hist_percentile(&h, percents[p]);
                double exact = (double)values[rank(percents[p], n) - 1];
                assert_near(found, exact, 0.001, what);
                if (exact < 2048 && found != exact)
                    fail_msg("%s: %f is not exactly %f", what, found, exact);
                assert_true(found >= last);
                assert_true(found >= (double)h.min && found <= (double)h.max);
                last = found;
            }
            double all[ARRAY_LEN(percents)];
            hist_percentiles(&h, percents, ARRAY_LEN(percents), all);
            for (size_t p = 0; p < ARRAY_LEN(percents); p++)
                assert_true(all[p] == hist_percentile(&h, percents[p]));
            assert_true(hist_percentile(&h, 0) == (double)h.min);
            assert_true(hist_percentile(&h, 100) == (double)h.max);

            double mean = sum / (double)n, variance = 0;
            for (size_t i = 0; i < n; i++)
                variance += pow((double)values[i] - mean, 2) / (double)n;
            assert_near(hist_mean(&h), mean, 1e-12, distributions[d].name);
            assert_near(hist_stdev(&h), sqrt(variance), 1e-6, distributions[d].name);
            hist_release(&h);
        }
    }
}

static void an_empty_one_has_zeros(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    assert_true(hist_percentile(&h, 50) == 0);
    assert_true(hist_percentile(&h, 100) == 0);
    double values[2] = {-1, -1};
    hist_percentiles(&h, (double[]){0, 99.9}, 2, values);
    assert_true(values[0] == 0 && values[1] == 0);
    assert_true(hist_mean(&h) == 0);
    assert_true(hist_stdev(&h) == 0);
    struct hist_iter it = {.hist = &h};
    assert_false(hist_next(&it));
    hist_clear(&h);

    struct hist other;
    hist_init(&other);
    hist_merge(&h, &other);
    assert_true(h.count == 0 && h.min == UINT64_MAX && h.max == 0);
    hist_release(&h);
}

static void one_value_is_every_percentile(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 2049, 123456789, HIST_MAX_US};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct hist h;
        hist_init(&h);
        for (int n = 0; n < 3; n++)
            hist_record(&h, values[i]);
        for (size_t p = 0; p < ARRAY_LEN(percents); p++)
            assert_true(hist_percentile(&h, percents[p]) == (double)values[i]);
        assert_true(hist_stdev(&h) == 0);
        hist_release(&h);
    }
}

/* 99.9 / 100 * 1000 is a little more than 999 in floating point. */
static void ranks_do_not_slip_by_rounding(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    for (uint64_t i = 1; i <= 1000; i++)
        hist_record(&h, i);
    for (int p = 1; p <= 1000; p++)
        if (hist_percentile(&h, p / 10.0) != p)
            fail_msg("p%g is %f", p / 10.0, hist_percentile(&h, p / 10.0));
    assert_true(hist_percentile(&h, 99.91) == 1000);
    assert_true(hist_percentile(&h, -1) == 1);
    assert_true(hist_percentile(&h, 200) == 1000);
    double values[4];
    hist_percentiles(&h, (double[]){-1, 99.9, 100, 200}, 4, values);
    assert_true(values[0] == 1 && values[1] == 999 && values[2] == 1000 && values[3] == 1000);
    hist_release(&h);
}

static void octaves_meet_without_gap(void **state)
{
    (void)state;
    uint64_t next = 0;
    for (int octave = 0; octave < HIST_OCTAVES; octave++) {
        uint64_t width = hist_bucket_width(octave);
        for (int sub = 0; sub < HIST_SUB; sub++) {
            uint64_t low = hist_bucket_low(octave, sub);
            assert_true(low == next);
            next = low + width;
            uint64_t ends[] = {low, low + width - 1};
            for (size_t i = 0; i < 2; i++) {
                if (hist_octave(ends[i]) != octave || hist_sub(ends[i], octave) != sub)
                    fail_msg("%ju is not in octave %d, sub-bucket %d", (uintmax_t)ends[i], octave,
                             sub);
            }
            /* a value is known to one part in 1,024 */
            assert_true(width == 1 || low / width >= HIST_SUB);
        }
    }
    assert_true(next > HIST_MAX_US);
}

static void boundaries(void **state)
{
    (void)state;
    static const struct {
        uint64_t us;
        uint64_t low, width;
    } cases[] = {
        {0, 0, 1},
        {1, 1, 1},
        {1023, 1023, 1},
        {1024, 1024, 1},
        {2047, 2047, 1},
        {2048, 2048, 2},
        {2049, 2048, 2},
        {2050, 2050, 2},
        {4095, 4094, 2},
        {4096, 4096, 4},
        {HIST_MAX_US - 1, 3598712832, 2097152},
        {HIST_MAX_US, 3598712832, 2097152},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hist h;
        hist_init(&h);
        hist_record(&h, cases[i].us);
        struct hist_iter it = {.hist = &h};
        assert_true(hist_next(&it));
        assert_true(it.low == cases[i].low);
        assert_true(it.width == cases[i].width);
        assert_true(it.low <= cases[i].us && cases[i].us < it.low + it.width);
        assert_false(hist_next(&it));
        hist_release(&h);
    }
}

static void what_is_above_an_hour_counts_as_an_hour(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    hist_record(&h, HIST_MAX_US + 1);
    hist_record(&h, UINT64_MAX);
    assert_true(h.count == 2);
    assert_true(h.min == HIST_MAX_US && h.max == HIST_MAX_US);
    assert_true(h.sum == 2 * (double)HIST_MAX_US);
    assert_true(hist_percentile(&h, 50) == (double)HIST_MAX_US);
    hist_release(&h);
}

static void only_touched_octaves_cost_memory(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    hist_record(&h, 100);
    hist_record(&h, 5000);
    int touched = 0;
    for (int i = 0; i < HIST_OCTAVES; i++)
        touched += h.octaves[i] != NULL;
    assert_int_equal(touched, 2);
    hist_release(&h);
    assert_null(h.octaves[0]);
}

static void assert_equal(const struct hist *a, const struct hist *b)
{
    assert_true(a->count == b->count);
    assert_true(a->min == b->min);
    assert_true(a->max == b->max);
    assert_near(a->sum, b->sum, 1e-12, "sum");
    assert_near(a->sum2, b->sum2, 1e-12, "sum of squares");
    struct hist_iter ia = {.hist = a}, ib = {.hist = b};
    while (hist_next(&ia)) {
        assert_true(hist_next(&ib));
        assert_true(ia.low == ib.low && ia.count == ib.count && ia.cumulative == ib.cumulative);
    }
    assert_false(hist_next(&ib));
}

static void merging_equals_recording_everything_in_one(void **state)
{
    (void)state;
    struct hist parts[ARRAY_LEN(distributions)], whole, merged;
    hist_init(&whole);
    hist_init(&merged);
    for (size_t d = 0; d < ARRAY_LEN(distributions); d++) {
        struct rng rng;
        rng_init(&rng, 5, d);
        hist_init(&parts[d]);
        for (int i = 0; i < VALUES / 10; i++) {
            uint64_t us = distributions[d].draw(&rng);
            hist_record(&parts[d], us);
            hist_record(&whole, us);
        }
        hist_merge(&merged, &parts[d]);
    }
    assert_equal(&merged, &whole);

    /* the parts are left as they were: merge them again the other way round */
    hist_clear(&merged);
    for (size_t d = ARRAY_LEN(distributions); d-- > 0;)
        hist_merge(&merged, &parts[d]);
    assert_equal(&merged, &whole);

    for (size_t d = 0; d < ARRAY_LEN(distributions); d++)
        hist_release(&parts[d]);
    hist_release(&whole);
    hist_release(&merged);
}

static void clearing_forgets_everything_and_keeps_the_memory(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    hist_record(&h, 10);
    hist_record(&h, 1000000);
    hist_record(&h, HIST_MAX_US);
    uint64_t *first = h.octaves[0];
    hist_clear(&h);
    assert_ptr_equal(h.octaves[0], first);
    assert_true(h.count == 0 && h.min == UINT64_MAX && h.max == 0 && h.sum == 0 && h.sum2 == 0);
    struct hist_iter it = {.hist = &h};
    assert_false(hist_next(&it));

    hist_record(&h, 5000);
    it = (struct hist_iter){.hist = &h};
    assert_true(hist_next(&it));
    assert_true(it.low == 5000 && it.count == 1);
    assert_false(hist_next(&it));
    hist_release(&h);
}

static void iteration_goes_upwards_over_what_is_there(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    static const uint64_t values[] = {3000000, 0, 7, 7, 1023, 1024, 2048, 2049, 3000000, 7};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        hist_record(&h, values[i]);
    static const struct {
        uint64_t low, count, cumulative;
    } expected[] = {{0, 1, 1},    {7, 3, 4},    {1023, 1, 5},
                    {1024, 1, 6}, {2048, 2, 8}, {2998272, 2, 10}};
    struct hist_iter it = {.hist = &h};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_true(hist_next(&it));
        assert_true(it.low == expected[i].low);
        assert_true(it.count == expected[i].count);
        assert_true(it.cumulative == expected[i].cumulative);
    }
    assert_false(hist_next(&it));
    assert_false(hist_next(&it)); /* and stays at the end */
    hist_release(&h);
}

static void counts_up_to_a_value_agree_with_the_walk(void **state)
{
    (void)state;
    struct hist h;
    struct rng rng;
    hist_init(&h);
    rng_init(&rng, 7, 0);
    for (int i = 0; i < 5000; i++)
        hist_record(&h, (uint64_t)pow(10, 7 * rng_double(&rng)));
    hist_record(&h, HIST_MAX_US);
    uint64_t before = 0;
    for (struct hist_iter it = {.hist = &h}; hist_next(&it);) {
        if (it.low > 0)
            assert_int_equal(hist_count_up_to(&h, it.low - 1), before);
        assert_int_equal(hist_count_up_to(&h, it.low), it.cumulative);
        assert_int_equal(hist_count_up_to(&h, it.low + it.width - 1), it.cumulative);
        before = it.cumulative;
    }
    assert_int_equal(hist_count_up_to(&h, UINT64_MAX), h.count);

    const uint64_t us[] = {0, 3, 3, 1023, 1024, 5000, 5001, 5100, 2000000, UINT64_MAX};
    uint64_t counts[ARRAY_LEN(us)];
    hist_counts_up_to(&h, us, ARRAY_LEN(us), counts);
    for (size_t i = 0; i < ARRAY_LEN(us); i++)
        assert_int_equal(counts[i], hist_count_up_to(&h, us[i]));
    hist_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_a_thousandth),
        cmocka_unit_test(counts_up_to_a_value_agree_with_the_walk),
        cmocka_unit_test(an_empty_one_has_zeros),
        cmocka_unit_test(one_value_is_every_percentile),
        cmocka_unit_test(ranks_do_not_slip_by_rounding),
        cmocka_unit_test(octaves_meet_without_gap),
        cmocka_unit_test(boundaries),
        cmocka_unit_test(what_is_above_an_hour_counts_as_an_hour),
        cmocka_unit_test(only_touched_octaves_cost_memory),
        cmocka_unit_test(merging_equals_recording_everything_in_one),
        cmocka_unit_test(clearing_forgets_everything_and_keeps_the_memory),
        cmocka_unit_test(iteration_goes_upwards_over_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
