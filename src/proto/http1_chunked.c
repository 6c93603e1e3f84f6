/*
 * A chunked body (RFC 9112 7.1). All of the input is consumed by each call:
 * what is between the data is taken byte by byte, long lines (extensions,
 * trailers) by memchr.
 */
#include "proto/http1_parser_internal.h"

#include "proto/http1_chars.h"

#include <assert.h>
#include <string.h>

static int hex_digit(char c)
{
    if (http1_is_digit(c))
        return c - '0';
    c = http1_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static cold enum http1_event fail_chunk(struct http1_parser *p, const char *where, char c,
                                        struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX];
    return fail(p, "malformed chunk: %s %s", http1_quote(quoted, (struct http1_span){&c, 1}),
                where);
}

/* Drops what is left of a line that nobody wants, up to its end (or the end of
 * the input). False when it, with what was dropped before, is too long. */
static bool skip_line(struct http1_parser *p, struct http1_span *in, bool *at_end)
{
    const char *lf = memchr(in->data, '\n', in->len);
    size_t n = lf ? (size_t)(lf + 1 - in->data) : in->len;
    *at_end = lf != NULL;
    advance(in, n);
    if (p->overhead + n > HTTP1_HEAD_MAX)
        return false;
    p->overhead += (uint32_t)n;
    return true;
}

/* The first of p->left bytes of chunk data is next, or the trailer is. */
static void end_chunk_size(struct http1_parser *p)
{
    p->state = p->left > 0 ? CHUNK_DATA : TRAILER_START;
    p->overhead = 0;
}

enum http1_event http1_chunked_next(struct http1_parser *p, struct http1_span *in,
                                    struct http1_span *part, struct err *err)
{
    while (in->len > 0) {
        char c = in->data[0];
        int digit;
        bool at_end;
        switch (p->state) {
        case CHUNK_START:
        case CHUNK_SIZE:
            digit = hex_digit(c);
            if (digit >= 0) {
                if (p->left > INT64_MAX >> 4)
                    return fail(p, "malformed chunk: its size is too large");
                p->left = p->left << 4 | (unsigned)digit;
                p->state = CHUNK_SIZE;
                advance(in, 1);
                if (++p->overhead > HTTP1_HEAD_MAX)
                    return http1_fail_too_large(p, "chunk header", err);
            } else if (p->state == CHUNK_SIZE && (c == ';' || http1_is_space(c))) {
                p->state = CHUNK_EXTENSION;
            } else {
                return fail_chunk(p, "in place of its size", c, err);
            }
            break;
        case CHUNK_EXTENSION:
            if (!skip_line(p, in, &at_end))
                return http1_fail_too_large(p, "chunk header", err);
            if (at_end)
                end_chunk_size(p);
            break;
        case CHUNK_DATA:
            if (p->left > 0)
                return take_body(p, in, part);
            p->state = CHUNK_END;
            break;
        case CHUNK_END:
        case CHUNK_END_LF:
            if (c != '\n' && (c != '\r' || p->state == CHUNK_END_LF))
                return fail_chunk(p, "in place of the line end after its data", c, err);
            p->state = c == '\r' ? CHUNK_END_LF : CHUNK_START;
            advance(in, 1);
            break;
        case TRAILER_START:
        case TRAILER_START_LF:
            if (c == '\n') {
                advance(in, 1);
                p->state = OVER;
                return HTTP1_DONE;
            }
            if (c == '\r' && p->state == TRAILER_START) {
                advance(in, 1);
                p->overhead++;
                p->state = TRAILER_START_LF;
            } else {
                p->state = TRAILER;
            }
            break;
        case TRAILER:
            if (!skip_line(p, in, &at_end))
                return http1_fail_too_large(p, "response trailer", err);
            if (at_end)
                p->state = TRAILER_START;
            break;
        default:
            assert(!"a state of a chunked body");
            return HTTP1_MORE;
        }
    }
    return HTTP1_MORE;
}
