/*
 * What the target served, counted without locks: every serving thread has its
 * own sheet, written by it alone, and a reader adds the sheets up. Used only
 * by target.c.
 */
#pragma once

#include "target/routes.h"
#include "target/target.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* One thread's counts. */
struct tally_sheet {
    _Atomic uint64_t opened, closed;
    _Atomic uint64_t requests[ROUTES];
    _Atomic uint64_t status[ROUTES][TARGET_STATUSES];
    struct tally_sheet *next;
};

struct tally {
    uint64_t id;                /* never given twice */
    pthread_mutex_t lock;       /* guards the list, taken once per thread */
    struct tally_sheet *sheets; /* owned */
};

void tally_init(struct tally *tally);
/* The threads that counted must have ended. */
void tally_release(struct tally *tally);

/* The calling thread's sheet. */
struct tally_sheet *tally_mine(struct tally *tally);

/* By the sheet's own thread. */
static inline void tally_add(_Atomic uint64_t *count)
{
    uint64_t n = atomic_load_explicit(count, memory_order_relaxed);
    atomic_store_explicit(count, n + 1, memory_order_relaxed);
}

void tally_add_status(struct tally_sheet *sheet, enum route route, int status);

void tally_sum(struct tally *tally, struct target_counts *counts);
