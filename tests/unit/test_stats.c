/* stats/stats.h: recording and clearing; nothing is ever lost. */
#include "stats_samples.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
