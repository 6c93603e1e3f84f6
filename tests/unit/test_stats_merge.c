/* stats/stats.h: what several workers counted, added up. */
#include "stats_samples.h"

#include "base/rng.h"

static void merging_adds_everything(void **state)
{
    (void)state;
    struct stats *a = stats_new(), *b = stats_new(), *sum = stats_new();
    struct sample sample = ok(0, 10);
    stats_record(a, &sample);
    record_failure(a, 0, ERR_TIMEOUT, "timeout after 10s", 50);
    record_failure(a, 1, ERR_REFUSED, "refused", 60);
    stats_record_script_error(a, "x.lua:1: boom", "trace a", 70);
    stats_record_check(a, "token", true);
    stats_record_check(a, "only a", false);
    a->users = 10;
    a->begin_ns = 100;
    a->end_ns = 200;
    a->generator.cpu_ns = 5;
    a->generator.wall_ns = 50;
    a->generator.connects = 2;
    hist_record(&a->generator.loop_lag, 300);

    sample = ok(0, 30);
    sample.has_service = true;
    sample.service_ns = 3 * NS_PER_MS;
    sample.status = 201;
    stats_record(b, &sample);
    sample.status = 200;
    stats_record(b, &sample);
    sample = ok(99, 1);
    stats_record(b, &sample);
    record_failure(b, 0, ERR_TIMEOUT, "timeout after 10s", 40);
    stats_record_script_error(b, "x.lua:1: boom", "trace b", 65);
    stats_record_script_error(b, "x.lua:2: boom", "trace c", 75);
    stats_record_check(b, "token", false);
    b->users = 7;
    b->begin_ns = 90;
    b->end_ns = 190;
    b->generator = (struct generator_stats){.loop_lag = b->generator.loop_lag,
                                            .cpu_ns = 6,
                                            .wall_ns = 60,
                                            .connects = 1,
                                            .reconnects = 1,
                                            .tasks = 9,
                                            .cancelled = 3};
    hist_record(&b->generator.loop_lag, 200);

    stats_merge(sum, a);
    stats_merge(sum, b);

    assert_int_equal(sum->worker, -1);
    assert_int_equal(sum->users, 17);
    assert_true(sum->begin_ns == 90 && sum->end_ns == 200);

    const struct series *zero = sum->series[0];
    assert_true(zero->requests == 5 && zero->failures == 2 && zero->bytes == 300);
    assert_true(zero->response.count == 5 && zero->response.max == 30000);
    assert_true(zero->has_service && zero->service.count == 2);
    assert_true(status_count(zero, 200) == 2 && status_count(zero, 201) == 1);
    assert_true(sum->series[1]->requests == 1 && sum->series[1]->failures == 1);
    assert_int_equal(sum->series[99]->id, 99);
    assert_true(sum->series[99]->requests == 1);
    assert_null(sum->series[50]);

    assert_int_equal(sum->failures.len, 2);
    const struct failure *timeout = find_failure(sum, 0, ERR_TIMEOUT, "timeout after 10s");
    assert_true(timeout->count == 2 && timeout->first_ns == 40 && timeout->last_ns == 50);

    assert_int_equal(sum->script_errors.len, 2);
    assert_true(sum->script_errors.items[0].count == 2);
    assert_string_equal(sum->script_errors.items[0].traceback, "trace a");
    assert_true(sum->script_errors.items[0].first_ns == 65);
    assert_true(sum->script_errors.items[0].last_ns == 70);

    assert_int_equal(sum->checks.len, 2);
    assert_true(sum->checks.items[0].passes == 1 && sum->checks.items[0].failures == 1);
    assert_true(sum->checks.items[1].passes == 0 && sum->checks.items[1].failures == 1);

    const struct generator_stats *g = &sum->generator;
    assert_true(g->cpu_ns == 11 && g->wall_ns == 110 && g->connects == 3 && g->reconnects == 1);
    assert_true(g->tasks == 9 && g->cancelled == 3 && g->loop_lag.count == 2);

    struct series total;
    series_init(&total, UINT32_MAX);
    stats_total(sum, &total);
    assert_int_equal(total.id, UINT32_MAX);
    assert_true(total.requests == 7 && total.failures == 3 && total.bytes == 400);
    assert_true(total.response.count == 6);
    assert_true(status_count(&total, 200) == 3);
    series_release(&total);

    stats_free(a);
    stats_free(b);
    stats_free(sum);
}

/* The way of a run: intervals of several workers, cleared and reused, add up
 * to what one struct stats saw of all of it. */
