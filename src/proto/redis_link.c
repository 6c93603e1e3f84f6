/*
 * hiredis' asynchronous context on our loop; see redis_link.h.
 *
 * The library frees its context when it likes: inside any call that reads,
 * writes or frees. Every such call stands between enter() and leave(), and a
 * link lives until the outermost leave() after its context has gone. hiredis
 * calls back only from inside these calls.
 */
#include "proto/redis_link.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/watch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <sys/socket.h>

static void enter(struct redis_link *l)
{
    l->depth++;
}

/* False when the link is gone. */
static bool leave(struct redis_link *l)
{
    if (--l->depth > 0 || l->ac != NULL || !l->closed)
        return true;
    ev_clear_pending(l->loop, &l->write);
    free(l);
    return false;
}

/* Hooks of the context */

static void add_read(void *data)
{
    struct redis_link *l = data;
    ev_io_start(l->loop, &l->read);
}

static void del_read(void *data)
{
    struct redis_link *l = data;
    ev_io_stop(l->loop, &l->read);
}

/* hiredis wants to write: redis_link_flush does, or write_out has found the
 * socket full. */
static void add_write(void *data)
{
    struct redis_link *l = data;
    l->unwritten = true;
}

static void del_write(void *data)
{
    struct redis_link *l = data;
    l->unwritten = false;
}

/* The context goes; more than once in newer versions. */
static void cleanup(void *data)
{
    struct redis_link *l = data;
    ev_io_stop(l->loop, &l->read);
    ev_io_stop(l->loop, &l->write);
    l->unwritten = false;
    l->ac = NULL;
}

/* Losing a connection */

static void set_broken(struct redis_link *l, enum err_kind kind, const char *message)
{
    if (l->broken)
        return;
    l->broken = true;
    err_set(&l->err, kind, "%s", message);
    err_printable(&l->err);
}

/* Why hiredis gives up. errnum: as it stood right after. */
static void set_broken_by(struct redis_link *l, const redisAsyncContext *ac, int errnum)
{
    const redisReader *reader = ac->c.reader;
    bool partly = reader->len > reader->pos || reader->ridx > 0;
    switch (ac->err) {
    case REDIS_ERR_EOF:
        set_broken(l, ERR_CLOSED,
                   partly ? "the server closed the connection inside the reply"
                          : "the server closed the connection without a reply");
        break;
    case REDIS_ERR_PROTOCOL: {
        struct err err;
        err_set(&err, ERR_PROTOCOL, "the server does not speak Redis' protocol: %s", ac->errstr);
        set_broken(l, ERR_PROTOCOL, err.message);
        break;
    }
    case REDIS_ERR_IO:
        if (errnum == ECONNRESET || errnum == EPIPE) {
            set_broken(l, ERR_RESET,
                       partly ? "the server reset the connection inside the reply"
                              : "the server reset the connection without a reply");
        } else {
            struct err err;
            err_errno(&err, errnum, "the connection to Redis broke");
            set_broken(l, err.kind, err.message);
        }
        break;
    default:
        set_broken(l, ERR_PROTOCOL, ac->errstr != NULL ? ac->errstr : "the connection was lost");
        break;
    }
}

/* After hiredis has read or written: tells the user of a link that broke, which
 * goes with the next leave(). */
static void settle(struct redis_link *l)
{
    if (l->closed)
        return;
    if (l->ac == NULL)
        set_broken(l, ERR_CLOSED, "the connection was lost");
    if (!l->broken)
        return;
    l->closed = true;
    if (l->ac != NULL)
        redisAsyncFree(l->ac);
    l->events->lost(l, &l->err);
}

static void on_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    (void)privdata;
    struct redis_link *l = ac->data;
    const redisReply *reply = data;
    if (l->closed || l->broken)
        return;
    if (reply == NULL) {
        set_broken_by(l, ac, errno);
        return;
    }
    l->unanswered--;
    /* A further reply would find no callback, which hiredis holds for
     * impossible and asserts. */
    const redisReader *reader = ac->c.reader;
    if (l->unanswered == 0 && reader->len > reader->pos) {
        set_broken(l, ERR_PROTOCOL, "the server sent more than it was asked for");
        redisAsyncFree(ac);
        return;
    }
    l->events->reply(l, reply);
}

/* Events of the loop */

