/*
 * Where a connection goes and how: what a URL, --connect-to, --bind and the
 * TLS options come down to. Made once per origin and worker, before any
 * connection, and shared by all connections to it.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct net_options; /* net/net_options.h */
struct sources;     /* net/sources.h: the local addresses of --bind */
struct tls_config;  /* net/tls.h: what is trusted and shown */
struct tls_target;  /* net/tls.h: TLS to one name; its own context and kept sessions */
struct url;

/* It and what it points to outlive every connection. */
struct endpoint {
    const char *host;        /* name or address; NULL with a unix path; owned */
    int port;                /* 1 to 65535 */
    const char *unix_path;   /* a unix socket instead of host and port; or NULL; owned */
    struct sources *sources; /* connect from these in turn; NULL: the system chooses; borrowed */
    struct tls_target *tls;  /* NULL: in the clear; owned */
};

/* Where connections for a URL go under the run's options (NULL: as the URL
 * says). With https and tls there is TLS, by `tls` or, where that is NULL, by
 * the run's own configuration; it outlives the endpoint. From the thread whose
 * connections it serves. */
void endpoint_init(struct endpoint *e, const struct net_options *options,
                   const struct tls_config *tls, const struct url *url);
void endpoint_release(struct endpoint *e);

/* "host:port", "[host]:port" for an IPv6 address, or the path of the socket,
 * into buf; returns it. */
enum { ENDPOINT_NAME_MAX = 300 };
const char *endpoint_name(char buf[ENDPOINT_NAME_MAX], const struct endpoint *e);
/* The same of a host and a port. */
const char *endpoint_name_of(char buf[ENDPOINT_NAME_MAX], const char *host, int port);
