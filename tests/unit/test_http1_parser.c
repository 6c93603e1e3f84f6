/*
 * proto/http1_parser.h against tests/unit/data/http1/: each case there pairs the
 * bytes of a response with the events that must come of it. Every case is fed
 * whole, byte by byte, and cut in two at every place; the log must be the same
 * each time. The format of the files is in data/http1/README.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "proto/http1_parser.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one run of the parser, written down ---- */

struct run {
    struct http1_parser parser;
    struct buf log;
    bool log_fields;
    bool over;
    size_t body_len;     /* of the pieces not yet logged */
    char body_start[64]; /* their first bytes */
};

static void log_bytes(struct buf *log, const char *data, size_t len)
{
    buf_addch(log, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '\r' || c == '\n' || c == '\t')
            buf_addf(log, "\\%c", c == '\r' ? 'r' : c == '\n' ? 'n' : 't');
        else if (c < ' ' || c > '~')
            buf_addf(log, "\\x%02x", c);
        else
            buf_addch(log, (char)c);
    }
    buf_addch(log, '"');
}

static void flush_body(struct run *r)
{
    if (r->body_len == 0)
        return;
    size_t shown = r->body_len < sizeof(r->body_start) ? r->body_len : sizeof(r->body_start);
    buf_addf(&r->log, "BODY %zu ", r->body_len);
    log_bytes(&r->log, r->body_start, shown);
    buf_adds(&r->log, shown < r->body_len ? "...\n" : "\n");
    r->body_len = 0;
}

static void log_head(struct run *r, struct http1_span head)
{
    static const char *const framing[] = {"none", "length", "chunked", "close"};
    buf_addf(&r->log, "HEAD %u 1.%u %s", r->parser.status, r->parser.minor,
             framing[r->parser.framing]);
    if (r->parser.framing == HTTP1_FRAMING_LENGTH)
        buf_addf(&r->log, " %llu", (unsigned long long)http1_parser_left(&r->parser));
    buf_adds(&r->log, r->parser.keep_alive ? " keep\n" : " last\n");

    assert_int_equal(memcmp(head.data, "HTTP/", 5), 0);
    assert_int_equal(head.data[head.len - 1], '\n');
    struct http1_header field;
    while (r->log_fields && http1_header_next(&head, &field)) {
        struct buf value = BUF_INIT;
        http1_value_add(&value, field.value);
        buf_adds(&r->log, "FIELD ");
        buf_add(&r->log, field.name.data, field.name.len);
        buf_adds(&r->log, " = ");
        log_bytes(&r->log, value.data, value.len);
        buf_adds(&r->log, "\n");
        buf_release(&value);
    }
}

/* Takes events until the bytes are used up; the cursor is left where it is. */
static void take_events(struct run *r, struct http1_span *in)
{
    struct http1_span part;
    struct err err;
    while (!r->over) {
        enum http1_event event = http1_parser_next(&r->parser, in, &part, &err);
        if (event != HTTP1_BODY && event != HTTP1_MORE)
            flush_body(r);
        switch (event) {
        case HTTP1_MORE:
            return;
        case HTTP1_HEAD:
            log_head(r, part);
            break;
        case HTTP1_BODY:
            assert_true(part.len > 0);
            for (size_t i = 0; i < part.len && r->body_len + i < sizeof(r->body_start); i++)
                r->body_start[r->body_len + i] = part.data[i];
            r->body_len += part.len;
            break;
        case HTTP1_DONE:
            buf_adds(&r->log, "DONE\n");
            r->over = true;
            break;
        case HTTP1_ERROR:
            buf_addf(&r->log, "ERROR %s: %s\n", err_kind_name(err.kind), err.message);
            r->over = true;
            break;
        }
    }
}

