/*
 * Start and stop of the embedded target: the listening socket, the limits and
 * the threads. What a thread does is in server.c, what happens to a request in
 * exchange.c.
 */
#include "target/target.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "target/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_WANTED = 10000,
    CONNECTIONS_MAX = 1000000,
    FILES_RESERVED = 64, /* for everything that is not a connection */
    BACKLOG = 65535,     /* the kernel cuts it to net.core.somaxconn */
    THREADS_MAX = 64,
};

static int describe_bind_failure(struct err *err, const char *address, int port)
{
    switch (errno) {
    case EADDRINUSE:
        return err_set(err, ERR_SYSTEM,
                       "port %d on %s is in use: stop what listens there, or choose another with "
                       "--port (0 takes any free one)",
                       port, address);
    case EACCES:
        return err_set(err, ERR_SYSTEM,
                       "not allowed to listen on port %d: choose one above 1023 with --port", port);
    case EADDRNOTAVAIL:
        return err_set(err, ERR_CONFIG,
                       "this machine has no address %s to listen on: --bind takes one of its own, "
                       "or 0.0.0.0 for all",
                       address);
    default:
        return err_errno(err, errno, "cannot listen on %s port %d", address, port);
    }
}

/* The socket, or -1. */
static int listen_on(const char *address, int port, struct err *err)
{
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int failed = getaddrinfo(address, service, &hints, &found);
    if (failed)
        return err_set(err, ERR_CONFIG, "cannot listen on '%s': %s", address, gai_strerror(failed));
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        err_errno(err, errno, "cannot make a socket");
        goto out;
    }
    /* Accepted sockets inherit TCP_NODELAY. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        describe_bind_failure(err, address, port);
        close(fd);
        fd = -1;
    }
out:
    freeaddrinfo(found);
    return fd;
}

static void remember_address(struct target *t, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    getsockname(fd, (struct sockaddr *)&address, &len);
    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    t->port = atoi(port);
    bool v6 = address.ss_family == AF_INET6;
    t->url = xasprintf("http://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* How many connections the descriptors allow, with the soft limit raised. */
static unsigned raise_connection_limit(int wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return CONNECTIONS_WANTED;
    rlim_t soft = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    if (soft < files.rlim_max && setrlimit(RLIMIT_NOFILE, &files) != 0)
        files.rlim_cur = soft;
    rlim_t possible = files.rlim_cur > FILES_RESERVED + 1 ? files.rlim_cur - FILES_RESERVED : 1;
    rlim_t needed = wanted > 0 ? (rlim_t)wanted : CONNECTIONS_WANTED;
    if (possible < needed)
        log_warn("at most %llu connections at once: %llu need %llu open files, but the hard limit "
                 "is %llu (ulimit -Hn)",
                 (unsigned long long)possible, (unsigned long long)needed,
                 (unsigned long long)(needed + FILES_RESERVED), (unsigned long long)files.rlim_cur);
    return (unsigned)(possible < CONNECTIONS_MAX ? possible : CONNECTIONS_MAX);
}

static unsigned thread_count(int wanted)
{
    cpu_set_t cpus;
    int n = wanted;
    if (n <= 0)
        n = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    return (unsigned)(n < THREADS_MAX ? n : THREADS_MAX);
}

/* Shares the listening socket among the servers; a daemon closes what it gets. */
static int start_servers(struct target *t, const struct target_options *options, int listen_fd,
                         struct err *err)
{
    unsigned connections = raise_connection_limit(options->connections);
    t->servers_len = thread_count(options->threads);
    t->servers = xcalloc(t->servers_len, sizeof(*t->servers));
    for (unsigned i = 0; i < t->servers_len; i++) {
        int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return err_errno(err, errno, "cannot share the listening socket");
        unsigned share = (connections + t->servers_len - 1) / t->servers_len;
        if (server_start(&t->servers[i], t, fd, share, err) != 0)
            return -1;
    }
    return 0;
}

static void start_mcp(struct target *t, const struct target_options *options)
{
    t->mcp = mcp_new(&(struct mcp_options){
        .sessions = options->sessions ? options->sessions : TARGET_DEFAULT_SESSIONS,
        .idle_s = options->session_idle_s ? options->session_idle_s : TARGET_DEFAULT_IDLE_S,
        .page = options->list_page,
        .strict = options->strict,
        .required_capability = options->required_capability,
    });
    t->event_streams = options->event_streams;
    t->strict = options->strict;
    t->jwt_secret = xstrdup(options->jwt_secret ? options->jwt_secret : TARGET_DEFAULT_JWT_SECRET);
    t->server_id = xstrdup(options->server_id ? options->server_id : TARGET_DEFAULT_SERVER_ID);
}

int target_start(struct target **out, const struct target_options *options, struct err *err)
{
    struct target *t = xcalloc(1, sizeof(*t));
    t->token = options->token ? xstrdup(options->token) : NULL;
    t->latency = options->latency;
    t->error_rate = options->error_rate;
    t->seed = options->seed;
    t->has_fate = options->error_rate > 0 || !latency_is_zero(&options->latency);
    t->started_ns = clock_ns();
    start_mcp(t, options);
    t->stop_fd = eventfd(0, EFD_CLOEXEC);
    exchange_make_replies(t);

    int status = -1;
    int fd = listen_on(options->bind ? options->bind : TARGET_DEFAULT_BIND, options->port, err);
    if (fd >= 0) {
        remember_address(t, fd);
        status = start_servers(t, options, fd, err);
        close(fd);
    }
    if (status == 0)
        *out = t;
    else
        target_stop(t);
    return status;
}

const char *target_url(const struct target *t)
{
    return t->url;
}

void target_counts(const struct target *t, struct target_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    for (unsigned i = 0; i < t->servers_len; i++)
        sheet_add_to(&t->servers[i].sheet, counts);
    counts->sessions = mcp_sessions(t->mcp);
}

void target_stop(struct target *t)
{
    if (!t)
        return;
    eventfd_write(t->stop_fd, 1);
    for (unsigned i = 0; i < t->servers_len; i++)
        server_join(&t->servers[i]);
    for (unsigned i = 0; i < t->servers_len; i++)
        server_release(&t->servers[i]);
    free(t->servers);
    close(t->stop_fd);
    exchange_free_replies(t);
    mcp_free(t->mcp);
    free(t->jwt_secret);
    free(t->server_id);
    free(t->token);
    free(t->url);
    free(t);
}
