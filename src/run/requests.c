/*
 * From the words of the command line to requests; see requests.h.
 *
 * The request builder checks and lays out plain text only. So every template
 * in URL and headers first becomes a mark, a word that occurs nowhere in the
 * request; the marked request is built, and then cut at the marks.
 */
#include "run/requests.h"

#include "base/caret.h"
#include "base/mem.h"
#include "base/units.h"
#include "net/endpoint.h"
#include "script/http_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_MAX = 24 };

/* What requests_add works with, released together. */
struct building {
    struct requests *to;
    const struct request_parts *parts;
    struct err *err;
    struct template *fields; /* of URL and headers, in the order of the request */
    struct template *body;   /* NULL: it is fixed, or there is none */
    struct buf url;          /* marked, NUL-terminated */
    VEC(struct http1_header) headers;
    VEC(char *) texts; /* owned: marked values of headers */
    char mark[MARK_MAX];
};

/* --- templates and marks -------------------------------------------------------- */

/* A word that neither the URL nor a header has. */
static void choose_mark(struct building *b)
{
    const struct request_parts *parts = b->parts;
    struct buf all = BUF_INIT;
    buf_adds(&all, parts->url);
    for (size_t i = 0; i < parts->headers_len; i++) {
        buf_addch(&all, '\n');
        buf_add(&all, parts->headers[i].value.data, parts->headers[i].value.len);
    }
    const char *text = buf_cstr(&all);
    for (unsigned n = 0;; n++) {
        snprintf(b->mark, sizeof(b->mark), "~%u~", n);
        if (!strstr(text, b->mark))
            break;
    }
    buf_release(&all);
}

/* Compiles a text, appends it marked to out, and its fields to b->fields. */
static int add_marked(struct building *b, struct buf *out, const char *what, const char *text,
                      size_t len, enum template_escape escape)
{
    struct template *t = template_compile(b->to->files, what, text, len, escape, b->err);
    if (!t)
        return -1;
    template_mark(t, b->mark, out);
    template_add(b->fields, t);
    template_free(t);
    return 0;
}

static const char *skip_scheme(const char *url)
{
    const char *slashes = strstr(url, "://");
    return slashes && strcspn(url, "/?#{") > (size_t)(slashes - url) ? slashes + 3 : url;
}

/* The target in a URL as it was written. */
static const char *target_of(const char *url)
{
    if (url_is_unix(url)) {
        const char *path = strchr(url, ':') + 1, *target = strstr(path, ":/");
        return target ? target + 1 : "";
    }
    const char *authority = skip_scheme(url);
    return authority + strcspn(authority, "/?#");
}

static int mark_url(struct building *b, struct url *url)
{
    const struct request_parts *parts = b->parts;
    const char *text = parts->url, *open = strstr(text, "{{");
    size_t len = strlen(text);
    if (open && open < target_of(text)) {
        caret_error(b->err, parts->what, text, len, (size_t)(open - text),
                    "a template may stand in the path and the query, not before them");
        return -1;
    }
    if (add_marked(b, &b->url, parts->what, text, len, TEMPLATE_URL) < 0 ||
        url_parse(url, buf_cstr(&b->url), b->err) < 0)
        return -1;
    if (http_hosts_check(url, text, b->err) == 0)
        return 0;
    url_release(url);
    return -1;
}

