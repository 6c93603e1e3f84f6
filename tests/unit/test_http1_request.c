/* proto/http1_request.h: the bytes of a request, and what may not go into one. */
#include "unit.h"

#include "proto/http1_request.h"

#include <stdio.h>

#define AGENT "User-Agent: inrush/" INRUSH_VERSION "\r\n"

static struct http1_header header(const char *name, const char *value)
{
    return (struct http1_header){http1_span(name), http1_span(value)};
}

static struct http1_request request(const char *method, const char *target)
{
    return (struct http1_request){.method = http1_span(method), .target = http1_span(target)};
}

/* Builds the request over these defaults and compares all of its bytes. */
static void check(const struct http1_header *defaults, size_t count,
                  const struct http1_request *req, const char *expected)
{
    struct http1_defaults d;
    struct err err;
    struct buf out = BUF_INIT;
    buf_adds(&out, "before ");
    if (http1_defaults_init(&d, "host:81", defaults, count, &err) < 0 ||
        http1_request_add(&out, &d, req, &err) < 0)
        fail_msg("%s", err.message);
    assert_string_equal(buf_cstr(&out) + strlen("before "), expected);
    buf_release(&out);
    http1_defaults_release(&d);
}

static void get(void **state)
{
    (void)state;
    struct http1_request req = request("GET", "/a?b=c");
    check(NULL, 0, &req, "GET /a?b=c HTTP/1.1\r\nHost: host:81\r\n" AGENT "\r\n");
}

static void default_headers(void **state)
{
    (void)state;
    struct http1_request req = request("GET", "/");
    struct http1_header defaults[] = {header("Accept", "*/*"), header("X", ""), header("x", "2")};
    check(defaults, 3, &req,
          "GET / HTTP/1.1\r\nHost: host:81\r\nAccept: */*\r\nX: \r\nx: 2\r\n" AGENT "\r\n");
}

static void host_and_agent_given(void **state)
{
    (void)state;
    struct http1_request req = request("GET", "/");
    struct http1_header defaults[] = {header("hOST", "other"), header("user-agent", "me")};
    check(defaults, 2, &req, "GET / HTTP/1.1\r\nhOST: other\r\nuser-agent: me\r\n\r\n");
}

static void headers_of_its_own(void **state)
{
    (void)state;
    struct http1_header own[] = {header("A", "1"), header("A", "2"), header("Accept", "x")};
    struct http1_request req = request("GET", "/");
    req.headers = own;
    req.header_count = 3;
    check(NULL, 0, &req,
          "GET / HTTP/1.1\r\nHost: host:81\r\n" AGENT "A: 1\r\nA: 2\r\nAccept: x\r\n\r\n");
}

static void own_headers_replace_defaults(void **state)
{
    (void)state;
    struct http1_header defaults[] = {header("Accept", "1"), header("Keep", "me"),
                                      header("ACCEPT", "2")};
    struct http1_header own[] = {header("accept", "3"), header("Host", "h"),
                                 header("USER-AGENT", "u")};
    struct http1_request req = request("GET", "/");
    req.headers = own;
    req.header_count = 3;
    check(defaults, 3, &req,
          "GET / HTTP/1.1\r\nKeep: me\r\naccept: 3\r\nHost: h\r\nUSER-AGENT: u\r\n\r\n");
}

/* Names that share a bit of the quick test, but not their letters. */
static void own_headers_that_only_look_alike(void **state)
{
    (void)state;
    struct http1_header defaults[] = {header("Abc", "1")};
    struct http1_header own[] = {header("Abd", "2")};
    struct http1_request req = request("GET", "/");
    req.headers = own;
    req.header_count = 1;
    check(defaults, 1, &req,
          "GET / HTTP/1.1\r\nHost: host:81\r\nAbc: 1\r\n" AGENT "Abd: 2\r\n\r\n");
}

