/*
 * The head of a response. The client's budget is a few thousand instructions
 * for a whole request, so a head is passed over once, and a line's first
 * letter says whether it can be one of the three fields that frame the
 * message. Everything unusual is left to cold functions, which may look at the
 * head again.
 *
 * Invariant: in->data is the head's first byte, p->line the offset of the first
 * line (with its folds) not yet taken in, and the bytes before p->scanned need
 * not be searched for its end again. So a head that comes byte by byte costs
 * no more than its length.
 */
#include "proto/http1_parser_internal.h"

#include "proto/http1_chars.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* How much of a line that is no status line is waited for, and shown. */
enum { START_SHOWN = 32 };

/* What a step of the head returns when no event has come of it. */
#define GO_ON ((enum http1_event) - 1)

/* Forgets an empty line or an interim response, but for its size. */
static void restart_head(struct http1_parser *p, struct http1_span *in, size_t used)
{
    advance(in, used);
    p->overhead += (uint32_t)used;
    p->state = IN_STATUS;
    p->fields = 0;
    p->left = 0;
    p->line = p->scanned = 0;
}

static cold enum http1_event fail_header_size(struct http1_parser *p, struct err *err)
{
    return http1_fail_too_large(p, "response header", err);
}

/* ---- the start of the status line ---- */

/* A TLS record: an alert, which is how a TLS server answers plain text, or a
 * handshake (RFC 8446 5.1). */
static bool is_tls(struct http1_span s)
{
    return s.len >= 2 && (s.data[0] == 0x15 || s.data[0] == 0x16) && s.data[1] == 3;
}

/* A SETTINGS frame, the first thing an HTTP/2 server says (RFC 9113 3.4): some
 * settings of six bytes each. */
static bool is_http2(struct http1_span s)
{
    return s.len >= 9 && memcmp(s.data, "\0\0", 2) == 0 && s.data[2] % 6 == 0 &&
           memcmp(s.data + 3, "\4\0\0\0\0\0", 6) == 0;
}

/* True if s begins with text, or may still become so. */
static bool agrees(struct http1_span s, const char *text)
{
    size_t n = strlen(text);
    return s.len == 0 || memcmp(s.data, text, s.len < n ? s.len : n) == 0;
}

/* start: the first line, at most START_SHOWN bytes of it. */
static cold enum http1_event fail_start(struct http1_parser *p, struct http1_span start,
                                        struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX];
    http1_quote(quoted, start);
    if (is_tls(start))
        return fail(p, "the server speaks TLS on this port; use https://");
    if (is_http2(start))
        return fail(p, "the server speaks HTTP/2 only; use a port with HTTP/1.1");
    if (!agrees(start, "HTTP/"))
        return fail(p, "not HTTP: starts with %s", quoted);
    if (start.len > 5 && http1_is_digit(start.data[5]) && !agrees(start, "HTTP/1."))
        return fail(p, "unsupported HTTP version: %s", quoted);
    return fail(p, "malformed status line: %s", quoted);
}

static struct http1_span without_line_end(const char *line, const char *lf)
{
    size_t len = (size_t)(lf - line);
    return (struct http1_span){line, len > 0 && line[len - 1] == '\r' ? len - 1 : len};
}

/* Not, or not yet, the start of a status line. It has failed only when there is
 * enough of it for a message that does not depend on how the reads were cut. */
static cold enum http1_event odd_start(struct http1_parser *p, struct http1_span *in,
                                       struct err *err)
{
    struct http1_span start = *in;
    if (start.len > START_SHOWN)
        start.len = START_SHOWN;
    const char *lf = start.len > 0 ? memchr(start.data, '\n', start.len) : NULL;
    bool foreign = is_tls(start) || is_http2(start);
    if (!lf && start.len < START_SHOWN && !foreign) {
        p->scanned = (uint32_t)in->len;
        return HTTP1_MORE;
    }
    if (lf && !foreign) {
        start = without_line_end(start.data, lf);
        if (start.len == 0) {
            restart_head(p, in, (size_t)(lf + 1 - in->data));
            return p->overhead > HTTP1_HEAD_MAX ? fail_header_size(p, err) : GO_ON;
        }
    }
    return fail_start(p, start, err);
}

