/* run/schedule.h: due times without drift, in shares that make up the whole. */
#include "unit.h"

#include "base/clock.h"
#include "run/schedule.h"

#include <math.h>
#include <stdlib.h>

static uint64_t due(const struct schedule *s, uint64_t n)
{
    return schedule_due_ns(s, (double)n);
}

static void constant_rate_does_not_drift(void **state)
{
    (void)state;
    const struct schedule s = {.rate = {2000, 2000}};
    for (uint64_t n = 0; n < 100000; n++)
        assert_int_equal(due(&s, n), n * 500000);
    /* A day at 3 per second: the last is where it should be, to the nanosecond. */
    const struct schedule slow = {.rate = {3, 3}};
    assert_int_equal(due(&slow, 3 * 86400), 86400 * NS_PER_S);
    assert_int_equal(due(&slow, 3 * 86400 + 1), 86400 * NS_PER_S + 333333333);
    const struct schedule minute = {.rate = {0.5, 0.5}};
    assert_int_equal(due(&minute, 7), 14 * NS_PER_S);
}

/* The area under the ramp up to the n-th due time is n. */
static void check_ramp(const struct schedule *s, uint64_t arrivals)
{
    uint64_t last = 0;
    for (uint64_t n = 0; n < arrivals; n++) {
        uint64_t at = due(s, n);
        if (at < last || (n > 0 && at == last))
            fail_msg("arrival %lu is due at %lu, not after %lu", n, at, last);
        double area = schedule_area(s, ns_to_s(at));
        /* Rounded to 1 ns, at rates up to 5,000/s. */
        if (fabs(area - (double)n) > 1e-5)
            fail_msg("arrival %lu is due when %.9f were", n, area);
        last = at;
    }
}

static void ramps_follow_their_area(void **state)
{
    (void)state;
    const struct schedule cases[] = {
        {.rate = {500, 2000}, .ramp_s = 10},
        {.rate = {2000, 500}, .ramp_s = 10},
        {.rate = {0, 5000}, .ramp_s = 4},
        {.rate = {5000, 0}, .ramp_s = 4},
        {.rate = {100, 101}, .ramp_s = 100},
        {.rate = {500, 2000}, .hold_s = 3, .ramp_s = 10},
        {.rate = {0, 2000}, .hold_s = 3, .ramp_s = 10},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct schedule *s = &cases[i];
        double held = s->rate.from * s->hold_s;
        double all = held + (s->rate.from + s->rate.to) / 2 * s->ramp_s;
        assert_true(fabs(schedule_area(s, s->hold_s + s->ramp_s) - all) < 1e-6);
        check_ramp(s, (uint64_t)all);
    }
    /* A ramp up: the first at once, the last at its end; what follows at its end's rate. */
    const struct schedule up = {.rate = {500, 2000}, .ramp_s = 10};
    assert_int_equal(due(&up, 0), 0);
    assert_int_equal(due(&up, 12500), 10 * NS_PER_S);
    assert_int_equal(due(&up, 12502), 10 * NS_PER_S + NS_PER_MS);
    /* A ramp down to nothing ends. */
    const struct schedule down = {.rate = {100, 0}, .ramp_s = 10};
    assert_int_equal(due(&down, 500), SCHEDULE_NEVER);
    assert_int_equal(due(&down, 501), SCHEDULE_NEVER);
    /* From nothing, after a warm-up of nothing. */
    const struct schedule from_0 = {.rate = {0, 2}, .hold_s = 5, .ramp_s = 4};
    assert_int_equal(due(&from_0, 0), 5 * NS_PER_S);
    assert_int_equal(due(&from_0, 4), 9 * NS_PER_S);
}

