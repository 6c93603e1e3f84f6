/* Requests out of a run of bytes; see http1_split.h. */
#include "proto/http1_split.h"

#include "proto/http1_chars.h"

#include <stdint.h>

/* How the body behind a head is delimited. */
struct framing {
    bool has_length, chunked;
    uint64_t length;
};

static int refuse(struct err *err, const char *what, struct http1_span bytes)
{
    char quoted[HTTP1_QUOTE_MAX];
    return err_set(err, ERR_CONFIG, "%s %s", what, http1_quote(quoted, bytes));
}

/* The next line without its end; false, and rest as it was, when it has none. */
static bool take_line(struct http1_span *rest, struct http1_span *line)
{
    const char *lf = memchr(rest->data, '\n', rest->len);
    if (lf == NULL)
        return false;
    size_t len = (size_t)(lf - rest->data);
    *line = (struct http1_span){rest->data, len > 0 && lf[-1] == '\r' ? len - 1 : len};
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}

/* "METHOD TARGET HTTP/1.x" */
static int take_request_line(struct http1_span *rest, struct http1_piece *piece, struct err *err)
{
    static const char version[] = "HTTP/1.";
    enum { VERSION = sizeof(version) - 1 };
    struct http1_span line;
    if (!take_line(rest, &line))
        return refuse(err, "no line end follows the request line", *rest);
    size_t method = 0;
    while (method < line.len && http1_is_token(line.data[method]))
        method++;
    if (method == 0 || method == line.len || line.data[method] != ' ')
        return refuse(err, "no request line (METHOD TARGET HTTP/1.1):", line);
    size_t end = line.len;
    while (end > method && line.data[end - 1] != ' ')
        end--;
    if (line.len - end != VERSION + 1 || memcmp(line.data + end, version, VERSION) != 0 ||
        !http1_is_digit(line.data[line.len - 1]))
        return refuse(err, "the request line does not end in HTTP/1.1:", line);
    if (end < method + 3)
        return refuse(err, "the request line has no target:", line);
    piece->method = (struct http1_span){line.data, method};
    piece->target = (struct http1_span){line.data + method + 1, end - method - 2};
    if (memchr(piece->target.data, ' ', piece->target.len) != NULL)
        return refuse(err, "a space in the request's target:", piece->target);
    piece->head_request = method == 4 && memcmp(line.data, "HEAD", 4) == 0;
    return 0;
}

static int take_length(struct framing *f, struct http1_span value, struct err *err)
{
    uint64_t length = 0;
    size_t i = 0;
    for (; i < value.len && i < 18 && http1_is_digit(value.data[i]); i++)
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    if (i == 0 || i < value.len)
        return refuse(err, "Content-Length is no number:", value);
    if (f->has_length && f->length != length)
        return err_set(err, ERR_CONFIG, "two Content-Length headers that differ");
    f->has_length = true;
    f->length = length;
    return 0;
}

/* The two fields that say how long the body is; all others only need a colon. */
static int take_field(struct framing *f, struct http1_span line, struct err *err)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL || colon == line.data)
        return refuse(err, "a header line without a colon:", line);
    size_t name = (size_t)(colon - line.data);
    struct http1_span value = {colon + 1, line.len - name - 1};
    if (name == 14 && http1_is_word(line.data, "content-") &&
        http1_is_word(line.data + 6, "t-length"))
        return take_length(f, http1_trim(value), err);
    if (name == 17 && http1_is_word(line.data, "transfer") &&
        http1_is_word(line.data + 9, "encoding")) {
        value = http1_trim(value);
        f->chunked = value.len >= 7 &&
                     http1_span_equal_nocase((struct http1_span){value.data + value.len - 7, 7},
                                             http1_span("chunked"));
    }
    return 0;
}

static int hex_digit(char c)
{
    if (http1_is_digit(c))
        return c - '0';
    c = http1_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_chunks(struct http1_span *rest, struct err *err)
{
    struct http1_span line;
    for (;;) {
        uint64_t size = 0;
        size_t i = 0;
        if (!take_line(rest, &line))
            return err_set(err, ERR_CONFIG, "the chunked body has no last chunk");
        for (; i < line.len && i < 15 && hex_digit(line.data[i]) >= 0; i++)
            size = size << 4 | (uint64_t)hex_digit(line.data[i]);
        if (i == 0 || (i < line.len && line.data[i] != ';' && !http1_is_blank(line.data[i])))
            return refuse(err, "a chunk's size is no hexadecimal number:", line);
        if (size == 0)
            break;
        if (size > rest->len)
            return err_set(err, ERR_CONFIG, "the last of the chunks is cut off");
        rest->data += size;
        rest->len -= size;
        if (!take_line(rest, &line) || line.len > 0)
            return err_set(err, ERR_CONFIG, "a chunk is longer than its size says");
    }
    do { /* trailers */
        if (!take_line(rest, &line))
            return err_set(err, ERR_CONFIG, "no empty line ends the chunked body");
    } while (line.len > 0);
    return 0;
}

static int take_request(struct http1_span *rest, struct http1_piece *piece, struct err *err)
{
    struct framing framing = {0};
    struct http1_span line;
    if (take_request_line(rest, piece, err) < 0)
        return -1;
    for (;;) {
        if (!take_line(rest, &line))
            return err_set(err, ERR_CONFIG, "no empty line ends the request's header");
        if (line.len == 0)
            break;
        if (take_field(&framing, line, err) < 0)
            return -1;
    }
    if (framing.chunked)
        return take_chunks(rest, err);
    if (framing.length > rest->len)
        return err_set(err, ERR_CONFIG, "Content-Length says %llu, but %zu bytes of body follow",
                       (unsigned long long)framing.length, rest->len);
    rest->data += framing.length;
    rest->len -= framing.length;
    return 0;
}

int http1_split_next(struct http1_span *rest, struct http1_piece *piece, struct err *err)
{
    while (rest->len > 0 && (rest->data[0] == '\r' || rest->data[0] == '\n'))
        rest->data++, rest->len--;
    if (rest->len == 0)
        return 0;
    const struct http1_span begin = *rest;
    if (take_request(rest, piece, err) < 0) {
        *rest = begin;
        return -1;
    }
    piece->bytes = (struct http1_span){begin.data, begin.len - rest->len};
    return 1;
}