static void body(void **state)
{
    (void)state;
    struct http1_request req = request("POST", "/");
    req.body = http1_span("{\"a\":\r\n1}");
    req.has_body = true;
    check(NULL, 0, &req,
          "POST / HTTP/1.1\r\nHost: host:81\r\n" AGENT "Content-Length: 9\r\n\r\n{\"a\":\r\n1}");
}

static void length_of_no_body(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        bool has_body, length;
    } cases[] = {
        {"GET", false, false},  {"GET", true, true},       {"POST", false, true},
        {"PUT", false, true},   {"PATCH", false, true},    {"DELETE", false, false},
        {"HEAD", false, false}, {"OPTIONS", false, false}, {"PURGE", false, false},
        {"post", false, false}, {"DELETE", true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected), "%s / HTTP/1.1\r\nHost: host:81\r\n" AGENT "%s\r\n",
                 cases[i].method, cases[i].length ? "Content-Length: 0\r\n" : "");
        struct http1_request req = request(cases[i].method, "/");
        req.has_body = cases[i].has_body;
        check(NULL, 0, &req, expected);
    }
}

static void framing_given(void **state)
{
    (void)state;
    struct http1_request req = request("POST", "/");
    req.body = http1_span("abc");
    req.has_body = true;
    struct http1_header length = header("content-length", "7");
    check(&length, 1, &req,
          "POST / HTTP/1.1\r\nHost: host:81\r\ncontent-length: 7\r\n" AGENT "\r\nabc");
    struct http1_header coding = header("Transfer-Encoding", "chunked");
    req.headers = &coding;
    req.header_count = 1;
    check(NULL, 0, &req,
          "POST / HTTP/1.1\r\nHost: host:81\r\n" AGENT "Transfer-Encoding: chunked\r\n\r\nabc");
}

static void large_length(void **state)
{
    (void)state;
    static char zeros[123456];
    struct http1_defaults d;
    struct err err;
    struct buf out = BUF_INIT;
    struct http1_request req = request("PUT", "/");
    req.body = (struct http1_span){zeros, sizeof(zeros)};
    req.has_body = true;
    assert_int_equal(http1_defaults_init(&d, "h", NULL, 0, &err), 0);
    assert_int_equal(http1_request_add(&out, &d, &req, &err), 0);
    assert_contains(buf_cstr(&out), "\r\nContent-Length: 123456\r\n\r\n");
    assert_memory_equal(out.data + out.len - sizeof(zeros), zeros, sizeof(zeros));
    buf_release(&out);
    http1_defaults_release(&d);
}

static void other_targets(void **state)
{
    (void)state;
    static const char *const targets[] = {"*", "http://other/x", "/%20/~!$&'()*+,;=:@",
                                          "/a/long/target/of/more/than/eight/bytes"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected),
                 "OPTIONS %s HTTP/1.1\r\nHost: host:81\r\n" AGENT "\r\n", targets[i]);
        struct http1_request req = request("OPTIONS", targets[i]);
        check(NULL, 0, &req, expected);
    }
}

