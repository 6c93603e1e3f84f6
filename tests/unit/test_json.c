/* base/json.h: what is written, and that misuse is caught. */
#include "unit.h"

#include "base/json.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct buf out = BUF_INIT;

static struct json *start(bool indent)
{
    static struct json j;
    buf_clear(&out);
    json_init(&j, &out, indent);
    return &j;
}

static void assert_written(const char *expected)
{
    assert_string_equal(buf_cstr(&out), expected);
}

static int release_out(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static void scalars(void **state)
{
    (void)state;
    json_null(start(false));
    assert_written("null");
    json_bool(start(true), true);
    assert_written("true");
    json_bool(start(false), false);
    assert_written("false");
    json_uint(start(false), UINT64_MAX);
    assert_written("18446744073709551615");
    json_int(start(false), INT64_MIN);
    assert_written("-9223372036854775808");
    json_string(start(false), "");
    assert_written("\"\"");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        double n;
        int digits;
        const char *text;
    } cases[] = {
        {0, 3, "0"},
        {1.5, 3, "1.5"},
        {1.0, 3, "1"},
        {100, 0, "100"},
        {100, 2, "100"},
        {0.12345, 3, "0.123"},
        {-2.50, 2, "-2.5"},
        {-0.0001, 3, "0"},
        {-0.0, 0, "0"},
        {0.9999, 3, "1"},
        {1e20, 2, "100000000000000000000"},
        {NAN, 3, "null"},
        {INFINITY, 3, "null"},
        {-INFINITY, 0, "null"},
        {1234.5678, 6, "1234.5678"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_number(start(false), cases[i].n, cases[i].digits);
        assert_written(cases[i].text);
    }
    json_number(start(false), 1.7976931348623157e308, 3);
    assert_int_equal(out.len, 309);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    json_string(start(false), "a\"b\\c/d\b\f\n\r\t\x01\x1F\x7F");
    assert_written("\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
    json_string_n(start(false), "a\0b", 3);
    assert_written("\"a\\u0000b\"");
    json_string_n(start(false), "abcdef", 2);
    assert_written("\"ab\"");
}

#define BAD "\xEF\xBF\xBD"

static void strings_become_valid_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text;
    } cases[] = {
        {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"}, /* U+10FFFF, the last */
        {"\xF4\x90\x80\x80", BAD BAD BAD BAD},    /* one more */
        {"\xF5\x80\x80\x80", BAD BAD BAD BAD},
        {"\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80"}, /* around the surrogates */
        {"\xED\xA0\x80", BAD BAD BAD},                            /* a surrogate */
        {"\xC0\xAF", BAD BAD},                                    /* overlong */
        {"\xC1\xBF", BAD BAD},
        {"\xE0\x80\xAF", BAD BAD BAD},
        {"\xE0\x9F\xBF", BAD BAD BAD},
        {"\xE0\xA0\x80", "\xE0\xA0\x80"},
        {"\xF0\x80\x80\xAF", BAD BAD BAD BAD},
        {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80"},
        {"\x80", BAD}, /* a lone continuation */
        {"\xFF\xFE", BAD BAD},
        {"a\xC3", "a" BAD}, /* cut short by the end */
        {"\xE2\x82", BAD BAD},
        {"\xF0\x9F\x98", BAD BAD BAD},
        {"\xC3"
         "a",
         BAD "a"}, /* cut short by another */
        {"\xE2\x82\"", BAD BAD "\\\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_string(start(false), cases[i].in);
        char expected[100];
        snprintf(expected, sizeof(expected), "\"%s\"", cases[i].text);
        assert_written(expected);
    }
}

static void write_sample(struct json *j)
{
    json_object_begin(j);
    json_key(j, "name");
    json_string(j, "GET /");
    json_key(j, "empty");
    json_array_begin(j);
    json_array_end(j);
    json_key(j, "none");
    json_object_begin(j);
    json_object_end(j);
    json_key(j, "list");
    json_array_begin(j);
    json_uint(j, 1);
    json_array_begin(j);
    json_null(j);
    json_array_end(j);
    json_object_begin(j);
    json_key(j, "a\n");
    json_bool(j, true);
    json_key(j, "nan");
    json_number(j, NAN, 1);
    json_key(j, "b");
    json_int(j, -1);
    json_object_end(j);
    json_array_end(j);
    json_object_end(j);
}

static void nesting_and_commas_compact(void **state)
{
    (void)state;
    write_sample(start(false));
    assert_written("{\"name\":\"GET /\",\"empty\":[],\"none\":{},"
                   "\"list\":[1,[null],{\"a\\n\":true,\"nan\":null,\"b\":-1}]}");
}

static void nesting_and_commas_indented(void **state)
{
    (void)state;
    write_sample(start(true));
    assert_written("{\n"
                   "  \"name\": \"GET /\",\n"
                   "  \"empty\": [],\n"
                   "  \"none\": {},\n"
                   "  \"list\": [\n"
                   "    1,\n"
                   "    [\n"
                   "      null\n"
                   "    ],\n"
                   "    {\n"
                   "      \"a\\n\": true,\n"
                   "      \"nan\": null,\n"
                   "      \"b\": -1\n"
                   "    }\n"
                   "  ]\n"
                   "}");
}

static void a_document_goes_behind_what_is_there(void **state)
{
    (void)state;
    struct json *j = start(false);
    buf_adds(&out, "data: ");
    json_array_begin(j);
    json_array_end(j);
    assert_written("data: []");
}

#ifndef NDEBUG
static void key_in_array(struct json *j)
{
    json_array_begin(j);
    json_key(j, "k");
}

static void value_without_key(struct json *j)
{
    json_object_begin(j);
    json_null(j);
}

static void key_after_key(struct json *j)
{
    json_object_begin(j);
    json_key(j, "k");
    json_key(j, "k");
}

static void end_after_key(struct json *j)
{
    json_object_begin(j);
    json_key(j, "k");
    json_object_end(j);
}

static void wrong_end(struct json *j)
{
    json_object_begin(j);
    json_array_end(j);
}

static void end_of_nothing(struct json *j)
{
    json_array_end(j);
}

static void two_documents(struct json *j)
{
    json_null(j);
    json_null(j);
}

static void too_deep(struct json *j)
{
    for (int i = 0; i < 16; i++)
        json_array_begin(j);
}

static void fifteen_deep(struct json *j)
{
    for (int i = 0; i < 15; i++)
        json_array_begin(j);
    for (int i = 0; i < 15; i++)
        json_array_end(j);
}

/* Calls misuse in a child and tells whether it came back. */
static bool survives(void (*misuse)(struct json *j))
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        misuse(start(false));
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void calls_out_of_order_are_assertions(void **state)
{
    (void)state;
    assert_true(survives(write_sample));
    assert_true(survives(fifteen_deep));
    assert_false(survives(too_deep));
    assert_false(survives(key_in_array));
    assert_false(survives(value_without_key));
    assert_false(survives(key_after_key));
    assert_false(survives(end_after_key));
    assert_false(survives(wrong_end));
    assert_false(survives(end_of_nothing));
    assert_false(survives(two_documents));
}
#endif

static void fields(void **state)
{
    (void)state;
    struct json *j = start(false);
    json_object_begin(j);
    json_field(j, "a", "b\"");
    json_field(j, "c", "");
    json_object_end(j);
    assert_written("{\"a\":\"b\\\"\",\"c\":\"\"}");
}

static void raw_values(void **state)
{
    (void)state;
    struct json *j = start(false);
    json_array_begin(j);
    json_raw(j, "{\"a\":1}", 7);
    json_raw(j, "nullx", 4);
    json_array_end(j);
    assert_written("[{\"a\":1},null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(numbers),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(strings_become_valid_utf8),
        cmocka_unit_test(nesting_and_commas_compact),
        cmocka_unit_test(nesting_and_commas_indented),
        cmocka_unit_test(fields),
        cmocka_unit_test(raw_values),
        cmocka_unit_test(a_document_goes_behind_what_is_there),
#ifndef NDEBUG
        cmocka_unit_test(calls_out_of_order_are_assertions),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, release_out);
}
