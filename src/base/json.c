/* The JSON writer; see json.h. */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MAX = sizeof(((struct json *)0)->has_items) / sizeof(bool) };

void json_init(struct json *j, struct buf *out, bool indent)
{
    *j = (struct json){.out = out, .indent = indent};
}

static void new_line(struct json *j)
{
    if (!j->indent)
        return;
    buf_addch(j->out, '\n');
    buf_fill(j->out, ' ', 2 * (size_t)j->depth);
}

/* Comma and line break before an item at the present depth. */
static void separate(struct json *j)
{
    if (j->has_items[j->depth])
        buf_addch(j->out, ',');
    j->has_items[j->depth] = true;
    if (j->depth > 0)
        new_line(j);
}

static void before_value(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    assert(!j->is_object[j->depth]);          /* a key must come first */
    assert(j->depth > 0 || !j->has_items[0]); /* a document is one value */
    separate(j);
}

static void begin(struct json *j, char bracket, bool is_object)
{
    before_value(j);
    buf_addch(j->out, bracket);
    assert(j->depth + 1 < DEPTH_MAX);
    j->depth++;
    j->has_items[j->depth] = false;
    j->is_object[j->depth] = is_object;
}

static void end(struct json *j, char bracket, bool is_object)
{
    (void)is_object; /* only asserted */
    assert(j->depth > 0 && !j->after_key && j->is_object[j->depth] == is_object);
    bool had_items = j->has_items[j->depth];
    j->depth--;
    if (had_items)
        new_line(j);
    buf_addch(j->out, bracket);
}

void json_object_begin(struct json *j)
{
    begin(j, '{', true);
}

void json_object_end(struct json *j)
{
    end(j, '}', true);
}

void json_array_begin(struct json *j)
{
    begin(j, '[', false);
}

void json_array_end(struct json *j)
{
    end(j, ']', false);
}

/* The length of the valid UTF-8 sequence at s (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
    unsigned char lo = 0x80, hi = 0xBF; /* bounds of the second byte */
    size_t n;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        n = 2;
    else if (s[0] >= 0xE0 && s[0] <= 0xEF)
        n = 3;
    else if (s[0] >= 0xF0 && s[0] <= 0xF4)
        n = 4;
    else
        return 0;
    if (s[0] == 0xE0)
        lo = 0xA0;
    else if (s[0] == 0xED)
        hi = 0x9F;
    else if (s[0] == 0xF0)
        lo = 0x90;
    else if (s[0] == 0xF4)
        hi = 0x8F;
    if (len < n || s[1] < lo || s[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static void add_escaped(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
        buf_adds(out, "\\\"");
        break;
    case '\\':
        buf_adds(out, "\\\\");
        break;
    case '\b':
        buf_adds(out, "\\b");
        break;
    case '\f':
        buf_adds(out, "\\f");
        break;
    case '\n':
        buf_adds(out, "\\n");
        break;
    case '\r':
        buf_adds(out, "\\r");
        break;
    case '\t':
        buf_adds(out, "\\t");
        break;
    default:
        buf_addf(out, "\\u%04x", c);
    }
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    buf_addch(out, '"');
    for (size_t i = 0; i < len;) {
        size_t n = utf8_sequence(s + i, len - i);
        if (n == 0) {
            buf_adds(out, "\xEF\xBF\xBD"); /* U+FFFD */
            n = 1;
        } else if (s[i] < 0x20 || s[i] == '"' || s[i] == '\\') {
            add_escaped(out, s[i]);
        } else {
            buf_add(out, s + i, n);
        }
        i += n;
    }
    buf_addch(out, '"');
}

void json_key(struct json *j, const char *key)
{
    assert(j->is_object[j->depth] && !j->after_key);
    separate(j);
    add_quoted(j->out, key, strlen(key));
    buf_adds(j->out, j->indent ? ": " : ":");
    j->after_key = true;
}

void json_string(struct json *j, const char *s)
{
    json_string_n(j, s, strlen(s));
}

void json_field(struct json *j, const char *key, const char *s)
{
    json_key(j, key);
    json_string(j, s);
}

void json_string_n(struct json *j, const char *s, size_t len)
{
    before_value(j);
    add_quoted(j->out, s, len);
}

void json_uint(struct json *j, uint64_t n)
{
    before_value(j);
    buf_addf(j->out, "%" PRIu64, n);
}

void json_int(struct json *j, int64_t n)
{
    before_value(j);
    buf_addf(j->out, "%" PRId64, n);
}

void json_number(struct json *j, double n, int digits)
{
    if (!isfinite(n)) {
        json_null(j);
        return;
    }
    before_value(j);
    struct buf *out = j->out;
    size_t start = out->len;
    buf_addf(out, "%.*f", digits, n);
    if (memchr(out->data + start, '.', out->len - start)) {
        while (out->data[out->len - 1] == '0')
            out->len--;
        if (out->data[out->len - 1] == '.')
            out->len--;
    }
    if (out->len - start == 2 && memcmp(out->data + start, "-0", 2) == 0) {
        out->len = start;
        buf_addch(out, '0');
    }
}

void json_bool(struct json *j, bool b)
{
    before_value(j);
    buf_adds(j->out, b ? "true" : "false");
}

void json_null(struct json *j)
{
    before_value(j);
    buf_adds(j->out, "null");
}

void json_raw(struct json *j, const char *value, size_t len)
{
    before_value(j);
    buf_add(j->out, value, len);
}