/* Lets hiredis write. Of what a full socket leaves over, the watcher tells. */
static void write_out(struct redis_link *l)
{
    errno = 0;
    redisAsyncHandleWrite(l->ac);
    if (l->ac == NULL)
        return;
    if (l->unwritten)
        ev_io_start(l->loop, &l->write);
    else
        ev_io_stop(l->loop, &l->write);
    l->unwritten = false;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct redis_link *l = io->data;
    enter(l);
    if (l->unanswered == 0) {
        set_broken(l, ERR_CLOSED, "the server closed the idle connection");
    } else {
        bool first = l->first_read_ns == 0;
        if (first)
            l->first_read_ns = clock_ns();
        errno = 0;
        redisAsyncHandleRead(l->ac);
        if (first && l->broken && l->err.kind != ERR_PROTOCOL)
            l->first_read_ns = 0; /* it brought the end and no bytes */
        if (l->ac != NULL && l->unwritten)
            write_out(l); /* what the replies made the user send */
    }
    settle(l);
    leave(l);
}

/* The socket says whether it is connected: 0 or an errno. */
static int connect_result(int fd)
{
    int errnum = 0;
    socklen_t len = sizeof(errnum);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0 ? errno : errnum;
}

static void on_connectable(struct redis_link *l)
{
    int errnum = connect_result(l->ac->c.fd);
    if (errnum == EINPROGRESS)
        return;
    if (errnum != 0) {
        l->closed = true;
        redisAsyncFree(l->ac);
        l->events->connected(l, errnum);
        return;
    }
    l->connecting = false;
    write_out(l); /* hiredis notices that it is connected by writing */
    if (l->ac == NULL) {
        l->closed = true;
        l->events->connected(l, ECONNABORTED);
        return;
    }
    ev_io_start(l->loop, &l->read);
    l->events->connected(l, 0);
    if (l->ac != NULL && l->unwritten)
        write_out(l);
}

/* Also fed by redis_link_send and _flush, to tell of a break from the loop. */
static void on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct redis_link *l = io->data;
    enter(l);
    if (l->connecting) {
        on_connectable(l);
    } else if (!l->broken) {
        write_out(l);
        if (l->ac != NULL && !ev_is_active(&l->write))
            l->events->drained(l);
    }
    settle(l);
    leave(l);
}

/* Making, using, closing */

static struct redis_link *begin(struct ev_loop *loop, redisAsyncContext *ac,
                                const struct redis_link_events *events, void *owner)
{
    int errnum = errno;
    if (ac == NULL || ac->err != 0) {
        if (ac != NULL)
            redisAsyncFree(ac);
        errno = errnum != 0 ? errnum : ENOMEM;
        return NULL;
    }
    struct redis_link *l = xcalloc(1, sizeof(*l));
    l->ac = ac;
    l->loop = loop;
    l->events = events;
    l->owner = owner;
    l->connecting = true;
    watch_io_init(&l->read, on_readable, l);
    watch_io_init(&l->write, on_writable, l);
    watch_io_set(&l->read, ac->c.fd, EV_READ);
    watch_io_set(&l->write, ac->c.fd, EV_WRITE);
    (void)fcntl(ac->c.fd, F_SETFD, FD_CLOEXEC);
    ac->data = l;
    ac->ev.data = l;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;
    ev_io_start(loop, &l->write);
    return l;
}

struct redis_link *redis_link_tcp(struct ev_loop *loop, const union dns_address *address,
                                  const struct redis_link_events *events, void *owner)
{
    char name[INET6_ADDRSTRLEN];
    const void *ip = address->any.sa_family == AF_INET6 ? (const void *)&address->v6.sin6_addr
                                                        : (const void *)&address->v4.sin_addr;
    int port =
        ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
    inet_ntop(address->any.sa_family, ip, name, sizeof(name));
    errno = 0;
    return begin(loop, redisAsyncConnect(name, port), events, owner);
}

struct redis_link *redis_link_unix(struct ev_loop *loop, const char *path,
                                   const struct redis_link_events *events, void *owner)
{
    errno = 0;
    return begin(loop, redisAsyncConnectUnix(path), events, owner);
}

void redis_link_close(struct redis_link *l)
{
    if (l == NULL)
        return;
    assert(!l->closed);
    enter(l);
    l->closed = true;
    if (l->ac != NULL)
        redisAsyncFree(l->ac);
    leave(l);
}

void redis_link_send(struct redis_link *l, const char *command, size_t len)
{
    assert(!l->closed);
    if (l->broken)
        return;
    if (redisAsyncFormattedCommand(l->ac, on_reply, NULL, command, len) != REDIS_OK)
        set_broken(l, ERR_SYSTEM, "out of memory");
    if (l->broken)
        ev_feed_event(l->loop, &l->write, EV_CUSTOM);
    else
        l->unanswered++;
}

void redis_link_flush(struct redis_link *l)
{
    if (l->depth > 0 || l->broken || !l->unwritten || ev_is_active(&l->write))
        return;
    enter(l);
    write_out(l);
    if (l->broken)
        ev_feed_event(l->loop, &l->write, EV_CUSTOM);
    leave(l);
}
