/*
 * Calls into a script that nobody watches: its file as it loads, and the hooks
 * that run before the load and after it. A call that does not come back leaves
 * the person in front of a silent program; here it is told, once.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct patience {
    const char *file, *what; /* borrowed, outlive the call: "script.lua", "init()" */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended_changed;
    bool watched, ended;
};

/* Around the call, in the same thread. */
void patience_begin(struct patience *p, const char *file, const char *what);
void patience_end(struct patience *p);
