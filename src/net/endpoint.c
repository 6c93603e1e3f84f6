/* From a URL and the options of a run to where its connections go. */
#include "net/endpoint.h"

#include "base/mem.h"
#include "base/url.h"
#include "net/net_options.h"
#include "net/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What https offers in its handshake (RFC 7301). */
#define HTTP_ALPN "http/1.1"

static char *copy_or(const char *text, const char *otherwise)
{
    return xstrdup(text != NULL ? text : otherwise);
}

void endpoint_init(struct endpoint *e, const struct net_options *options,
                   const struct tls_config *tls, const struct url *url)
{
    static const struct connect_rule as_written = {0};
    const struct connect_rule *rule = NULL;
    *e = (struct endpoint){.sources = options != NULL ? options->sources : NULL};
    if (options != NULL)
        rule = connect_rules_match(&options->connect_to, url->host, url->port);
    if (rule == NULL)
        rule = &as_written;
    const char *path = rule->unix_path != NULL ? rule->unix_path : url->unix_path;
    if (path != NULL && rule->to_host == NULL) {
        e->unix_path = xstrdup(path);
    } else {
        e->host = copy_or(rule->to_host, url->host);
        e->port = rule->to_port != 0 ? rule->to_port : url->port;
    }
    bool https = strcmp(url->scheme, "https") == 0;
    if (!https && strcmp(url->scheme, "tls") != 0)
        return;
    assert(tls != NULL || options != NULL);
    e->tls = tls_target_new(tls != NULL ? tls : options->tls, url->host, https ? HTTP_ALPN : NULL);
}

void endpoint_release(struct endpoint *e)
{
    tls_target_free(e->tls);
    free((char *)e->host);
    free((char *)e->unix_path);
    *e = (struct endpoint){0};
}

const char *endpoint_name_of(char buf[ENDPOINT_NAME_MAX], const char *host, int port)
{
    bool ipv6 = strchr(host, ':') != NULL;
    snprintf(buf, ENDPOINT_NAME_MAX, "%s%s%s:%d", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
    return buf;
}

const char *endpoint_name(char buf[ENDPOINT_NAME_MAX], const struct endpoint *e)
{
    if (e->unix_path == NULL)
        return endpoint_name_of(buf, e->host, e->port);
    snprintf(buf, ENDPOINT_NAME_MAX, "%s", e->unix_path);
    return buf;
}
