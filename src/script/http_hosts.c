/* Origins and their shared request bytes. */
#include "script/http_hosts.h"

#include "base/mem.h"
#include "base/url.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

struct http_hosts {
    VEC(struct http_host *) items; /* owned; few, so looked through */
};

struct http_hosts *http_hosts_new(void)
{
    return xcalloc(1, sizeof(struct http_hosts));
}

static void host_free(struct http_host *h)
{
    http1_defaults_release(&h->defaults);
    free((char *)h->origin.host);
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

int http_hosts_check(const struct url *url, const char *text, struct err *err)
{
    if (strcmp(url->scheme, "https") == 0)
        return err_set(err, ERR_CONFIG,
                       "%s: https is not supported yet; use http, or a proxy that ends TLS", text);
    if (strcmp(url->scheme, "http") != 0)
        return err_set(err, ERR_CONFIG, "%s: the scheme must be http, not %s", text, url->scheme);
    return 0;
}

int http_hosts_add(struct http_hosts *hosts, const void *owner, const char *base, size_t base_len,
                   const struct http1_header *headers, size_t headers_len, struct http_host **out,
                   struct err *err)
{
    char *text = xstrndup(base, base_len);
    struct url url;
    int rc = -1;
    if (url_parse(&url, text, err) < 0)
        goto out_text;
    struct http_host *h = xcalloc(1, sizeof(*h));
    h->authority = url_authority(&url);
    if (http_hosts_check(&url, text, err) < 0 ||
        http1_defaults_init(&h->defaults, h->authority, headers, headers_len, err) < 0) {
        free(h->authority);
        free(h);
        goto out_url;
    }
    size_t prefix_len = strcspn(url.target, "?");
    while (prefix_len > 0 && url.target[prefix_len - 1] == '/')
        prefix_len--;
    h->prefix = xstrndup(url.target, prefix_len);
    h->origin.host = xstrdup(url.host);
    h->origin.port = url.port;
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
