/*
 * A one-off: requests from a source on a number of connections, in C. Without a
 * schedule, each connection asks for the next request as soon as its answer has
 * come. With one (-R) requests are due at its times: open, an arrival takes any
 * connection that rests; closed, each connection has its own share of them.
 */
#pragma once

#include "run/source.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule;
struct wrk;

struct oneoff {
    const struct source_kind *source;
    const void *about; /* the source's; borrowed, outlives the run */
    double timeout_s;
    uint64_t requests;                /* exactly so many; 0: no limit */
    uint64_t requests_per_connection; /* then it is closed and made anew; 0: no limit */
    const struct schedule *schedule;  /* borrowed; NULL: as fast as answers come */
    bool closed;                      /* with a schedule: to each connection its share */
    bool batch_latency; /* of requests sent at once, each is timed to the last one's answer */
    struct wrk
        *wrk; /* the wrk script behind the source, whose done() comes last; or NULL; borrowed */
};

/* What worker `number` (from 1) of n gets of a total. */
uint64_t oneoff_share(uint64_t total, int number, int n);
/* What the workers before it get. */
uint64_t oneoff_shares_before(uint64_t total, int number, int n);
/* The place of worker `number`'s first request among those of all n. Without a total, n places far apart in a cycle of
 * `cycle`. For a source whose requests take turns. */
uint64_t oneoff_first(const struct oneoff *about, int number, int n, uint64_t cycle);
