/*
 * The HTTP origins that a worker's users talk to: what all requests of one
 * user class to one origin share (its Host and default headers, laid out
 * once). Knows no Lua.
 */
#pragma once

#include "base/err.h"
#include "proto/http1.h"
#include "proto/http1_request.h"

#include <stddef.h>

struct http_hosts;
struct url;

struct http_host {
    struct endpoint to;
    char *base; /* "http://host:port", as written; owned */
    size_t base_len;
    char *authority;   /* for Host; owned */
    char *prefix;      /* path in front of every target ("" mostly); owned */
    const void *owner; /* whose headers: the user class */
    struct http1_defaults defaults;
};

/* net: what the run says about connections, or NULL; borrowed. */
struct http_hosts *http_hosts_new(const struct net_options *net);
void http_hosts_free(struct http_hosts *hosts);

/* The host of `base` ("http://host:port" or with a path prefix) for that
 * owner, known already or NULL. */
struct http_host *http_hosts_find(struct http_hosts *hosts, const void *owner, const char *base,
                                  size_t base_len);
/* Adds it; -1 on a bad URL or header. tls: the owner's own, or NULL. */
int http_hosts_add(struct http_hosts *hosts, const void *owner, const struct tls_config *tls,
                   const char *base, size_t base_len, const struct http1_header *headers,
                   size_t headers_len, struct http_host **out, struct err *err);

/* What a URL with user and password asks for: "Basic ..." (RFC 7617), owned by
 * the caller; NULL where it names none, or an Authorization is among the headers. */
char *http_hosts_credentials(const struct url *url, const struct http1_header *headers,
                             size_t headers_len);

/* Checks a URL that requests go to: http or https, with a host. Shared with the one-off,
 * as is what stands above. */
int http_hosts_check(const struct url *url, const char *text, struct err *err);