/* "HTTP/1.1 200" and a space or the line's end. The rest of the line is left to
 * be passed over as a field that does not matter. */
static inline enum http1_event step_status(struct http1_parser *p, struct http1_span *in,
                                           struct err *err)
{
    const char *s = in->data;
    if (unlikely(in->len < 13 || memcmp(s, "HTTP/1.", 7) != 0 || !http1_is_digit(s[7]) ||
                 s[8] != ' ' || s[9] == '0' || !http1_is_digit(s[9]) || !http1_is_digit(s[10]) ||
                 !http1_is_digit(s[11]) || !http1_is_space(s[12])))
        return odd_start(p, in, err);
    p->minor = (uint8_t)(s[7] - '0');
    p->status = (uint16_t)(s[9] * 100 + s[10] * 10 + s[11] - '0' * 111);
    p->state = IN_FIELDS;
    p->scanned = 0;
    return GO_ON;
}

/* ---- the fields that frame the message ---- */

static bool is(struct http1_span s, const char *lower, size_t len)
{
    return http1_span_equal_nocase(s, (struct http1_span){lower, len});
}

#define IS(s, lower) is(s, lower, sizeof(lower) - 1)

/* The next element of a comma-separated list; empty ones do not count. */
static bool next_element(struct http1_span *list, struct http1_span *element)
{
    while (list->len > 0) {
        const char *comma = memchr(list->data, ',', list->len);
        size_t len = comma ? (size_t)(comma - list->data) : list->len;
        *element = http1_trim((struct http1_span){list->data, len});
        advance(list, comma ? len + 1 : len);
        if (element->len > 0)
            return true;
    }
    return false;
}

/* False if s is no decimal number that fits into an int64_t. */
static bool parse_length(struct http1_span s, uint64_t *length)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (!http1_is_digit(s.data[i]) || n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *length = n;
    return s.len > 0;
}

/* Also a list of equal values (RFC 9112 6.3). Judged at the end of the head: it
 * does not count where Transfer-Encoding or the status decides. */
static void take_length(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    uint64_t length;
    size_t elements = 0;
    while (next_element(&value, &element)) {
        elements++;
        if (!parse_length(element, &length))
            p->fields |= SAID_BAD_LENGTH;
        else if ((p->fields & SAID_LENGTH) && p->left != length)
            p->fields |= SAID_OTHER_LENGTH;
        else
            p->left = length, p->fields |= SAID_LENGTH;
    }
    if (elements == 0)
        p->fields |= SAID_BAD_LENGTH;
}

static void take_coding(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    while (next_element(&value, &element)) {
        p->fields |= SAID_CODING;
        if (IS(element, "chunked"))
            p->fields |= SAID_CHUNKED;
        else
            p->fields &= (uint8_t)~SAID_CHUNKED;
    }
}

static void take_connection(struct http1_parser *p, struct http1_span value)
{
    struct http1_span element;
    while (next_element(&value, &element)) {
        if (IS(element, "close"))
            p->fields |= SAID_CLOSE;
        else if (IS(element, "keep-alive"))
            p->fields |= SAID_KEEP_ALIVE;
    }
}

/* A field that is not written as almost everybody writes it. */
static cold void take_odd_field(struct http1_parser *p, struct http1_span line)
{
    struct http1_header field;
    if (!http1_header_next(&line, &field))
        return;
    if (IS(field.name, "content-length"))
        take_length(p, field.value);
    else if (IS(field.name, "transfer-encoding"))
        take_coding(p, field.value);
    else if (IS(field.name, "connection"))
        take_connection(p, field.value);
}

/* "Content-Length: 45": false if it is anything more than that. */
static inline bool take_plain_length(struct http1_parser *p, const char *s, const char *lf)
{
    uint64_t n = 0;
    s += *s == ' ';
    const char *digit = s;
    while (http1_is_digit(*digit))
        n = n * 10 + (uint64_t)(*digit++ - '0');
    size_t digits = (size_t)(digit - s);
    if (digits == 0 || digits > 18 || (p->fields & SAID_LENGTH) ||
        (digit != lf && !(*digit == '\r' && digit + 1 == lf)))
        return false;
    p->left = n;
    p->fields |= SAID_LENGTH;
    return true;
}

