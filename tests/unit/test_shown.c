/* The command line in reports: secrets are not in it, the rest is. */
#include "cli/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *const *argv, const char *expected)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    struct buf out = BUF_INIT;
    shown_command(&out, argc, argv);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

#define CHECK(expected, ...) check((const char *const[]){"inrush", __VA_ARGS__, NULL}, expected)

static void test_as_it_is(void **state)
{
    (void)state;
    CHECK("inrush -c64 -d 10s http://localhost:8888/health", "-c64", "-d", "10s",
          "http://localhost:8888/health");
    CHECK("inrush run 'a b.lua' --set HOST=x '' 'it'\\''s'", "run", "a b.lua", "--set", "HOST=x",
          "", "it's");
    CHECK("inrush -H 'Accept: */*' 'http://h/?q=1&r=2'", "-H", "Accept: */*", "http://h/?q=1&r=2");
    CHECK("inrush --key client.pem --key=client.pem -- --token", "--key", "client.pem",
          "--key=client.pem", "--", "--token");
}

static void test_secrets(void **state)
{
    (void)state;
    CHECK("inrush 'http://me:***@h:80/a:b@c'", "http://me:pass:word@h:80/a:b@c");
    CHECK("inrush 'postgres://me:***@h/db'", "postgres://me:p=w@h/db");
    CHECK("inrush -H 'Authorization:***' '-HX-Api-Key:***'", "-H", "Authorization: Bearer abc",
          "-HX-Api-Key: k&k");
    CHECK("inrush '--header=Cookie:***'", "--header=Cookie: session=1; b=2");
    CHECK("inrush --set 'PG_PASSWORD=***' '--set=jwt_secret=***'", "--set", "PG_PASSWORD=a&b,c",
          "--set=jwt_secret=x");
    CHECK("inrush 'http://h/?id=1&access_token=***&b=2'", "http://h/?id=1&access_token=abc&b=2");
    CHECK("inrush --body '{\"user\":\"me\",\"password\":***,\"n\":1}'", "--body",
          "{\"user\":\"me\",\"password\":\"x\",\"n\":1}");
}

static void test_long_words(void **state)
{
    (void)state;
    char body[1001];
    memset(body, 'x', 1000);
    body[1000] = 0;
    struct buf out = BUF_INIT;
    shown_command(&out, 3, (const char *const[]){"inrush", "--body", body});
    assert_int_equal(out.len, strlen("inrush --body ") + 403);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_is),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
