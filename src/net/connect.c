/*
 * Racing the addresses of one host. Called by stream.c.
 *
 * Invariant: while the connector lives, either its name is being resolved, or
 * some attempt is under way, or the failure is on its way through the loop.
 */
#include "net/connect.h"

#include "base/mem.h"
#include "net/dns.h"
#include "net/watch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const double STAGGER_S = 0.25; /* RFC 8305 5: Connection Attempt Delay */

struct attempt {
    ev_io io;
    struct connector *connector;
};

struct connector {
    struct net *net; /* borrowed, outlived by the worker */
    connector_done *done;
    void *arg;
    const char *host; /* borrowed until done */
    int port;
    int next;    /* the address to try next */
    int running; /* attempts under way */
    struct dns_query query;
    ev_timer timer; /* the stagger; fed by hand to deliver an early failure */
    struct dns_addresses addresses;
    struct attempt attempts[DNS_ADDRESSES]; /* fd -1: not under way */
    struct err err;                         /* of the last address that failed */
};

const char *connect_name(char buf[CONNECT_NAME_MAX], const char *host, int port)
{
    const char *form = strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(buf, CONNECT_NAME_MAX, form, host, port);
#pragma GCC diagnostic pop
    return buf;
}

void connect_errno(struct err *err, int errnum, const char *name)
{
    struct rlimit files = {0};

    switch (errnum) {
    case ECONNREFUSED:
        err_set(err, ERR_REFUSED, "connection refused by %s", name);
        break;
    case ENOENT:
        err_set(err, ERR_REFUSED, "no socket at %s: is the server running?", name);
        break;
    case ECONNRESET:
        err_set(err, ERR_RESET, "connection reset while connecting to %s", name);
        break;
    case ETIMEDOUT:
        err_set(err, ERR_TIMEOUT, "timed out while connecting to %s: no answer", name);
        break;
    case EMFILE:
        getrlimit(RLIMIT_NOFILE, &files);
        err_set(err, ERR_SYSTEM,
                "cannot open a connection to %s: too many open files (the limit is %llu; raise it "
                "with ulimit -n)",
                name, (unsigned long long)files.rlim_cur);
        break;
    case EADDRNOTAVAIL:
        err_set(err, ERR_SYSTEM,
                "cannot connect to %s: no local port left, the ephemeral ports ran out (see "
                "net.ipv4.ip_local_port_range)",
                name);
        break;
    default:
        err_errno(err, errnum, "cannot connect to %s", name);
    }
}

static void describe_errno(struct connector *c, int errnum)
{
    char buf[CONNECT_NAME_MAX];
    connect_errno(&c->err, errnum, connect_name(buf, c->host, c->port));
}

static void drop_attempt(struct connector *c, struct attempt *a)
{
    ev_io_stop(c->net->loop, &a->io);
    close(a->io.fd);
    a->io.fd = -1;
    c->running--;
}

static void stop(struct connector *c)
{
    dns_cancel(c->net->resolver, &c->query);
    ev_timer_stop(c->net->loop, &c->timer);
    for (int i = 0; c->running > 0; i++)
        if (c->attempts[i].io.fd >= 0)
            drop_attempt(c, &c->attempts[i]);
}

static void finish(struct connector *c, int fd)
{
    stop(c);
    if (fd < 0 && c->addresses.len > 0)
        dns_forget(c->net->resolver, c->host);
    c->done(c->arg, fd, fd < 0 ? &c->err : NULL);
    free(c);
}

/* Starts to connect to one address; -1 with c->err. */
static int try_address(struct connector *c, struct attempt *a, int i)
{
    const union dns_address *address = &c->addresses.items[i];
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        describe_errno(c, errno);
        return -1;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, &address->any, dns_address_len(address)) != 0 && errno != EINPROGRESS) {
        describe_errno(c, errno);
        close(fd);
        return -1;
    }
    watch_io_set(&a->io, fd, EV_WRITE);
    ev_io_start(c->net->loop, &a->io);
    c->running++;
    return 0;
}

/* Starts the next address that can be; false when nothing is left to hope for. */
static bool try_next(struct connector *c)
{
    ev_timer_stop(c->net->loop, &c->timer);
    while (c->next < c->addresses.len) {
        int i = c->next++;
        if (try_address(c, &c->attempts[i], i) != 0)
            continue;
        if (c->next < c->addresses.len)
            watch_timer_start(c->net->loop, &c->timer, STAGGER_S);
        break;
    }
    return c->running > 0;
}

static void on_attempt(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct attempt *a = io->data;
    struct connector *c = a->connector;

    int errnum = 0;
    socklen_t len = sizeof(errnum);
    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) != 0)
        errnum = errno;
    if (errnum == 0) {
        int fd = io->fd;
        ev_io_stop(loop, io);
        io->fd = -1;
        c->running--;
        finish(c, fd);
        return;
    }
    describe_errno(c, errnum);
    drop_attempt(c, a);
    if (!try_next(c))
        finish(c, -1);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct connector *c = timer->data;
    if (!try_next(c))
        finish(c, -1);
}

static void on_resolved(struct dns_query *q, const struct dns_addresses *addresses,
                        const struct err *err)
{
    struct connector *c = q->owner;
    c->addresses = *addresses;
    if (addresses->len == 0)
        c->err = *err;
    if (!try_next(c))
        finish(c, -1);
}

struct connector *connector_start(struct net *net, const char *host, int port, connector_done *done,
                                  void *arg)
{
    struct connector *c = xcalloc(1, sizeof(*c));
    c->net = net;
    c->done = done;
    c->arg = arg;
    c->host = host;
    c->port = port;
    c->query.done = on_resolved;
    c->query.owner = c;
    watch_timer_init(&c->timer, on_timer, c);
    for (int i = 0; i < DNS_ADDRESSES; i++) {
        watch_io_init(&c->attempts[i].io, on_attempt, &c->attempts[i]);
        c->attempts[i].connector = c;
    }
    if (dns_resolve(net->resolver, &c->query, host, port, &c->addresses) && !try_next(c))
        ev_feed_event(net->loop, &c->timer, EV_CUSTOM);
    return c;
}

void connector_cancel(struct connector *c)
{
    if (c == NULL)
        return;
    stop(c);
    free(c);
}
