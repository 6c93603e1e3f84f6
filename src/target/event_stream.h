/* Answers of MCP as event streams (the HTML standard's server-sent events). */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the client wants a stream: Accept names text/event-stream and before
 * it nothing that JSON would satisfy. With eager, whether it takes one at all.
 * NULL: no such header. Weights (q=) are not weighed. */
bool event_stream_is_wanted(const char *accept, bool eager);

/* Whether Accept names both types, as the specification demands of clients. */
bool event_stream_or_json_is_accepted(const char *accept);

/* Appends the events of one answer: with primed, first one without data, whose
 * id is what a client would resume from. */
void event_stream_write(struct buf *out, const char *message, size_t len, bool primed);

/* The length of the first event, with the blank line that ends it. */
size_t event_stream_first(const char *stream, size_t len);
