/*
 * What comes where a status line should: another protocol on this port, or
 * something that is no HTTP at all. Only ever called to explain a failure.
 */
#include "proto/http1_chars.h"
#include "proto/http1_parser_internal.h"

#include <string.h>

/* A TLS record: an alert, which is how a TLS server answers plain text, or a
 * handshake (RFC 8446 5.1). */
static bool is_tls(struct http1_span s)
{
    return s.len >= 2 && (s.data[0] == 0x15 || s.data[0] == 0x16) && s.data[1] == 3;
}

/* A SETTINGS frame, the first thing an HTTP/2 server says (RFC 9113 3.4): some
 * settings of six bytes each. */
static bool is_http2(struct http1_span s)
{
    return s.len >= 9 && memcmp(s.data, "\0\0", 2) == 0 && s.data[2] % 6 == 0 &&
           memcmp(s.data + 3, "\4\0\0\0\0\0", 6) == 0;
}

bool http1_foreign_known(struct http1_span start)
{
    return is_tls(start) || is_http2(start);
}

/* True if s begins with text, or may still become so. */
static bool agrees(struct http1_span s, const char *text)
{
    size_t n = strlen(text);
    return s.len == 0 || memcmp(s.data, text, s.len < n ? s.len : n) == 0;
}

enum http1_event http1_foreign_fail(struct http1_parser *p, struct http1_span start,
                                    struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX];
    http1_quote(quoted, start);
    if (is_tls(start))
        return fail(p, "the server speaks TLS on this port; use https://");
    if (is_http2(start))
        return fail(p, "the server speaks HTTP/2 only; use a port with HTTP/1.1");
    if (!agrees(start, "HTTP/"))
        return fail(p, "not HTTP: starts with %s", quoted);
    if (start.len > 5 && http1_is_digit(start.data[5]) && !agrees(start, "HTTP/1."))
        return fail(p, "unsupported HTTP version: %s", quoted);
    return fail(p, "malformed status line: %s", quoted);
}

bool http1_foreign_end(struct http1_parser *p, struct http1_span kept, struct err *err)
{
    if (p->state != IN_STATUS || agrees(kept, "HTTP/"))
        return false;
    if (kept.len > HTTP1_START_SHOWN)
        kept.len = HTTP1_START_SHOWN;
    http1_foreign_fail(p, kept, err);
    return true;
}
