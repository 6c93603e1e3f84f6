/* base/units.h: what people type, and what is wrong with what they mistype. */
#include "unit.h"

#include "base/units.h"

#include <math.h>

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"500ms", 0.5},
        {"1m30s", 90},
        {"30s", 30},
        {"250us", 250e-6},
        {"2h", 7200},
        {"1d", 86400},
        {"1d2h3m4s5ms6us", 93784.005006},
        {"10", 10},
        {"1.5", 1.5},
        {"1.5s", 1.5},
        {"0.5m", 30},
        {".5s", 0.5},
        {"5.s", 5},
        {"0", 0},
        {"0s", 0},
        {"1h30s", 3630},
        {"1.5h30m", 7200},
        {"10000d", 864e6},
        {"007s", 7},
        {"1s500ms", 1.5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        double seconds = -1;
        if (units_parse_duration(cases[i].text, &seconds, &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        if (fabs(seconds - cases[i].seconds) > 1e-9 * cases[i].seconds)
            fail_msg("%s: %.9f", cases[i].text, seconds);
    }
}

static void bad_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "the duration is empty; write a time such as \"500ms\", \"30s\" or \"1m30s\""},
        {"10x",
         "duration \"10x\" has the unknown unit \"x\" (known: us, ms, s, m, h, d); write a time "
         "such as \"500ms\", \"30s\" or \"1m30s\""},
        {"-5s", "duration \"-5s\" is negative; "},
        {"-", "does not begin with a number"},
        {"fast", "duration \"fast\" does not begin with a number"},
        {"s", "does not begin with a number"},
        {".", "does not begin with a number"},
        {".s", "does not begin with a number"},
        {" 5s", "does not begin with a number"},
        {"inf", "does not begin with a number"},
        {"nan", "does not begin with a number"},
        {"5 s", "unknown unit \" s\""},
        {"5S", "unknown unit \"S\""},
        {"0x10", "unknown unit \"x\""},
        {"1e3", "unknown unit \"e\""},
        {"1m30", "duration \"1m30\" has no unit after \"30\""},
        {"1.5.5s", "has no unit after \"1.5\""},
        {"1..5s", "has no unit after \"1.\""},
        {"1m.", "duration \"1m.\" has \".\" where a number should be"},
        {"30s1m", "units from large to small"},
        {"1m1m", "each once"},
        {"1m-5s", "unknown unit \"m-\""},
        {"10001d", "is longer than 10000d"},
        {"99999999999999999999999999999999h", "is longer than 10000d"},
        {"1min", "unknown unit \"min\""},
        {"5\xC2\xB5s", "unknown unit"},
        {"5\x1B[2J\n", "duration \"5?[2J?\" has the unknown unit \"?[\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        double seconds = -7;
        assert_int_equal(units_parse_duration(cases[i].text, &seconds, &err), -1);
        assert_contains(err.message, cases[i].reason);
        assert_contains(err.message, "\"1m30s\"");
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_true(seconds == -7); /* untouched */
    }
    assert_int_equal(units_parse_duration("x", &(double){0}, NULL), -1);
}

static void a_number_too_long_for_a_double_is_too_long(void **state)
{
    (void)state;
    char text[600];
    memset(text, '9', sizeof(text));
    text[sizeof(text) - 2] = 's';
    text[sizeof(text) - 1] = '\0';
    struct err err;
    double value;
    uint64_t count;
    assert_int_equal(units_parse_duration(text, &value, &err), -1);
    assert_contains(err.message, "is longer than 10000d");
    text[sizeof(text) - 2] = '\0';
    assert_int_equal(units_parse_count(text, &count, &err), -1);
    assert_contains(err.message, "is too large");
    assert_int_equal(units_parse_number(text, &value, &err), -1);
    assert_contains(err.message, "is too large");
}

static void counts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t count;
    } cases[] = {
        {"0", 0},
        {"100", 100},
        {"1k", 1000},
        {"1K", 1000},
        {"1.5k", 1500},
        {"2M", 2000000},
        {"2m", 2000000},
        {"1.234567M", 1234567},
        {"3g", 3000000000},
        {"0.000000001G", 1},
        {"1.0", 1},
        {"1.500000k", 1500},
        {".5k", 500},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073.709551615G", UINT64_MAX},
        {"00012", 12},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        uint64_t count = 0;
        if (units_parse_count(cases[i].text, &count, &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        if (count != cases[i].count)
            fail_msg("%s: %ju", cases[i].text, (uintmax_t)count);
    }
}

static void bad_counts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "the number is empty"},
        {"many", "number \"many\" does not begin with a number"},
        {"-1", "number \"-1\" is negative"},
        {"+1", "does not begin with a number"},
        {"1.5", "number \"1.5\" is not whole"},
        {"1.0005k", "is not whole"},
        {"10x", "number \"10x\" ends in \"x\" (known: k, M, G)"},
        {"1kk", "ends in \"kk\""},
        {"1k ", "ends in \"k \""},
        {"1e5", "ends in \"e5\""},
        {"0x10", "ends in \"x10\""},
        {"1,000", "ends in \",000\""},
        {"1.2.3k", "ends in \".3k\""},
        {"18446744073709551616", "is too large"},
        {"18446744073709551615k", "is too large"},
        {"18446744073.709551616G", "is too large"},
        {"184467440737095516150", "is too large"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        uint64_t count = 77;
        if (units_parse_count(cases[i].text, &count, &err) != -1)
            fail_msg("%s: %ju", cases[i].text, (uintmax_t)count);
        assert_contains(err.message, cases[i].reason);
        assert_contains(err.message, "\"1.5k\"");
        assert_true(count == 77);
    }
}

