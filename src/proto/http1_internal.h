/* An HTTP/1.1 connection as its two files share it: http1.c, its life, and
 * http1_answer.c, what becomes of the bytes that the server sends. */
#pragma once

#include "net/backoff.h"
#include "net/stream.h"
#include "proto/http1.h"

struct http1_conn {
    struct stream stream;
    const struct endpoint *to; /* borrowed, outlives the connection */
    struct http1_op *op;       /* borrowed from its starter; NULL while none is pending */
    struct http1_parser parser;
    struct buf buf;
    uint32_t head_at, body_at; /* in buf, when stored */
    uint64_t enough_ns;        /* when op->look had seen enough; 0: not yet */
    bool stored;
    bool head_seen;
    bool was_open;   /* the next connection replaces one that was lost or closed by the server */
    uint64_t served; /* requests begun since it was opened */
    struct backoff backoff;
};

/* The parser and the buffer as they are before an answer. */
void http1_answer_expect(struct http1_conn *c);

enum http1_answer {
    HTTP1_ANSWER_MORE,   /* the read is used up and the operation goes on */
    HTTP1_ANSWER_DONE,   /* all there; c->parser says whether the connection may stay */
    HTTP1_ANSWER_FAILED, /* op.err is filled */
};

/* Takes in what was read, at now_ns, into the pending operation. */
enum http1_answer http1_answer_take(struct http1_conn *c, char *data, size_t len, uint64_t now_ns);

/* The server has ended the connection: that ends the answer, well or not. */
enum http1_answer http1_answer_end(struct http1_conn *c, uint64_t now_ns);

/* Points op.head and op.body to where the answer lies by now. */
void http1_answer_locate(struct http1_conn *c);
