/*
 * The resolver of one worker. Two sides:
 *
 *   the loop's: struct resolver, the kept answers, the requests in flight and
 *   the queries waiting for each. No lock.
 *
 *   the thread's: struct lookups, two lists under one lock, requests to do and
 *   requests done. The thread sees a request's host and fills its answer,
 *   nothing else; it belongs to the thread between the two lists.
 *
 * getaddrinfo cannot be interrupted, so a resolver that is freed while its
 * thread is in there leaves struct lookups to the thread.
 */
#include "net/dns.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/watch.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const uint64_t KEEP_NS = 60 * NS_PER_S;
static const uint64_t KEEP_LEAST_NS = 1 * NS_PER_S;

struct dns_request {
    struct dns_request *in_flight; /* the loop's list */
    struct dns_request *next;      /* the list of struct lookups it is in */
    struct dns_query *queries;     /* the loop's; who waits for it */
    char *host;                    /* owned */
    struct dns_addresses addresses;
    struct err err;
};

struct lookups {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct dns_request *todo, **todo_end;
    struct dns_request *done, **done_end;
    struct ev_loop *loop;
    ev_async *answered;        /* the resolver's */
    struct dns_request *doing; /* the thread is in getaddrinfo for it */
    bool closing;              /* the resolver is gone, and loop and answered with it */
};

struct kept {
    struct kept *next;
    char *host; /* owned */
    uint64_t since_ns;
    struct dns_addresses addresses; /* with port 0 */
};

struct resolver {
    struct ev_loop *loop;    /* borrowed, outlived by the worker's loop */
    struct lookups *lookups; /* owned */
    bool threaded;           /* thread runs; it starts on first need */
    pthread_t thread;
    ev_async answered;             /* started while requests are in flight */
    struct dns_request *in_flight; /* owned, but for one that the thread has */
    struct kept *kept;             /* owned */
};

/* Answers of getaddrinfo, and the look-up itself */

static void set_ports(struct dns_addresses *a, int port)
{
    for (int i = 0; i < a->len; i++) {
        if (a->items[i].any.sa_family == AF_INET6)
            a->items[i].v6.sin6_port = htons((uint16_t)port);
        else
            a->items[i].v4.sin_port = htons((uint16_t)port);
    }
}

static void add_family(struct dns_addresses *out, const struct addrinfo *list, int family)
{
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
        if (ai->ai_family != family || out->len == DNS_ADDRESSES)
            continue;
        memcpy(&out->items[out->len++], ai->ai_addr, ai->ai_addrlen);
    }
}

/* 0, or an EAI_ code. Without AI_ADDRCONFIG, which knows loopback interfaces
 * badly: an address that cannot be reached fails at once and the next is tried. */
static int ask_system(const char *host, int flags, struct dns_addresses *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list = NULL;
    out->len = 0;
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0)
        return rc;
    add_family(out, list, AF_INET6);
    add_family(out, list, AF_INET);
    freeaddrinfo(list);
    return out->len > 0 ? 0 : EAI_NONAME;
}

static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t len = strlen(host), n = sizeof(name) - 1;
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len < n || strncasecmp(host + len - n, name, n) != 0)
        return false;
    return len == n || host[len - n - 1] == '.';
}

