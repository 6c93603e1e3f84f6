/*
 * Request bytes for HTTP/1.1 (RFC 9112 3, RFC 9110 5): checked, so that no
 * method, target or header can break the message, and cheap to build again and
 * again.
 *
 * What all requests to one host share is checked and laid out once, in a
 * struct http1_defaults; a request is then its first line, those bytes, its
 * own headers and its body appended to a buf that the caller reuses:
 *
 *     struct http1_defaults defaults;
 *     if (http1_defaults_init(&defaults, "localhost:8888", headers, n, &err) < 0) ...
 *
 *     struct http1_request req = {.method = http1_span("GET"),
 *                                 .target = http1_span("/health")};
 *     buf_clear(&out);
 *     if (http1_request_add(&out, &defaults, &req, &err) < 0) ...
 *
 * A one-off run does this once and sends the same bytes ever after.
 *
 * Set unless given: Host and User-Agent ("inrush/VERSION"), Content-Length
 * where there is a body or the method promises one (POST, PUT, PATCH), not if
 * Transfer-Encoding is given. Nothing else: no Accept, no Accept-Encoding (a
 * body comes back as it is), no Connection (1.1 keeps alive by itself).
 *
 * A header of a request replaces every default of the same name (case aside);
 * headers given twice in one list are sent twice. An empty value is sent
 * empty.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "proto/http1_header.h"

#include <stdbool.h>
#include <stdint.h>

struct http1_defaults {
    struct buf tail; /* owned: " HTTP/1.1\r\n", the fields, the empty line */
    uint64_t names;  /* a bit for each name's hash: says quickly "not among them" */
    bool framed;     /* Content-Length or Transfer-Encoding is among them */
};

/* authority: what Host says, "host" or "host:port" (url_authority). Errors are
 * ERR_CONFIG and name the header. On error there is nothing to release. */
int http1_defaults_init(struct http1_defaults *d, const char *authority,
                        const struct http1_header *headers, size_t count, struct err *err);
void http1_defaults_release(struct http1_defaults *d);

/* Everything borrowed until http1_request_add returns. */
struct http1_request {
    struct http1_span method; /* a token, sent as written; CONNECT is refused */
    struct http1_span target; /* "/path?query", "*" or "http://..."; visible ASCII */
    const struct http1_header *headers;
    size_t header_count;
    struct http1_span body;
    bool has_body; /* an empty body with has_body sends Content-Length: 0 */
};

/* Appends the request to out. On error (ERR_CONFIG) out is as it was. */
int http1_request_add(struct buf *out, const struct http1_defaults *d,
                      const struct http1_request *req, struct err *err);
