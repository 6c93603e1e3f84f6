/*
 * Racing the addresses of one host, or knocking at a unix socket. Called by
 * stream.c.
 *
 * Invariant: while the connector lives, either its name is being resolved, or
 * some attempt is under way, or the failure is on its way through the loop.
 */
#include "net/connect.h"

#include "base/mem.h"
#include "net/dns.h"
#include "net/sources.h"
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
#include <sys/un.h>
#include <unistd.h>

static const double STAGGER_S = 0.25; /* RFC 8305 5: Connection Attempt Delay */
static const double KNOCK_S = 0.005;  /* at a unix socket whose queue is full */

struct attempt {
    ev_io io; /* fd -1: not under way */
    struct connector *connector;
    union dns_address address; /* not of a unix socket */
};

struct connector {
    struct net *net; /* borrowed, outlived by the worker */
    connector_done *done;
    void *arg;
    const struct endpoint *to; /* borrowed until done */
    int next;                  /* the address to try next */
    int running;               /* attempts under way */
    struct dns_query query;
    ev_timer timer;           /* the stagger; fed by hand to deliver an early failure */
    struct attempt *attempts; /* owned; one an address, once they are known */
    int attempts_len;
    struct err *err; /* owned; of the last address that failed, NULL: none has */
};

/* Where to say why: made when it is needed, as thousands may be connecting. */
static struct err *why(struct connector *c)
{
    if (c->err == NULL)
        c->err = xcalloc(1, sizeof(*c->err));
    return c->err;
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
                "cannot connect to %s: no local port left, the ephemeral ports ran out; --bind "
                "ADDRESS,... connects from more addresses, each with ports of its own (how many: "
                "net.ipv4.ip_local_port_range)",
                name);
        break;
    default:
        err_errno(err, errnum, "cannot connect to %s", name);
    }
}

static void describe_errno(struct connector *c, int errnum)
{
    char buf[ENDPOINT_NAME_MAX];
    connect_errno(why(c), errnum, endpoint_name(buf, c->to));
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

static void release(struct connector *c)
{
    free(c->attempts);
    free(c->err);
    free(c);
}

static void finish(struct connector *c, int fd)
{
    stop(c);
    if (fd < 0 && c->to->unix_path == NULL && c->attempts_len > 0)
        dns_forget(c->net->resolver, c->to->host);
    c->done(c->arg, fd, fd < 0 ? why(c) : NULL);
    release(c);
}

static void watch(struct connector *c, struct attempt *a, int fd)
{
    watch_io_set(&a->io, fd, EV_WRITE);
    ev_io_start(c->net->loop, &a->io);
    c->running++;
}

/* A socket that is connecting; -1 with errno. */
static int begin_tcp(const struct endpoint *to, const union dns_address *address)
{
    sa_family_t family = address->any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if ((to->sources == NULL || sources_bind(to->sources, fd, family) == 0) &&
        (connect(fd, &address->any, dns_address_len(address)) == 0 || errno == EINPROGRESS))
        return fd;
    int errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

static int begin_unix(const struct endpoint *to)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", to->unix_path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

/* Whether --bind has an address to connect to this one from. */
static bool has_source(struct connector *c, const union dns_address *address)
{
    char buf[ENDPOINT_NAME_MAX];
    sa_family_t family = address->any.sa_family;
    if (c->to->sources == NULL || sources_have(c->to->sources, family))
        return true;
    err_set(why(c), ERR_SYSTEM, "cannot connect to %s: --bind gives no %s address to do it from",
            endpoint_name(buf, c->to), family == AF_INET6 ? "IPv6" : "IPv4");
    return false;
}

/* Knocks at the unix socket; again later while its queue is full. */
static bool try_unix(struct connector *c)
{
    int fd = begin_unix(c->to);
    if (fd >= 0) {
        watch(c, &c->attempts[0], fd);
    } else if (errno == EAGAIN) {
        watch_timer_start(c->net->loop, &c->timer, KNOCK_S);
    } else {
        describe_errno(c, errno);
        return false;
    }
    return true;
}

/* Starts the next address that can be; false when nothing is left to hope for. */
static bool try_next(struct connector *c)
{
    ev_timer_stop(c->net->loop, &c->timer);
    if (c->to->unix_path != NULL)
        return try_unix(c);
    while (c->next < c->attempts_len) {
        struct attempt *a = &c->attempts[c->next++];
        if (!has_source(c, &a->address))
            continue;
        int fd = begin_tcp(c->to, &a->address);
        if (fd < 0) {
            describe_errno(c, errno);
            continue;
        }
        watch(c, a, fd);
        if (c->next < c->attempts_len)
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
    if (c->to->unix_path != NULL || !try_next(c))
        finish(c, -1);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct connector *c = timer->data;
    if (!try_next(c))
        finish(c, -1);
}

static void line_up(struct connector *c, const union dns_address *addresses, int n)
{
    c->attempts = xcalloc((size_t)n + 1, sizeof(*c->attempts));
    c->attempts_len = n;
    for (int i = 0; i < n; i++) {
        struct attempt *a = &c->attempts[i];
        watch_io_init(&a->io, on_attempt, a);
        a->connector = c;
        if (addresses != NULL)
            a->address = addresses[i];
    }
}

static void on_resolved(struct dns_query *q, const struct dns_addresses *addresses,
                        const struct err *err)
{
    struct connector *c = q->owner;
    if (addresses->len == 0)
        *why(c) = *err;
    line_up(c, addresses->items, addresses->len);
    if (!try_next(c))
        finish(c, -1);
}

struct connector *connector_start(struct net *net, const struct endpoint *e, connector_done *done,
                                  void *arg)
{
    struct connector *c = xcalloc(1, sizeof(*c));
    c->net = net;
    c->done = done;
    c->arg = arg;
    c->to = e;
    c->query.done = on_resolved;
    c->query.owner = c;
    watch_timer_init(&c->timer, on_timer, c);
    struct dns_addresses addresses = {.len = 0};
    bool known = true;
    if (e->unix_path != NULL)
        line_up(c, NULL, 1);
    else if (dns_resolve(net->resolver, &c->query, e->host, e->port, &addresses))
        line_up(c, addresses.items, addresses.len);
    else
        known = false;
    if (known && !try_next(c))
        ev_feed_event(net->loop, &c->timer, EV_CUSTOM);
    return c;
}

void connector_cancel(struct connector *c)
{
    if (c == NULL)
        return;
    stop(c);
    release(c);
}

bool connector_looks_up(const struct connector *c)
{
    return c->query.request != NULL;
}
