/*
 * The Prometheus reporter: an HTTP listener of its own thread that answers
 * /metrics from a copy of the figures, which each tick renews.
 *
 * A run ends when it ends, not when Prometheus looks. So that the last figures
 * are not lost, the end waits for one more scrape, but only when there were
 * scrapes before, and not much longer than they were apart.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "report/prometheus_figures.h"
#include "report/reporters.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_ADDRESS "127.0.0.1"

enum {
    BACKLOG = 16,
    CONNECTIONS_MAX = 32,
    IDLE_TIMEOUT_S = 120,
    LAST_SCRAPE_MAX_S = 20,
    LAST_SCRAPE_DISTANCES = 5, /* between scrapes, before none is expected any more */
};

struct reporter {
    struct MHD_Daemon *daemon; /* owned */
    char *url;                 /* owned */
    bool announced;

    pthread_mutex_t lock;               /* of what follows */
    struct prometheus_figures *figures; /* owned */
    uint64_t scraped_ns, apart_ns;      /* the last scrape, and its distance from the one before */
    uint64_t scrapes;
    bool ended;
    uint64_t scrapes_after_end;
};

/* --- answering; in the listener's thread -------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              const char *content_type, struct buf *body)
{
    size_t len = body->len;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, buf_detach(body), MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status,
                                   const char *text)
{
    struct buf body = BUF_INIT;
    buf_adds(&body, text);
    return answer(connection, status, "text/plain; charset=utf-8", &body);
}

/* Protobuf to those who ask for it, as Prometheus does with native histograms
 * enabled; text to everyone else. */
static const struct exposition_format *choose_format(struct MHD_Connection *connection)
{
    const char *accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    bool protobuf = accept != NULL && strstr(accept, "application/vnd.google.protobuf") != NULL &&
                    strstr(accept, "encoding=delimited") != NULL;
    return protobuf ? &exposition_protobuf : &exposition_text;
}

static void note_scrape(struct reporter *r)
{
    uint64_t now = clock_ns();
    if (r->scrapes > 0)
        r->apart_ns = now - r->scraped_ns;
    r->scraped_ns = now;
    r->scrapes++;
}

/* What a request is, between its calls. */
static int body_follows, gets_last_figures;

/* A request's answer is sent. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct reporter *r = cls;
    (void)connection;
    if (*state != &gets_last_figures || how != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        return;
    pthread_mutex_lock(&r->lock);
    r->scrapes_after_end++;
    pthread_mutex_unlock(&r->lock);
}

static enum MHD_Result answer_metrics(struct reporter *r, struct MHD_Connection *connection,
                                      bool is_get, void **state)
{
    struct buf body = BUF_INIT;
    struct exposition e = {.format = choose_format(connection), .out = &body};
    pthread_mutex_lock(&r->lock);
    prometheus_figures_expose(r->figures, &e);
    if (is_get) {
        note_scrape(r);
        *state = r->ended ? &gets_last_figures : &body_follows;
    }
    pthread_mutex_unlock(&r->lock);
    return answer(connection, MHD_HTTP_OK, e.format->content_type, &body);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **state)
{
    struct reporter *r = cls;
    (void)version;
    (void)upload;
    if (*state == NULL) { /* the head; the body, if any, is read and dropped */
        *state = &body_follows;
        return MHD_YES;
    }
    if (*upload_len > 0) {
        *upload_len = 0;
        return MHD_YES;
    }
    bool is_get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    if (!is_get && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET is answered.\n");
    if (strcmp(path, "/metrics") == 0)
        return answer_metrics(r, connection, is_get, state);
    if (strcmp(path, "/") == 0)
        return answer_text(connection, MHD_HTTP_OK,
                           "inrush is running a load test. Its figures are at /metrics.\n");
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "Not here. The figures are at /metrics.\n");
}

/* --- starting ------------------------------------------------------------------ */

/* "9464", "0.0.0.0:9464" or "[::1]:9464"; *address is owned by the caller. */
static int parse_place(const char *text, char **address, int *port, struct err *err)
{
    const char *colon = strrchr(text, ':');
    const char *from = text, *to = colon;
    if (units_parse_port(colon != NULL ? colon + 1 : text, true, port, err) != 0)
        return err_prefix(err, "--prometheus '%s'", text);
    if (colon == NULL) {
        *address = xstrdup(DEFAULT_ADDRESS);
        return 0;
    }
    if (*from == '[' && to > from && to[-1] == ']') {
        from++;
        to--;
    } else if (memchr(from, ':', (size_t)(to - from)) != NULL) {
        return err_set(err, ERR_USAGE,
                       "--prometheus '%s': write an IPv6 address in brackets: [%.*s]:%d", text,
                       (int)(to - from), from, *port);
    }
    if (to == from)
        return err_set(err, ERR_USAGE,
                       "--prometheus '%s': no address before the colon; write 0.0.0.0:%d for all, "
                       "or the port alone for this machine",
                       text, *port);
    *address = xstrndup(from, (size_t)(to - from));
    return 0;
}

