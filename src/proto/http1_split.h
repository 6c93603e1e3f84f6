/*
 * Taking request bytes that somebody else wrote apart into requests (RFC 9112
 * 3 and 6): how many there are, which are HEAD, and what is wrong with them.
 * For wrk scripts, whose request() may return several requests to be sent at
 * once: only who knows their number knows when the last answer has come.
 *
 *     struct http1_span rest = bytes;
 *     struct http1_piece piece;
 *     int rc;
 *     while ((rc = http1_split_next(&rest, &piece, &err)) > 0) ...
 *
 * Read as a server would that tolerates what it may: bare LF as a line end and
 * empty lines before a request. Refused is what would leave a server waiting
 * or the answers uncounted: a line that is no field, a body shorter than
 * Content-Length, bytes behind a request that begin no other.
 */
#pragma once

#include "base/err.h"
#include "proto/http1_header.h"

#include <stdbool.h>

struct http1_piece {
    struct http1_span bytes; /* the whole request, head and body */
    struct http1_span method, target;
    bool head_request; /* HEAD: its answer has no body */
};

/* Takes the next request off the front of rest: 1; 0 when nothing but empty
 * lines is left; -1 with *err (ERR_CONFIG) saying what is wrong with it, and rest
 * where it begins. */
int http1_split_next(struct http1_span *rest, struct http1_piece *piece, struct err *err);
