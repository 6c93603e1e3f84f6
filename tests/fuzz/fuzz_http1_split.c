/* Arbitrary bytes as what a wrk script's request() returned: every byte belongs
 * to one request or to the empty lines between them, and what was found to be a
 * request is found again when it stands alone. */
#include "proto/http1_split.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http1_span rest = {(const char *)data, size};
    const char *at = rest.data, *end = rest.data + size;
    struct http1_piece piece, again;
    struct err err;
    int rc;
    while ((rc = http1_split_next(&rest, &piece, &err)) > 0) {
        const char *piece_end = piece.bytes.data + piece.bytes.len;
        for (; at < piece.bytes.data; at++)
            assert(*at == '\r' || *at == '\n');
        assert(piece_end == rest.data && rest.data + rest.len == end);
        assert(piece.method.data == piece.bytes.data && piece.method.len > 0);
        assert(piece.target.data + piece.target.len < piece_end && piece.target.len > 0);
        assert(piece.head_request ==
               (piece.method.len == 4 && memcmp(piece.method.data, "HEAD", 4) == 0));
        struct http1_span alone = piece.bytes;
        assert(http1_split_next(&alone, &again, NULL) == 1 && alone.len == 0);
        assert(again.bytes.len == piece.bytes.len && again.target.data == piece.target.data);
        at = piece_end;
    }
    if (rc < 0)
        assert(rest.data >= at && rest.data + rest.len == end && strlen(err.message) > 0);
    return 0;
}
