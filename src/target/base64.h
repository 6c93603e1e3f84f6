/* Base64 (RFC 4648) as JWTs and the header Mcp-Name carry it. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* Appends what the text encodes, in the standard or in the URL alphabet, padded
 * or not. False, and nothing appended: it is no base64. */
bool base64_decode(struct buf *out, const char *text, size_t len);
