/* The design effect that report/spread.h measures, of runs whose seconds differ
 * by chance and of runs whose seconds have a pace of their own. */
#include "report/spread.h"

#include "base/clock.h"
#include "unit.h"

#include <stdlib.h>

enum { PER_SECOND = 40 };

/* A run of so many seconds; in each, every request takes 1 to 3 ms, times what
 * the second's pace varies by (0: not at all), and one in ten fails. */
static struct spread measure(unsigned short seed[3], int seconds, double pace)
{
    struct stats *total = stats_new(), *interval = stats_new();
    struct series total_sum, interval_sum;
    struct spreads spreads = {VEC_INIT};
    series_init(&total_sum, UINT32_MAX);
    series_init(&interval_sum, UINT32_MAX);
    for (int second = 0; second < seconds; second++) {
        double factor = 1 + pace * (erand48(seed) - 0.5);
        for (int i = 0; i < PER_SECOND; i++) {
            double us = factor * (1000 + 2000 * erand48(seed));
            stats_record(interval,
                         &(struct sample){.response_ns = (uint64_t)us * NS_PER_US,
                                          .error = erand48(seed) < 0.1 ? ERR_STATUS : ERR_NONE,
                                          .end_ns = 1});
        }
        stats_merge(total, interval);
        series_clear(&total_sum);
        series_clear(&interval_sum);
        stats_total(total, &total_sum);
        stats_total(interval, &interval_sum);
        const struct report_tick tick = {.interval = interval,
                                         .total = total,
                                         .interval_sum = &interval_sum,
                                         .total_sum = &total_sum};
        spreads_tick(&spreads, &tick);
        stats_clear(interval);
    }
    struct spread spread = spreads_get(&spreads, UINT32_MAX);
    struct spread series = spreads_get(&spreads, 0);
    assert_int_equal(series.ticks, spread.ticks);
    spreads_release(&spreads);
    series_release(&total_sum);
    series_release(&interval_sum);
    stats_free(total);
    stats_free(interval);
    return spread;
}

/* On average, however short the runs; a second set against a total that it is a
 * large part of would differ less. */
static void independent_requests_have_an_effect_of_one(void **state)
{
    (void)state;
    static const int lengths[] = {6, 30};
    unsigned short seed[3] = {4, 5, 6};
    for (size_t k = 0; k < ARRAY_LEN(lengths); k++) {
        struct spread all = {0};
        while (all.ticks < 3000) {
            struct spread one = measure(seed, lengths[k], 0);
            assert_int_equal(one.ticks, lengths[k] - 1); /* the first is all there is */
            spread_add(&all, &one);
        }
        for (int i = 0; i < SPREADS; i++)
            assert_float_equal(all.sum[i] / all.ticks, 1, 0.15);
    }
}

static void seconds_with_a_pace_have_a_larger_one(void **state)
{
    (void)state;
    unsigned short seed[3] = {7, 8, 9};
    struct spread one = measure(seed, 60, 1);
    struct dependence mean = spread_of(&one, SPREAD_MEAN);
    assert_true(mean.effect > 5 && mean.freedom == 59);
    assert_true(spread_of_percentile(&one, 50).effect > 5);
    assert_true(spread_of(&one, SPREAD_FAILURES).effect < 2); /* these have no pace */
}

static void of_few_seconds_nothing_is_known(void **state)
{
    (void)state;
    unsigned short seed[3] = {1, 2, 3};
    struct spread one = measure(seed, SPREAD_TICKS_MIN, 0);
    assert_true(spread_of(&one, SPREAD_MEAN).freedom == 0);
    one = measure(seed, SPREAD_TICKS_MIN + 1, 0);
    assert_true(spread_of(&one, SPREAD_MEAN).freedom == SPREAD_TICKS_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_requests_have_an_effect_of_one),
        cmocka_unit_test(seconds_with_a_pace_have_a_larger_one),
        cmocka_unit_test(of_few_seconds_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
