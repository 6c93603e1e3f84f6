#include "target/event_stream.h"

#include <string.h>
#include <strings.h>

static bool is_type(const char *from, size_t len, const char *type)
{
    return len == strlen(type) && strncasecmp(from, type, len) == 0;
}

bool event_stream_or_json_is_accepted(const char *accept)
{
    bool stream = false, json = false;
    while (accept && *accept) {
        accept += strspn(accept, ", \t");
        size_t len = strcspn(accept, ",; \t");
        stream |= is_type(accept, len, "text/event-stream");
        json |= is_type(accept, len, "application/json");
        accept += strcspn(accept, ",");
    }
    return stream && json;
}

bool event_stream_is_wanted(const char *accept, bool eager)
{
    while (accept && *accept) {
        accept += strspn(accept, ", \t");
        size_t len = strcspn(accept, ",; \t");
        if (is_type(accept, len, "text/event-stream"))
            return true;
        if (!eager && (is_type(accept, len, "application/json") ||
                       is_type(accept, len, "application/*") || is_type(accept, len, "*/*")))
            return false;
        accept += strcspn(accept, ",");
    }
    return false;
}

void event_stream_write(struct buf *out, const char *message, size_t len, bool primed)
{
    if (primed)
        buf_adds(out, "id: 0\ndata: \n\n");
    buf_adds(out, "event: message\nid: 1\ndata: ");
    buf_add(out, message, len);
    buf_adds(out, "\n\n");
}

size_t event_stream_first(const char *stream, size_t len)
{
    const char *end = memmem(stream, len, "\n\n", 2);
    return end ? (size_t)(end - stream) + 2 : len;
}
