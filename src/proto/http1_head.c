/*
 * The head of a response, line by line. The client's budget is a few thousand
 * instructions for a whole request, so a head is passed over once, and a line's
 * first letter says whether it can be one of the fields that frame the message
 * (http1_framing.h). Everything unusual is left to cold functions, which may
 * look at the head again.
 *
 * Invariant: in->data is the head's first byte, p->line the offset of the first
 * line (with its folds) not yet taken in, and the bytes before p->scanned need
 * not be searched for its end again. So a head that comes byte by byte costs
 * no more than its length.
 */
#include "proto/http1_chars.h"
#include "proto/http1_framing.h"
#include "proto/http1_parser_internal.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
    if (start.len > HTTP1_START_SHOWN)
        start.len = HTTP1_START_SHOWN;
    const char *lf = start.len > 0 ? memchr(start.data, '\n', start.len) : NULL;
    bool foreign = http1_foreign_known(start);
    if (!lf && start.len < HTTP1_START_SHOWN && !foreign) {
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
    return http1_foreign_fail(p, start, err);
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
    return http1_framing_decide(p, *part, err);
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
                http1_framing_take(p, line, lf);
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
