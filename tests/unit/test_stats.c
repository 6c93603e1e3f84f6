/* stats/stats.h: recording, clearing, merging; nothing is ever lost. */
#include "unit.h"

#include "base/clock.h"
#include "base/rng.h"
#include "stats/stats.h"

#include <stdio.h>

static struct sample ok(uint32_t series, uint64_t response_ms)
{
    return (struct sample){.series = series,
                           .response_ns = response_ms * NS_PER_MS,
                           .bytes = 100,
                           .status = 200,
                           .end_ns = 1};
}

static void record_failure(struct stats *s, uint32_t series, enum err_kind kind,
                           const char *message, uint64_t end_ns)
{
    stats_record(s, &(struct sample){.series = series,
                                     .response_ns = NS_PER_MS,
                                     .error = kind,
                                     .message = message,
                                     .end_ns = end_ns});
}

static const struct failure *find_failure(const struct stats *s, uint32_t series,
                                          enum err_kind kind, const char *message)
{
    for (size_t i = 0; i < s->failures.len; i++) {
        const struct failure *f = &s->failures.items[i];
        if (f->series == series && f->kind == kind && strcmp(f->message, message) == 0)
            return f;
    }
    fail_msg("no failure \"%s\" of series %u", message, series);
    return NULL;
}

static uint64_t status_count(const struct series *series, int status)
{
    for (size_t i = 0; i < series->statuses.len; i++)
        if (series->statuses.items[i].status == status)
            return series->statuses.items[i].count;
    return 0;
}

static void a_new_one_is_empty(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    assert_int_equal(s->worker, -1);
    assert_int_equal(s->series_len, 0);
    struct series total;
    series_init(&total, UINT32_MAX);
    stats_total(s, &total);
    assert_true(total.requests == 0);
    series_release(&total);
    stats_free(s);
    stats_free(NULL);
}

static void a_success_is_counted_in_its_series(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    struct sample sample = ok(40, 7);
    stats_record(s, &sample);
    stats_record(s, &sample);
    assert_true(s->series_len > 40);
    for (uint32_t i = 0; i < s->series_len; i++)
        assert_true((s->series[i] != NULL) == (i == 40));
    const struct series *series = s->series[40];
    assert_int_equal(series->id, 40);
    assert_true(series->requests == 2);
    assert_true(series->failures == 0);
    assert_true(series->bytes == 200);
    assert_true(series->response.min == 7000 && series->response.max == 7000);
    assert_false(series->has_service);
    assert_true(series->service.count == 0);
    assert_true(status_count(series, 200) == 2);
    assert_int_equal(s->failures.len, 0);
    stats_free(s);
}

static void times_are_rounded_to_microseconds(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns, us;
    } cases[] = {{0, 0}, {499, 0}, {500, 1}, {1499, 1}, {1500, 2}, {999999999, 1000000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stats *s = stats_new();
        stats_record(s, &(struct sample){.response_ns = cases[i].ns});
        assert_true(s->series[0]->response.max == cases[i].us);
        stats_free(s);
    }
}

/* A server that is down would look fast by its refusals. */
static void what_got_no_answer_has_no_times(void **state)
{
    (void)state;
    static const struct {
        enum err_kind error;
        bool timed;
    } cases[] = {
        {ERR_NONE, true},    {ERR_STATUS, true},  {ERR_CHECK, true},    {ERR_SCRIPT, true},
        {ERR_TIMEOUT, true}, {ERR_DNS, false},    {ERR_REFUSED, false}, {ERR_UNREACHABLE, false},
        {ERR_RESET, false},  {ERR_CLOSED, false}, {ERR_TLS, false},     {ERR_PROTOCOL, false},
        {ERR_SYSTEM, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stats *s = stats_new();
        struct sample sample = ok(0, 5);
        sample.has_service = true;
        sample.error = cases[i].error;
        stats_record(s, &sample);
        const struct series *series = s->series[0];
        assert_true(series->requests == 1);
        assert_true(series->response.count == cases[i].timed);
        assert_true(series->service.count == cases[i].timed);
        stats_free(s);
    }
}

static void service_time_stands_beside_response_time(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    struct sample sample = ok(0, 50);
    sample.has_service = true;
    sample.service_ns = 2 * NS_PER_MS;
    stats_record(s, &sample);
    assert_true(s->series[0]->has_service);
    assert_true(s->series[0]->response.max == 50000);
    assert_true(s->series[0]->service.max == 2000);
    stats_free(s);
}

static void status_codes_are_counted_in_order_of_first_sight(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    static const int statuses[] = {200, 200, 503, 200, 404, 503, 0, 503, 200};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct sample sample = ok(0, 1);
        sample.status = statuses[i];
        stats_record(s, &sample);
    }
    const struct series *series = s->series[0];
    assert_int_equal(series->statuses.len, 3); /* 0 is none */
    static const struct status_count expected[] = {{200, 4}, {503, 3}, {404, 1}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(series->statuses.items[i].status, expected[i].status);
        assert_true(series->statuses.items[i].count == expected[i].count);
    }
    stats_free(s);
}

