/*
 * Where a connection goes and how: what a URL, --connect-to, --bind and the
 * TLS options come down to. Made once per origin, before any connection, and
 * shared by all connections to it.
 */
#pragma once

#include <stddef.h>

struct sources;    /* net/sources.h: the local addresses of --bind */
struct tls_target; /* net/tls.h: TLS to one name; its own context and kept sessions */

/* Everything is borrowed and outlives every connection. */
struct endpoint {
    const char *host;        /* name or address; NULL with a unix path */
    int port;                /* 1 to 65535 */
    const char *unix_path;   /* a unix socket instead of host and port; or NULL */
    struct sources *sources; /* connect from these in turn; NULL: the system chooses */
    struct tls_target *tls;  /* NULL: in the clear */
};
