/*
 * One serving thread. It drives its libmicrohttpd daemon itself instead of
 * letting the library do it, because it can then also sleep until the next
 * late answer is due and resume its connection: no lock, no other thread.
 */
#include "target/server.h"

#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY = 8192, /* request line and headers have to fit */
    /* libmicrohttpd 0.9.75 does not notice an end of stream that arrives
     * together with data; this keeps such connections from piling up. Far
     * beyond any wait between two requests. */
    IDLE_TIMEOUT_S = 600,
};

static void on_connection(void *cls, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)connection;
    (void)state;
    struct server *s = cls;
    sheet_count(what == MHD_CONNECTION_NOTIFY_STARTED ? &s->sheet.opened : &s->sheet.closed);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list args)
{
    (void)cls;
    char line[256];
    vsnprintf(line, sizeof(line), fmt, args);
    line[strcspn(line, "\n")] = '\0';
    log_debug("target: %s", line);
}

static void resume_due(struct server *s, uint64_t now_ns)
{
    struct MHD_Connection *connection;
    while ((connection = delays_take(&s->delays, now_ns)))
        MHD_resume_connection(connection);
}

/* Sleeps until the daemon has something to do or an answer is due. Returns
 * false when the server has to end. */
static bool wait_for_work(struct server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
                           {.fd = s->target->stop_fd, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    if (MHD_get_timeout(s->daemon, &daemon_ms) != MHD_YES)
        daemon_ms = 3600 * 1000;

    uint64_t now = clock_ns(), due = delays_next_ns(&s->delays);
    uint64_t sleep_ns = daemon_ms * NS_PER_MS;
    if (due <= now)
        sleep_ns = 0;
    else if (due - now < sleep_ns)
        sleep_ns = due - now;
    struct timespec timeout = {.tv_sec = (time_t)(sleep_ns / NS_PER_S),
                               .tv_nsec = (long)(sleep_ns % NS_PER_S)};
    ppoll(fds, 2, &timeout, NULL);
    return !(fds[1].revents & POLLIN);
}

static void *server_main(void *arg)
{
    struct server *s = arg;
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns: latencies mean what they say */
    do {
        resume_due(s, clock_ns());
        MHD_run(s->daemon);
    } while (wait_for_work(s));
    return NULL;
}

/* A thread that gets none of the process's signals. */
static int start_thread(struct server *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, server_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->has_thread = !failed;
    return failed;
}

int server_start(struct server *s, struct target *t, int listen_fd, unsigned connections,
                 struct err *err)
{
    s->target = t;
    s->gateway = gateway_new(t->jwt_secret, t->server_id);
    unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    /* clang-format off */
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_on_request, s,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, /* first: it hears of the others */
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_END);
    /* clang-format on */
    if (!s->daemon) {
        close(listen_fd);
        return err_set(err, ERR_SYSTEM, "libmicrohttpd could not start");
    }
    int failed = start_thread(s);
    return failed ? err_errno(err, failed, "cannot start a serving thread") : 0;
}

void server_join(struct server *s)
{
    if (s->has_thread)
        pthread_join(s->thread, NULL);
}

void server_release(struct server *s)
{
    if (s->daemon) {
        resume_due(s, UINT64_MAX); /* the daemon may not end before */
        MHD_stop_daemon(s->daemon);
    }
    delays_release(&s->delays);
    buf_release(&s->scratch);
    gateway_free(s->gateway);
}
