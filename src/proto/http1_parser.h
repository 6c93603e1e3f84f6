/*
 * Incremental parser of HTTP/1.x responses (RFC 9112): no I/O, no
 * allocation, no copying. One parser is embedded in each connection and is
 * initialised again before each response.
 *
 * The caller owns the bytes and shows them through a cursor, `in`;
 * http1_parser_next moves the cursor over what it has consumed and returns
 * one event at a time, always in this order:
 *
 *     HTTP1_HEAD  HTTP1_BODY*  HTTP1_DONE
 *
 * with HTTP1_MORE whenever the bytes run out, and HTTP1_ERROR at any point.
 * Events do not depend on how the bytes were cut into reads, except that a
 * body may come in more and smaller pieces.
 *
 * One rule about memory: after HTTP1_MORE, the bytes still in the cursor
 * (in.data, in.len) must be shown again, at the front of the next cursor, with
 * the newly read ones behind them. Only an incomplete head is ever left over;
 * once HTTP1_HEAD has been returned everything is consumed by each call, so
 * bodies stream through a fixed buffer. The usual reply fits into one read:
 * then nothing is kept and nothing copied. A connection uses it so:
 *
 *     http1_parser_init(&c->parser, is_head_request);        when it sends
 *
 *     n = recv(fd, loop->scratch, sizeof(loop->scratch), 0); when readable
 *     if (n == 0)
 *         event = http1_parser_eof(&c->parser, kept, &err);  DONE or ERROR
 *     struct http1_span in = {loop->scratch, n}, part;
 *     if (c->kept.len > 0)                                   an incomplete head
 *         buf_add(&c->kept, in.data, in.len), in = all of c->kept;
 *     for (;;) {
 *         switch (http1_parser_next(&c->parser, &in, &part, &err)) {
 *         case HTTP1_HEAD:  parser.status, .keep_alive, .framing are known;
 *                           part is the head: http1_header_find(part, ...);
 *                           copy it now if it is wanted after this read
 *         case HTTP1_BODY:  part is the next piece of the body
 *         case HTTP1_DONE:  `in` is what the server sent beyond this response
 *                           (normally nothing); reuse the connection if
 *                           parser.keep_alive; leave the loop
 *         case HTTP1_MORE:  c->kept = in (normally empty); leave the loop
 *         case HTTP1_ERROR: close the connection, fail the request with err
 *         }
 *     }
 *
 * Framing follows RFC 9112 6.3: no body for HEAD, 204 and 304;
 * Transfer-Encoding wins over Content-Length, chunked where that is its last
 * coding (codings before it are not decoded), otherwise until the connection
 * closes; then Content-Length; then until close. Interim responses (1xx) are
 * skipped, except that 101 is an error: nobody asked for an upgrade. Trailers
 * and chunk extensions are dropped. Tolerated: bare LF as a line end, empty
 * lines before the status line, a missing reason phrase, folded fields, white
 * space before a field's colon. Fields that do not frame the message are not
 * checked.
 */
#pragma once

#include "base/err.h"
#include "proto/http1_header.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The most that a head may hold, with the interim responses before it;
     * also the most for one chunk's extensions, and for the trailers. */
    HTTP1_HEAD_MAX = 64 * 1024,
};

enum http1_event {
    HTTP1_MORE,
    HTTP1_HEAD,
    HTTP1_BODY, /* part is never empty */
    HTTP1_DONE,
    HTTP1_ERROR,
};

/* How the body ends; known from HTTP1_HEAD on. */
enum http1_framing {
    HTTP1_FRAMING_NONE,    /* there is no body */
    HTTP1_FRAMING_LENGTH,  /* after Content-Length bytes */
    HTTP1_FRAMING_CHUNKED, /* with the last chunk */
    HTTP1_FRAMING_CLOSE,   /* when the server closes */
};

struct http1_parser {
    /* For the caller, from HTTP1_HEAD on. */
    uint16_t status; /* 100 to 999 */
    uint8_t minor;   /* the x of HTTP/1.x */
    uint8_t framing; /* enum http1_framing */
    bool keep_alive; /* the connection may carry another request after DONE */
    /* Private. */
    bool head_request;
    uint8_t state;
    uint8_t fields;    /* what the framing fields have said so far */
    uint32_t line;     /* head: offset of the first line not yet looked at */
    uint32_t scanned;  /* head: bytes already searched for that line's end */
    uint32_t overhead; /* bytes counted against HTTP1_HEAD_MAX */
    uint64_t left;     /* body bytes to come: of the response, or of the chunk */
};

/* Ready for a response; head_request: the request's method was HEAD. */
void http1_parser_init(struct http1_parser *p, bool head_request);

/* The next event; *part is set for HTTP1_HEAD and HTTP1_BODY and points into
 * the caller's bytes; err is filled (ERR_PROTOCOL) for HTTP1_ERROR only. Not
 * to be called again after HTTP1_DONE or HTTP1_ERROR until initialised. */
enum http1_event http1_parser_next(struct http1_parser *p, struct http1_span *in,
                                   struct http1_span *part, struct err *err);

/* The peer has closed; kept is what the last HTTP1_MORE left. HTTP1_DONE if that
 * completes the response, else HTTP1_ERROR: ERR_CLOSED, or ERR_PROTOCOL when
 * the little that came is not HTTP. */
enum http1_event http1_parser_eof(struct http1_parser *p, struct http1_span kept, struct err *err);

/* With HTTP1_FRAMING_LENGTH, right after HTTP1_HEAD: the body's size, to
 * reserve room for it (trust it only as far as you would trust the server). */
static inline uint64_t http1_parser_left(const struct http1_parser *p)
{
    return p->left;
}
