/* The thread that cancels queries; see pg_cancel.h. */
#include "proto/pg_cancel.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { WAITING_MAX = 4096 };

struct request {
    struct request *next;
    PGcancel *cancel; /* owned */
};

/* Shared by all threads of the process, under the lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct request *first, **end;
    int waiting;
    bool running; /* the thread */
} cancels = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, &cancels.first, 0, false};

static void *cancel_all(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&cancels.lock);
    while (cancels.first) {
        struct request *r = cancels.first;
        cancels.first = r->next;
        if (!cancels.first)
            cancels.end = &cancels.first;
        cancels.waiting--;
        pthread_mutex_unlock(&cancels.lock);
        char why_not[256]; /* the query may have ended: nothing to tell */
        PQcancel(r->cancel, why_not, sizeof(why_not));
        PQfreeCancel(r->cancel);
        free(r);
        pthread_mutex_lock(&cancels.lock);
    }
    cancels.running = false;
    pthread_cond_broadcast(&cancels.idle);
    pthread_mutex_unlock(&cancels.lock);
    return NULL;
}

/* With the lock held. */
static bool start_thread(void)
{
    /* Signals are for the threads that expect them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, cancel_all, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

void pg_cancel(PGconn *conn)
{
    PGcancel *cancel = PQtransactionStatus(conn) == PQTRANS_ACTIVE ? PQgetCancel(conn) : NULL;
    if (!cancel)
        return;
    struct request *r = xcalloc(1, sizeof(*r));
    r->cancel = cancel;
    pthread_mutex_lock(&cancels.lock);
    bool taken = cancels.waiting < WAITING_MAX;
    if (taken) {
        *cancels.end = r;
        cancels.end = &r->next;
        cancels.waiting++;
        if (!cancels.running)
            cancels.running = start_thread();
    }
    pthread_mutex_unlock(&cancels.lock);
    if (!taken) {
        PQfreeCancel(cancel);
        free(r);
    }
}

void pg_cancel_wait(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&cancels.lock);
    while (cancels.running && pthread_cond_timedwait(&cancels.idle, &cancels.lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&cancels.lock);
}
