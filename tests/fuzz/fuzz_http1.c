/*
 * The HTTP/1 response parser on any bytes. Whatever they are, and however they
 * are cut into reads, the same events come of them, in order, with spans that
 * lie inside the bytes shown; and header look-up agrees with them.
 *
 * Input: a byte of options (1: the request was HEAD, 2: the peer closes at the
 * end), a byte that chooses the cuts, the response.
 */
#include "base/buf.h"
#include "proto/http1_parser.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came of a response: the events but for the body, the body, the rest. */
struct outcome {
    struct buf events;
    struct buf body;
    size_t used;
};

static void check_head(struct http1_span head)
{
    struct http1_span rest = head, found;
    struct http1_header field;
    struct buf value = BUF_INIT;
    while (http1_header_next(&rest, &field)) {
        assert(field.name.len > 0 && field.name.data > head.data);
        assert(field.value.data + field.value.len <= head.data + head.len);
        char name[64] = "";
        if (field.name.len < sizeof(name)) {
            memcpy(name, field.name.data, field.name.len);
            assert(http1_header_find(head, name, &found));
            assert(found.data <= field.value.data);
        }
        buf_clear(&value);
        http1_value_add(&value, field.value);
        assert(value.len <= field.value.len);
        assert(value.len == 0 || !memchr(value.data, '\n', value.len));
    }
    buf_release(&value);
}

/* Feeds the bytes in reads of the given size, or all at once with 0. */
static void run(struct outcome *o, uint8_t options, const char *bytes, size_t size, size_t step)
{
    struct http1_parser p;
    struct err err = {ERR_NONE, ""};
    enum http1_event event = HTTP1_MORE, last = HTTP1_MORE;
    size_t shown = 0;
    *o = (struct outcome){.events = BUF_INIT, .body = BUF_INIT};
    http1_parser_init(&p, options & 1);
    do {
        shown = step == 0 || size - shown < step ? size : shown + step;
        /* A block of just this size: reading on is caught. */
        size_t len = shown - o->used;
        char *block = malloc(len);
        if (len > 0)
            memcpy(block, bytes + o->used, len);
        struct http1_span in = {block, len}, part;
        do {
            event = http1_parser_next(&p, &in, &part, &err);
            assert(in.data + in.len == block + len);
            if (event == HTTP1_HEAD) {
                assert(last == HTTP1_MORE);
                assert(p.status >= 200 && part.len > 12 && part.len <= HTTP1_HEAD_MAX);
                buf_addf(&o->events, "head %u %u %u %d %zu\n", p.status, p.framing, p.minor,
                         p.keep_alive, part.len);
                check_head(part);
                last = event;
            } else if (event == HTTP1_BODY) {
                assert(last == HTTP1_HEAD && part.len > 0 && part.data + part.len == in.data);
                buf_add(&o->body, part.data, part.len);
            }
        } while (event == HTTP1_HEAD || event == HTTP1_BODY);
        assert(event != HTTP1_DONE || last == HTTP1_HEAD);
        assert(event != HTTP1_MORE || last == HTTP1_MORE || in.len == 0);
        o->used = shown - in.len;
        free(block);
    } while (event == HTTP1_MORE && shown < size);

    if (event == HTTP1_MORE && (options & 2))
        event = http1_parser_eof(&p, (struct http1_span){bytes + o->used, size - o->used}, &err);
    buf_addf(&o->events, "%d %d %s", event, err.kind, err.message);
    assert((event == HTTP1_ERROR) == (err.kind != ERR_NONE));
    if (event == HTTP1_ERROR) /* how much was consumed then means nothing */
        o->used = 0;
}

static void release(struct outcome *o)
{
    buf_release(&o->events);
    buf_release(&o->body);
}

static void assert_equal(const struct buf *a, const struct buf *b)
{
    assert(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 2;
    const size_t steps[] = {1, 2 + data[1] % 16, 20 + data[1]};
    struct outcome whole, cut;
    run(&whole, data[0], bytes, size - 2, 0);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        run(&cut, data[0], bytes, size - 2, steps[i]);
        assert_equal(&whole.events, &cut.events);
        assert_equal(&whole.body, &cut.body);
        assert(whole.used == cut.used);
        release(&cut);
    }
    release(&whole);
    return 0;
}
