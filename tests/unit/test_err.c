/* base/err.h: kinds and messages. */
#include "unit.h"

#include "base/err.h"

#include <errno.h>
#include <stdio.h>

static void setting_returns_minus_one_and_takes_null(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, ERR_USAGE, "no such option \"%s\"", "-z"), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.message, "no such option \"-z\"");
    assert_int_equal(err_set(NULL, ERR_USAGE, "x"), -1);
    assert_int_equal(err_prefix(NULL, "x"), -1);
    assert_int_equal(err_errno(NULL, ENOENT, "x"), -1);
}

static void a_prefix_goes_before_and_keeps_the_kind(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_CONFIG, "unknown unit");
    assert_int_equal(err_prefix(&err, "option %s", "-d"), -1);
    err_prefix(&err, "100%% wrong");
    assert_string_equal(err.message, "100% wrong: option -d: unknown unit");
    assert_int_equal(err.kind, ERR_CONFIG);
}

static void a_message_may_be_made_from_itself(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_CONFIG, "inner");
    err_set(&err, ERR_SYSTEM, "outer (%s)", err.message);
    assert_string_equal(err.message, "outer (inner)");
}

static void a_long_message_is_cut_with_dots(void **state)
{
    (void)state;
    struct err err;
    char text[2000];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    err_set(&err, ERR_CONFIG, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_string_equal(err.message + sizeof(err.message) - 5, "a...");

    text[sizeof(err.message) - 1] = '\0'; /* just fits */
    err_set(&err, ERR_CONFIG, "%s", text);
    assert_string_equal(err.message, text);
    err_prefix(&err, "p");
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_memory_equal(err.message, "p: aaa", 6);
    assert_string_equal(err.message + sizeof(err.message) - 5, "a...");

    err_errno(&err, ECONNREFUSED, "%s", text);
    assert_string_equal(err.message + sizeof(err.message) - 5, "a...");
}

static void a_cut_leaves_no_half_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        char text[1200] = "";
        memset(text, 'a', (size_t)shift);
        for (size_t i = (size_t)shift; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 5); /* a character of four bytes */
        struct err err;
        err_set(&err, ERR_CONFIG, "%s", text);
        size_t len = strlen(err.message);
        assert_string_equal(err.message + len - 3, "...");
        assert_int_equal((len - 3 - (size_t)shift) % 4, 0);
    }
}

static void foreign_text_is_made_printable(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_CONFIG,
            "a\x1B[31mb\r\n\tc\x7F"
            "caf\xC3\xA9");
    err_printable(&err);
    assert_string_equal(err.message, "a?[31mb???c?caf\xC3\xA9");
    assert_int_equal(err.kind, ERR_CONFIG);
}

static void errno_chooses_the_kind(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum err_kind kind;
    } cases[] = {
        {ECONNREFUSED, ERR_REFUSED},
        {ECONNRESET, ERR_RESET},
        {EPIPE, ERR_RESET},
        {ETIMEDOUT, ERR_TIMEOUT},
        {EHOSTUNREACH, ERR_UNREACHABLE},
        {ENETUNREACH, ERR_UNREACHABLE},
        {EMFILE, ERR_SYSTEM},
        {EADDRNOTAVAIL, ERR_SYSTEM},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        assert_int_equal(err_errno(&err, cases[i].errnum, "connect"), -1);
        assert_int_equal(err.kind, cases[i].kind);
        char expected[200];
        snprintf(expected, sizeof(expected), "connect: %s", strerror(cases[i].errnum));
        assert_string_equal(err.message, expected);
    }
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_KINDS; i++) {
        assert_non_null(err_kind_name((enum err_kind)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(err_kind_name((enum err_kind)i),
                                    err_kind_name((enum err_kind)k));
    }
    assert_string_equal(err_kind_name(ERR_REFUSED), "refused");
    assert_string_equal(err_kind_name((enum err_kind)ERR_KINDS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_returns_minus_one_and_takes_null),
        cmocka_unit_test(a_prefix_goes_before_and_keeps_the_kind),
        cmocka_unit_test(a_message_may_be_made_from_itself),
        cmocka_unit_test(a_long_message_is_cut_with_dots),
        cmocka_unit_test(a_cut_leaves_no_half_character),
        cmocka_unit_test(foreign_text_is_made_printable),
        cmocka_unit_test(errno_chooses_the_kind),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
