/*
 * proto/sse.h on any bytes. The events do not depend on how the bytes are cut,
 * and what they hold was in the bytes.
 */
#include "base/mem.h"
#include "proto/sse.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_text(struct buf *log, struct http1_span text)
{
    buf_add(log, &text.len, sizeof(text.len));
    buf_add(log, text.data, text.len);
}

/* Feeds the bytes `step` at a time and writes the events down. */
static void run(struct buf *log, const uint8_t *data, size_t size, size_t step)
{
    struct sse s;
    struct sse_event event;
    sse_init(&s);
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        char *copy = xmalloc(n); /* exactly as long: a sanitizer sees each byte beyond */
        memcpy(copy, data + at, n);
        struct http1_span in = {copy, n};
        while (sse_next(&s, &in, &event)) {
            assert(event.data.len + event.type.len + event.id.len <= size);
            assert(!memchr(event.id.data, '\0', event.id.len));
            assert(event.retry_ms >= -1);
            add_text(log, event.data);
            add_text(log, event.type);
            add_text(log, event.id);
            buf_add(log, &event.retry_ms, sizeof(event.retry_ms));
        }
        assert(in.len == 0);
        free(copy);
    }
    sse_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = BUF_INIT, cut = BUF_INIT;
    run(&whole, data, size, size + 1);
    for (size_t step = 1; step <= 3; step += 2) {
        buf_clear(&cut);
        run(&cut, data, size, step);
        assert(whole.len == cut.len);
        assert(whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0);
    }
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
