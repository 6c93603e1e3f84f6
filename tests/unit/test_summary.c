/* stats/summary.h: the figures of a series. */
#include "unit.h"

#include "base/clock.h"
#include "stats/summary.h"

#include <math.h>
#include <stdio.h>

static void assert_about(double found, double expected)
{
    if (fabs(found - expected) > 0.001 * fabs(expected))
        fail_msg("%f is not about %f", found, expected);
}

static void percentiles_and_their_names_belong_together(void **state)
{
    (void)state;
    for (int i = 0; i < SUMMARY_PERCENTILES; i++) {
        char name[20];
        snprintf(name, sizeof(name), "p%g", summary_percentiles[i]);
        assert_string_equal(summary_percentile_names[i], name);
        assert_true(i == 0 || summary_percentiles[i] > summary_percentiles[i - 1]);
    }
}

static void nothing_measured_is_zeros(void **state)
{
    (void)state;
    struct series series;
    struct series_summary s;
    series_init(&series, 0);
    series_summarize(&s, &series, "GET", "/", 0);
    assert_true(s.requests == 0 && s.failure_ratio == 0 && s.rps == 0 && s.bytes_per_s == 0);
    assert_true(s.latency.count == 0 && s.latency.min == 0 && s.latency.max == 0);
    assert_true(s.latency.p[0] == 0);
    assert_false(s.has_service);
    series_release(&series);
}

static void figures(void **state)
{
    (void)state;
    struct stats *stats = stats_new();
    for (uint64_t ms = 1; ms <= 100; ms++) {
        struct sample sample = {.response_ns = ms * NS_PER_MS, .bytes = 50, .end_ns = ms};
        if (ms % 10 == 0)
            sample.error = ERR_TIMEOUT;
        if (ms <= 50) {
            sample.has_service = true;
            sample.service_ns = NS_PER_MS;
        }
        stats_record(stats, &sample);
    }
    struct series_summary s;
    series_summarize(&s, stats->series[0], "GET", "/x", 20);
    assert_string_equal(s.type, "GET");
    assert_string_equal(s.name, "/x");
    assert_true(s.requests == 100 && s.failures == 10 && s.bytes == 5000);
    assert_about(s.failure_ratio, 0.1);
    assert_about(s.rps, 5);
    assert_about(s.failures_per_s, 0.5);
    assert_about(s.bytes_per_s, 250);
    assert_true(s.latency.count == 100);
    assert_true(s.latency.min == 1 && s.latency.max == 100);
    assert_about(s.latency.mean, 50.5);
    assert_about(s.latency.stdev, sqrt((100.0 * 100 - 1) / 12));
    static const double expected[] = {50, 66, 75, 80, 90, 95, 98, 99, 100, 100};
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        assert_about(s.latency.p[i], expected[i]);
    assert_true(s.has_service);
    assert_true(s.service.count == 50 && s.service.max == 1);

    series_summarize(&s, stats->series[0], "GET", "/x", 0); /* no span to divide by */
    assert_true(s.rps == 0 && s.failures_per_s == 0);
    stats_free(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_and_their_names_belong_together),
        cmocka_unit_test(nothing_measured_is_zeros),
        cmocka_unit_test(figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
