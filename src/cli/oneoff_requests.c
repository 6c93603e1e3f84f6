/* See oneoff_requests.h. */
#include "cli/oneoff_requests.h"

#include "base/file.h"
#include "base/mem.h"
#include "cli/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODY_MAX = 64 << 20,
    LIST_MAX = 64 << 20,
};

/* What all requests of the command line share. */
struct shared {
    const struct cli_args *args;
    struct http1_header *headers; /* owned; the last one only with a JSON body */
    size_t headers_len;
    bool has_type;
    struct buf file;  /* of --body-file */
    const char *body; /* NULL: none */
    size_t body_len;
};

static int take_body(struct shared *s, struct err *err)
{
    const struct cli_args *args = s->args;
    s->body = args->body ? args->body : args->json_body;
    if (s->body) {
        s->body_len = strlen(s->body);
    } else if (args->body_file) {
        if (args->urls_from && strcmp(args->body_file, "-") == 0 &&
            strcmp(args->urls_from, "-") == 0)
            return usage_error(err, "--urls-from and --body-file cannot both be standard input");
        buf_reserve(&s->file, 1);
        if (file_read(&s->file, args->body_file, BODY_MAX, err) < 0)
            return err_prefix(err, "--body-file");
        s->body = s->file.data;
        s->body_len = s->file.len;
    }
    return 0;
}

static int take_headers(struct shared *s, struct err *err)
{
    const struct cli_pairs *given = &s->args->headers;
    s->headers = xcalloc(given->len + 1, sizeof(*s->headers));
    for (; s->headers_len < given->len; s->headers_len++) {
        struct http1_header *h = &s->headers[s->headers_len];
        h->name = http1_span(given->items[s->headers_len].name);
        h->value = http1_span(given->items[s->headers_len].value);
        s->has_type |= http1_span_equal_nocase(h->name, http1_span("content-type"));
        if ((s->args->no_keepalive || s->args->requests_per_connection > 0) &&
            http1_span_equal_nocase(h->name, http1_span("connection")))
            return usage_error(err, "%s says when connections close; leave out the header %.*s",
                               s->args->no_keepalive ? "--no-keepalive"
                                                     : "--requests-per-connection",
                               (int)h->name.len, h->name.data);
    }
    s->headers[s->headers_len] =
        (struct http1_header){http1_span("Content-Type"), http1_span("application/json")};
    return 0;
}

/* method: as a list names it, or NULL. */
static int add_url(struct requests *r, const struct shared *s, const char *method, const char *url,
                   struct err *err)
{
    const struct cli_args *args = s->args;
    /* A list may have its own way of reading beside a POST with a body. */
    bool bare = method && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
    bool has_body = s->body && !bare;
    if (!method)
        method = args->method ? args->method : has_body ? "POST" : "GET";
    struct request_parts parts = {
        .what = "URL",
        .method = method,
        .url = url,
        .headers = s->headers,
        .headers_len = s->headers_len + (has_body && args->json_body && !s->has_type),
        .body = has_body ? s->body : NULL,
        .body_len = s->body_len,
        .body_fixed = args->body_file != NULL,
        .body_escape = args->json_body ? TEMPLATE_JSON : TEMPLATE_BODY,
    };
    return requests_add(r, &parts, err);
}

/* --- the list ------------------------------------------------------------------ */

static char *skip_blanks(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* What some editors put before a text in UTF-8. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* A word alone is a host, but for those that are meant as methods. */
static bool is_method(const char *word)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(word, methods[i]) == 0)
            return true;
    return false;
}

/* "URL" or "METHOD URL"; line is changed. */
static int add_line(struct requests *r, const struct shared *s, char *line, struct err *err)
{
    char *end = line + strlen(line);
    while (end > line && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    line = skip_blanks(line);
    if (*line == '\0' || *line == '#')
        return 0;
    char *rest = line;
    while (isalpha((unsigned char)*rest))
        rest++;
    if (*rest == '\0' && is_method(line))
        return err_set(err, ERR_CONFIG, "no URL stands behind %s", line);
    if (rest == line || (*rest != ' ' && *rest != '\t'))
        return add_url(r, s, NULL, line, err);
    *rest = '\0';
    if (value_check_method(line, err) < 0)
        return -1;
    return add_url(r, s, line, skip_blanks(rest + 1), err);
}

static int add_list(struct requests *r, const struct shared *s, struct err *err)
{
    const char *path = s->args->urls_from;
    struct buf text = BUF_INIT;
    size_t before = r->items.len, number = 0;
    int rc = file_read(&text, path, LIST_MAX, err);
    if (rc < 0)
        err_prefix(err, "--urls-from");
    char *next = rc == 0 ? (char *)buf_cstr(&text) : NULL;
    const char *nul = next ? memchr(next, '\0', text.len) : NULL;
    if (next && strncmp(next, byte_order_mark, sizeof(byte_order_mark) - 1) == 0)
        next += sizeof(byte_order_mark) - 1;
    while (rc == 0 && next) {
        char *line = next, *eol = strchr(line, '\n');
        next = eol ? eol + 1 : NULL;
        if (eol)
            *eol = '\0';
        number++;
        if (nul && line + strlen(line) == nul)
            rc = err_set(err, ERR_CONFIG, "a NUL byte; is this a list of URLs?");
        else
            rc = add_line(r, s, line, err);
        if (rc < 0)
            err_prefix(err, "%s:%zu", file_name(path), number);
    }
    if (rc == 0 && r->items.len == before)
        rc = err_set(err, ERR_CONFIG, "--urls-from: %s holds no URL", file_name(path));
    buf_release(&text);
    return rc;
}

int oneoff_requests(struct requests *r, const struct cli_args *args, struct err *err)
{
    struct shared s = {.args = args};
    int rc = take_headers(&s, err);
    if (rc == 0)
        rc = take_body(&s, err);
    for (size_t i = 0; rc == 0 && i < args->arguments_len; i++)
        rc = add_url(r, &s, NULL, args->arguments[i], err);
    if (rc == 0 && args->urls_from)
        rc = add_list(r, &s, err);
    free(s.headers);
    buf_release(&s.file);
    return rc;
}
