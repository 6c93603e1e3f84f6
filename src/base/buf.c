/* The slow paths of struct buf; see buf.h. */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_SMALLEST = 64 };

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (!b->data || b->cap - b->len < n) {
        assert(n < SIZE_MAX / 2 - b->len);
        size_t cap = b->cap > 0 ? b->cap : BUF_SMALLEST;
        while (cap - b->len < n)
            cap *= 2;
        b->data = xrealloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_addv(b, fmt, args);
    va_end(args);
}

void buf_addv(struct buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    buf_reserve(b, 1);
    int len = vsnprintf(b->data + b->len, b->cap - b->len, fmt, args);
    assert(len >= 0);
    if ((size_t)len >= b->cap - b->len) {
        buf_reserve(b, (size_t)len + 1);
        vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    b->len += (size_t)len;
}

void buf_fill(struct buf *b, char c, size_t n)
{
    memset(buf_reserve(b, n), c, n);
    b->len += n;
}

void buf_drop(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    if (n > 0 && b->len > 0)
        memmove(b->data, b->data + n, b->len);
}

const char *buf_cstr(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return b->data;
}

char *buf_detach(struct buf *b)
{
    buf_cstr(b);
    char *text = b->data;
    *b = (struct buf)BUF_INIT;
    return text;
}
