/*
 * Header fields as spans of somebody else's bytes: iteration and look-up over
 * a message head, without copying and without allocation (RFC 9110 5,
 * RFC 9112 5). Used lazily: the parser itself looks only at the few fields
 * that frame the message.
 *
 *     struct http1_span rest = head;
 *     struct http1_header h;
 *     while (http1_header_next(&rest, &h))
 *         ...h.name, h.value
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes; data may be NULL when len is 0. */
struct http1_span {
    const char *data;
    size_t len;
};

struct http1_header {
    struct http1_span name;
    struct http1_span value; /* without the white space around it */
};

/* A span of a C string. */
struct http1_span http1_span(const char *s);

/* True if both are the same letters, ASCII case aside. */
bool http1_span_equal_nocase(struct http1_span a, struct http1_span b);

/* Takes the next field off the front of rest, which starts as a message head,
 * with or without its status line. False at the end (the empty line, or the
 * end of the span). Lines that are no field (no colon, a name that is not a
 * token: the status line among them) are passed over. A value that the server
 * folded over several lines still holds its line ends; http1_value_add copies
 * it as the RFC wants it read. */
bool http1_header_next(struct http1_span *rest, struct http1_header *field);

/* The first field of that name in a head (with or without its status line);
 * false if there is none. */
bool http1_header_find(struct http1_span head, const char *name, struct http1_span *value);

/* Appends value with each fold (line end and white space) made one space. */
void http1_value_add(struct buf *out, struct http1_span value);
