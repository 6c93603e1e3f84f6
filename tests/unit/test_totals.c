/* run/totals.c: to which part of a run the figures of workers are told as
 * belonging, when one of them is late. */
#include "unit.h"

#include "base/clock.h"
#include "run/gates.h"
#include "run/runner_internal.h"

#include <stdlib.h>

enum { TICKS_MAX = 8 };

/* A reporter that keeps what it is told. */
struct reporter {
    struct told {
        bool warmup;
        int stage;
        uint64_t interval, total; /* requests */
    } ticks[TICKS_MAX];
    int len;
};

static void keep(struct reporter *r, const struct report_tick *tick)
{
    assert_true(r->len < TICKS_MAX);
    r->ticks[r->len++] = (struct told){tick->warmup, tick->stage_number,
                                       tick->interval_sum->requests, tick->total_sum->requests};
}

static const struct reporter_kind keeping = {.name = "keeping", .tick = keep};

/* What a worker publishes: so many requests, in two series. */
static void publish(struct run *r, int worker, bool warmup, int stage, int requests)
{
    struct stats *s = stats_new();
    for (int i = 0; i < requests; i++)
        stats_record(s, &(struct sample){.series = (uint32_t)i % 2,
                                         .response_ns = NS_PER_MS,
                                         .end_ns = NS_PER_S});
    s->worker = worker;
    s->warmup = warmup;
    s->stage = stage;
    s->begin_ns = NS_PER_S;
    s->end_ns = 2 * NS_PER_S;
    totals_absorb(r, s);
    stats_free(s);
}

static void a_late_worker_tells_of_its_own_part(void **state)
{
    (void)state;
    const struct plan_stage stages[] = {{.name = "up"}, {.name = "hold"}};
    const struct plan plan = {.stages = stages, .stages_len = 2};
    struct reporter reporter = {.len = 0};
    struct run_reporter reporters[] = {{&keeping, &reporter}};
    struct run_spec spec = {.plan = &plan, .reporters = reporters, .reporters_len = 1};
    struct catalog *catalog = catalog_new();
    uint32_t users[2] = {0, 0};
    struct run r = {.spec = &spec,
                    .total = stats_new(),
                    .interval = stats_new(),
                    .warmup = stats_new(),
                    .warming_up = true,
                    .users = users,
                    .gates = gates_new(NULL, 0, catalog)};
    series_init(&r.total_sum, UINT32_MAX);
    series_init(&r.warmup_sum, UINT32_MAX);
    series_init(&r.interval_sum, UINT32_MAX);

    publish(&r, 1, true, 0, 7);
    publish(&r, 2, true, 0, 5);
    publish(&r, 1, false, 0, 10);
    publish(&r, 2, true, 0, 3); /* of the warm-up, after it */
    publish(&r, 1, false, 1, 20);
    publish(&r, 2, false, 0, 2); /* of a stage, after it */
    publish(&r, 2, false, 1, 1);
    totals_tick(&r);

    static const struct told expected[] = {
        {true, 0, 12, 0},   {false, 0, 10, 10}, {true, 0, 3, 10},
        {false, 1, 20, 30}, {false, 0, 2, 32},  {false, 1, 1, 33},
    };
    assert_int_equal(reporter.len, ARRAY_LEN(expected));
    for (int i = 0; i < reporter.len; i++) {
        assert_int_equal(reporter.ticks[i].warmup, expected[i].warmup);
        assert_int_equal(reporter.ticks[i].stage, expected[i].stage);
        assert_int_equal(reporter.ticks[i].interval, expected[i].interval);
        assert_int_equal(reporter.ticks[i].total, expected[i].total);
    }
    assert_int_equal(r.warmup_sum.requests, 15);

    stats_free(r.total);
    stats_free(r.interval);
    stats_free(r.warmup);
    series_release(&r.total_sum);
    series_release(&r.warmup_sum);
    series_release(&r.interval_sum);
    spreads_release(&r.spreads);
    gates_free(r.gates);
    catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_worker_tells_of_its_own_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