static void equal_failures_are_one_entry(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    char message[] = "connection refused"; /* copied: ours may change afterwards */
    record_failure(s, 0, ERR_REFUSED, message, 100);
    record_failure(s, 0, ERR_REFUSED, message, 300);
    record_failure(s, 0, ERR_REFUSED, "connection refused", 200);
    message[0] = 'C';
    record_failure(s, 0, ERR_REFUSED, message, 400);
    record_failure(s, 1, ERR_REFUSED, "connection refused", 500);
    record_failure(s, 0, ERR_UNREACHABLE, "connection refused", 600);
    record_failure(s, 0, ERR_TIMEOUT, NULL, 700);

    assert_int_equal(s->failures.len, 5);
    const struct failure *f = find_failure(s, 0, ERR_REFUSED, "connection refused");
    assert_true(f->count == 3 && f->first_ns == 100 && f->last_ns == 300);
    assert_true(find_failure(s, 0, ERR_REFUSED, "Connection refused")->count == 1);
    assert_true(find_failure(s, 1, ERR_REFUSED, "connection refused")->first_ns == 500);
    assert_true(find_failure(s, 0, ERR_UNREACHABLE, "connection refused")->count == 1);
    assert_true(find_failure(s, 0, ERR_TIMEOUT, "timeout")->count == 1);
    assert_true(s->series[0]->requests == 6 && s->series[0]->failures == 6);
    assert_true(s->series[1]->requests == 1 && s->series[1]->failures == 1);
    stats_free(s);
}

static uint64_t sum_of_failures(const struct stats *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->failures.len; i++)
        sum += s->failures.items[i].count;
    return sum;
}

static void too_many_messages_are_counted_together(void **state)
{
    (void)state;
    enum { MESSAGES = 3 * STATS_MESSAGES_MAX };
    struct stats *s = stats_new();
    char message[40];
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(message, sizeof(message), "trace id %d", i);
        record_failure(s, (uint32_t)i % 2, ERR_STATUS, message, (uint64_t)i + 1);
    }
    assert_int_equal(s->failures.len, STATS_MESSAGES_MAX + 2);
    assert_true(sum_of_failures(s) == MESSAGES);
    const struct failure *f = find_failure(s, 1, ERR_STATUS, STATS_MORE);
    assert_true(f->count == STATS_MESSAGES_MAX);
    assert_true(f->first_ns == STATS_MESSAGES_MAX + 2 && f->last_ns == MESSAGES);

    /* those known are still told apart */
    record_failure(s, 1, ERR_STATUS, "trace id 1", 9999);
    assert_true(find_failure(s, 1, ERR_STATUS, "trace id 1")->count == 2);

    /* and so it is when what is full is merged into what is full */
    struct stats *sum = stats_new();
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(message, sizeof(message), "request id %d", i);
        record_failure(sum, 0, ERR_STATUS, message, 50000 + (uint64_t)i);
    }
    stats_merge(sum, s);
    assert_int_equal(sum->failures.len, STATS_MESSAGES_MAX + 2);
    assert_true(sum_of_failures(sum) == 2 * MESSAGES + 1);
    assert_true(find_failure(sum, 0, ERR_STATUS, STATS_MORE)->first_ns == 1);
    stats_free(sum);
    stats_free(s);
}

static void script_errors_keep_their_first_traceback(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    stats_record_script_error(s, "a.lua:1: nil", "first", 10);
    stats_record_script_error(s, "a.lua:2: nil", NULL, 20);
    stats_record_script_error(s, "a.lua:1: nil", "second", 30);
    assert_int_equal(s->script_errors.len, 2);
    assert_string_equal(s->script_errors.items[0].message, "a.lua:1: nil");
    assert_string_equal(s->script_errors.items[0].traceback, "first");
    assert_true(s->script_errors.items[0].count == 2);
    assert_true(s->script_errors.items[0].first_ns == 10);
    assert_true(s->script_errors.items[0].last_ns == 30);
    assert_string_equal(s->script_errors.items[1].traceback, "");

    char message[40];
    for (int i = 0; i < 2 * STATS_MESSAGES_MAX; i++) {
        snprintf(message, sizeof(message), "b.lua:%d: nil", i);
        stats_record_script_error(s, message, "trace", 40);
    }
    assert_int_equal(s->script_errors.len, STATS_MESSAGES_MAX + 1);
    const struct script_error *more = &s->script_errors.items[STATS_MESSAGES_MAX];
    assert_string_equal(more->message, STATS_MORE);
    assert_true(more->count == STATS_MESSAGES_MAX + 2);
    stats_free(s);
}

