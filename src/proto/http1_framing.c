/*
 * The fields that frame the message, as the RFC allows them to be written; and
 * what follows from them.
 */
#include "proto/http1_framing.h"

#include <string.h>

static bool is(struct http1_span s, const char *lower, size_t len)
{
    return http1_span_equal_nocase(s, (struct http1_span){lower, len});
}

#define IS(s, lower) is(s, lower, sizeof(lower) - 1)

/* The next element of a comma-separated list; empty ones do not count. */
static bool next_element(struct http1_span *list, struct http1_span *element)
{
    while (list->len > 0) {
        const char *comma = memchr(list->data, ',', list->len);
        size_t len = comma ? (size_t)(comma - list->data) : list->len;
        *element = http1_trim((struct http1_span){list->data, len});
        advance(list, comma ? len + 1 : len);
        if (element->len > 0)
            return true;
    }
    return false;
}

/* False if s is no decimal number that fits into an int64_t. */
static bool parse_length(struct http1_span s, uint64_t *length)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (!http1_is_digit(s.data[i]) || n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *length = n;
    return s.len > 0;
}

/* Also a list of equal values (RFC 9112 6.3). Judged at the end of the head: it
 * does not count where Transfer-Encoding or the status decides. */
static void take_length(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    uint64_t length;
    size_t elements = 0;
    while (next_element(&value, &element)) {
        elements++;
        if (!parse_length(element, &length))
            p->fields |= SAID_BAD_LENGTH;
        else if ((p->fields & SAID_LENGTH) && p->left != length)
            p->fields |= SAID_OTHER_LENGTH;
        else
            p->left = length, p->fields |= SAID_LENGTH;
    }
    if (elements == 0)
        p->fields |= SAID_BAD_LENGTH;
}

static void take_coding(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    while (next_element(&value, &element)) {
        p->fields |= SAID_CODING;
        if (IS(element, "chunked"))
            p->fields |= SAID_CHUNKED;
        else
            p->fields &= (uint8_t)~SAID_CHUNKED;
    }
}

static void take_connection(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    while (next_element(&value, &element)) {
        if (IS(element, "close"))
            p->fields |= SAID_CLOSE;
        else if (IS(element, "keep-alive"))
            p->fields |= SAID_KEEP_ALIVE;
    }
}

void http1_framing_take_odd(struct http1_parser *p, struct http1_span line)
{
    struct http1_header field;
    if (!http1_header_next(&line, &field))
        return;
    if (IS(field.name, "content-length"))
        take_length(p, field.value);
    else if (IS(field.name, "transfer-encoding"))
        take_coding(p, field.value);
    else if (IS(field.name, "connection"))
        take_connection(p, field.value);
}

/* Looks the culprit up again, so that the message can show it. */
static cold enum http1_event fail_length(struct http1_parser *p, struct http1_span head,
                                         struct err *err)
{
    if (!(p->fields & SAID_BAD_LENGTH))
        return fail(p, "several Content-Length fields with different values");

    char quoted[HTTP1_QUOTE_MAX];
    struct http1_span element = {NULL, 0};
    struct http1_header field;
    uint64_t length;
    while (http1_header_next(&head, &field)) {
        if (!IS(field.name, "content-length"))
            continue;
        element = field.value; /* may be empty */
        while (next_element(&field.value, &element) && parse_length(element, &length))
            ;
        if (!parse_length(element, &length))
            break;
    }
    size_t digits = 0;
    while (digits < element.len && http1_is_digit(element.data[digits]))
        digits++;
    return fail(p, "Content-Length is %s: %s",
                digits > 0 && digits == element.len ? "too large" : "not a number",
                http1_quote(quoted, element));
}

enum http1_event http1_framing_decide(struct http1_parser *p, struct http1_span head,
                                      struct err *err)
{
    unsigned said = p->fields;
    p->keep_alive = !(said & SAID_CLOSE) && (p->minor > 0 || (said & SAID_KEEP_ALIVE));
    p->state = IN_LENGTH;
    p->overhead = 0;
    if (p->head_request || p->status == 204 || p->status == 304) {
        p->framing = HTTP1_FRAMING_NONE;
        p->left = 0;
    } else if (said & SAID_CODING) {
        p->framing = said & SAID_CHUNKED ? HTTP1_FRAMING_CHUNKED : HTTP1_FRAMING_CLOSE;
        p->state = said & SAID_CHUNKED ? CHUNK_START : UNTIL_CLOSE;
        p->left = 0;
        /* A proxy may not have understood it: RFC 9112 6.1. */
        if (p->minor == 0)
            p->keep_alive = false;
    } else if (unlikely(said & (SAID_BAD_LENGTH | SAID_OTHER_LENGTH))) {
        return fail_length(p, head, err);
    } else if (said & SAID_LENGTH) {
        p->framing = HTTP1_FRAMING_LENGTH;
    } else {
        p->framing = HTTP1_FRAMING_CLOSE;
        p->state = UNTIL_CLOSE;
    }
    if (p->framing == HTTP1_FRAMING_CLOSE)
        p->keep_alive = false;
    return HTTP1_HEAD;
}
