#include "target/delay.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

struct waiter {
    uint64_t due_ns;
    struct MHD_Connection *connection; /* borrowed; suspended, so it cannot go away */
};

struct delay {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    VEC(struct waiter) heap; /* binary, the earliest first */
    bool stopped;

    pthread_t thread;
};

static void heap_push(struct delay *d, struct waiter w)
{
    vec_push(&d->heap, w);
    struct waiter *heap = d->heap.items;
    size_t i = d->heap.len - 1;
    while (i > 0 && heap[(i - 1) / 2].due_ns > w.due_ns) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = w;
}

static struct waiter heap_pop(struct delay *d)
{
    struct waiter *heap = d->heap.items;
    struct waiter first = heap[0];
    struct waiter last = heap[--d->heap.len];
    size_t len = d->heap.len, i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= len)
            break;
        if (child + 1 < len && heap[child + 1].due_ns < heap[child].due_ns)
            child++;
        if (heap[child].due_ns >= last.due_ns)
            break;
        heap[i] = heap[child];
        i = child;
    }
    if (len > 0)
        heap[i] = last;
    return first;
}

static void wait_until(struct delay *d, uint64_t due_ns)
{
    struct timespec at = {.tv_sec = (time_t)(due_ns / NS_PER_S),
                          .tv_nsec = (long)(due_ns % NS_PER_S)};
    pthread_cond_timedwait(&d->changed, &d->lock, &at);
}

static void *delay_main(void *arg)
{
    struct delay *d = arg;
    prctl(PR_SET_TIMERSLACK, 1UL);
    pthread_mutex_lock(&d->lock);
    while (!d->stopped || d->heap.len > 0) {
        if (d->heap.len == 0) {
            pthread_cond_wait(&d->changed, &d->lock);
        } else if (!d->stopped && d->heap.items[0].due_ns > clock_ns()) {
            wait_until(d, d->heap.items[0].due_ns);
        } else {
            struct waiter due = heap_pop(d);
            pthread_mutex_unlock(&d->lock);
            MHD_resume_connection(due.connection);
            pthread_mutex_lock(&d->lock);
        }
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

int delay_start(struct delay **out, struct err *err)
{
    struct delay *d = xcalloc(1, sizeof(*d));
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &attr);
    pthread_condattr_destroy(&attr);
    int failed = pthread_create(&d->thread, NULL, delay_main, d);
    if (failed) {
        pthread_mutex_destroy(&d->lock);
        pthread_cond_destroy(&d->changed);
        free(d);
        return err_errno(err, failed, "cannot start the thread behind --latency");
    }
    *out = d;
    return 0;
}

void delay_until(struct delay *d, struct MHD_Connection *connection, uint64_t due_ns)
{
    MHD_suspend_connection(connection);
    pthread_mutex_lock(&d->lock);
    bool stopped = d->stopped;
    if (!stopped) {
        bool earliest = d->heap.len == 0 || due_ns < d->heap.items[0].due_ns;
        heap_push(d, (struct waiter){due_ns, connection});
        if (earliest)
            pthread_cond_signal(&d->changed);
    }
    pthread_mutex_unlock(&d->lock);
    if (stopped)
        MHD_resume_connection(connection);
}

void delay_stop(struct delay *d)
{
    pthread_mutex_lock(&d->lock);
    d->stopped = true;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
}

void delay_free(struct delay *d)
{
    if (!d)
        return;
    vec_release(&d->heap);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
