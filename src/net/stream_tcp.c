/*
 * The transport that is nothing but a socket.
 *
 * Reads and writes are the bare system calls: as glibc's recv and send are
 * points at which a thread can be cancelled, which nobody is here, each costs
 * another 45 instructions in a program with threads.
 */
#include "net/stream.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static ssize_t tcp_read(struct stream *s, void *data, size_t len, struct err *err)
{
    (void)err;
    return syscall(SYS_recvfrom, s->fd, data, len, 0, NULL, NULL);
}

static ssize_t tcp_write(struct stream *s, const void *data, size_t len)
{
    return syscall(SYS_sendto, s->fd, data, len, MSG_NOSIGNAL, NULL, 0);
}

const struct stream_ops stream_tcp = {
    .read = tcp_read,
    .write = tcp_write,
};
