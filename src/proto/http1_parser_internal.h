/*
 * What the parts of the response parser share: http1_parser.c (the entry),
 * http1_head.c with http1_framing.c and http1_foreign.c, and http1_chunked.c.
 */
#pragma once

#include "proto/http1_parser.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define cold        __attribute__((cold, noinline))

enum http1_state {
    IN_STATUS, /* before and in the status line */
    IN_FIELDS,
    IN_LENGTH, /* p->left bytes to come; none: done */
    UNTIL_CLOSE,
    CHUNK_START, /* before the first digit of a chunk's size */
    CHUNK_SIZE,
    CHUNK_EXTENSION, /* and whatever else the size line holds */
    CHUNK_DATA,
    CHUNK_END, /* the line end after the data */
    CHUNK_END_LF,
    TRAILER_START,
    TRAILER_START_LF, /* after the CR of what may be the empty line */
    TRAILER,
    OVER, /* done or failed */
};

/* What the framing fields have said: bits of p->fields. */
enum {
    SAID_LENGTH = 1 << 0, /* it is in p->left */
    SAID_BAD_LENGTH = 1 << 1,
    SAID_OTHER_LENGTH = 1 << 2,
    SAID_CODING = 1 << 3,
    SAID_CHUNKED = 1 << 4, /* the last coding is chunked */
    SAID_CLOSE = 1 << 5,
    SAID_KEEP_ALIVE = 1 << 6,
};

/* Ends the response with an error; fills the caller's variable err. */
#define fail(p, ...) ((p)->state = OVER, err_set(err, ERR_PROTOCOL, __VA_ARGS__), HTTP1_ERROR)

static inline void advance(struct http1_span *in, size_t n)
{
    in->data += n;
    in->len -= n;
}

/* Hands out what is there of the p->left bytes to come; in is not empty. */
static inline enum http1_event take_body(struct http1_parser *p, struct http1_span *in,
                                         struct http1_span *part)
{
    *part = *in;
    if (part->len > p->left)
        part->len = (size_t)p->left;
    p->left -= part->len;
    advance(in, part->len);
    return HTTP1_BODY;
}

/* "WHAT larger than 64 KiB". */
cold enum http1_event http1_fail_too_large(struct http1_parser *p, const char *what,
                                           struct err *err);

/* The next event while in a head: HTTP1_MORE, HTTP1_HEAD or HTTP1_ERROR. */
enum http1_event http1_head_next(struct http1_parser *p, struct http1_span *in,
                                 struct http1_span *part, struct err *err);

/* How much of a line that is no status line is waited for, and shown. */
enum { HTTP1_START_SHOWN = 32 };

/* Whether a first line is another protocol's for certain: TLS or HTTP/2. */
bool http1_foreign_known(struct http1_span start);

/* Ends the response with what is wrong with start: its first line, at most
 * HTTP1_START_SHOWN bytes of it. */
cold enum http1_event http1_foreign_fail(struct http1_parser *p, struct http1_span start,
                                         struct err *err);

/* The peer has closed. True, with err, if what it sent is not even the start
 * of HTTP. */
bool http1_foreign_end(struct http1_parser *p, struct http1_span kept, struct err *err);

/* The next event of a chunked body: anything but HTTP1_HEAD. */
enum http1_event http1_chunked_next(struct http1_parser *p, struct http1_span *in,
                                    struct http1_span *part, struct err *err);
