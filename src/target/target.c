/*
 * Start and stop of the embedded target: the listening socket, the limits and
 * libmicrohttpd's daemon with a pool of epoll threads. What happens to a
 * request is in exchange.c.
 */
#include "target/target.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "target/server.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_WANTED = 10000,
    CONNECTIONS_MAX = 1000000,
    FILES_RESERVED = 64, /* for everything that is not a connection */
    BACKLOG = 65535,     /* the kernel cuts it to net.core.somaxconn */
    THREADS_MAX = 64,
    CONNECTION_MEMORY = 16384, /* request line and headers have to fit */
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
    struct sockaddr_storage address;
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

static void on_connection(void *cls, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)connection;
    (void)state;
    struct target *t = cls;
    struct tally_sheet *sheet = tally_mine(&t->tally);
    tally_add(what == MHD_CONNECTION_NOTIFY_STARTED ? &sheet->opened : &sheet->closed);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list args)
{
    (void)cls;
    char line[256];
    vsnprintf(line, sizeof(line), fmt, args);
    line[strcspn(line, "\n")] = '\0';
    log_debug("target: %s", line);
}

static int start_daemon(struct target *t, const struct target_options *options, int fd,
                        struct err *err)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TURBO |
                     MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    unsigned threads = thread_count(options->threads);
    struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    t->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_on_request, t, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        NULL, /* first: it sees the others' complaints */
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        raise_connection_limit(options->connections), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, t,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, t, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
    return t->daemon ? 0 : err_set(err, ERR_SYSTEM, "libmicrohttpd could not start its threads");
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
    tally_init(&t->tally);
    exchange_make_replies(t);

    int fd = listen_on(options->bind ? options->bind : TARGET_DEFAULT_BIND, options->port, err);
    if (fd < 0)
        goto fail;
    remember_address(t, fd);
    if (!latency_is_zero(&options->latency) && delay_start(&t->delay, err) != 0)
        goto fail;
    if (start_daemon(t, options, fd, err) != 0)
        goto fail;
    *out = t;
    return 0;

fail:
    if (fd >= 0)
        close(fd);
    target_stop(t);
    return -1;
}

int target_port(const struct target *t)
{
    return t->port;
}

const char *target_url(const struct target *t)
{
    return t->url;
}

void target_counts(const struct target *t, struct target_counts *counts)
{
    tally_sum((struct tally *)&t->tally, counts);
}

void target_stop(struct target *t)
{
    if (!t)
        return;
    /* A suspended connection must be resumed before the daemon may stop. */
    if (t->delay)
        delay_stop(t->delay);
    if (t->daemon)
        MHD_stop_daemon(t->daemon);
    delay_free(t->delay);
    exchange_free_replies(t);
    tally_release(&t->tally);
    free(t->token);
    free(t->url);
    free(t);
}
