/* base/rate.h: rates as people type them. */
#include "unit.h"

#include "base/rate.h"

#include <math.h>

static void rates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double from, to;
    } cases[] = {
        {"2000", 2000, 2000},
        {"2000/s", 2000, 2000},
        {"1.5k/s", 1500, 1500},
        {"2M", 2e6, 2e6},
        {"1G", 1e9, 1e9},
        {"0.5/s", 0.5, 0.5},
        {".5", 0.5, 0.5},
        {"30/m", 0.5, 0.5},
        {"1k/m", 1000.0 / 60, 1000.0 / 60},
        {"100/h", 100.0 / 3600, 100.0 / 3600},
        {"5/sec", 5, 5},
        {"5/second", 5, 5},
        {"30/min", 0.5, 0.5},
        {"30/minute", 0.5, 0.5},
        {"1800/hour", 0.5, 0.5},
        {"500/s..2000/s", 500, 2000},
        {"500..2000/s", 500, 2000},
        {"500/s..2000", 500, 2000},
        {"30/m..2/s", 0.5, 2},
        {"30..60/m", 0.5, 1},
        {"60/m..30", 1, 0.5},
        {"0..100/s", 0, 100},
        {"100/s..0", 100, 0},
        {"1..2", 1, 2},
        {"1...5", 1, 0.5},
        {" 500/s .. 2k/s ", 500, 2000},
        {"5 / s", 5, 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        struct rate rate = {-1, -1};
        if (rate_parse(cases[i].text, &rate, &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        if (fabs(rate.from - cases[i].from) > 1e-12 * cases[i].from ||
            fabs(rate.to - cases[i].to) > 1e-12 * cases[i].to)
            fail_msg("%s: %.12f .. %.12f", cases[i].text, rate.from, rate.to);
        assert_int_equal(rate_is_ramp(&rate), cases[i].from != cases[i].to);
    }
}

static void bad_rates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
        int column; /* of the caret, from 0 */
    } cases[] = {
        {"", "the rate is empty", 0},
        {"fast", "a number should be here", 0},
        {"-5", "a rate cannot be negative", 0},
        {"0", "a rate must be above 0", 0},
        {"0/s..0/s", "a rate must be above 0", 0},
        {"5/", "per second (/s), minute (/m) or hour (/h)", 2},
        {"5/d", "per second (/s), minute (/m) or hour (/h)", 2},
        {"5/ms", "per second (/s), minute (/m) or hour (/h)", 2},
        {"5/minutes", "per second (/s), minute (/m) or hour (/h)", 2},
        {"5x", "\"x\" does not belong here", 1},
        {"5/s5", "\"5\" does not belong here", 3},
        {"5..", "the rate ends too early", 3},
        {"5..x", "a number should be here", 3},
        {"5..-1", "a rate cannot be negative", 3},
        {"1..2..3", "\"..3\" does not belong here", 4},
        {"2G", "more than 1e+09 per second is not meant", 0},
        {"1..99999999999999999999", "more than 1e+09 per second is not meant", 3},
        {"1e3", "\"e3\" does not belong here", 1},
        {"inf", "a number should be here", 0},
        {"\x1b[31m", "a number should be here", 0},
        {"1,000", "\",000\" does not belong here", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        struct rate rate;
        if (rate_parse(cases[i].text, &rate, &err) != -1)
            fail_msg("\"%s\" was taken", cases[i].text);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_contains(err.message, cases[i].reason);
        assert_contains(err.message, "write a rate such as");
        assert_null(strchr(err.message, '\x1b'));
        const char *last = strrchr(err.message, '\n') + 1;
        assert_int_equal(strlen(last), 4 + cases[i].column + 1);
    }
    assert_int_equal(rate_parse("x", &(struct rate){0, 0}, NULL), -1);
}

static void shown(void **state)
{
    (void)state;
    static const struct {
        struct rate rate;
        const char *text;
    } cases[] = {
        {{2000, 2000}, "2,000/s"},
        {{0.5, 0.5}, "30/m"},
        {{100.0 / 3600, 100.0 / 3600}, "100/h"},
        {{500, 2000}, "500/s to 2,000/s"},
        {{0, 100}, "0/s to 100/s"},
        {{2.5, 2.5}, "2.5/s"},
        {{1000.0 / 3, 1000.0 / 3}, "333.3/s"},
        {{12345.5, 12345.5}, "12,346/s"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buf[RATE_TEXT_MAX];
        assert_string_equal(rate_format(buf, &cases[i].rate), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),
        cmocka_unit_test(bad_rates),
        cmocka_unit_test(shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
