/* proto/redis_target.h and redis_request.h: URLs in, commands out. */
#include "unit.h"

#include "base/buf.h"
#include "proto/redis_request.h"
#include "proto/redis_target.h"

#include <stdlib.h>

static void assert_text(const char *got, const char *wanted)
{
    if (wanted == NULL)
        assert_null(got);
    else
        assert_string_equal(got, wanted);
}

static void good_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
        const char *path, *user, *password;
        int db;
        const char *name;
    } cases[] = {
        {"redis://localhost", "localhost", 6379, NULL, NULL, NULL, 0, "localhost:6379"},
        {"redis://localhost/", "localhost", 6379, NULL, NULL, NULL, 0, "localhost:6379"},
        {"redis://h:7000/3", "h", 7000, NULL, NULL, NULL, 3, "h:7000"},
        {"REDIS://H/0", "h", 6379, NULL, NULL, NULL, 0, "h:6379"},
        {"redis://[::1]:7000/15", "::1", 7000, NULL, NULL, NULL, 15, "[::1]:7000"},
        {"redis://h?db=4", "h", 6379, NULL, NULL, NULL, 4, "h:6379"},
        {"redis://h/?db=4", "h", 6379, NULL, NULL, NULL, 4, "h:6379"},
        {"redis://:secret@h", "h", 6379, NULL, NULL, "secret", 0, "h:6379"},
        {"redis://me:secret@h", "h", 6379, NULL, "me", "secret", 0, "h:6379"},
        {"redis://me:a:b%40%2f%25@h", "h", 6379, NULL, "me", "a:b@/%", 0, "h:6379"},
        {"redis://a%3Ab:p@h", "h", 6379, NULL, "a:b", "p", 0, "h:6379"},
        {"redis://default:@h", "h", 6379, NULL, "default", NULL, 0, "h:6379"},
        {"unix:///run/r.sock", NULL, 0, "/run/r.sock", NULL, NULL, 0, "/run/r.sock"},
        {"unix:/run/r.sock", NULL, 0, "/run/r.sock", NULL, NULL, 0, "/run/r.sock"},
        {"unix:///r?db=2", NULL, 0, "/r", NULL, NULL, 2, "/r"},
        {"redis+unix:///r%20s?db=2", NULL, 0, "/r s", NULL, NULL, 2, "/r s"},
        {"unix://me:pw@/r", NULL, 0, "/r", "me", "pw", 0, "/r"},
        {"unix:///a@b", NULL, 0, "/a@b", NULL, NULL, 0, "/a@b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct redis_target t;
        struct err err = {.message = ""};
        if (redis_target_parse(&t, cases[i].url, &err) != 0)
            fail_msg("%s: %s", cases[i].url, err.message);
        assert_text(t.host, cases[i].host);
        assert_int_equal(t.port, cases[i].port);
        assert_text(t.path, cases[i].path);
        assert_text(t.user, cases[i].user);
        assert_text(t.password, cases[i].password);
        assert_int_equal(t.db, cases[i].db);
        assert_string_equal(t.name, cases[i].name);
        redis_target_release(&t);
    }
}

static void bad_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *says;
    } cases[] = {
        {"", "must begin with redis://"},
        {"localhost:6379", "must begin with redis://"},
        {"redis:localhost", "must begin with redis://"},
        {"rediss://localhost", "TLS"},
        {"redis://", "no host"},
        {"redis://h:0", "port"},
        {"redis://h:70000", "port"},
        {"redis://h/db", "database \"db\""},
        {"redis://h/1/2", "database \"1/2\""},
        {"redis://h/-1", "database \"-1\""},
        {"redis://h/+1", "database \"+1\""},
        {"redis://h/99999999999999999999", "database"},
        {"redis://h/1?db=", "database \"\""},
        {"redis://h?timeout=1", "\"?timeout=1\""},
        {"redis://name@h", "user without a password"},
        {"redis://:%@h", "encodes nothing"},
        {"redis://:%4@h", "encodes nothing"},
        {"redis://:%00@h", "encodes nothing"},
        {"redis://%gg:x@h", "encodes nothing"},
        {"unix:", "whole path"},
        {"unix://", "whole path"},
        {"unix:r.sock", "whole path"},
        {"unix://me:pw@r", "whole path"},
        {"unix:///r%zz", "encodes nothing"},
        {"unix:///r?x", "\"?x\""},
        {"unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789",
         "longer than"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct redis_target t;
        struct err err = {.message = ""};
        if (redis_target_parse(&t, cases[i].url, &err) == 0)
            fail_msg("%s is taken", cases[i].url);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_contains(err.message, cases[i].says);
        assert_null(t.host);
        assert_null(t.name);
    }
}

static void commands_are_arrays_of_bulk_strings(void **state)
{
    (void)state;
    static const char long_text[123456];
    struct redis_request r = {BUF_INIT, VEC_INIT};
    redis_request_begin(&r, 2);
    redis_request_arg(&r, "GET", 3);
    redis_request_arg(&r, "a\0\r\n", 4);
    redis_request_begin(&r, 12);
    redis_request_arg(&r, NULL, 0);
    redis_request_arg(&r, long_text, sizeof(long_text));
    static const char begins[] = "*2\r\n$3\r\nGET\r\n$4\r\na\0\r\n\r\n*12\r\n$0\r\n\r\n$123456\r\n";
    size_t len = sizeof(begins) - 1;
    assert_memory_equal(r.bytes.data, begins, len);
    assert_int_equal(r.bytes.len, len + sizeof(long_text) + 2);
    assert_int_equal(r.starts.len, 2);
    assert_int_equal(r.starts.items[0], 0);
    assert_int_equal(r.starts.items[1], 23);
    redis_request_clear(&r);
    assert_int_equal(r.bytes.len, 0);
    assert_int_equal(r.starts.len, 0);
    redis_request_release(&r);
}

static void streams_are_known(void **state)
{
    (void)state;
    assert_true(redis_request_is_stream("SUBSCRIBE", 9));
    assert_true(redis_request_is_stream("monitor", 7));
    assert_false(redis_request_is_stream("SUBSCRIB", 8));
    assert_false(redis_request_is_stream("PUBLISH", 7));
    assert_false(redis_request_is_stream("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls),
        cmocka_unit_test(bad_urls),
        cmocka_unit_test(commands_are_arrays_of_bulk_strings),
        cmocka_unit_test(streams_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
