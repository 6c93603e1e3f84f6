/*
 * The three fields that say where a message ends and whether the connection may
 * stay: Content-Length, Transfer-Encoding and Connection (RFC 9112 6 and 9.3).
 * What they have said is in p->fields and p->left. Written as almost everybody
 * writes them, they are taken in here, inline; any other way by
 * http1_framing_take_odd. For http1_head.c only.
 */
#pragma once

#include "proto/http1_chars.h"
#include "proto/http1_parser_internal.h"

/* A field that is not written as almost everybody writes it, or not one of them. */
cold void http1_framing_take_odd(struct http1_parser *p, struct http1_span line);

/* head is complete: how long is the body, and may the connection stay? */
enum http1_event http1_framing_decide(struct http1_parser *p, struct http1_span head,
                                      struct err *err);

/* "Content-Length: 45": false if it is anything more than that. */
static inline bool http1_framing_plain_length(struct http1_parser *p, const char *s, const char *lf)
{
    uint64_t n = 0;
    s += *s == ' ';
    const char *digit = s;
    while (http1_is_digit(*digit))
        n = n * 10 + (uint64_t)(*digit++ - '0');
    size_t digits = (size_t)(digit - s);
    if (digits == 0 || digits > 18 || (p->fields & SAID_LENGTH) ||
        (digit != lf && !(*digit == '\r' && digit + 1 == lf)))
        return false;
    p->left = n;
    p->fields |= SAID_LENGTH;
    return true;
}

/* "Connection: keep-alive": false if it is anything else. */
static inline bool http1_framing_plain_connection(struct http1_parser *p, const char *s,
                                                  const char *lf)
{
    s += *s == ' ';
    size_t len = (size_t)(lf - s);
    len -= len > 0 && s[len - 1] == '\r';
    if (len != 10 || !http1_is_word(s, "keep-ali") || !http1_is_word(s + 2, "ep-alive"))
        return false;
    p->fields |= SAID_KEEP_ALIVE;
    return true;
}

/* line..lf: a field with everything folded under it, its first letter a C or
 * T. The names are compared as overlapping words, the colon with them. */
static inline void http1_framing_take(struct http1_parser *p, const char *line, const char *lf)
{
    size_t len = (size_t)(lf - line);
    if (len < 11)
        return;
    if (http1_is_word(line, "content-")) {
        if ((line[8] | 0x20) != 'l')
            return;
        if (len > 15 && http1_is_word(line + 7, "-length:") &&
            http1_framing_plain_length(p, line + 15, lf))
            return;
    } else if (http1_is_word(line, "connecti")) {
        if (http1_is_word(line + 3, "nection:") && http1_framing_plain_connection(p, line + 11, lf))
            return;
    } else if (!http1_is_word(line, "transfer")) {
        return;
    }
    http1_framing_take_odd(p, (struct http1_span){line, len});
}