/* What needs no look-up: numeric addresses and localhost. */
static bool answer_at_once(const char *host, struct dns_addresses *out)
{
    if (!is_localhost(host))
        return ask_system(host, AI_NUMERICHOST, out) == 0;
    out->items[0].v6 =
        (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    out->items[1].v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    out->len = 2;
    return true;
}

static int look_up(const char *host, struct dns_addresses *out, struct err *err)
{
    int rc = ask_system(host, 0, out);
    if (rc == 0)
        return 0;
    out->len = 0;
    return err_set(err, ERR_DNS, "cannot find the address of %s: %s", host,
                   rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
}

/* The thread */

static void request_free(struct dns_request *request)
{
    if (request == NULL)
        return;
    free(request->host);
    free(request);
}

static void lookups_free(struct lookups *l)
{
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->wake);
    free(l);
}

static struct dns_request *take_todo(struct lookups *l)
{
    struct dns_request *request = l->todo;
    l->todo = request->next;
    if (l->todo == NULL)
        l->todo_end = &l->todo;
    request->next = NULL;
    return request;
}

static void push_done(struct lookups *l, struct dns_request *request)
{
    *l->done_end = request;
    l->done_end = &request->next;
}

static void *look_up_all(void *arg)
{
    struct lookups *l = arg;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (l->todo == NULL && !l->closing)
            pthread_cond_wait(&l->wake, &l->lock);
        if (l->closing)
            break;
        struct dns_request *request = take_todo(l);
        l->doing = request;
        pthread_mutex_unlock(&l->lock);
        look_up(request->host, &request->addresses, &request->err);
        pthread_mutex_lock(&l->lock);
        if (l->closing) { /* left behind: see resolver_free */
            pthread_mutex_unlock(&l->lock);
            request_free(request);
            lookups_free(l);
            return NULL;
        }
        l->doing = NULL;
        push_done(l, request);
        ev_async_send(l->loop, l->answered);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static int start_thread(struct resolver *r)
{
    /* Signals are for the threads that expect them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&r->thread, NULL, look_up_all, r->lookups);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    r->threaded = rc == 0;
    return rc;
}

/* The loop's side */

static struct kept **find_kept(struct resolver *r, const char *host)
{
    struct kept **at = &r->kept;
    while (*at != NULL && strcmp((*at)->host, host) != 0)
        at = &(*at)->next;
    return at;
}

static void drop_kept(struct kept **at)
{
    struct kept *k = *at;
    *at = k->next;
    free(k->host);
    free(k);
}

static void keep(struct resolver *r, const char *host, const struct dns_addresses *addresses)
{
    struct kept **at = find_kept(r, host);
    if (*at != NULL)
        drop_kept(at);
    struct kept *k = xmalloc(sizeof(*k));
    *k = (struct kept){r->kept, xstrdup(host), clock_ns(), *addresses};
    r->kept = k;
}

static void answer(struct resolver *r, struct dns_request *request)
{
    struct dns_request **at = &r->in_flight;
    while (*at != request)
        at = &(*at)->in_flight;
    *at = request->in_flight;

    bool found = request->addresses.len > 0;
    if (found)
        keep(r, request->host, &request->addresses);
    /* Each call may cancel others that wait here. */
    struct dns_query *q;
    while ((q = request->queries) != NULL) {
        request->queries = q->next;
        q->request = NULL;
        set_ports(&request->addresses, q->port);
        q->done(q, &request->addresses, found ? NULL : &request->err);
    }
    request_free(request);
}

static void on_answered(struct ev_loop *loop, ev_async *async, int revents)
{
    (void)revents;
    struct resolver *r = async->data;
    struct lookups *l = r->lookups;

    pthread_mutex_lock(&l->lock);
    struct dns_request *done = l->done;
    l->done = NULL;
    l->done_end = &l->done;
    pthread_mutex_unlock(&l->lock);

    while (done != NULL) {
        struct dns_request *request = done;
        done = request->next;
        answer(r, request);
    }
    if (r->in_flight == NULL)
        ev_async_stop(loop, &r->answered);
}

/* Hands a request to the thread; without one its failure comes back at once,
 * through the loop all the same. */
static void submit(struct resolver *r, struct dns_request *request)
{
    struct lookups *l = r->lookups;
    int rc = r->threaded ? 0 : start_thread(r);
    ev_async_start(r->loop, &r->answered);
    pthread_mutex_lock(&l->lock);
    if (rc == 0) {
        *l->todo_end = request;
        l->todo_end = &request->next;
        pthread_cond_signal(&l->wake);
    } else {
        err_errno(&request->err, rc, "cannot find the address of %s: no thread to ask in",
                  request->host);
        push_done(l, request);
        ev_async_send(r->loop, &r->answered);
    }
    pthread_mutex_unlock(&l->lock);
}

int dns_resolve(struct resolver *r, struct dns_query *q, const char *host, int port,
                struct dns_addresses *out)
{
    struct kept **kept = find_kept(r, host);
    if (*kept != NULL && clock_ns() - (*kept)->since_ns < KEEP_NS) {
        *out = (*kept)->addresses;
        set_ports(out, port);
        return 1;
    }
    if (answer_at_once(host, out)) {
        set_ports(out, port);
        return 1;
    }

    struct dns_request *request = r->in_flight;
    while (request != NULL && strcmp(request->host, host) != 0)
        request = request->in_flight;
    if (request == NULL) {
        request = xcalloc(1, sizeof(*request));
        request->host = xstrdup(host);
        request->in_flight = r->in_flight;
        r->in_flight = request;
        submit(r, request);
    }
    q->port = port;
    q->request = request;
    q->next = request->queries;
    request->queries = q;
    return 0;
}

void dns_cancel(struct resolver *r, struct dns_query *q)
{
    (void)r;
    if (q->request == NULL)
        return;
    struct dns_query **at = &q->request->queries;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->request = NULL;
}

void dns_forget(struct resolver *r, const char *host)
{
    struct kept **kept = find_kept(r, host);
    if (*kept != NULL && clock_ns() - (*kept)->since_ns >= KEEP_LEAST_NS)
        drop_kept(kept);
}

struct resolver *resolver_new(struct ev_loop *loop)
{
    struct resolver *r = xcalloc(1, sizeof(*r));
    r->loop = loop;
    watch_async_init(&r->answered, on_answered, r);

    struct lookups *l = xcalloc(1, sizeof(*l));
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    l->todo_end = &l->todo;
    l->done_end = &l->done;
    l->loop = loop;
    l->answered = &r->answered;
    r->lookups = l;
    return r;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    struct lookups *l = r->lookups;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    struct dns_request *doing = l->doing;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);

    if (doing != NULL)
        pthread_detach(r->thread); /* it frees doing and l when it wakes up */
    else if (r->threaded)
        pthread_join(r->thread, NULL);
    if (doing == NULL)
        lookups_free(l);

    for (struct dns_request *request = r->in_flight, *next; request != NULL; request = next) {
        next = request->in_flight;
        assert(request->queries == NULL);
        if (request != doing)
            request_free(request);
    }
    while (r->kept != NULL)
        drop_kept(&r->kept);
    ev_async_stop(r->loop, &r->answered);
    free(r);
}
