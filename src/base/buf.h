/*
 * A growable run of bytes. Not NUL-terminated unless buf_cstr was asked.
 *
 *     struct buf b = BUF_INIT;
 *     buf_addf(&b, "%d users", n);
 *     buf_release(&b);
 */
#pragma once

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct buf {
    char *data; /* owned; NULL while cap is 0 */
    size_t len;
    size_t cap;
};

#define BUF_INIT   \
    {              \
        NULL, 0, 0 \
    }

void buf_release(struct buf *b);

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

/* Makes room for n more bytes and returns where they go, never NULL; len is unchanged. */
char *buf_reserve(struct buf *b, size_t n);

static inline void buf_add(struct buf *b, const void *data, size_t n)
{
    if (n == 0)
        return;
    char *to = b->cap - b->len >= n ? b->data + b->len : buf_reserve(b, n);
    assert(to); /* cap is 0 while data is NULL */
    memcpy(to, data, n);
    b->len += n;
}

static inline void buf_addch(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
/* Appends n copies of c. */
void buf_fill(struct buf *b, char c, size_t n);
/* Removes the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* The bytes as a C string: a NUL is put behind them, outside len. */
const char *buf_cstr(struct buf *b);
/* Hands the bytes over as an owned C string and leaves b empty. */
char *buf_detach(struct buf *b);
