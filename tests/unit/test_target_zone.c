/* target/zone.h and target/instant.h: clocks of the world, and time as text.
 * Expected offsets were taken from Python's zoneinfo; e2e/test_target.py
 * compares every zone with it. */
#include "unit.h"

#include "target/instant.h"
#include "target/zone.h"

#include <pthread.h>
#include <stdlib.h>

static int64_t instant(const char *text)
{
    int64_t at;
    if (!instant_parse(text, &at))
        fail_msg("%s is not an instant", text);
    return at;
}

static void clocks(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at, *local, *abbreviation;
        bool dst;
    } cases[] = {
        /* The check value of the fast-time server. */
        {"America/New_York", "2025-01-15T10:30:00Z", "2025-01-15T05:30:00-05:00", "EST", false},
        {"Asia/Tokyo", "2025-01-15T10:30:00Z", "2025-01-15T19:30:00+09:00", "JST", false},
        {"UTC", "2025-01-15T10:30:00Z", "2025-01-15T10:30:00Z", "UTC", false},
        {"", "2025-01-15T10:30:00Z", "2025-01-15T10:30:00Z", "UTC", false},
        /* Both sides of both changes. */
        {"America/New_York", "2025-03-09T06:59:59Z", "2025-03-09T01:59:59-05:00", "EST", false},
        {"America/New_York", "2025-03-09T07:00:00Z", "2025-03-09T03:00:00-04:00", "EDT", true},
        {"America/New_York", "2025-11-02T05:59:59Z", "2025-11-02T01:59:59-04:00", "EDT", true},
        {"America/New_York", "2025-11-02T06:00:00Z", "2025-11-02T01:00:00-05:00", "EST", false},
        {"Australia/Sydney", "2025-01-15T10:30:00Z", "2025-01-15T21:30:00+11:00", "AEDT", true},
        {"Europe/London", "2025-07-01T12:00:00Z", "2025-07-01T13:00:00+01:00", "BST", true},
        {"Europe/London", "2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z", "GMT", false},
        /* Odd offsets. */
        {"Asia/Kathmandu", "2025-01-15T10:30:00Z", "2025-01-15T16:15:00+05:45", "+0545", false},
        {"America/St_Johns", "2025-07-15T00:00:00Z", "2025-07-14T21:30:00-02:30", "NDT", true},
        {"Australia/Lord_Howe", "2025-01-15T00:00:00Z", "2025-01-15T11:00:00+11:00", "+11", true},
        {"Pacific/Kiritimati", "2025-01-01T00:00:00Z", "2025-01-01T14:00:00+14:00", "+14", false},
        {"Etc/GMT+5", "2025-01-15T10:30:00Z", "2025-01-15T05:30:00-05:00", "-05", false},
        {"EST5EDT", "2025-07-15T10:30:00Z", "2025-07-15T06:30:00-04:00", "EDT", true},
        /* Before zones were made, and after the tables end. */
        {"America/New_York", "1880-01-01T00:00:00Z", "1879-12-31T19:03:58-04:56", "LMT", false},
        {"America/New_York", "2100-07-01T12:00:00Z", "2100-07-01T08:00:00-04:00", "EDT", true},
        {"America/New_York", "2100-12-01T12:00:00Z", "2100-12-01T07:00:00-05:00", "EST", false},
        {"Europe/Dublin", "2078-02-14T12:00:00Z", "2078-02-14T12:00:00Z", "GMT", true},
        {"Africa/Casablanca", "2086-12-01T00:00:00Z", "2086-12-01T01:00:00+01:00", "+01", false},
        {"Asia/Gaza", "3705-07-01T00:00:00Z", "3705-07-01T03:00:00+03:00", "EEST", true},
        {"Europe/Paris", "9999-07-01T00:00:00Z", "9999-07-01T02:00:00+02:00", "CEST", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct zone *zone = zone_find(cases[i].zone);
        assert_non_null(zone);
        struct zone_local local = zone_at(zone, instant(cases[i].at));
        char text[INSTANT_MAX];
        assert_string_equal(instant_format(text, instant(cases[i].at), local.offset),
                            cases[i].local);
        assert_string_equal(local.abbreviation, cases[i].abbreviation);
        if (strcmp(cases[i].zone, "Europe/Dublin") != 0) /* tzdata calls its winter "daylight" */
            assert_int_equal(local.dst, cases[i].dst);
    }
}

