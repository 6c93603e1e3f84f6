/* Origins and their shared request bytes. */
#include "script/http_hosts.h"

#include "base/mem.h"
#include "base/url.h"
#include "base/vec.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct http_hosts {
    const struct net_options *net;
    VEC(struct http_host *) items; /* owned; few, so looked through */
};

struct http_hosts *http_hosts_new(const struct net_options *net)
{
    struct http_hosts *hosts = xcalloc(1, sizeof(*hosts));
    hosts->net = net;
    return hosts;
}

static void host_free(struct http_host *h)
{
    http1_defaults_release(&h->defaults);
    endpoint_release(&h->to);
    free(h->base);
    free(h->authority);
    free(h->prefix);
    free(h);
}

void http_hosts_free(struct http_hosts *hosts)
{
    if (!hosts)
        return;
    for (size_t i = 0; i < hosts->items.len; i++)
        host_free(hosts->items.items[i]);
    vec_release(&hosts->items);
    free(hosts);
}

struct http_host *http_hosts_find(struct http_hosts *hosts, const void *owner, const char *base,
                                  size_t base_len)
{
    for (size_t i = 0; i < hosts->items.len; i++) {
        struct http_host *h = hosts->items.items[i];
        if (h->owner == owner && h->base_len == base_len && memcmp(h->base, base, base_len) == 0)
            return h;
    }
    return NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; what is no %XX stays. Returns the length. */
static size_t percent_decode(char *text)
{
    size_t len = 0;
    for (const char *c = text; *c != 0; c++) {
        int high = *c == '%' ? hex_value(c[1]) : -1;
        int low = high >= 0 ? hex_value(c[2]) : -1;
        text[len++] = low >= 0 ? (char)(high * 16 + low) : *c;
        c += low >= 0 ? 2 : 0;
    }
    return len;
}

char *http_hosts_credentials(const struct url *url, const struct http1_header *headers,
                             size_t headers_len)
{
    if (!url->userinfo)
        return NULL;
    for (size_t i = 0; i < headers_len; i++) {
        if (http1_span_equal_nocase(headers[i].name, http1_span("authorization")))
            return NULL;
    }
    /* Without a colon it is a user with an empty password. */
    char *plain = xasprintf("%s%s", url->userinfo, strchr(url->userinfo, ':') ? "" : ":");
    size_t len = percent_decode(plain);
    static const char scheme[] = "Basic ";
    char *value = xmalloc(sizeof(scheme) + (len + 2) / 3 * 4 + 1);
    memcpy(value, scheme, sizeof(scheme) - 1);
    EVP_EncodeBlock((unsigned char *)value + sizeof(scheme) - 1, (const unsigned char *)plain,
                    (int)len);
    free(plain);
    return value;
}

/* The defaults of a host: the headers, and the credentials of its URL. */
static int init_defaults(struct http_host *h, const struct url *url,
                         const struct http1_header *headers, size_t len, struct err *err)
{
    char *credentials = http_hosts_credentials(url, headers, len);
    if (!credentials)
        return http1_defaults_init(&h->defaults, h->authority, headers, len, err);
    struct http1_header *all = xcalloc(len + 1, sizeof(*all));
    if (len > 0)
        memcpy(all, headers, len * sizeof(*all));
    all[len] = (struct http1_header){http1_span("Authorization"), http1_span(credentials)};
    int rc = http1_defaults_init(&h->defaults, h->authority, all, len + 1, err);
    free(all);
    free(credentials);
    return rc;
}

int http_hosts_check(const struct url *url, const char *text, struct err *err)
{
    if (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0)
        return err_set(err, ERR_CONFIG, "%s: the scheme must be http or https, not %s", text,
                       url->scheme);
    return 0;
}

int http_hosts_add(struct http_hosts *hosts, const void *owner, const struct tls_config *tls,
                   const char *base, size_t base_len, const struct http1_header *headers,
                   size_t headers_len, struct http_host **out, struct err *err)
{
    char *text = xstrndup(base, base_len);
    struct url url;
    int rc = -1;
    if (url_parse(&url, text, err) < 0)
        goto out_text;
    struct http_host *h = xcalloc(1, sizeof(*h));
    h->authority = url_authority(&url);
    if (http_hosts_check(&url, text, err) < 0 ||
        init_defaults(h, &url, headers, headers_len, err) < 0) {
        free(h->authority);
        free(h);
        goto out_url;
    }
    size_t prefix_len = strcspn(url.target, "?");
    while (prefix_len > 0 && url.target[prefix_len - 1] == '/')
        prefix_len--;
    h->prefix = xstrndup(url.target, prefix_len);
    endpoint_init(&h->to, hosts->net, tls, &url);
    h->owner = owner;
    h->base = xstrndup(base, base_len);
    h->base_len = base_len;
    vec_push(&hosts->items, h);
    *out = h;
    rc = 0;
out_url:
    url_release(&url);
out_text:
    free(text);
    return rc;
}