static void log_end(struct run *r, struct http1_span kept, bool eof)
{
    struct err err;
    if (r->over)
        return;
    if (!eof) {
        flush_body(r);
        buf_adds(&r->log, "MORE\n");
        return;
    }
    enum http1_event event = http1_parser_eof(&r->parser, kept, &err);
    flush_body(r);
    if (event == HTTP1_DONE)
        buf_adds(&r->log, "DONE\n");
    else
        buf_addf(&r->log, "ERROR %s: %s\n", err_kind_name(err.kind), err.message);
}

/* ---- cases and the ways to cut them ---- */

struct test_case {
    char *name;
    struct buf input;
    struct buf expected;
    bool head_request, eof, log_fields;
};

/* Below this the bytes are copied into a block of just their size, so that
 * AddressSanitizer sees a parser that reads on; and cut at every place. */
enum { SMALL = 2048 };

static void feed(struct run *r, const struct test_case *c, size_t *used, size_t upto)
{
    size_t len = upto - *used;
    char *copy = c->input.len <= SMALL ? xmalloc(len + 1) : NULL; /* from 1: malloc(0) */
    struct http1_span in = {len > 0 ? c->input.data + *used : "", len};
    if (copy)
        in.data = memcpy(copy + 1, in.data, len);
    take_events(r, &in);
    *used += len - in.len;
    free(copy);
}

/* Feeds the input in pieces that end at each of the n cuts, and at its end. */
static void check_cut(const struct test_case *c, const size_t *cuts, size_t n, const char *how)
{
    struct run r = {.log = BUF_INIT, .log_fields = c->log_fields};
    size_t used = 0;
    http1_parser_init(&r.parser, c->head_request);
    for (size_t i = 0; i <= n && !r.over; i++)
        feed(&r, c, &used, i < n ? cuts[i] : c->input.len);
    log_end(&r, (struct http1_span){c->input.data + used, c->input.len - used}, c->eof);
    if (used < c->input.len && strstr(buf_cstr(&r.log), "DONE")) {
        buf_adds(&r.log, "REST ");
        log_bytes(&r.log, c->input.data + used, c->input.len - used);
        buf_adds(&r.log, "\n");
    }
    const char *expected = buf_cstr((struct buf *)&c->expected), *got = buf_cstr(&r.log);
    if (strcmp(got, expected) != 0) {
        print_error("case \"%s\", fed %s\n-- expected\n%s-- got\n%s", c->name, how, expected, got);
        fail();
    }
    buf_release(&r.log);
}

static void check_case(const struct test_case *c)
{
    char how[64];
    size_t n = c->input.len;
    check_cut(c, NULL, 0, "whole");

    size_t *every = xmalloc((n + 1) * sizeof(*every));
    for (size_t i = 0; i < n; i++)
        every[i] = i;
    check_cut(c, every, n, "byte by byte");
    free(every);

    for (size_t cut = 0; cut < n; cut += n <= SMALL ? 1 : 997) {
        snprintf(how, sizeof(how), "cut at %zu", cut);
        check_cut(c, &cut, 1, how);
    }
}

/* ---- the files ---- */

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void add_unescaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s != '\\') {
            buf_addch(out, *s);
            continue;
        }
        switch (*++s) {
        case 'r':
            buf_addch(out, '\r');
            break;
        case 'n':
            buf_addch(out, '\n');
            break;
        case 't':
            buf_addch(out, '\t');
            break;
        case '\\':
            buf_addch(out, '\\');
            break;
        case 'x':
            assert_true(isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]));
            buf_addch(out, (char)(hex(s[1]) << 4 | hex(s[2])));
            s += 2;
            break;
        default:
            fail_msg("unknown escape \\%c", *s);
        }
    }
}

static void add_input(struct test_case *c, const char *line)
{
    long times = 1;
    if (line[0] == '*') {
        char *after = NULL;
        times = strtol(line + 1, &after, 10);
        line = after + 1;
    }
    while (times-- > 0)
        add_unescaped(&c->input, line);
}