static void bad_requests(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *name, *value, *message;
    } cases[] = {
        {"", "/", NULL, NULL, "bad method \"\": write a word such as GET"},
        {"GE T", "/", NULL, NULL, "bad method \"GE T\": write a word such as GET"},
        {"GET\r\nX:", "/", NULL, NULL, "bad method \"GET\\r\\nX:\": write a word such as GET"},
        {"CONNECT", "/", NULL, NULL, "the method CONNECT is for proxies and not supported"},
        {"GET", "", NULL, NULL, "bad request target \"\": it must begin with \"/\""},
        {"GET", "x", NULL, NULL, "bad request target \"x\": it must begin with \"/\""},
        {"GET", "ftp://host/", NULL, NULL,
         "bad request target \"ftp://host/\": it must begin with \"/\""},
        {"GET", "httpx", NULL, NULL, "bad request target \"httpx\": it must begin with \"/\""},
        {"GET", "/a b", NULL, NULL,
         "bad request target \"/a b\": \" \" may not stand in it; write %20"},
        {"GET", "/0123456789 b", NULL, NULL,
         "bad request target \"/0123456789 b\": \" \" may not stand in it; write %20"},
        {"GET", "/01234567890123456\xc3\xa4", NULL, NULL,
         "bad request target \"/01234567890123456\\xc3\\xa4\": \"\\xc3\" may not stand in it; "
         "write %C3"},
        {"GET", "/a\r\nX: y", NULL, NULL,
         "bad request target \"/a\\r\\nX: y\": \"\\r\" may not stand in it; write %0D"},
        {"GET", "/\x7f", NULL, NULL,
         "bad request target \"/\\x7f\": \"\\x7f\" may not stand in it; write %7F"},
        {"GET", "/", "", "v", "a header has no name (its value is \"v\")"},
        {"GET", "/", "X Y", "v", "bad header name \"X Y\": \" \" may not stand in it"},
        {"GET", "/", "X:", "v", "bad header name \"X:\": \":\" may not stand in it"},
        {"GET", "/", "X\xc3", "v", "bad header name \"X\\xc3\": \"\\xc3\" may not stand in it"},
        {"GET", "/", "X", "a\nb", "bad value of the header X: \"\\n\" may not stand in it"},
        {"GET", "/", "X", "a long value\r\nEvil: 1",
         "bad value of the header X: \"\\r\" may not stand in it"},
    };
    struct http1_defaults d;
    struct err err;
    assert_int_equal(http1_defaults_init(&d, "h", NULL, 0, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_INIT;
        struct http1_header own;
        struct http1_request req = request(cases[i].method, cases[i].target);
        if (cases[i].name) {
            own = header(cases[i].name, cases[i].value);
            req.headers = &own;
            req.header_count = 1;
        }
        buf_adds(&out, "as it was");
        assert_int_equal(http1_request_add(&out, &d, &req, &err), -1);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(buf_cstr(&out), "as it was");
        buf_release(&out);
    }
    http1_defaults_release(&d);
}

static void nul_is_refused_other_controls_are_not(void **state)
{
    (void)state;
    struct http1_defaults d;
    struct err err;
    struct http1_header own = {{"X", 1}, {"a\0b", 3}};
    assert_int_equal(http1_defaults_init(&d, "h", &own, 1, &err), -1);
    assert_string_equal(err.message, "bad value of the header X: \"\\x00\" may not stand in it");
    own.value = (struct http1_span){"0123456789\0", 11};
    assert_int_equal(http1_defaults_init(&d, "h", &own, 1, &err), -1);
    own.value = (struct http1_span){"tab\t esc\x1b \xfc", 11};
    assert_int_equal(http1_defaults_init(&d, "h", &own, 1, &err), 0);
    http1_defaults_release(&d);
}

static void bad_defaults(void **state)
{
    (void)state;
    struct http1_defaults d;
    struct err err;
    struct http1_header bad = header("X Y", "v");
    assert_int_equal(http1_defaults_init(&d, "h", &bad, 1, &err), -1);
    assert_string_equal(err.message, "bad header name \"X Y\": \" \" may not stand in it");
    assert_int_equal(http1_defaults_init(&d, "h\r\n", NULL, 0, &err), -1);
    assert_string_equal(err.message, "bad value of the header Host: \"\\r\" may not stand in it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get),
        cmocka_unit_test(default_headers),
        cmocka_unit_test(host_and_agent_given),
        cmocka_unit_test(headers_of_its_own),
        cmocka_unit_test(own_headers_replace_defaults),
        cmocka_unit_test(own_headers_that_only_look_alike),
        cmocka_unit_test(body),
        cmocka_unit_test(length_of_no_body),
        cmocka_unit_test(framing_given),
        cmocka_unit_test(large_length),
        cmocka_unit_test(other_targets),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(nul_is_refused_other_controls_are_not),
        cmocka_unit_test(bad_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
