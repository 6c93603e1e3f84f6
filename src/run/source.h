/*
 * Where a one-off's requests come from: the same bytes over and over, several
 * URLs in turn, templates, or a wrk script. One source per worker, used from
 * its thread only. oneoff.c asks it whenever a connection may send; a new kind
 * of source is one file with its vtable.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "net/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1_op;
struct worker;

/* What a connection is to send next. */
struct outgoing {
    /* Who asks. */
    uint32_t connection; /* of the worker's, from 0 */
    uint64_t most;       /* so many requests may still begin, at least 1 */
    struct buf *own;     /* the connection's buffer, for the source to fill; empty at the call */

    /* The answer. */
    uint32_t origin;   /* index into the source's origins; 0 at first */
    const char *bytes; /* whole requests, heads and bodies; valid until this connection asks again
                          (a source that makes them anew puts them into `own`) */
    size_t len;
    uint32_t series;   /* what the answers are counted under */
    uint32_t requests; /* how many are in bytes (pipelining); 1 at first */
    bool head_request; /* HEAD: its answer has no body */
    const bool *heads; /* with pipelining, the same of each request; valid until `next` returns */
    bool keep;         /* whether `answered` is to see the answers */
};

struct source_kind {
    /* This worker's source; NULL and *err when it cannot be made. */
    void *(*create)(struct worker *w, const void *about, struct err *err);
    /* Where connections go; the array is the source's. */
    const struct endpoint *(*origins)(void *source, uint32_t *len);
    /* Milliseconds that a connection waits before its next request; NULL: none. Not asked in the
     * open model, where the schedule says when. */
    double (*delay)(void *source);
    /* Fills *out. False: this worker sends nothing further; what is under way ends. */
    bool (*next)(void *source, struct outgoing *out);
    /* Sees each answer that is wanted, head and body kept; NULL: answers are only counted. False:
     * as next. */
    bool (*answered)(void *source, const struct http1_op *op);
    void (*free)(void *source);
};
