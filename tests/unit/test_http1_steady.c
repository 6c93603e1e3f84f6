/*
 * What one request costs on an open connection, counted: one send, one recv,
 * no epoll_ctl and no allocation. The system calls and the allocator are this
 * file's, in front of the real ones.
 */
#include "loop.h"
#include "peer.h"

#include "proto/http1.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

static struct counts {
    uint64_t sends, recvs, epoll_ctls, allocations;
} counts;

static pthread_t client_thread; /* the server's calls are not counted */
#define COUNT(what)                                       \
    do {                                                  \
        if (pthread_equal(pthread_self(), client_thread)) \
            counts.what++;                                \
    } while (0)

/* The client's reads and writes are bare (net/stream_tcp.c). */
long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list args;
    va_start(args, number);
    for (size_t i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_sendto)
        COUNT(sends);
    else if (number == SYS_recvfrom)
        COUNT(recvs);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    COUNT(epoll_ctls);
    int (*real)(int, int, int, struct epoll_event *) =
        (int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT, "epoll_ctl");
    return real(epfd, op, fd, event);
}

void *xmalloc(size_t size)
{
    COUNT(allocations);
    void *p = malloc(size);
    assert_non_null(p);
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    COUNT(allocations);
    void *p = calloc(count, size);
    assert_non_null(p);
    return p;
}

void *xrealloc(void *p, size_t size)
{
    COUNT(allocations);
    void *grown = realloc(p, size);
    assert_non_null(grown);
    return grown;
}

char *xstrndup(const char *s, size_t len)
{
    char *copy = xcalloc(1, len + 1);
    memcpy(copy, s, len);
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
    COUNT(allocations);
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    assert_true(vasprintf(&text, fmt, args) >= 0);
    va_end(args);
    return text;
}

enum { WARM = 10, REQUESTS = 1000 };

struct client {
    struct ev_loop *loop;
    struct http1_conn *conn;
    struct http1_op op;
    int completions;
    struct counts warm, end;
};

static void complete(struct op *op)
{
    struct client *c = op->owner;
    assert_int_equal(op_failure(op), ERR_NONE);
    assert_int_equal(c->op.status, 200);
    c->completions++;
    if (c->completions == WARM)
        c->warm = counts;
    c->end = counts;
    if (c->completions < WARM + REQUESTS)
        http1_start(c->conn, &c->op, 10);
}

static void script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < WARM + REQUESTS; i++) {
        peer_request(p);
        peer_send(p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
    peer_until_closed(p);
}

static void one_send_one_recv_nothing_else(void **state)
{
    (void)state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int keep_body = 0; keep_body < 2; keep_body++) {
        struct peer peer;
        struct net net;
        struct client c = {.loop = ev_loop_new(EVBACKEND_EPOLL)};
        client_thread = pthread_self();
        peer_start(&peer, script);
        net_init(&net, c.loop);
        struct endpoint origin = {.host = "127.0.0.1", .port = peer.port};
        c.conn = http1_conn_new(&net, &origin);
        c.op = (struct http1_op){.op = {.complete = complete, .owner = &c},
                                 .request = request,
                                 .request_len = strlen(request),
                                 .keep_body = keep_body};
        http1_start(c.conn, &c.op, 10);
        loop_until(c.loop, c.completions == WARM + REQUESTS);

        assert_int_equal(c.end.sends - c.warm.sends, REQUESTS);
        assert_int_equal(c.end.recvs - c.warm.recvs, REQUESTS);
        assert_int_equal(c.end.epoll_ctls - c.warm.epoll_ctls, 0);
        assert_int_equal(c.end.allocations - c.warm.allocations, 0);
        assert_true(c.warm.epoll_ctls > 0); /* the counters do count */
        assert_true(c.warm.allocations > 0);

        http1_conn_free(c.conn);
        op_release(&c.op.op);
        peer_stop(&peer);
        net_release(&net);
        ev_loop_destroy(c.loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_send_one_recv_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
