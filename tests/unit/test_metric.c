/* stats/metric.h and the catalog's metrics: recorded, merged, summed up. */
#include "unit.h"

#include "stats/catalog.h"
#include "stats/stats.h"
#include "stats/summary.h"

#include <math.h>
#include <stdio.h>

static struct metric_summary summary(const struct metric_set *set, uint32_t id,
                                     enum metric_kind kind, const char *unit)
{
    struct metric_summary s;
    metric_summarize(&s, (struct metric_about){.name = "m", .unit = unit, .kind = kind},
                     metric_get(set, id), 10);
    return s;
}

static void counters_add_up_over_workers(void **state)
{
    (void)state;
    struct stats *a = stats_new(), *b = stats_new();
    metric_count(&a->metrics, 3, 1);
    metric_count(&a->metrics, 3, 2.5);
    metric_count(&b->metrics, 3, 4);
    metric_count(&b->metrics, 40, 1);
    stats_merge(a, b);
    struct metric_summary s = summary(&a->metrics, 3, METRIC_COUNTER, "");
    assert_int_equal(s.count, 3);
    assert_true(s.value == 7.5);
    assert_true(s.per_s == 0.75);
    assert_int_equal(metric_get(&a->metrics, 40)->count, 1);
    assert_null(metric_get(&a->metrics, 4));
    assert_null(metric_get(&a->metrics, 4000));
    stats_clear(a);
    assert_null(metric_get(&a->metrics, 3));
    stats_free(a);
    stats_free(b);
}

/* Whichever worker is merged last. */
static void the_last_setting_of_a_gauge_wins(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct metric_set parts[2] = {{NULL, 0}, {NULL, 0}}, sum = {NULL, 0};
        metric_gauge(&parts[0], 0, 5, 100);
        metric_gauge(&parts[0], 0, -1, 300);
        metric_gauge(&parts[1], 0, 9, 200);
        metric_set_merge(&sum, &parts[order]);
        metric_set_merge(&sum, &parts[1 - order]);
        struct metric_summary s = summary(&sum, 0, METRIC_GAUGE, "");
        assert_true(s.value == -1 && s.min == -1 && s.max == 9);
        assert_int_equal(s.count, 3);
        metric_set_release(&sum);
        metric_set_release(&parts[0]);
        metric_set_release(&parts[1]);
    }
}

static void rates_are_shares(void **state)
{
    (void)state;
    struct metric_set set = {NULL, 0};
    for (int i = 0; i < 8; i++)
        metric_rate(&set, 0, i == 3);
    struct metric_summary s = summary(&set, 0, METRIC_RATE, "");
    assert_int_equal(s.trues, 1);
    assert_true(s.value == 0.125);
    metric_set_release(&set);
}

static void trends_are_distributions(void **state)
{
    (void)state;
    static const char *const units[] = {"", "ms", "s", "us", "bytes", "widgets"};
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        struct metric_set a = {NULL, 0}, b = {NULL, 0};
        for (int i = 1; i <= 1000; i++)
            metric_trend(i % 2 ? &a : &b, 0, units[u], i);
        metric_set_merge(&a, &b);
        struct metric_summary s = summary(&a, 0, METRIC_TREND, units[u]);
        assert_int_equal(s.count, 1000);
        assert_true(s.min == 1 && s.max == 1000 && fabs(s.value - 500.5) < 1e-9);
        assert_true(fabs(s.p[0] - 500) <= 0.5); /* p50, to 1 part in 1,024 */
        assert_true(fabs(s.p[7] - 990) <= 1);
        assert_true(fabs(s.stdev - 288.675) < 0.001);
        assert_true(metric_percentile(metric_get(&a, 0), units[u], 100) == 1000);
        metric_set_release(&a);
        metric_set_release(&b);
    }
    assert_true(metric_most("bytes") == 3.6e9);
    assert_true(metric_most("s") == 3600);
    assert_true(metric_most("") == 3.6e6);
}

static void small_values_of_a_trend_are_not_nothing(void **state)
{
    (void)state;
    struct metric_set set = {NULL, 0};
    metric_trend(&set, 0, "", 0.25);
    metric_trend(&set, 0, "", 0);
    assert_true(metric_percentile(metric_get(&set, 0), "", 100) == 0.25);
    assert_true(metric_percentile(metric_get(&set, 0), "", 0) == 0);
    metric_set_release(&set);
}

static void nothing_recorded_is_zeros(void **state)
{
    (void)state;
    struct metric_set set = {NULL, 0};
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct metric_summary s = summary(&set, 0, (enum metric_kind)kind, "");
        assert_true(s.count == 0 && s.value == 0 && s.per_s == 0 && s.max == 0);
    }
}

static void the_catalog_tells_kinds_and_units_apart(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct err err;
    uint32_t id, again;
    assert_int_equal(catalog_metric(c, METRIC_TREND, "size", "bytes", &id, &err), 0);
    assert_int_equal(catalog_metric(c, METRIC_TREND, "size", "bytes", &again, &err), 0);
    assert_int_equal(id, again);
    assert_string_equal(catalog_metric_get(c, id).unit, "bytes");
    assert_int_equal(catalog_metric(c, METRIC_COUNTER, "size", "bytes", &id, &err), -1);
    assert_string_equal(err.message, "'size' is a trend already and cannot be a counter too");
    assert_int_equal(catalog_metric(c, METRIC_TREND, "size", "s", &id, &err), -1);
    assert_string_equal(err.message, "trend 'size' has the unit 'bytes' already, not 's'");

    for (int i = 1; i < METRICS_MAX; i++) {
        char name[20];
        snprintf(name, sizeof(name), "user %d", i);
        assert_int_equal(catalog_metric(c, METRIC_COUNTER, name, "", &id, &err), 0);
        assert_int_equal(id, i);
    }
    assert_int_equal(catalog_metric(c, METRIC_COUNTER, "one more", "", &id, &err), -1);
    assert_non_null(strstr(err.message, "more than 200 metrics"));
    assert_int_equal(catalog_metrics_len(c), METRICS_MAX);
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_add_up_over_workers),
        cmocka_unit_test(the_last_setting_of_a_gauge_wins),
        cmocka_unit_test(rates_are_shares),
        cmocka_unit_test(trends_are_distributions),
        cmocka_unit_test(small_values_of_a_trend_are_not_nothing),
        cmocka_unit_test(nothing_recorded_is_zeros),
        cmocka_unit_test(the_catalog_tells_kinds_and_units_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
