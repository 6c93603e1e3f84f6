/*
 * The other end of a connection, for tests of the network code: a thread that
 * plays a script, a C function of blocking steps, on a free port of loopback.
 * peer_wait in the script and peer_go in the test order the two without
 * sleeping, peer_tell and peer_told the other way. A step that cannot be done within 20 s ends the test program.
 */
#pragma once

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h> /* TEMP_FAILURE_RETRY */

#define PEER_STEP_S 20

struct peer {
    void (*script)(struct peer *p);
    int listener;
    int port;
    int fd; /* the connection accepted last; -1 when closed */
    int accepted;
    size_t received; /* bytes, in all */
    sem_t go, told;
    pthread_t thread;
};

#define peer_check(ok)                                                                \
    do {                                                                              \
        if (!(ok)) {                                                                  \
            fprintf(stderr, "%s:%d: peer: %s (errno: %s)\n", __FILE__, __LINE__, #ok, \
                    strerror(errno));                                                 \
            abort();                                                                  \
        }                                                                             \
    } while (0)

/* A listening socket on 127.0.0.1 or ::1; *port 0: any, and set. */
static inline int peer_listen(int family, int *port, int backlog)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)*port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
    struct timeval step = {.tv_sec = PEER_STEP_S};
    int on = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer_check(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step));
    peer_check(bind(fd, address, len) == 0);
    peer_check(listen(fd, backlog) == 0);
    peer_check(getsockname(fd, address, &len) == 0);
    *port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

static inline void *peer_run_(void *arg)
{
    struct peer *p = arg;
    p->script(p);
    if (p->fd >= 0)
        close(p->fd);
    return NULL;
}

/* At a given port, or 0. */
static inline void peer_start_at(struct peer *p, int port, void (*script)(struct peer *p))
{
    *p = (struct peer){.script = script, .fd = -1, .port = port};
    p->listener = peer_listen(AF_INET, &p->port, 16);
    sem_init(&p->go, 0, 0);
    sem_init(&p->told, 0, 0);
    peer_check(pthread_create(&p->thread, NULL, peer_run_, p) == 0);
}

static inline void peer_start(struct peer *p, void (*script)(struct peer *p))
{
    peer_start_at(p, 0, script);
}

/* Waits for the script's end. */
static inline void peer_stop(struct peer *p)
{
    pthread_join(p->thread, NULL);
    close(p->listener);
    sem_destroy(&p->go);
    sem_destroy(&p->told);
}

/* From the test: lets one peer_wait pass. */
static inline void peer_go(struct peer *p)
{
    sem_post(&p->go);
}

/* From the test, without waiting: has the script come to its next peer_tell? */
static inline bool peer_told(struct peer *p)
{
    return sem_trywait(&p->told) == 0;
}

/* The steps of a script. A process that is stopped and continued has its timed
 * waits interrupted: they are taken up again. */

static inline void peer_tell(struct peer *p)
{
    sem_post(&p->told);
}

static inline void peer_wait(struct peer *p)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PEER_STEP_S;
    peer_check(TEMP_FAILURE_RETRY(sem_timedwait(&p->go, &until)) == 0);
}

static inline void peer_accept(struct peer *p)
{
    struct timeval step = {.tv_sec = PEER_STEP_S};
    if (p->fd >= 0)
        close(p->fd);
    p->fd = TEMP_FAILURE_RETRY(accept(p->listener, NULL, NULL));
    peer_check(p->fd >= 0);
    setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step));
    setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step));
    p->accepted++;
}

/* Reads n bytes. */
static inline void peer_read(struct peer *p, size_t n)
{
    char buf[65536];
    while (n > 0) {
        ssize_t got = TEMP_FAILURE_RETRY(recv(p->fd, buf, n < sizeof(buf) ? n : sizeof(buf), 0));
        peer_check(got > 0);
        p->received += (size_t)got;
        n -= (size_t)got;
    }
}

/* Reads a request's head, to the empty line. */
static inline void peer_request(struct peer *p)
{
    static const char end[] = "\r\n\r\n";
    size_t at = 0;
    while (end[at] != '\0') {
        char c;
        peer_check(TEMP_FAILURE_RETRY(recv(p->fd, &c, 1, 0)) == 1);
        p->received++;
        at = c == end[at] ? at + 1 : c == '\r';
    }
}

static inline void peer_send_n(struct peer *p, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(send(p->fd, data, len, MSG_NOSIGNAL));
        peer_check(n > 0);
        data += n;
        len -= (size_t)n;
    }
}

static inline void peer_send(struct peer *p, const char *text)
{
    peer_send_n(p, text, strlen(text));
}

static inline void peer_close(struct peer *p)
{
    close(p->fd);
    p->fd = -1;
}

/* Closes with RST. */
static inline void peer_reset(struct peer *p)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    peer_close(p);
}

/* Reads until the client has closed, however it did. */
static inline void peer_until_closed(struct peer *p)
{
    char buf[65536];
    ssize_t n;
    while ((n = TEMP_FAILURE_RETRY(recv(p->fd, buf, sizeof(buf), 0))) > 0)
        p->received += (size_t)n;
    peer_check(n == 0 || errno == ECONNRESET);
    peer_close(p);
}

/* An address that neither accepts nor refuses: a listener whose queue is full.
 * hold[] keeps it so; close all of them in the end. */
enum { PEER_HOLD = 8 };

static inline void peer_deaf(int family, int *port, int hold[PEER_HOLD])
{
    for (int i = 0; i < PEER_HOLD; i++)
        hold[i] = -1;
    hold[0] = peer_listen(family, port, 0);
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    peer_check(getsockname(hold[0], (struct sockaddr *)&address, &len) == 0);
    for (int i = 1; i < PEER_HOLD; i++) {
        hold[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int rc = connect(hold[i], (struct sockaddr *)&address, len);
        peer_check(rc == 0 || errno == EINPROGRESS);
    }
}

static inline void peer_deaf_end(int hold[PEER_HOLD])
{
    for (int i = 0; i < PEER_HOLD; i++)
        close(hold[i]);
}

/* A port on which nobody listens: it was free a moment ago. */
static inline int peer_dead_port(void)
{
    int port = 0, fd = peer_listen(AF_INET, &port, 1);
    close(fd);
    return port;
}
