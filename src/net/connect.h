/*
 * One connection to an endpoint. To a named host: the name is resolved, then
 * every address tried in turn, IPv6 before IPv4. The next address starts when
 * the one before it fails, or after 250 ms beside it; the first to connect wins
 * (RFC 8305, "Happy Eyeballs", without its sorting). To a unix socket: at once,
 * or when its queue has room. There is no time limit here: the operation's
 * deadline cancels.
 */
#pragma once

#include "base/err.h"
#include "net/endpoint.h"
#include "net/net.h"

#include <stdbool.h>

struct connector;

/* Called once from the loop, unless connector_cancel came first. fd: the
 * connected socket, the callee's from here on (non-blocking, close-on-exec,
 * TCP_NODELAY), err NULL; or -1 and why: it names the endpoint and what became
 * of the last address. The connector is gone when this returns. */
typedef void connector_done(void *arg, int fd, const struct err *err);

/* e is borrowed until done or cancelled. */
struct connector *connector_start(struct net *net, const struct endpoint *e, connector_done *done,
                                  void *arg);
/* Harmless for NULL. */
void connector_cancel(struct connector *c);
/* Whether the host's address is still being looked up. */
bool connector_looks_up(const struct connector *c);

/* What came of connecting to `name`, from an errno. */
void connect_errno(struct err *err, int errnum, const char *name);
