/*
 * A one-off: requests from a source on a number of connections, in C. Closed
 * (the default), each connection asks for the next request as soon as its
 * answer has come; open, connections rest until they are handed an arrival.
 */
#pragma once

#include "run/source.h"

#include <stdbool.h>
#include <stdint.h>

struct load;
struct worker;

struct oneoff {
    const struct source_kind *source;
    const void *about; /* the source's; borrowed, outlives the run */
    double timeout_s;
    uint64_t requests;                /* exactly so many; 0: no limit */
    uint64_t requests_per_connection; /* then it is closed and made anew; 0: no limit */
    bool open;                        /* connections rest until oneoff_begin */
};

/* What worker `number` (from 1) of n gets of a total. */
uint64_t oneoff_share(uint64_t total, int number, int n);
/* The place of worker `number`'s first request among those of all n: the sum of
 * the shares before it. Without a total, n places far apart in a cycle of
 * `cycle`. For a source whose requests take turns. */
uint64_t oneoff_first(const struct oneoff *about, int number, int n, uint64_t cycle);

/* Open: starts a request that was due at due_ns (clock_ns()) on a connection
 * that rests; its response time counts from there. False: none rests, or the
 * source or the count has ended. */
bool oneoff_begin(struct load *load, uint64_t due_ns);