/* "Connection: keep-alive": false if it is anything else. */
static inline bool take_plain_connection(struct http1_parser *p, const char *s, const char *lf)
{
    s += *s == ' ';
    size_t len = (size_t)(lf - s);
    len -= len > 0 && s[len - 1] == '\r';
    if (len != 10 || !http1_is_word(s, "keep-ali") || !http1_is_word(s + 2, "ep-alive"))
        return false;
    p->fields |= SAID_KEEP_ALIVE;
    return true;
}

/* line..lf: a field with everything folded under it, its first letter a C or
 * T. The names are compared as overlapping words, the colon with them. */
static inline void take_field(struct http1_parser *p, const char *line, const char *lf)
{
    size_t len = (size_t)(lf - line);
    if (len < 11)
        return;
    if (http1_is_word(line, "content-")) {
        if ((line[8] | 0x20) != 'l')
            return;
        if (len > 15 && http1_is_word(line + 7, "-length:") && take_plain_length(p, line + 15, lf))
            return;
    } else if (http1_is_word(line, "connecti")) {
        if (http1_is_word(line + 3, "nection:") && take_plain_connection(p, line + 11, lf))
            return;
    } else if (!http1_is_word(line, "transfer")) {
        return;
    }
    take_odd_field(p, (struct http1_span){line, len});
}

/* ---- the end of the head ---- */

/* Looks the culprit up again, so that the message can show it. */
static cold enum http1_event fail_length(struct http1_parser *p, struct http1_span head,
                                         struct err *err)
{
    if (!(p->fields & SAID_BAD_LENGTH))
        return fail(p, "several Content-Length fields with different values");

    char quoted[HTTP1_QUOTE_MAX];
    struct http1_span element = {NULL, 0};
    struct http1_header field;
    uint64_t length;
    while (http1_header_next(&head, &field)) {
        if (!IS(field.name, "content-length"))
            continue;
        element = field.value; /* may be empty */
        while (next_element(&field.value, &element) && parse_length(element, &length))
            ;
        if (!parse_length(element, &length))
            break;
    }
    size_t digits = 0;
    while (digits < element.len && http1_is_digit(element.data[digits]))
        digits++;
    return fail(p, "Content-Length is %s: %s",
                digits > 0 && digits == element.len ? "too large" : "not a number",
                http1_quote(quoted, element));
}

/* head is complete: how long is the body, and may the connection stay? */
static enum http1_event finish_head(struct http1_parser *p, struct http1_span head, struct err *err)
{
    unsigned said = p->fields;
    p->keep_alive = !(said & SAID_CLOSE) && (p->minor > 0 || (said & SAID_KEEP_ALIVE));
    p->state = IN_LENGTH;
    p->overhead = 0;
    if (p->head_request || p->status == 204 || p->status == 304) {
        p->framing = HTTP1_FRAMING_NONE;
        p->left = 0;
    } else if (said & SAID_CODING) {
        p->framing = said & SAID_CHUNKED ? HTTP1_FRAMING_CHUNKED : HTTP1_FRAMING_CLOSE;
        p->state = said & SAID_CHUNKED ? CHUNK_START : UNTIL_CLOSE;
        p->left = 0;
        /* A proxy may not have understood it: RFC 9112 6.1. */
        if (p->minor == 0)
            p->keep_alive = false;
    } else if (unlikely(said & (SAID_BAD_LENGTH | SAID_OTHER_LENGTH))) {
        return fail_length(p, head, err);
    } else if (said & SAID_LENGTH) {
        p->framing = HTTP1_FRAMING_LENGTH;
    } else {
        p->framing = HTTP1_FRAMING_CLOSE;
        p->state = UNTIL_CLOSE;
    }
    if (p->framing == HTTP1_FRAMING_CLOSE)
        p->keep_alive = false;
    return HTTP1_HEAD;
}

/* ---- the lines of the head ---- */

/* The line ends in the n (at most 64) bytes at s: bit i is s[i]. */
static inline uint64_t line_ends_in(const char *s, size_t n)
{
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++)
        found |= (uint64_t)(s[i] == '\n') << i;
    return found;
}