/* Every share walked to its end: each arrival of the whole in exactly one. */
static void check_shares(const struct schedule *s, uint32_t workers)
{
    uint64_t total = 0;
    for (uint32_t w = 0; w < workers; w++) {
        struct share share;
        share_init(&share, s, w, workers, 0);
        for (uint64_t n = w; share.due_ns != SCHEDULE_NEVER; n += workers, total++) {
            assert_int_equal(share.number, n);
            assert_int_equal(share.due_ns, due(s, n));
            share_next(&share);
        }
        share_next(&share); /* harmless at the end */
        assert_int_equal(share.due_ns, SCHEDULE_NEVER);
    }
    uint64_t expected = s->count;
    if (s->end_s > 0) {
        double area = schedule_area(s, s->end_s);
        expected = (uint64_t)ceil(area - 1e-6); /* what is due just at the end is not */
        if (s->count > 0 && s->count < expected)
            expected = s->count;
    }
    assert_int_equal(total, expected);
}

static void shares_are_the_whole(void **state)
{
    (void)state;
    const struct schedule cases[] = {
        {.rate = {2000, 2000}, .end_s = 5},
        {.rate = {2000, 2000}, .count = 777},
        {.rate = {2000, 2000}, .end_s = 0.1, .count = 777},
        {.rate = {0.5, 0.5}, .end_s = 60},
        {.rate = {999.5, 999.5}, .end_s = 7.3},
        {.rate = {500, 2000}, .ramp_s = 10, .end_s = 10},
        {.rate = {2000, 0}, .ramp_s = 2, .end_s = 2},
        {.rate = {300, 900}, .hold_s = 2, .ramp_s = 10, .end_s = 12},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (uint32_t workers = 1; workers <= 5; workers++)
            check_shares(&cases[i], workers);
}

static void skipping_is_walking(void **state)
{
    (void)state;
    const struct schedule cases[] = {
        {.rate = {2000, 2000}, .end_s = 5},
        {.rate = {500, 2000}, .ramp_s = 10, .end_s = 10},
        {.rate = {100, 100}, .count = 50},
        {.rate = {200, 200}, .end_s = 5, .poisson = true},
    };
    static const double times[] = {0, 1e-9, 0.0005, 0.0005001, 0.3, 2.5, 4.9999, 100};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct share walked, skipped;
        share_init(&walked, &cases[i], 1, 3, 42);
        skipped = walked;
        for (size_t t = 0; t < ARRAY_LEN(times); t++) {
            uint64_t until = s_to_ns(times[t]), passed = 0;
            for (; walked.due_ns < until; passed++)
                share_next(&walked);
            assert_int_equal(share_skip(&skipped, until), passed);
            assert_int_equal(skipped.due_ns, walked.due_ns);
            assert_int_equal(skipped.number, walked.number);
        }
    }
}

/* A Poisson schedule has as many arrivals on average, and gaps whose standard
 * deviation is their mean; the same seed repeats it. */
static void poisson_is_random_and_repeatable(void **state)
{
    (void)state;
    const struct schedule s = {.rate = {1000, 1000}, .end_s = 100, .poisson = true};
    double sum = 0, sum2 = 0;
    uint64_t n = 0;
    for (uint32_t w = 0; w < 2; w++) {
        struct share share, again;
        share_init(&share, &s, w, 2, 7);
        share_init(&again, &s, w, 2, 7);
        for (uint64_t last = 0; share.due_ns != SCHEDULE_NEVER; n++) {
            assert_true(share.due_ns >= last);
            assert_int_equal(share.due_ns, again.due_ns);
            double gap = ns_to_s(share.due_ns - last);
            sum += gap;
            sum2 += gap * gap;
            last = share.due_ns;
            share_next(&share);
            share_next(&again);
        }
    }
    /* 100,000 expected; its standard deviation is 316. */
    assert_true(n > 98500 && n < 101500);
    double mean = sum / (double)n, stdev = sqrt(sum2 / (double)n - mean * mean);
    assert_true(fabs(mean - 0.002) < 0.00005);
    assert_true(fabs(stdev / mean - 1) < 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_rate_does_not_drift),
        cmocka_unit_test(ramps_follow_their_area),
        cmocka_unit_test(shares_are_the_whole),
        cmocka_unit_test(skipping_is_walking),
        cmocka_unit_test(poisson_is_random_and_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