static void checks_are_counted_by_name(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    for (int i = 0; i < 10; i++) {
        stats_record_check(s, "has a token", i % 5 != 0);
        stats_record_check(s, "is fast", true);
    }
    assert_int_equal(s->checks.len, 2);
    assert_string_equal(s->checks.items[0].name, "has a token");
    assert_true(s->checks.items[0].passes == 8 && s->checks.items[0].failures == 2);
    assert_true(s->checks.items[1].passes == 10 && s->checks.items[1].failures == 0);

    char name[40];
    for (int i = 0; i < 2 * STATS_MESSAGES_MAX; i++) {
        snprintf(name, sizeof(name), "item %d", i);
        stats_record_check(s, name, false);
    }
    assert_int_equal(s->checks.len, STATS_MESSAGES_MAX + 1);
    assert_string_equal(s->checks.items[STATS_MESSAGES_MAX].name, STATS_MORE);
    assert_true(s->checks.items[STATS_MESSAGES_MAX].failures == STATS_MESSAGES_MAX + 2);
    stats_free(s);
}

static void clearing_empties_for_reuse(void **state)
{
    (void)state;
    struct stats *s = stats_new();
    s->worker = 3;
    for (int round = 0; round < 3; round++) {
        struct sample sample = ok(2, 5);
        sample.has_service = round == 0;
        stats_record(s, &sample);
        record_failure(s, 2, ERR_RESET, "reset", 7);
        stats_record_script_error(s, "e", "t", 7);
        stats_record_check(s, "c", true);
        hist_record(&s->generator.loop_lag, 9);
        s->generator.connects = 4;
        s->users = 5;
        s->begin_ns = 1;
        s->end_ns = 2;

        assert_true(s->series[2]->requests == 2);
        assert_true(s->series[2]->has_service == (round == 0));
        assert_true(status_count(s->series[2], 200) == 1);
        assert_true(s->failures.len == 1 && s->failures.items[0].count == 1);
        assert_true(s->script_errors.len == 1 && s->script_errors.items[0].count == 1);
        assert_true(s->checks.len == 1 && s->checks.items[0].passes == 1);
        assert_true(s->generator.loop_lag.count == 1);

        stats_clear(s);
        assert_int_equal(s->worker, 3); /* whose it is stays */
        assert_true(s->users == 0 && s->begin_ns == 0 && s->end_ns == 0);
        assert_true(s->series[2]->requests == 0 && s->series[2]->response.count == 0);
        assert_true(s->generator.connects == 0 && s->generator.loop_lag.count == 0);
        assert_true(s->failures.len == 0 && s->script_errors.len == 0 && s->checks.len == 0);
    }
    struct stats *sum = stats_new();
    stats_merge(sum, s); /* a cleared series is none */
    assert_int_equal(sum->series_len, 0);
    stats_free(sum);
    stats_free(s);
}

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

static void tasks_are_counted_by_number(void **state)
{
    (void)state;
    struct stats *interval = stats_new(), *sum = stats_new();
    for (int round = 1; round <= 2; round++) {
        stats_count_task(interval, 3);
        stats_count_task(interval, 1);
        stats_count_task(interval, 3);
        assert_int_equal(interval->tasks.len, 4);
        stats_merge(sum, interval);
        stats_clear(interval);
        assert_int_equal(interval->tasks.len, 0);
    }
    assert_int_equal(sum->tasks.len, 4);
    assert_int_equal(sum->tasks.items[0], 0);
    assert_int_equal(sum->tasks.items[1], 2);
    assert_int_equal(sum->tasks.items[3], 4);
    stats_free(interval);
    stats_free(sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_request_is_known_through_merging),
        cmocka_unit_test(a_new_one_is_empty),
        cmocka_unit_test(a_success_is_counted_in_its_series),
        cmocka_unit_test(times_are_rounded_to_microseconds),
        cmocka_unit_test(what_got_no_answer_has_no_times),
        cmocka_unit_test(service_time_stands_beside_response_time),
        cmocka_unit_test(status_codes_are_counted_in_order_of_first_sight),
        cmocka_unit_test(equal_failures_are_one_entry),
        cmocka_unit_test(too_many_messages_are_counted_together),
        cmocka_unit_test(script_errors_keep_their_first_traceback),
        cmocka_unit_test(checks_are_counted_by_name),
        cmocka_unit_test(tasks_are_counted_by_number),
        cmocka_unit_test(clearing_empties_for_reuse),
        cmocka_unit_test(merging_adds_everything),
        cmocka_unit_test(requests_are_kept_through_merging),
        cmocka_unit_test(intervals_add_up_to_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
