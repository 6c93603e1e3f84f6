/*
 * Incremental parser of server-sent events, text/event-stream (WHATWG HTML,
 * 9.2.6 "Interpreting an event stream"): no I/O. It copies only what spans
 * lines or reads.
 *
 *     struct sse stream;
 *     struct sse_event event;
 *     sse_init(&stream);
 *     while (sse_next(&stream, &in, &event))     for each read; in is used up
 *         ...
 *     sse_release(&stream);
 *
 * Other than a browser, it also gives events without data, if they say
 * anything at all: their id and retry matter to who resumes a stream. An event
 * that no empty line has ended is never given.
 */
#pragma once

#include "base/buf.h"
#include "proto/http1_header.h"

#include <stdbool.h>
#include <stdint.h>

/* Valid until the next call. */
struct sse_event {
    struct http1_span data; /* the data lines, joined by LF */
    struct http1_span type; /* empty: "message" */
    struct http1_span id;   /* the last one that the stream gave, in this event or before */
    int64_t retry_ms;       /* -1: the event does not say */
};

struct sse {
    struct buf line, data, type, id; /* owned; line: of a line still incomplete */
    int64_t retry_ms;
    bool started; /* the first line has passed: no byte order mark any more */
    bool skip_lf; /* the last line ended with CR: a LF right behind it belongs to it */
    bool any;     /* the event in the making has a field */
    bool has_data;
    bool given; /* the last event is still in the buffers */
};

void sse_init(struct sse *s);
/* Ready for another stream, with the memory of the last one. */
void sse_clear(struct sse *s);
void sse_release(struct sse *s);

/* Moves the cursor up to behind the next event and fills *event; false when
 * there is none in it: then all of `in` has been taken. */
bool sse_next(struct sse *s, struct http1_span *in, struct sse_event *event);
