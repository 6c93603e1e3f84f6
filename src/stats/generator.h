/* The generator's own condition over a span of time: what tells whether the
 * figures are the server's. */
#pragma once

#include "stats/hist.h"

#include <stdint.h>

struct generator_stats {
    struct hist loop_lag; /* how late the event loop ran its timers, us; those that it missed while
                             it was late are counted, each so much late as it would have been */
    uint64_t cpu_ns;      /* CPU time of the worker threads */
    uint64_t wall_ns;   /* wall time of the worker threads, summed: cpu_ns / wall_ns is the share */
    uint64_t script_ns; /* of wall_ns, inside scripts: Lua and its garbage collection */
    uint64_t script_longest_ns; /* the longest that a script ran without waiting; until it ends
                                   its worker does nothing else */
    uint64_t gc_ns;             /* of script_ns, collecting garbage between the runs of scripts */
    uint64_t gc_longest_ns;     /* the longest pause for it */
    uint64_t lua_bytes_most;    /* the most memory that one worker's Lua state has held */
    uint64_t connects;          /* connections opened */
    uint64_t reconnects;        /* of these, after one closed */
    uint64_t tasks;             /* task functions run to their end */
    uint64_t cancelled;         /* requests in flight when the run ended ... */
    uint64_t cancelled_longest_ns; /* ... the longest of them, since it was due or sent */
    uint64_t system_errors; /* requests that failed with ERR_SYSTEM: no file or local port left */
    uint32_t hung;          /* workers stuck in a script that never waited */

    /* Of the process and the machine, looked at once a second (run/resources.h);
     * 0: not known. */
    uint32_t fds_most, fds_limit;
    uint32_t tcp_sockets_most; /* of the whole machine, those in TIME_WAIT included */
    uint32_t local_ports;      /* how many an address has for connections to one server */
    uint64_t memory_most;      /* resident, bytes */
};

/* A request that the end of the run cut off, so long after it was due or sent. */
static inline void generator_stats_cancelled(struct generator_stats *g, uint64_t waited_ns)
{
    g->cancelled++;
    if (waited_ns > g->cancelled_longest_ns)
        g->cancelled_longest_ns = waited_ns;
}

void generator_stats_init(struct generator_stats *g);
void generator_stats_release(struct generator_stats *g);
/* Empties it and keeps its memory. */
void generator_stats_clear(struct generator_stats *g);
/* Counts add, the most stays the most. */
void generator_stats_merge(struct generator_stats *dst, const struct generator_stats *src);
