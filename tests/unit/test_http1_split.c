/* proto/http1_split.h: what counts as a request, and what is said of the rest. */
#include "unit.h"

#include "proto/http1_split.h"

#include <stdio.h>

#define GET "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

/* Takes text apart into one line: METHOD TARGET BODY-AND-HEAD-LENGTH, "!" behind
 * HEAD, separated by commas; the error stands last. */
static void check(const char *text, const char *expected)
{
    struct http1_span rest = http1_span(text);
    struct http1_piece piece;
    struct err err;
    char line[1024];
    int len = 0, rc;
    const char *at = text;
    while ((rc = http1_split_next(&rest, &piece, &err)) > 0) {
        len +=
            snprintf(line + len, sizeof(line) - (size_t)len, "%s%.*s%s %.*s %zu", len ? ", " : "",
                     (int)piece.method.len, piece.method.data, piece.head_request ? "!" : "",
                     (int)piece.target.len, piece.target.data, piece.bytes.len);
        assert_true(piece.bytes.data >= at);
        at = piece.bytes.data + piece.bytes.len;
        assert_ptr_equal(rest.data, at);
    }
    line[len] = '\0';
    if (rc < 0)
        snprintf(line + len, sizeof(line) - (size_t)len, "%s%s", len ? ", " : "", err.message);
    else
        assert_int_equal(rest.len, 0);
    assert_string_equal(line, expected);
}

static void requests_are_counted(void **state)
{
    (void)state;
    check("", "");
    check(GET, "GET /a 28");
    check(GET GET GET, "GET /a 28, GET /a 28, GET /a 28");
    check("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" GET, "HEAD! /a 29, GET /a 28");
    check("head /a HTTP/1.1\r\n\r\n", "head /a 20"); /* methods have a case */
    check("OPTIONS * HTTP/1.0\r\n\r\n", "OPTIONS * 22");
}

static void bodies_are_passed_over(void **state)
{
    (void)state;
    check("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET " GET, "POST / 42, GET /a 28");
    check("POST / HTTP/1.1\r\nCONTENT-length:0\r\n\r\n" GET, "POST / 37, GET /a 28");
    check("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 900\r\n\r\n"
          "3;x=y\r\nGET\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n" GET,
          "POST / 119, GET /a 28");
    check("PUT / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\nx", "PUT / 57");
}

static void what_a_server_tolerates(void **state)
{
    (void)state;
    check("GET / HTTP/1.1\nHost: x\n\n", "GET / 24");
    check("\r\n\n" GET "\r\n\r\n" GET "\r\n", "GET /a 28, GET /a 28");
    check("GET / HTTP/1.1\r\nX:\r\nY :z\r\n\r\n", "GET / 28");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    check("GET", "no line end follows the request line \"GET\"");
    check("hello\r\n", "no request line (METHOD TARGET HTTP/1.1): \"hello\"");
    check(" GET / HTTP/1.1\r\n", "no request line (METHOD TARGET HTTP/1.1): \" GET / HTTP/1.1\"");
    check("GET /\r\n\r\n", "the request line does not end in HTTP/1.1: \"GET /\"");
    check("GET / HTTP/2\r\n\r\n", "the request line does not end in HTTP/1.1: \"GET / HTTP/2\"");
    check("GET HTTP/1.1\r\n\r\n", "the request line has no target: \"GET HTTP/1.1\"");
    check("GET  HTTP/1.1\r\n\r\n", "the request line has no target: \"GET  HTTP/1.1\"");
    check("GET /a b HTTP/1.1\r\n\r\n", "a space in the request's target: \"/a b\"");
    check("GET / HTTP/1.1\r\nHost: x\r\n", "no empty line ends the request's header");
    check("GET / HTTP/1.1\r\nHost\r\n\r\n", "a header line without a colon: \"Host\"");
    check("GET / HTTP/1.1\r\n: x\r\n\r\n", "a header line without a colon: \": x\"");
}

static void what_is_wrong_with_a_body(void **state)
{
    (void)state;
    check("POST / HTTP/1.1\r\nHost: x\r\n\r\n{\"a\":1}",
          "POST / 28, no line end follows the request line \"{\\\"a\\\":1}\"");
    check("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcd",
          "Content-Length says 5, but 4 bytes of body follow");
    check("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "Content-Length is no number: \"-1\"");
    check("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", "Content-Length is no number: \"\"");
    check("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "Content-Length is no number: \"99999999999999999999\"");
    check("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "two Content-Length headers that differ");
}

#define CHUNKED "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

static void what_is_wrong_with_chunks(void **state)
{
    (void)state;
    check(CHUNKED, "the chunked body has no last chunk");
    check(CHUNKED "x\r\n", "a chunk's size is no hexadecimal number: \"x\"");
    check(CHUNKED "1x\r\n", "a chunk's size is no hexadecimal number: \"1x\"");
    check(CHUNKED "ffffffffffffffffff\r\n",
          "a chunk's size is no hexadecimal number: \"ffffffffffffffffff\"");
    check(CHUNKED "5\r\nabc", "the last of the chunks is cut off");
    check(CHUNKED "2\r\nabc\r\n0\r\n\r\n", "a chunk is longer than its size says");
    check(CHUNKED "1\r\na\r\n", "the chunked body has no last chunk");
    check(CHUNKED "0\r\nA: b\r\n", "no empty line ends the chunked body");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_counted),      cmocka_unit_test(bodies_are_passed_over),
        cmocka_unit_test(what_a_server_tolerates),   cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(what_is_wrong_with_a_body), cmocka_unit_test(what_is_wrong_with_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