static void names_that_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Mars/Olympus_Mons",
        "america/new_york",
        "utc ",
        " UTC",
        "America",
        "America/",
        "/UTC",
        "../../../etc/passwd",
        "America/../UTC",
        "./UTC",
        "zone.tab",
        "tzdata.zi",
        "leapseconds",
        "+05:00",
        "-3",
        "05",
        "EST5EDT,M3.2.0,M11.1.0",
        "posix/UTC",
        "right/UTC",
        "UTC\n",
        "Europe/M\xc3\xbcnchen",
        "Europe/%",
        "\xff",
        "a_name_that_is_longer_than_any_name_of_a_time_zone_could_ever_be_in_this_world",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (zone_find(names[i]))
            fail_msg("\"%s\" was found", names[i]);
    }
}

static void listed_zones_exist(void **state)
{
    (void)state;
    static const char *const needed[] = {
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "Europe/London",
        "Europe/Paris",
        "Asia/Tokyo",
        "Asia/Shanghai",
        "Australia/Sydney",
        "America/Chicago",
        "America/Denver",
        "Europe/Berlin",
        "Asia/Singapore",
    };
    for (size_t i = 0; i < ZONE_LISTED; i++) {
        assert_non_null(zone_find(zone_listed[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(zone_listed[i], zone_listed[j]);
    }
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        size_t at = 0;
        while (at < ZONE_LISTED && strcmp(zone_listed[at], needed[i]) != 0)
            at++;
        assert_in_range(at, 0, ZONE_LISTED - 1);
    }
}

static void *find_all(void *found)
{
    const struct zone **zones = found;
    for (size_t i = 0; i < ZONE_LISTED; i++)
        zones[i] = zone_find(zone_listed[i]);
    return NULL;
}

static void a_zone_is_the_same_for_all_threads(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    static const struct zone *found[THREADS][ZONE_LISTED];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_all, found[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < THREADS; i++)
        assert_memory_equal(found[i], found[0], sizeof(found[0]));
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at;
    } cases[] = {
        {"2025-01-15T10:30:00Z", 1736937000},
        {"2025-01-15 10:30:00", 1736937000},
        {"2025-01-15T10:30:00.999Z", 1736937000},
        {"2025-01-15 10:30:00.123456789", 1736937000},
        {"2025-01-15T05:30:00-05:00", 1736937000},
        {"2025-01-15T16:15:00+05:45", 1736937000},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"0000-01-01T00:00:00Z", -62167219200},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(instant(cases[i].text), cases[i].at);
}

static void texts_that_are_no_time(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "now",
        "2025-01-15",
        "2025-01-15T10:30Z",
        "2025-01-15T10:30:00",
        "2025-01-15T10:30:00z",
        "2025-01-15 10:30:00Z",
        "2025-01-15 10:30:00+01:00",
        "2025-1-15T10:30:00Z",
        "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "2025-01-00T00:00:00Z",
        "2025-01-15T24:00:00Z",
        "2025-01-15T10:60:00Z",
        "2025-01-15T10:30:60Z",
        "2025-01-15T10:30:00.Z",
        "2025-01-15T10:30:00+1:00",
        "2025-01-15T10:30:00+24:00",
        "2025-01-15T10:30:00+01:60",
        "2025-01-15T10:30:00Zx",
        " 2025-01-15T10:30:00Z",
        "-025-01-15T10:30:00Z",
        "20250-01-15T10:30:00Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t at;
        if (instant_parse(texts[i], &at))
            fail_msg("\"%s\" was accepted", texts[i]);
    }
}

static void years_beyond_four_digits(void **state)
{
    (void)state;
    char text[INSTANT_MAX];
    assert_string_equal(instant_format(text, instant("0000-01-01T00:00:00Z"), -3600),
                        "-0001-12-31T23:00:00-01:00");
    assert_string_equal(instant_format(text, instant("9999-12-31T23:59:59Z"), 1800),
                        "10000-01-01T00:29:59+00:30");
}

static void offsets(void **state)
{
    (void)state;
    static const struct {
        int offset;
        const char *text;
    } cases[] = {{0, "+0:00"},      {-18000, "-5:00"}, {20700, "+5:45"},
                 {-12600, "-3:30"}, {50400, "+14:00"}, {-1800, "-0:30"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[OFFSET_MAX];
        assert_string_equal(offset_format(text, cases[i].offset), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_is_the_same_for_all_threads), /* first: nothing is loaded yet */
        cmocka_unit_test(clocks),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(listed_zones_exist),
        cmocka_unit_test(texts),
        cmocka_unit_test(texts_that_are_no_time),
        cmocka_unit_test(years_beyond_four_digits),
        cmocka_unit_test(offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
