/* target/base64.h: RFC 4648's own examples, both alphabets, and what is none. */
#include "unit.h"

#include "target/base64.h"

static void decodes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},           {"Zg==", "f"},          {"Zg", "f"},
        {"Zm8=", "fo"},     {"Zm8", "fo"},          {"Zm9v", "foo"},
        {"Zm9vYg", "foob"}, {"Zm9vYmFy", "foobar"}, {"+/-_", "\xfb\xff\xbf"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_INIT;
        buf_adds(&out, "before ");
        assert_true(base64_decode(&out, cases[i][0], strlen(cases[i][0])));
        buf_drop(&out, 7);
        assert_string_equal(buf_cstr(&out), cases[i][1]);
        buf_release(&out);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "Z",     "Zm9vY",           "Zg=", "=", "====", "Zm=v", "Zm 9", "Zm9\n", "Zm8*",
        "Zg===", "\xff\xff\xff\xff"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_INIT;
        buf_adds(&out, "before");
        assert_false(base64_decode(&out, cases[i], strlen(cases[i])));
        assert_string_equal(buf_cstr(&out), "before");
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
