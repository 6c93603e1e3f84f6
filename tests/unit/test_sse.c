/*
 * proto/sse.h against tests/unit/data/sse.txt: each case there pairs the bytes
 * of a stream with the events that must come of it. Every case is fed whole,
 * byte by byte, and cut in two at every place; the log must be the same each
 * time.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "proto/sse.h"

#include <stdio.h>
#include <stdlib.h>

static void log_bytes(struct buf *log, struct http1_span text)
{
    buf_addch(log, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '\r' || c == '\n' || c == '\t')
            buf_addf(log, "\\%c", c == '\r' ? 'r' : c == '\n' ? 'n' : 't');
        else if (c < ' ' || c > '~')
            buf_addf(log, "\\x%02x", c);
        else
            buf_addch(log, (char)c);
    }
    buf_addch(log, '"');
}

static void log_event(struct buf *log, const struct sse_event *event)
{
    log_bytes(log, event->data);
    if (event->type.len > 0) {
        buf_adds(log, " type ");
        log_bytes(log, event->type);
    }
    if (event->id.len > 0) {
        buf_adds(log, " id ");
        log_bytes(log, event->id);
    }
    if (event->retry_ms >= 0)
        buf_addf(log, " retry %lld", (long long)event->retry_ms);
    buf_addch(log, '\n');
}

static void feed(struct sse *s, struct buf *log, const char *data, size_t len)
{
    char *copy = xmalloc(len + 1); /* exactly as long: a sanitizer sees each byte beyond */
    if (len > 0)
        memcpy(copy, data, len);
    struct http1_span in = {copy, len};
    struct sse_event event;
    while (sse_next(s, &in, &event))
        log_event(log, &event);
    assert_int_equal(in.len, 0);
    free(copy);
}

/* Parses the input in parts: the first `cut` bytes, then `step` at a time. */
static void check(const char *name, const struct buf *input, const char *expected, size_t cut,
                  size_t step)
{
    struct sse s;
    struct buf log = BUF_INIT;
    sse_init(&s);
    feed(&s, &log, "data: of another stream\nid: 9", 29);
    sse_clear(&s); /* leaves nothing of it */
    feed(&s, &log, input->data, cut);
    for (size_t at = cut; at < input->len; at += step) {
        size_t n = input->len - at < step ? input->len - at : step;
        feed(&s, &log, input->data + at, n);
    }
    if (strcmp(buf_cstr(&log), expected) != 0)
        fail_msg("%s, cut at %zu, then %zu at a time:\nexpected\n%sfound\n%s", name, cut, step,
                 expected, buf_cstr(&log));
    sse_release(&s);
    buf_release(&log);
}

static void check_all(const char *name, const struct buf *input, struct buf *expected)
{
    check(name, input, buf_cstr(expected), 0, 1);
    for (size_t cut = 0; cut <= input->len; cut++)
        check(name, input, buf_cstr(expected), cut, input->len + 1);
}

static void add_unescaped(struct buf *out, const char *text)
{
    for (; *text && *text != '\n'; text++) {
        if (*text != '\\') {
            buf_addch(out, *text);
            continue;
        }
        text++;
        if (*text == 'x') {
            char hex[3] = {text[1], text[2], 0};
            buf_addch(out, (char)strtol(hex, NULL, 16));
            text += 2;
        } else {
            buf_addch(out, *text == 'n' ? '\n' : *text == 'r' ? '\r' : *text == 't' ? '\t' : *text);
        }
    }
}

static void test_cases(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA_DIR "/sse.txt", "r");
    assert_non_null(file);
    char line[512], name[512] = "";
    struct buf input = BUF_INIT, expected = BUF_INIT;
    int cases = 0;
    while (fgets(line, sizeof(line), file)) {
        if (line[0] == '=') {
            if (cases++ > 0)
                check_all(name, &input, &expected);
            snprintf(name, sizeof(name), "%s", line + 2);
            buf_clear(&input);
            buf_clear(&expected);
        } else if (line[0] == '>') {
            add_unescaped(&input, line + 2);
        } else if (line[0] == '<') {
            buf_adds(&expected, line + 2);
        }
    }
    check_all(name, &input, &expected);
    assert_true(cases > 15);
    buf_release(&input);
    buf_release(&expected);
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
