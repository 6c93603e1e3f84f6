/*
 * The response parser's entry: which part of the response is next, bodies that
 * need no decoding, and the end of the connection.
 */
#include "proto/http1_parser_internal.h"

#include <assert.h>

void http1_parser_init(struct http1_parser *p, bool head_request)
{
    *p = (struct http1_parser){.head_request = head_request};
}

enum http1_event http1_fail_too_large(struct http1_parser *p, const char *what, struct err *err)
{
    return fail(p, "%s larger than %d KiB", what, HTTP1_HEAD_MAX / 1024);
}

enum http1_event http1_parser_next(struct http1_parser *p, struct http1_span *in,
                                   struct http1_span *part, struct err *err)
{
    assert(p->state != OVER);
    switch (p->state) {
    case IN_STATUS:
    case IN_FIELDS:
        return http1_head_next(p, in, part, err);
    case IN_LENGTH:
        if (p->left == 0) {
            p->state = OVER;
            return HTTP1_DONE;
        }
        return in->len > 0 ? take_body(p, in, part) : HTTP1_MORE;
    case UNTIL_CLOSE:
        if (in->len == 0)
            return HTTP1_MORE;
        *part = *in;
        advance(in, in->len);
        return HTTP1_BODY;
    default:
        return http1_chunked_next(p, in, part, err);
    }
}

enum http1_event http1_parser_eof(struct http1_parser *p, struct http1_span kept, struct err *err)
{
    assert(p->state != OVER);
    enum http1_state state = p->state;
    if (http1_foreign_end(p, kept, err))
        return HTTP1_ERROR;
    p->state = OVER;
    if (state == UNTIL_CLOSE || (state == IN_LENGTH && p->left == 0))
        return HTTP1_DONE;
    bool nothing = kept.len == 0 && p->overhead == 0;
    err_set(err, ERR_CLOSED, "the server closed the connection %s",
            state > IN_FIELDS ? "inside the response body"
            : nothing         ? "without an answer"
                              : "inside the response header");
    return HTTP1_ERROR;
}
