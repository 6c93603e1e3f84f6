/*
 * The request builder. The usual request, a GET with nothing of its own, is
 * three copies: method, target, and the tail that every request to the host
 * shares.
 */
#include "proto/http1_request.h"

#include "base/mem.h"
#include "proto/http1_chars.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char version[] = " HTTP/1.1\r\n";

/* ---- checks ---- */

#define ONES (UINT64_MAX / 255)

/* Sets the top bit of some byte if any byte is below min (at most 128).
 * (Anderson, "Bit Twiddling Hacks": hasless, hasmore.) */
static inline uint64_t bytes_below(uint64_t word, unsigned min)
{
    return (word - ONES * min) & ~word & ONES * 128;
}

static inline uint64_t bytes_above_tilde(uint64_t word)
{
    return ((word + ONES) | word) & ONES * 128;
}

/* Eight bytes of s; the last ones when fewer are left (s.len is at least 8). */
static inline uint64_t word_at(struct http1_span s, size_t at)
{
    uint64_t word;
    memcpy(&word, s.data + (at + 8 <= s.len ? at : s.len - 8), 8);
    return word;
}

/* Eight bytes at a time: targets and values are checked for every request. */
static inline bool is_visible(struct http1_span s)
{
    uint64_t bad = 0;
    if (s.len < 8) {
        for (size_t i = 0; i < s.len; i++)
            bad |= s.data[i] <= ' ' || s.data[i] > '~';
        return !bad;
    }
    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t word = word_at(s, at);
        bad |= bytes_below(word, '!') | bytes_above_tilde(word);
    }
    return !bad;
}

/* False if s may hold a CR, LF or NUL: if there is any control character. */
static inline bool has_no_control(struct http1_span s)
{
    uint64_t bad = 0;
    if (s.len < 8) {
        for (size_t i = 0; i < s.len; i++)
            bad |= (unsigned char)s.data[i] < ' ';
        return !bad;
    }
    for (size_t at = 0; at < s.len; at += 8)
        bad |= bytes_below(word_at(s, at), ' ');
    return !bad;
}

static bool is_token(struct http1_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!http1_is_token(s.data[i]))
            return false;
    }
    return s.len > 0;
}

static int check_method(struct http1_span method, struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX];
    if (!is_token(method))
        return err_set(err, ERR_CONFIG, "bad method %s: write a word such as GET",
                       http1_quote(quoted, method));
    if (method.len == 7 && memcmp(method.data, "CONNECT", 7) == 0)
        return err_set(err, ERR_CONFIG, "the method CONNECT is for proxies and not supported");
    return 0;
}

static __attribute__((cold)) int fail_target(struct http1_span target, struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX];
    http1_quote(quoted, target);
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= ' ' || c > '~') {
            char shown[HTTP1_QUOTE_MAX];
            return err_set(err, ERR_CONFIG,
                           "bad request target %s: %s may not stand in it; write %%%02X", quoted,
                           http1_quote(shown, (struct http1_span){target.data + i, 1}), c);
        }
    }
    return err_set(err, ERR_CONFIG, "bad request target %s: it must begin with \"/\"", quoted);
}

static int check_target(struct http1_span target, struct err *err)
{
    if (target.len == 0 || !is_visible(target))
        return fail_target(target, err);
    if (target.data[0] != '/' && !(target.len == 1 && target.data[0] == '*') &&
        (target.len < 7 || memcmp(target.data, "http://", 7) != 0))
        return fail_target(target, err);
    return 0;
}

static int check_header(const struct http1_header *h, struct err *err)
{
    char quoted[HTTP1_QUOTE_MAX], shown[HTTP1_QUOTE_MAX];
    if (h->name.len == 0)
        return err_set(err, ERR_CONFIG, "a header has no name (its value is %s)",
                       http1_quote(quoted, h->value));
    for (size_t i = 0; i < h->name.len; i++) {
        if (!http1_is_token(h->name.data[i]))
            return err_set(err, ERR_CONFIG, "bad header name %s: %s may not stand in it",
                           http1_quote(quoted, h->name),
                           http1_quote(shown, (struct http1_span){h->name.data + i, 1}));
    }
    if (has_no_control(h->value))
        return 0;
    for (size_t i = 0; i < h->value.len; i++) {
        char c = h->value.data[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return err_set(err, ERR_CONFIG, "bad value of the header %.*s: %s may not stand in it",
                           h->name.len < 80 ? (int)h->name.len : 80, h->name.data,
                           http1_quote(shown, (struct http1_span){&c, 1}));
    }
    return 0;
}

/* ---- the shared part ---- */

/* Which bit of `names` a name sets: by its length and first letter. */
static uint64_t name_bit(struct http1_span name)
{
    return UINT64_C(1) << ((name.len * 7 + (unsigned char)(name.data[0] | 0x20)) & 63);
}

static bool named(struct http1_span name, const char *wanted)
{
    return http1_span_equal_nocase(name, http1_span(wanted));
}

static bool is_framing(struct http1_span name)
{
    return named(name, "content-length") || named(name, "transfer-encoding");
}

static bool is_among(struct http1_span name, const struct http1_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (http1_span_equal_nocase(name, headers[i].name))
            return true;
    }
    return false;
}

