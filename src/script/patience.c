/* A thread for each call, which mostly only sleeps; see patience.h. */
#include "script/patience.h"

#include "base/log.h"

#include <signal.h>
#include <time.h>

enum { PATIENCE_S = 3 };

static void *tell_if_it_lasts(void *arg)
{
    struct patience *p = arg;
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&p->lock);
    while (!p->ended && rc == 0)
        rc = pthread_cond_timedwait(&p->ended_changed, &p->lock, &until);
    if (!p->ended)
        log_info("%s: %s takes more than %d s; Ctrl-C ends inrush", p->file, p->what, PATIENCE_S);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void patience_begin(struct patience *p, const char *file, const char *what)
{
    sigset_t all, before;
    *p = (struct patience){.file = file, .what = what};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended_changed, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the other threads' */
    p->watched = pthread_create(&p->thread, NULL, tell_if_it_lasts, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void patience_end(struct patience *p)
{
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_signal(&p->ended_changed);
    pthread_mutex_unlock(&p->lock);
    if (p->watched)
        pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->ended_changed);
}