static int mark_headers(struct building *b)
{
    const struct request_parts *parts = b->parts;
    for (size_t i = 0; i < parts->headers_len; i++) {
        struct http1_header header = parts->headers[i];
        char what[96];
        snprintf(what, sizeof(what), "header %.*s",
                 header.name.len < 80 ? (int)header.name.len : 80, header.name.data);
        struct buf value = BUF_INIT;
        int rc = add_marked(b, &value, what, header.value.data, header.value.len, TEMPLATE_HEADER);
        header.value.len = value.len;
        header.value.data = buf_detach(&value);
        vec_push(&b->texts, (char *)header.value.data);
        vec_push(&b->headers, header);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int compile_body(struct building *b)
{
    const struct request_parts *parts = b->parts;
    if (!parts->body || parts->body_fixed)
        return 0;
    b->body = template_compile(b->to->files, "body", parts->body, parts->body_len,
                               parts->body_escape, b->err);
    return b->body ? 0 : -1;
}

/* --- laying out -------------------------------------------------------------------- */

static bool is_framed(const struct building *b)
{
    for (size_t i = 0; i < b->headers.len; i++) {
        struct http1_span name = b->headers.items[i].name;
        if (http1_span_equal_nocase(name, http1_span("content-length")) ||
            http1_span_equal_nocase(name, http1_span("transfer-encoding")))
            return true;
    }
    return false;
}

static void add_header(struct building *b, const char *name, const char *value)
{
    struct http1_header header = {http1_span(name), http1_span(value)};
    vec_push(&b->headers, header);
}

static int lay_out(struct building *b, const struct url *url, struct buf *out)
{
    char *credentials = http_hosts_credentials(url, b->headers.items, b->headers.len);
    if (credentials)
        add_header(b, "Authorization", credentials);
    bool measured = b->body && template_fields(b->body) > 0;
    if (measured && !is_framed(b)) {
        add_header(b, "Content-Length", b->mark);
        template_add_body_length(b->fields);
    }
    struct http1_request request = {
        .method = http1_span(b->parts->method),
        .target = http1_span(url->target),
    };
    struct buf text = BUF_INIT; /* of a template without fields: {{"text"}} only */
    if (b->body && !measured) {
        template_mark(b->body, "", &text);
        request.body = (struct http1_span){text.data, text.len};
        request.has_body = true;
    } else if (b->parts->body && !b->body) {
        request.body = (struct http1_span){b->parts->body, b->parts->body_len};
        request.has_body = true;
    }
    char *authority = url_authority(url);
    struct http1_defaults defaults;
    int rc = http1_defaults_init(&defaults, authority, b->headers.items, b->headers.len, b->err);
    if (rc == 0) {
        rc = http1_request_add(out, &defaults, &request, b->err);
        http1_defaults_release(&defaults);
    }
    free(authority);
    free(credentials);
    buf_release(&text);
    return rc;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The origin's index; url becomes the list's, or is released. */
static uint32_t take_origin(struct requests *r, struct url *url)
{
    for (size_t i = 0; i < r->origins.len; i++) {
        const struct url *known = &r->origins.items[i];
        if (same_text(known->scheme, url->scheme) && same_text(known->host, url->host) &&
            known->port == url->port && same_text(known->unix_path, url->unix_path)) {
            url_release(url);
            return (uint32_t)i;
        }
    }
    vec_push(&r->origins, *url);
    return (uint32_t)(r->origins.len - 1);
}

static void keep(struct building *b, struct url *url, struct buf *laid_out)
{
    struct request *made = vec_add(&b->to->items);
    made->method = xstrdup(b->parts->method);
    const char *target = target_of(b->parts->url);
    made->name = xasprintf("%s%.*s", *target == '/' ? "" : "/",
                           (int)template_text_span(target, "#"), target);
    made->head_request = strcmp(made->method, "HEAD") == 0;
    made->origin = take_origin(b->to, url);
    bool measured = b->body && template_fields(b->body) > 0;
    if (template_fields(b->fields) > 0 || measured) {
        made->head = template_new();
        template_cut(made->head, laid_out->data, laid_out->len, b->mark, b->fields);
        made->body = measured ? b->body : NULL;
        b->body = measured ? NULL : b->body;
        b->to->templated = true;
    } else {
        made->len = laid_out->len;
        made->bytes = buf_detach(laid_out);
    }
}

/* Templates of a fragment are not sent, and of what was dropped nothing is left to cut. */
static int check_fragment(struct building *b, const struct url *url)
{
    const char *text = b->parts->url, *marked = buf_cstr(&b->url);
    size_t all = 0, sent = 0;
    for (const char *at = marked; (at = strstr(at, b->mark)); at++)
        all++;
    for (const char *at = url->target; (at = strstr(at, b->mark)); at++)
        sent++;
    if (all == sent)
        return 0;
    return caret_error(b->err, b->parts->what, text, strlen(text), strlen(text),
                       "the part behind \"#\" is not sent; leave its template out");
}

int requests_add(struct requests *r, const struct request_parts *parts, struct err *err)
{
    struct building b = {.to = r, .parts = parts, .err = err, .fields = template_new()};
    struct buf laid_out = BUF_INIT;
    struct url url = {0};
    choose_mark(&b);
    int rc = mark_url(&b, &url);
    if (rc == 0) {
        if (check_fragment(&b, &url) < 0 || mark_headers(&b) < 0 || compile_body(&b) < 0 ||
            lay_out(&b, &url, &laid_out) < 0) {
            url_release(&url);
            rc = -1;
        } else {
            keep(&b, &url, &laid_out);
        }
    }
    for (size_t i = 0; i < b.texts.len; i++)
        free(b.texts.items[i]);
    vec_release(&b.texts);
    vec_release(&b.headers);
    buf_release(&b.url);
    buf_release(&laid_out);
    template_free(b.fields);
    template_free(b.body);
    return rc;
}

void requests_init(struct requests *r)
{
    *r = (struct requests){.files = template_files_new()};
}

void requests_release(struct requests *r)
{
    for (size_t i = 0; i < r->items.len; i++) {
        struct request *request = &r->items.items[i];
        template_free(request->head);
        template_free(request->body);
        free(request->bytes);
        free(request->method);
        free(request->name);
    }
    for (size_t i = 0; i < r->origins.len; i++)
        url_release(&r->origins.items[i]);
    vec_release(&r->items);
    vec_release(&r->origins);
    template_files_free(r->files);
}

/* --- names ---------------------------------------------------------------------------- */

static size_t path_len(const char *name)
{
    return template_text_span(name, "?");
}

/* Whether another request differs from this one only behind its path. */
static bool needs_query(const struct requests *r, const struct request *one)
{
    size_t len = path_len(one->name);
    for (size_t i = 0; i < r->items.len; i++) {
        const struct request *other = &r->items.items[i];
        if (other->origin == one->origin && strcmp(other->method, one->method) == 0 &&
            path_len(other->name) == len && memcmp(other->name, one->name, len) == 0 &&
            strcmp(other->name, one->name) != 0)
            return true;
    }
    return false;
}

void requests_name(struct requests *r, struct catalog *catalog)
{
    bool many = r->items.len > REQUESTS_SERIES_MAX;
    for (size_t i = 0; i < r->items.len; i++) {
        struct request *request = &r->items.items[i];
        const struct url *origin = &r->origins.items[request->origin];
        struct buf name = BUF_INIT;
        if (many || r->origins.len > 1) {
            char *authority = url_authority(origin);
            buf_adds(&name, origin->unix_path ? origin->unix_path : authority);
            free(authority);
        }
        char count[UNITS_MAX];
        if (many)
            buf_addf(&name, " (of %s URLs)", units_format_count(count, r->items.len));
        else
            buf_add(&name, request->name,
                    needs_query(r, request) ? strlen(request->name) : path_len(request->name));
        request->series =
            catalog_intern(catalog, request->method, strlen(request->method), name.data, name.len);
        buf_release(&name);
    }
}

/* --- origins ---------------------------------------------------------------------------- */

struct endpoint *requests_endpoints(const struct requests *r, const struct net_options *options)
{
    struct endpoint *endpoints = xcalloc(r->origins.len, sizeof(*endpoints));
    for (size_t i = 0; i < r->origins.len; i++)
        endpoint_init(&endpoints[i], options, NULL, &r->origins.items[i]);
    return endpoints;
}

void requests_endpoints_free(struct endpoint *endpoints, const struct requests *r)
{
    for (size_t i = 0; i < r->origins.len; i++)
        endpoint_release(&endpoints[i]);
    free(endpoints);
}