#ifdef __SSE2__
static inline uint64_t line_ends_in_16(const char *s)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)s);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}
#endif

static inline uint64_t line_ends_in_64(const char *s)
{
#ifdef __SSE2__
    return line_ends_in_16(s) | line_ends_in_16(s + 16) << 16 | line_ends_in_16(s + 32) << 32 |
           line_ends_in_16(s + 48) << 48;
#else
    return line_ends_in(s, 64);
#endif
}

/* What a line may be, by its first character. */
enum { LINE_FRAMING = 1, LINE_EMPTY };

static const uint8_t line_class[256] = {
    ['C'] = LINE_FRAMING, ['c'] = LINE_FRAMING, /* Content-Length, Connection */
    ['T'] = LINE_FRAMING, ['t'] = LINE_FRAMING, /* Transfer-Encoding */
    ['\r'] = LINE_EMPTY,  ['\n'] = LINE_EMPTY,
};

/* The head goes on: the end of the line at `line` is not before `scanned`. */
static enum http1_event more_head(struct http1_parser *p, const struct http1_span *in,
                                  const char *line, const char *scanned, struct err *err)
{
    if (in->len > HTTP1_HEAD_MAX - p->overhead)
        return fail_header_size(p, err);
    p->line = (uint32_t)(line - in->data);
    p->scanned = (uint32_t)(scanned - in->data);
    return HTTP1_MORE;
}

/* The head ends before `end`. */
static inline enum http1_event end_head(struct http1_parser *p, struct http1_span *in,
                                        const char *end, struct http1_span *part, struct err *err)
{
    *part = (struct http1_span){in->data, (size_t)(end - in->data)};
    if (unlikely(part->len > HTTP1_HEAD_MAX - p->overhead))
        return fail_header_size(p, err);
    if (unlikely(p->status < 200)) {
        if (p->status == 101)
            return fail(p, "the server answered 101 (switching protocols); nobody asked for it");
        restart_head(p, in, part->len);
        return GO_ON;
    }
    advance(in, part->len);
    return finish_head(p, *part, err);
}

/* All lines up to the empty one. They are short, and calls of memchr for each
 * would cost more than the search: the ends in 64 bytes are found at once. */
static inline enum http1_event step_fields(struct http1_parser *p, struct http1_span *in,
                                           struct http1_span *part, struct err *err)
{
    const char *end = in->data + in->len;
    const char *line = in->data + p->line;
    const char *at = in->data + p->scanned;
    const size_t size = in->len;
    while (at < end) {
        const char *base = at;
        size_t left = (size_t)(end - at);
        uint64_t found;
        if (likely(left >= 64))
            found = line_ends_in_64(at);
        else if (likely(size >= 64)) /* read backwards from the end */
            found = line_ends_in_64(end - 64) >> (64 - left);
        else
            found = line_ends_in(at, left);
        at = left >= 64 ? at + 64 : end;

        for (; found != 0; found &= found - 1) {
            const char *lf = base + __builtin_ctzll(found);
            uint8_t class = line_class[(unsigned char)*line];
            if (class == LINE_FRAMING) {
                /* A fold may follow: it takes the next byte to know. */
                if (unlikely(lf + 1 == end))
                    return more_head(p, in, line, lf, err);
                if (unlikely(http1_is_blank(lf[1])))
                    continue;
                take_field(p, line, lf);
            } else if (class == LINE_EMPTY && (lf == line || lf == line + 1)) {
                return end_head(p, in, lf + 1, part, err);
            }
            line = lf + 1;
        }
    }
    return more_head(p, in, line, end, err);
}

enum http1_event http1_head_next(struct http1_parser *p, struct http1_span *in,
                                 struct http1_span *part, struct err *err)
{
    enum http1_event event = GO_ON;
    while (event == GO_ON)
        event = p->state == IN_STATUS ? step_status(p, in, err) : step_fields(p, in, part, err);
    return event;
}

bool http1_head_is_foreign(struct http1_parser *p, struct http1_span kept, struct err *err)
{
    if (p->state != IN_STATUS || agrees(kept, "HTTP/"))
        return false;
    if (kept.len > START_SHOWN)
        kept.len = START_SHOWN;
    fail_start(p, kept, err);
    return true;
}
