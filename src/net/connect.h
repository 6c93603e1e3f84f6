/*
 * One TCP connection to a named host: the name is resolved, then every
 * address tried in turn, IPv6 before IPv4. The next address starts when the
 * one before it fails, or after 250 ms beside it; the first to connect wins
 * (RFC 8305, "Happy Eyeballs", without its sorting). There is no time limit
 * here: the operation's deadline cancels.
 */
#pragma once

#include "base/err.h"
#include "net/net.h"

#include <stddef.h>

struct connector;

/* Called once from the loop, unless connector_cancel came first. fd: the
 * connected socket, the callee's from here on (non-blocking, close-on-exec,
 * TCP_NODELAY), err NULL; or -1 and why: it names host:port and what became
 * of the last address. The connector is gone when this returns. */
typedef void connector_done(void *arg, int fd, const struct err *err);

/* host is borrowed until done or cancelled. */
struct connector *connector_start(struct net *net, const char *host, int port, connector_done *done,
                                  void *arg);
/* Harmless for NULL. */
void connector_cancel(struct connector *c);

/* "host:port", or "[host]:port" for an IPv6 address, into buf; returns it. */
enum { CONNECT_NAME_MAX = 300 };
const char *connect_name(char buf[CONNECT_NAME_MAX], const char *host, int port);

/* What came of connecting to `name`, from an errno. */
void connect_errno(struct err *err, int errnum, const char *name);
