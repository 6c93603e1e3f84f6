/* Characters as HTTP/1 sorts them (RFC 9110 5.6), and showing foreign bytes in
 * messages: for proto/http1_*.c only. */
#pragma once

#include "proto/http1_header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline char http1_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* OWS: what may stand inside a line. */
static inline bool http1_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* White space as it stands in a folded value: line ends as well. */
static inline bool http1_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool http1_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* tchar: what a method and a field name are made of. */
extern const bool http1_token_chars[256];

static inline bool http1_is_token(char c)
{
    return http1_token_chars[(unsigned char)c];
}

/* True if the 8 bytes at s are those of lower (letters small, no @[\]^_), ASCII
 * case aside: only where lower has a letter is the case bit of s ignored. */
static inline bool http1_is_word(const char *s, const char *lower)
{
    uint64_t got, want;
    memcpy(&got, s, 8);
    memcpy(&want, lower, 8);
    return (got | (want & UINT64_C(0x4040404040404040)) >> 1) == want;
}

static inline struct http1_span http1_trim(struct http1_span s)
{
    while (s.len > 0 && http1_is_space(s.data[0]))
        s.data++, s.len--;
    while (s.len > 0 && http1_is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* Room for http1_quote: every shown byte as \xHH, the quotes, the dots, NUL. */
enum { HTTP1_QUOTE_SHOWN = 40, HTTP1_QUOTE_MAX = HTTP1_QUOTE_SHOWN * 4 + 2 + 3 + 1 };

/* The bytes as a C string literal that is safe on a terminal; "..." follows the
 * closing quote when there were more than HTTP1_QUOTE_SHOWN. Returns out. */
const char *http1_quote(char out[HTTP1_QUOTE_MAX], struct http1_span bytes);