static void intervals_add_up_to_the_run(void **state)
{
    (void)state;
    enum { WORKERS = 3, INTERVALS = 20, REQUESTS = 200, ALL = WORKERS * INTERVALS * REQUESTS };
    struct stats *workers[WORKERS], *merged = stats_new(), *whole = stats_new();
    for (int w = 0; w < WORKERS; w++)
        workers[w] = stats_new();
    struct rng rng;
    rng_init(&rng, 1, 0);
    for (int interval = 0; interval < INTERVALS; interval++) {
        for (int i = 0; i < WORKERS * REQUESTS; i++) {
            char message[40];
            snprintf(message, sizeof(message), "message %d", (int)rng_range(&rng, 0, 300));
            struct sample sample = ok((uint32_t)rng_range(&rng, 0, 12), 0);
            sample.response_ns = (uint64_t)rng_range(&rng, 0, 10000000000);
            sample.status = (int)rng_range(&rng, 200, 210);
            if (rng_range(&rng, 0, 9) == 0) {
                sample.error = (enum err_kind)rng_range(&rng, ERR_DNS, ERR_CHECK);
                sample.message = message;
            }
            stats_record(workers[i % WORKERS], &sample);
            stats_record(whole, &sample);
        }
        for (int w = 0; w < WORKERS; w++) {
            stats_merge(merged, workers[w]);
            stats_clear(workers[w]);
        }
    }

    struct series a, b;
    series_init(&a, 0);
    series_init(&b, 0);
    stats_total(merged, &a);
    stats_total(whole, &b);
    assert_true(a.requests == ALL && b.requests == ALL);
    assert_true(a.failures == b.failures && a.failures == sum_of_failures(merged));
    assert_int_equal(a.statuses.len, 11);
    for (int status = 200; status <= 210; status++)
        assert_true(status_count(&a, status) == status_count(&b, status));
    for (int p = 0; p <= 1000; p++)
        assert_true(hist_percentile(&a.response, p / 10.0) ==
                    hist_percentile(&b.response, p / 10.0));
    for (uint32_t i = 0; i <= 12; i++)
        assert_true(merged->series[i]->requests == whole->series[i]->requests);
    series_release(&a);
    series_release(&b);

    for (int w = 0; w < WORKERS; w++)
        stats_free(workers[w]);
    stats_free(merged);
    stats_free(whole);
}

static void the_last_request_is_known_through_merging(void **state)
{
    (void)state;
    struct stats *a = stats_new(), *b = stats_new();
    stats_record(a, &(struct sample){.response_ns = 1000, .end_ns = 70});
    stats_record(a, &(struct sample){.response_ns = 1000, .end_ns = 50});
    assert_int_equal(a->last_ns, 70);
    stats_merge(b, a);
    assert_int_equal(b->last_ns, 70);
    stats_clear(a);
    assert_int_equal(a->last_ns, 0);
    stats_merge(b, a);
    assert_int_equal(b->last_ns, 70);
    stats_free(a);
    stats_free(b);
}

/* Each request of two workers' intervals, and only where they are asked for. */
static void requests_are_kept_through_merging(void **state)
{
    (void)state;
    struct stats *intervals[2], *kept = stats_new(), *summed = stats_new();
    stats_keep_requests(kept);
    for (int i = 0; i < 2; i++) {
        struct stats *s = intervals[i] = stats_new();
        stats_keep_requests(s);
        s->worker = i + 1;
        s->warmup = i == 0;
        struct sample sample = ok(3, 7);
        sample.user = 9;
        stats_record(s, &sample);
        record_failure(s, 4, ERR_RESET, i == 0 ? "first" : "second", 5);
        record_failure(s, 4, ERR_CLOSED, NULL, 6);
        stats_merge(kept, s);
        stats_merge(summed, s);
    }
    assert_null(summed->requests);
    assert_int_equal(kept->requests->items.len, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct logged_request *r = &kept->requests->items.items[i];
        assert_int_equal(r->worker, i < 3 ? 1 : 2);
        assert_int_equal(r->warmup, i < 3);
        assert_int_equal(r->user, i % 3 == 0 ? 9 : 0);
        assert_int_equal(r->error, i % 3 == 0 ? ERR_NONE : i % 3 == 1 ? ERR_RESET : ERR_CLOSED);
        if (i % 3 == 1)
            assert_string_equal(request_log_message(kept->requests, r), i < 3 ? "first" : "second");
        if (i % 3 == 2)
            assert_string_equal(request_log_message(kept->requests, r), "closed");
    }
    stats_clear(kept);
    assert_int_equal(kept->requests->items.len, 0);
    stats_merge(kept, intervals[1]);
    assert_string_equal(request_log_message(kept->requests, &kept->requests->items.items[1]),
                        "second");
    for (int i = 0; i < 2; i++)
        stats_free(intervals[i]);
    stats_free(kept);
    stats_free(summed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_request_is_known_through_merging),
        cmocka_unit_test(merging_adds_everything),
        cmocka_unit_test(requests_are_kept_through_merging),
        cmocka_unit_test(intervals_add_up_to_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