static int describe_failure(struct err *err, const char *address, int port)
{
    if (errno == EADDRINUSE)
        return err_set(err, ERR_SYSTEM,
                       "--prometheus: port %d on %s is in use; stop what listens there, or choose "
                       "another (0: any free one)",
                       port, address);
    return err_errno(err, errno, "--prometheus: cannot listen on %s port %d", address, port);
}

static int listen_on(const char *address, int port, struct err *err)
{
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int failed = getaddrinfo(address, service, &hints, &found);
    if (failed)
        return err_set(err, ERR_CONFIG, "--prometheus: cannot listen on '%s': %s", address,
                       gai_strerror(failed));
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        describe_failure(err, address, port);
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* Where it listens, with the port that the system chose for 0. Owned by the
 * caller. */
static char *url_of(int fd)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(bound);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return xstrdup("its port");
    bool v6 = bound.ss_family == AF_INET6;
    return xasprintf("http://%s%s%s:%s/metrics", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* The listener's thread hears none of the process's signals. */
static struct MHD_Daemon *start_daemon(struct reporter *r, int fd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* clang-format off */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, on_request, r,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, r,
        MHD_OPTION_END);
    /* clang-format on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

/* What is left of it without its listener. */
static void release(struct reporter *r)
{
    pthread_mutex_destroy(&r->lock);
    prometheus_figures_free(r->figures);
    free(r->url);
    free(r);
}

static struct reporter *prometheus_open(const struct report_run *run,
                                        const struct report_options *opt, struct err *err)
{
    char *address = NULL;
    int port = 0;
    if (parse_place(opt->path, &address, &port, err) != 0)
        return NULL;
    int fd = listen_on(address, port, err);
    free(address);
    if (fd < 0)
        return NULL;

    struct reporter *r = xcalloc(1, sizeof(*r));
    pthread_mutex_init(&r->lock, NULL);
    r->figures = prometheus_figures_new(run);
    r->url = url_of(fd);
    r->daemon = start_daemon(r, fd);
    if (r->daemon == NULL) {
        err_set(err, ERR_SYSTEM, "--prometheus: libmicrohttpd could not start");
        close(fd);
        release(r);
        return NULL;
    }
    return r;
}

/* --- while it runs, and at its end ---------------------------------------------- */

static void prometheus_tick(struct reporter *r, const struct report_tick *tick)
{
    if (!r->announced)
        log_info("figures for Prometheus are at %s", r->url);
    r->announced = true;
    pthread_mutex_lock(&r->lock);
    prometheus_figures_tick(r->figures, tick);
    pthread_mutex_unlock(&r->lock);
}

/* Ends the run: from now on scrapes get its last figures. Returns until when,
 * on clock_ns(), one more may be awaited. */
static uint64_t finish_figures(struct reporter *r, const struct report_end *end)
{
    pthread_mutex_lock(&r->lock);
    prometheus_figures_end(r->figures, end);
    r->ended = true;
    uint64_t wait_ns = LAST_SCRAPE_MAX_S * NS_PER_S; /* one scrape tells no distance */
    if (r->scrapes > 1 && LAST_SCRAPE_DISTANCES * r->apart_ns + NS_PER_S < wait_ns)
        wait_ns = LAST_SCRAPE_DISTANCES * r->apart_ns + NS_PER_S;
    uint64_t until_ns = r->scrapes > 0 ? r->scraped_ns + wait_ns : 0;
    pthread_mutex_unlock(&r->lock);
    return until_ns;
}

static bool has_last_scrape(struct reporter *r)
{
    pthread_mutex_lock(&r->lock);
    bool has = r->scrapes_after_end > 0;
    pthread_mutex_unlock(&r->lock);
    return has;
}

static void await_last_scrape(struct reporter *r, uint64_t until_ns)
{
    static const struct timespec look = {.tv_nsec = 20 * NS_PER_MS};
    sigset_t ending, before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    if (until_ns > clock_ns() + NS_PER_S)
        log_info("waiting for Prometheus to fetch the last figures (Ctrl-C ends it)");
    while (clock_ns() < until_ns && !has_last_scrape(r)) {
        if (sigtimedwait(&ending, NULL, &look) > 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void prometheus_discard(struct reporter *r)
{
    MHD_stop_daemon(r->daemon);
    release(r);
}

static int prometheus_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)err;
    await_last_scrape(r, finish_figures(r, end));
    prometheus_discard(r);
    return 0;
}

const struct reporter_kind report_prometheus = {
    .name = "prometheus",
    .open = prometheus_open,
    .tick = prometheus_tick,
    .end = prometheus_end,
    .discard = prometheus_discard,
};
