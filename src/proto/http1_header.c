/*
 * Fields of a message head, found when somebody asks for them. The parser has
 * already found the head's end; here lines are only cut and compared.
 */
#include "proto/http1_header.h"

#include "proto/http1_chars.h"

#include <string.h>

struct http1_span http1_span(const char *s)
{
    return (struct http1_span){s, strlen(s)};
}

bool http1_span_equal_nocase(struct http1_span a, struct http1_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (http1_lower(a.data[i]) != http1_lower(b.data[i]))
            return false;
    }
    return true;
}

/* Takes a line with its line end, and the lines folded under it, off rest. */
static struct http1_span take_line(struct http1_span *rest)
{
    struct http1_span line = {rest->data, 0};
    do {
        const char *from = rest->data + line.len;
        const char *lf = memchr(from, '\n', rest->len - line.len);
        line.len = lf ? (size_t)(lf + 1 - rest->data) : rest->len;
    } while (line.len < rest->len && http1_is_blank(rest->data[line.len]));
    rest->data += line.len;
    rest->len -= line.len;
    return line;
}

static bool split_field(struct http1_span line, struct http1_header *field)
{
    size_t name = 0;
    while (name < line.len && http1_is_token(line.data[name]))
        name++;
    size_t colon = name;
    while (colon < line.len && http1_is_blank(line.data[colon]))
        colon++;
    if (name == 0 || colon == line.len || line.data[colon] != ':')
        return false;
    field->name = (struct http1_span){line.data, name};
    field->value = http1_trim((struct http1_span){line.data + colon + 1, line.len - colon - 1});
    return true;
}

static bool starts_empty_line(struct http1_span s)
{
    return s.data[0] == '\n' || (s.data[0] == '\r' && (s.len == 1 || s.data[1] == '\n'));
}

bool http1_header_next(struct http1_span *rest, struct http1_header *field)
{
    while (rest->len > 0 && !starts_empty_line(*rest)) {
        if (split_field(take_line(rest), field))
            return true;
    }
    return false;
}

bool http1_header_find(struct http1_span head, const char *name, struct http1_span *value)
{
    struct http1_span wanted = http1_span(name);
    struct http1_header field;
    while (http1_header_next(&head, &field)) {
        if (http1_span_equal_nocase(field.name, wanted)) {
            *value = field.value;
            return true;
        }
    }
    return false;
}

void http1_value_add(struct buf *out, struct http1_span value)
{
    size_t at = 0;
    while (at < value.len) {
        size_t run = at;
        while (run < value.len && value.data[run] != '\r' && value.data[run] != '\n')
            run++;
        buf_add(out, value.data + at, run - at);
        at = run;
        while (at < value.len && http1_is_space(value.data[at]))
            at++;
        if (at < value.len)
            buf_addch(out, ' ');
    }
}
