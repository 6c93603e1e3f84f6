/*
 * Streams over any transport. A stream moves CLOSED, CONNECTING, HANDSHAKE,
 * OPEN and back to CLOSED; the read watcher is armed from HANDSHAKE on, the
 * write watcher only while something waits to be written.
 *
 * After an event has been called the stream may be gone: nothing below
 * touches it then.
 */
#include "net/stream.h"

#include "base/clock.h"
#include "net/connect.h"
#include "net/watch.h"
#include "stats/stats.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void drop_unsent(struct stream *s)
{
    buf_release(&s->unsent);
    s->written = 0;
}

/* err: NULL for an orderly end. */
static void end(struct stream *s, const struct err *err)
{
    stream_close(s);
    s->events->ended(s, err);
}

static void end_by_errno(struct stream *s, int errnum)
{
    struct err err;
    if (errnum == ECONNRESET || errnum == EPIPE)
        err_set(&err, ERR_RESET, "connection reset by the peer");
    else
        err_errno(&err, errnum, "connection lost");
    end(s, &err);
}

/* One read per event: a short one has emptied the socket, a full one leaves
 * the watcher raised. */
static void read_some(struct stream *s)
{
    char *scratch = s->net->scratch;
    struct err err;
    ssize_t n = s->ops->read(s, scratch, NET_SCRATCH, &err);
    if (n > 0) {
        s->events->data(s, scratch, (size_t)n);
        return;
    }
    int errnum = n < 0 ? errno : 0;
    if (errnum == EPROTO)
        end(s, &err);
    else if (s->failed_write != 0)
        end_by_errno(s, s->failed_write);
    else if (n == 0)
        end(s, NULL);
    else if (errnum != EAGAIN && errnum != EINTR)
        end_by_errno(s, errnum);
}

/* The peer may have answered before it broke the stream, so the answer is
 * read first; what follows it ends the stream. */
static void write_failed(struct stream *s, int errnum)
{
    s->failed_write = errnum;
    drop_unsent(s);
    ev_io_stop(s->net->loop, &s->io_write);
    ev_feed_event(s->net->loop, &s->io_read, EV_READ);
}

static void write_some(struct stream *s)
{
    ssize_t n = s->ops->write(s, s->unsent.data + s->written, s->unsent.len - s->written);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            write_failed(s, errno);
        return;
    }
    s->written += (size_t)n;
    if (s->written < s->unsent.len)
        return;
    ev_io_stop(s->net->loop, &s->io_write);
    drop_unsent(s);
    s->events->drained(s);
}

/* The time since the phase began; the next one begins. */
static uint64_t phase_over_us(struct stream *s)
{
    uint64_t begun_ns = s->phase_ns;
    s->phase_ns = clock_ns();
    return (s->phase_ns - begun_ns) / NS_PER_US;
}

static void opened(struct stream *s)
{
    if (s->ops->handshake != NULL && s->net->stats != NULL)
        hist_record(&s->net->stats->connections.handshake, phase_over_us(s));
    s->state = STREAM_OPEN;
    s->net->connects++;
    s->events->connected(s, NULL);
}

static void shake_hands(struct stream *s)
{
    bool want_write = false;
    struct err err;
    int rc = s->ops->handshake(s, &want_write, &err);
    if (rc < 0) {
        stream_close(s);
        s->events->connected(s, &err);
        return;
    }
    if (rc == 0 && want_write)
        ev_io_start(s->net->loop, &s->io_write);
    else
        ev_io_stop(s->net->loop, &s->io_write);
    if (rc > 0)
        opened(s);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct stream *s = io->data;
    if (s->state == STREAM_OPEN)
        read_some(s);
    else
        shake_hands(s);
}

static void on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)loop, (void)revents;
    struct stream *s = io->data;
    if (s->state == STREAM_OPEN)
        write_some(s);
    else
        shake_hands(s);
}

static void on_connected(void *arg, int fd, const struct err *err)
{
    struct stream *s = arg;
    s->connector = NULL;
    if (err != NULL) {
        s->state = STREAM_CLOSED;
        s->events->connected(s, err);
        return;
    }
    if (s->net->stats != NULL)
        hist_record(&s->net->stats->connections.connect, phase_over_us(s));
    s->fd = fd;
    watch_io_set(&s->io_read, fd, EV_READ);
    watch_io_set(&s->io_write, fd, EV_WRITE);
    ev_io_start(s->net->loop, &s->io_read);
    s->state = STREAM_HANDSHAKE;
    if (s->ops->handshake != NULL)
        shake_hands(s);
    else
        opened(s);
}

void stream_init(struct stream *s, struct net *net, const struct stream_events *events, void *owner)
{
    *s = (struct stream){.net = net, .events = events, .owner = owner, .fd = -1};
    watch_io_init(&s->io_read, on_readable, s);
    watch_io_init(&s->io_write, on_writable, s);
}

void stream_release(struct stream *s)
{
    stream_close(s);
}

void stream_connect(struct stream *s, const struct endpoint *to)
{
    assert(s->state == STREAM_CLOSED);
    s->to = to;
    s->ops = to->tls != NULL ? &stream_tls : &stream_tcp;
    s->state = STREAM_CONNECTING;
    s->phase_ns = clock_ns();
    s->connector = connector_start(s->net, to, on_connected, s);
}

const char *stream_opening(char buf[STREAM_OPENING_MAX], const struct stream *s)
{
    char name[ENDPOINT_NAME_MAX];
    if (s->state == STREAM_CONNECTING && connector_looks_up(s->connector))
        snprintf(buf, STREAM_OPENING_MAX, "looking up the address of %s", s->to->host);
    else
        snprintf(buf, STREAM_OPENING_MAX, "%s %s",
                 s->state == STREAM_HANDSHAKE ? "agreeing on TLS with" : "connecting to",
                 endpoint_name(name, s->to));
    return buf;
}

bool stream_write(struct stream *s, const void *data, size_t len)
{
    assert(s->state == STREAM_OPEN);
    ssize_t n = 0;
    if (s->failed_write != 0)
        return false;
    if (s->unsent.len == 0) {
        n = s->ops->write(s, data, len);
        if (n == (ssize_t)len)
            return true;
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                write_failed(s, errno);
                return false;
            }
            n = 0;
        }
        ev_io_start(s->net->loop, &s->io_write);
    }
    buf_add(&s->unsent, (const char *)data + n, len - (size_t)n);
    return false;
}

void stream_close(struct stream *s)
{
    connector_cancel(s->connector);
    s->connector = NULL;
    if (s->fd >= 0) {
        if (s->ops->close != NULL)
            s->ops->close(s);
        ev_io_stop(s->net->loop, &s->io_read);
        ev_io_stop(s->net->loop, &s->io_write);
        close(s->fd);
        s->fd = -1;
    }
    drop_unsent(s);
    s->failed_write = 0;
    s->state = STREAM_CLOSED;
}
