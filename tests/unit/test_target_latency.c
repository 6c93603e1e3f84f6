/* target/latency.h: the grammar of `inrush serve --latency` and what it draws. */
#include "unit.h"

#include "target/latency.h"

#include <math.h>
#include <stdio.h>

static struct latency parse(const char *text)
{
    struct latency latency;
    struct err err;
    if (latency_parse(&latency, text, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    return latency;
}

#define assert_seconds(found, expected) assert_true(fabs((found) - (expected)) < 1e-12)

static void constants(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, 0);
    for (int spaces = 0; spaces < 2; spaces++) {
        struct latency l = parse(spaces ? "  20ms " : "20ms");
        assert_seconds(latency_draw(&l, &rng), 0.020);
        assert_false(latency_is_zero(&l));
    }
    struct latency joined = parse("1m30s");
    assert_seconds(latency_draw(&joined, &rng), 90);
}

static void zero(void **state)
{
    (void)state;
    static const char *const zeros[] = {"0", "0ms", "0..0", "exp:0s", "0,50%:0", "0,0%:5s"};
    for (size_t i = 0; i < ARRAY_LEN(zeros); i++) {
        struct latency l = parse(zeros[i]);
        assert_true(latency_is_zero(&l));
    }
    struct latency tail_only = parse("0,1%:5s");
    assert_false(latency_is_zero(&tail_only));
}

static void ranges(void **state)
{
    (void)state;
    static const char *const same[] = {"10ms..50ms", "10ms .. 50ms", "0.01s..0.05s",
                                       "10ms..50.0ms"};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct latency l = parse(same[i]);
        assert_seconds(l.usual.lo, 0.010);
        assert_seconds(l.usual.hi, 0.050);
        assert_false(l.usual.exponential);
    }
    struct latency l = parse("10ms..50ms");
    struct rng rng;
    rng_init(&rng, 7, 0);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double s = latency_draw(&l, &rng);
        assert_true(s >= 0.010 && s <= 0.050);
        sum += s;
    }
    assert_true(fabs(sum / 100000 - 0.030) < 0.0005);
}

static void exponentials(void **state)
{
    (void)state;
    struct latency l = parse("exp:20ms");
    struct rng rng;
    rng_init(&rng, 7, 0);
    double sum = 0;
    int above_mean = 0;
    for (int i = 0; i < 100000; i++) {
        double s = latency_draw(&l, &rng);
        assert_true(s >= 0 && s <= 0.400);
        sum += s;
        above_mean += s > 0.020;
    }
    assert_true(fabs(sum / 100000 - 0.020) < 0.0005);
    assert_true(fabs(above_mean / 100000.0 - exp(-1)) < 0.01);
}

static void tails(void **state)
{
    (void)state;
    static const char *const same[] = {"5ms,1%:500ms", "5ms, 1% : 500ms", "5ms,0.01:0.5s",
                                       "5ms,1.0 %:500ms"};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct latency l = parse(same[i]);
        assert_seconds(l.tail_share, 0.01);
        struct rng rng;
        rng_init(&rng, 3, 0);
        int slow = 0;
        for (int n = 0; n < 100000; n++) {
            double s = latency_draw(&l, &rng);
            assert_true(s == 0.005 || s == 0.5);
            slow += s == 0.5;
        }
        assert_in_range(slow, 900, 1100);
    }
    struct latency mixed = parse("exp:5ms,100%:1s..2s");
    struct rng rng;
    rng_init(&rng, 3, 0);
    for (int n = 0; n < 1000; n++)
        assert_true(latency_draw(&mixed, &rng) >= 1);
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        int caret; /* column of the mistake */
    } cases[] = {
        {"", "expected a duration such as 20ms", 0},
        {"  ", "expected a duration such as 20ms", 2},
        {"fast", "not a duration", 0},
        {"20xs", "not a duration", 0},
        {"-5ms", "not a duration", 0},
        {"2h", "longer than an hour", 0},
        {"20ms?", "expected \"..\", \",\" or the end here", 4},
        {"20ms 30ms", "expected \"..\", \",\" or the end here", 5},
        {"10ms..", "expected a duration", 6},
        {"..10ms", "expected a duration", 0},
        {"50ms..10ms", "the range ends before it begins", 6},
        {"10ms...5ms", "the range ends before it begins", 6}, /* .5ms */
        {"exp:", "expected a duration", 4},
        {"exp:1ms..2ms", "expected \"..\", \",\" or the end here", 7},
        {"Exp:1ms", "not a duration", 0},
        {"5ms,", "expected a share such as 1% or 0.01", 4},
        {"5ms,x%:1s", "expected a share", 4},
        {"5ms,1%", "expected \":\"", 6},
        {"5ms,101%:1s", "a share lies between 0 and 1", 4},
        {"5ms,5:1s", "a share lies between 0 and 1", 4},
        {"5ms,-1%:1s", "a share lies between 0 and 1", 4},
        {"5ms,1%:", "expected a duration", 7},
        {"5ms,1%:1s,2%:2s", "expected the end here", 9},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "not a duration",
         0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct latency latency;
        struct err err;
        if (latency_parse(&latency, cases[i].text, &err) == 0)
            fail_msg("\"%s\" was accepted", cases[i].text);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_contains(err.message, cases[i].message);
        char shown[256];
        snprintf(shown, sizeof(shown), "\n    %s\n    %*s", cases[i].text, cases[i].caret + 1, "^");
        assert_contains(err.message, shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants),    cmocka_unit_test(zero),  cmocka_unit_test(ranges),
        cmocka_unit_test(exponentials), cmocka_unit_test(tails), cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