static void set_option(struct test_case *c, const char *option)
{
    if (strcmp(option, "eof") == 0)
        c->eof = true;
    else if (strcmp(option, "head request") == 0)
        c->head_request = true;
    else if (strcmp(option, "fields") == 0)
        c->log_fields = true;
    else
        fail_msg("unknown option: %s", option);
}

static void finish_case(struct test_case *c, size_t *cases)
{
    if (c->name) {
        check_case(c);
        ++*cases;
    }
    free(c->name);
    buf_release(&c->input);
    buf_release(&c->expected);
    *c = (struct test_case){.name = NULL};
}

static void run_file(void **state)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/http1/%s", TEST_DATA_DIR, (const char *)*state);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);

    struct test_case c = {.name = NULL};
    size_t cases = 0, room = 0;
    char *line = NULL;
    ssize_t len;
    while ((len = getline(&line, &room, f)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        const char *text = len > 2 ? line + 2 : "";
        switch (line[0]) {
        case '=':
            finish_case(&c, &cases);
            c.name = xstrdup(text);
            break;
        case '>':
            add_input(&c, text);
            break;
        case '<':
            buf_addf(&c.expected, "%s\n", text);
            break;
        case '+':
            set_option(&c, text);
            break;
        case '#':
        case '\0':
            break;
        default:
            fail_msg("%s: what is this line? %s", path, line);
        }
    }
    finish_case(&c, &cases);
    assert_true(cases > 0);
    free(line);
    fclose(f);
}

/* ---- what the files cannot say ---- */

static void two_responses_in_one_read(void **state)
{
    (void)state;
    static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
                                "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\ncde";
    struct http1_span in = {bytes, sizeof(bytes) - 1};
    struct run r = {.log = BUF_INIT};
    for (int i = 0; i < 2; i++) {
        http1_parser_init(&r.parser, false);
        r.over = false;
        take_events(&r, &in);
    }
    assert_string_equal(buf_cstr(&r.log), "HEAD 200 1.1 length 2 keep\nBODY 2 \"ab\"\nDONE\n"
                                          "HEAD 404 1.1 length 3 keep\nBODY 3 \"cde\"\nDONE\n");
    assert_int_equal(in.len, 0);
    buf_release(&r.log);
}

static void find_ignores_case_and_takes_the_first(void **state)
{
    (void)state;
    struct http1_span value;
    struct http1_span head =
        http1_span("HTTP/1.1 200 O: K\r\nX-One: 1\r\nx-ONE: 2\r\nEmpty:\r\n\r\n"
                   "Body: 3\r\n");
    assert_true(http1_header_find(head, "x-one", &value));
    assert_int_equal(value.len, 1);
    assert_int_equal(value.data[0], '1');
    assert_true(http1_header_find(head, "EMPTY", &value));
    assert_int_equal(value.len, 0);
    assert_false(http1_header_find(head, "Body", &value));
    assert_false(http1_header_find(head, "X-On", &value));
    assert_false(http1_header_find(head, "", &value));
    assert_true(http1_header_find(http1_span("A: b"), "a", &value));
    assert_int_equal(value.len, 1);
    assert_false(http1_header_find(http1_span(""), "a", &value));
}

/* A parser is part of every connection. */
static void parser_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct http1_parser) <= 64);
}

#define FILE_TEST(file)                                         \
    {                                                           \
        (file), run_file, NULL, NULL, (void *)(uintptr_t)(file) \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST("status-line.txt"),
        FILE_TEST("framing.txt"),
        FILE_TEST("chunked.txt"),
        FILE_TEST("interim.txt"),
        FILE_TEST("keep-alive.txt"),
        FILE_TEST("fields.txt"),
        FILE_TEST("limits.txt"),
        FILE_TEST("closed.txt"),
        FILE_TEST("not-http.txt"),
        cmocka_unit_test(two_responses_in_one_read),
        cmocka_unit_test(find_ignores_case_and_takes_the_first),
        cmocka_unit_test(parser_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