static void add_field(struct buf *out, struct http1_span name, struct http1_span value)
{
    char *to = buf_reserve(out, name.len + value.len + 4);
    memcpy(to, name.data, name.len);
    to += name.len;
    *to++ = ':';
    *to++ = ' ';
    if (value.len > 0)
        memcpy(to, value.data, value.len);
    to += value.len;
    *to++ = '\r';
    *to++ = '\n';
    out->len = (size_t)(to - out->data);
}

static void add_default(struct http1_defaults *d, struct http1_span name, struct http1_span value)
{
    add_field(&d->tail, name, value);
    d->names |= name_bit(name);
    d->framed |= is_framing(name);
}

int http1_defaults_init(struct http1_defaults *d, const char *authority,
                        const struct http1_header *headers, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (check_header(&headers[i], err) < 0)
            return -1;
    }
    struct http1_header host = {http1_span("Host"), http1_span(authority)};
    struct http1_header agent = {http1_span("User-Agent"), http1_span("inrush/" INRUSH_VERSION)};
    if (check_header(&host, err) < 0)
        return -1;

    *d = (struct http1_defaults){.tail = BUF_INIT};
    buf_adds(&d->tail, version);
    if (!is_among(host.name, headers, count))
        add_default(d, host.name, host.value);
    for (size_t i = 0; i < count; i++)
        add_default(d, headers[i].name, headers[i].value);
    if (!is_among(agent.name, headers, count))
        add_default(d, agent.name, agent.value);
    buf_adds(&d->tail, "\r\n");
    return 0;
}

void http1_defaults_release(struct http1_defaults *d)
{
    buf_release(&d->tail);
}

/* ---- one request ---- */

/* Method and target: what stands before the tail. */
static char *put_start(char *to, const struct http1_request *req)
{
    memcpy(to, req->method.data, req->method.len);
    to += req->method.len;
    *to++ = ' ';
    memcpy(to, req->target.data, req->target.len);
    return to + req->target.len;
}

/* The defaults, without those that the request's own headers replace, and
 * without the empty line. */
static void add_defaults(struct buf *out, const struct http1_defaults *d,
                         const struct http1_request *req, bool replaced)
{
    if (!replaced) {
        buf_add(out, d->tail.data, d->tail.len - 2);
        return;
    }
    buf_add(out, version, sizeof(version) - 1);
    struct http1_span rest = {d->tail.data + sizeof(version) - 1,
                              d->tail.len - (sizeof(version) - 1)};
    struct http1_header field;
    while (http1_header_next(&rest, &field)) {
        if (!is_among(field.name, req->headers, req->header_count))
            add_field(out, field.name, field.value);
    }
}

/* POST, PUT and PATCH announce a body even when it is empty (RFC 9110 8.6). */
static bool expects_body(struct http1_span method)
{
    return (method.len == 4 && memcmp(method.data, "POST", 4) == 0) ||
           (method.len == 3 && memcmp(method.data, "PUT", 3) == 0) ||
           (method.len == 5 && memcmp(method.data, "PATCH", 5) == 0);
}

static void add_content_length(struct buf *out, size_t n)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    struct http1_span value = {first, (size_t)(digits + sizeof(digits) - first)};
    add_field(out, (struct http1_span){"Content-Length", 14}, value);
}

/* The request with headers of its own, or a body. */
static int add_with_fields(struct buf *out, const struct http1_defaults *d,
                           const struct http1_request *req, struct err *err)
{
    uint64_t names = 0;
    bool framed = d->framed;
    for (size_t i = 0; i < req->header_count; i++) {
        const struct http1_header *h = &req->headers[i];
        if (check_header(h, err) < 0)
            return -1;
        names |= name_bit(h->name);
        framed |= is_framing(h->name);
    }

    char *to = buf_reserve(out, req->method.len + 1 + req->target.len);
    out->len = (size_t)(put_start(to, req) - out->data);
    add_defaults(out, d, req, (names & d->names) != 0);
    for (size_t i = 0; i < req->header_count; i++)
        add_field(out, req->headers[i].name, req->headers[i].value);
    if (!framed && (req->has_body || expects_body(req->method)))
        add_content_length(out, req->body.len);
    buf_add(out, "\r\n", 2);
    buf_add(out, req->body.data, req->body.len);
    return 0;
}

int http1_request_add(struct buf *out, const struct http1_defaults *d,
                      const struct http1_request *req, struct err *err)
{
    if (check_method(req->method, err) < 0 || check_target(req->target, err) < 0)
        return -1;
    if (req->header_count > 0 || req->has_body || expects_body(req->method))
        return add_with_fields(out, d, req, err);

    size_t size = req->method.len + 1 + req->target.len + d->tail.len;
    char *to = out->cap - out->len >= size ? out->data + out->len : buf_reserve(out, size);
    to = put_start(to, req);
    memcpy(to, d->tail.data, d->tail.len);
    out->len += size;
    return 0;
}
