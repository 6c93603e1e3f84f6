/* base/suggest.h: which word is near enough. */
#include "unit.h"

#include "base/suggest.h"

static const char *const options[] = {
    "connections", "duration", "requests", "threads", "timeout", "users",
    "spawn-rate",  "run-time", "headless", "host",    "c",       "d",
};

static const char *near(const char *word)
{
    return suggest(word, options, ARRAY_LEN(options));
}

static void a_slip_finds_its_word(void **state)
{
    (void)state;
    assert_string_equal(near("conections"), "connections"); /* left out */
    assert_string_equal(near("durration"), "duration");     /* put in */
    assert_string_equal(near("timeaut"), "timeout");        /* another */
    assert_string_equal(near("tiemout"), "timeout");        /* swapped: one slip */
    assert_string_equal(near("thraeds"), "threads");
    assert_string_equal(near("USERS"), "users"); /* case is no slip */
    assert_string_equal(near("spawnrate"), "spawn-rate");
    assert_string_equal(near("spawn_rate"), "spawn-rate");
    assert_string_equal(near("user"), "users");
    assert_string_equal(near("hosts"), "host");
    assert_string_equal(near("timeout"), "timeout");
}

static void what_is_far_finds_nothing(void **state)
{
    (void)state;
    assert_null(near("zebra"));
    assert_null(near(""));
    assert_null(near("x")); /* one letter for another is another word */
    assert_null(near("connection-timeout-limit"));
    assert_null(suggest("users", options, 0));
}

static void the_limit_is_a_third_of_the_longer(void **state)
{
    (void)state;
    const char *const six[] = {"abcdef"}, *const three[] = {"abc"}, *const two[] = {"ab"};
    assert_non_null(suggest("abcdxy", six, 1));
    assert_null(suggest("abcxyz", six, 1));
    assert_non_null(suggest("abx", three, 1));
    assert_null(suggest("axx", three, 1));
    assert_non_null(suggest("ax", two, 1));
    assert_non_null(suggest("ba", two, 1));
    assert_null(suggest("xy", two, 1));
    assert_null(suggest("abcd", two, 1));
}

static void the_nearest_wins_and_of_equals_the_first(void **state)
{
    (void)state;
    const char *const words[] = {"rate", "rates", "raten", "late"};
    assert_string_equal(suggest("rates", words, 4), "rates");
    assert_string_equal(suggest("ratex", words, 4), "rate");
    assert_string_equal(suggest("rated", words + 1, 3), "rates");
    assert_string_equal(suggest("latee", words, 4), "late");
}

static void words_of_any_length_and_bytes_are_taken(void **state)
{
    (void)state;
    char longest[3000], other[3000];
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    memcpy(other, longest, sizeof(other));
    other[1500] = 'b';
    const char *const words[] = {other, "caf\xC3\xA9"};
    assert_ptr_equal(suggest(longest, words, 2), other);
    assert_string_equal(suggest("caf\xC3\xA8", words, 2), "caf\xC3\xA9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_finds_its_word),
        cmocka_unit_test(what_is_far_finds_nothing),
        cmocka_unit_test(the_limit_is_a_third_of_the_longer),
        cmocka_unit_test(the_nearest_wins_and_of_equals_the_first),
        cmocka_unit_test(words_of_any_length_and_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
