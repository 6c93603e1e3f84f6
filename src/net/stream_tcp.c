/* The transport that is nothing but a socket. */
#include "net/stream.h"

#include <sys/socket.h>

static ssize_t tcp_read(struct stream *s, void *data, size_t len, struct err *err)
{
    (void)err;
    return recv(s->fd, data, len, 0);
}

static ssize_t tcp_write(struct stream *s, const void *data, size_t len)
{
    return send(s->fd, data, len, MSG_NOSIGNAL);
}

const struct stream_ops stream_tcp = {
    .read = tcp_read,
    .write = tcp_write,
};
