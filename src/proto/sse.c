/*
 * Server-sent events. Bytes become lines here, lines become fields in
 * take_field, and the empty line ends an event.
 */
#include "proto/sse.h"

#include <string.h>

void sse_init(struct sse *s)
{
    memset(s, 0, sizeof(*s));
    s->retry_ms = -1;
}

static void clear_event(struct sse *s)
{
    buf_clear(&s->data);
    buf_clear(&s->type);
    s->retry_ms = -1;
    s->any = s->has_data = s->given = false;
}

void sse_clear(struct sse *s)
{
    clear_event(s);
    buf_clear(&s->line);
    buf_clear(&s->id);
    s->started = s->skip_lf = false;
}

void sse_release(struct sse *s)
{
    buf_release(&s->line);
    buf_release(&s->data);
    buf_release(&s->type);
    buf_release(&s->id);
}

static bool is_name(struct http1_span name, const char *text)
{
    return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

/* Only digits count; a number that nobody would wait for is cut. */
static void take_retry(struct sse *s, struct http1_span value)
{
    int64_t ms = 0;
    if (value.len == 0)
        return;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c < '0' || c > '9')
            return;
        if (ms < INT32_MAX)
            ms = ms * 10 + (c - '0');
    }
    s->retry_ms = ms;
    s->any = true;
}

static void take_field(struct sse *s, struct http1_span name, struct http1_span value)
{
    if (is_name(name, "data")) {
        if (s->has_data)
            buf_addch(&s->data, '\n');
        buf_add(&s->data, value.data, value.len);
        s->any = s->has_data = true;
    } else if (is_name(name, "event")) {
        buf_clear(&s->type);
        buf_add(&s->type, value.data, value.len);
        s->any = true;
    } else if (is_name(name, "id")) {
        if (memchr(value.data, '\0', value.len))
            return;
        buf_clear(&s->id);
        buf_add(&s->id, value.data, value.len);
        s->any = true;
    } else if (is_name(name, "retry")) {
        take_retry(s, value);
    }
}

/* Takes a line without its end; true when it ends an event. */
static bool take_line(struct sse *s, struct http1_span line)
{
    if (!s->started) {
        s->started = true;
        if (line.len >= 3 && memcmp(line.data, "\xEF\xBB\xBF", 3) == 0) {
            line.data += 3;
            line.len -= 3;
        }
    }
    if (line.len == 0)
        return s->any;
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == line.data)
        return false; /* a comment */
    struct http1_span name = line, value = {line.data + line.len, 0};
    if (colon) {
        name.len = (size_t)(colon - line.data);
        value = (struct http1_span){colon + 1, line.len - name.len - 1};
        if (value.len > 0 && value.data[0] == ' ') {
            value.data++;
            value.len--;
        }
    }
    take_field(s, name, value);
    return false;
}

static size_t line_end(struct http1_span in)
{
    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] == '\n' || in.data[i] == '\r')
            return i;
    }
    return in.len;
}

static struct http1_span span_of(const struct buf *b)
{
    return (struct http1_span){b->len > 0 ? b->data : "", b->len};
}

bool sse_next(struct sse *s, struct http1_span *in, struct sse_event *event)
{
    if (s->given)
        clear_event(s);
    while (in->len > 0) {
        if (s->skip_lf && in->data[0] == '\n') {
            in->data++;
            in->len--;
        }
        s->skip_lf = false;
        size_t end = line_end(*in);
        if (end == in->len) {
            buf_add(&s->line, in->data, in->len);
            in->len = 0;
            break;
        }
        struct http1_span line = {in->data, end};
        if (s->line.len > 0) {
            buf_add(&s->line, in->data, end);
            line = span_of(&s->line);
        }
        s->skip_lf = in->data[end] == '\r';
        in->data += end + 1;
        in->len -= end + 1;
        bool complete = take_line(s, line);
        buf_clear(&s->line);
        if (!complete)
            continue;
        s->given = true;
        *event = (struct sse_event){.data = span_of(&s->data),
                                    .type = span_of(&s->type),
                                    .id = span_of(&s->id),
                                    .retry_ms = s->retry_ms};
        return true;
    }
    return false;
}