static void numbers(void **state)
{
    (void)state;
    double x;
    struct err err;
    assert_int_equal(units_parse_number("2000", &x, &err), 0);
    assert_true(x == 2000);
    assert_int_equal(units_parse_number("-0.25", &x, &err), 0);
    assert_true(x == -0.25);
    assert_int_equal(units_parse_number("+.5", &x, &err), 0);
    assert_true(x == 0.5);

    static const char *const bad[] = {"",   "-",  ".",   "1e5", "0x10", "inf",   "nan", "1 ",
                                      " 1", "1k", "--1", "1-",  "1,5",  "1.2.3", "one"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(units_parse_number(bad[i], &x, &err), -1);
        assert_contains(err.message, "write one such as \"10\" or \"0.5\"");
    }
    units_parse_number("1k", &x, &err);
    assert_contains(err.message, "\"1k\" is not a number");
}

static void ports(void **state)
{
    (void)state;
    int port;
    struct err err;
    assert_int_equal(units_parse_port("1", 0, &port, &err), 0);
    assert_int_equal(port, 1);
    assert_int_equal(units_parse_port("65535", 0, &port, &err), 0);
    assert_int_equal(port, 65535);
    assert_int_equal(units_parse_port("0", 1, &port, &err), 0);
    assert_int_equal(port, 0);

    static const char *const bad[] = {
        "", "0", "65536", "99999999999999999999", "-1", "+80", "80 ", " 80", "http", "8o", "0x50"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(units_parse_port(bad[i], 0, &port, &err), -1);
        assert_contains(err.message, "from 1 to 65535");
    }
    units_parse_port("70000", 1, &port, &err);
    assert_string_equal(err.message,
                        "port \"70000\" is not a number from 0 to 65535, such as \"8080\"");
}

static void a_long_wrong_text_is_not_repeated_whole(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'z', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct err err;
    units_parse_duration(text, &(double){0}, &err);
    assert_true(strlen(err.message) < 250);
    assert_contains(err.message, "\"1m30s\"");
    memset(text, '1', 1000);
    units_parse_duration(text, &(double){0}, &err);
    assert_true(strlen(err.message) < 250);
}

static void shown_durations(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0 us"},
        {1e-6, "1.00 us"},
        {12.34e-6, "12.3 us"},
        {812e-6, "812 us"},
        {999.4e-6, "999 us"},
        {999.6e-6, "1.00 ms"},
        {1.25e-3, "1.25 ms"},
        {9.994e-3, "9.99 ms"},
        {9.996e-3, "10.0 ms"},
        {99.96e-3, "100 ms"},
        {0.213, "213 ms"},
        {0.9996, "1.00 s"},
        {1.5, "1.50 s"},
        {60, "60.0 s"},
        {3600, "3600 s"},
        {-0.002, "-2.00 ms"},
        {NAN, "-"},
        {INFINITY, "-"},
        {1e300, "1e+300 s"},
    };
    char buf[UNITS_MAX];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(units_format_duration(buf, cases[i].seconds), cases[i].text);
}

static void shown_elapsed_times(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0s"},          {0.5, "0.5s"},    {2, "2s"},
        {9.96, "10s"},      {29.9999, "30s"}, {45, "45s"},
        {59.6, "1m 00s"},   {90, "1m 30s"},   {185, "3m 05s"},
        {3599.7, "1h 00m"}, {7500, "2h 05m"}, {86400 * 1.5, "1d 12h"},
        {-1, "0s"},         {NAN, "0s"},      {1e300, "11574074074d 01h"},
    };
    char buf[UNITS_MAX];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(units_format_elapsed(buf, cases[i].seconds), cases[i].text);
}

static void shown_sizes_and_counts(void **state)
{
    (void)state;
    char buf[UNITS_MAX];
    assert_string_equal(units_format_bytes(buf, 0), "0 B");
    assert_string_equal(units_format_bytes(buf, 7), "7 B");
    assert_string_equal(units_format_bytes(buf, 999), "999 B");
    assert_string_equal(units_format_bytes(buf, 1000), "1.00 kB");
    assert_string_equal(units_format_bytes(buf, 12.34e6), "12.3 MB");
    assert_string_equal(units_format_bytes(buf, 1.8e19), "18.0 EB");
    assert_string_equal(units_format_bytes(buf, 1e300), "1e+282 EB");

    assert_string_equal(units_format_count(buf, 0), "0");
    assert_string_equal(units_format_count(buf, 999), "999");
    assert_string_equal(units_format_count(buf, 1000), "1,000");
    assert_string_equal(units_format_count(buf, 1234567), "1,234,567");
    assert_string_equal(units_format_count(buf, UINT64_MAX), "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(bad_durations),
        cmocka_unit_test(a_number_too_long_for_a_double_is_too_long),
        cmocka_unit_test(counts),
        cmocka_unit_test(bad_counts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(ports),
        cmocka_unit_test(a_long_wrong_text_is_not_repeated_whole),
        cmocka_unit_test(shown_durations),
        cmocka_unit_test(shown_elapsed_times),
        cmocka_unit_test(shown_sizes_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
