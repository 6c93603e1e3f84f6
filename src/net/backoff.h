/*
 * When to connect again after a connection could not be made: not before
 * 10 ms have passed, then 20 ms and so on up to 1 s, each with up to half of it
 * taken off at random, so that a dead server is not spun on and its clients do
 * not come back all at once. The same for every protocol.
 */
#pragma once

#include "base/clock.h"
#include "base/rng.h"

#include <stdint.h>

struct backoff {
    uint8_t failures;  /* to connect, in a row */
    uint64_t retry_ns; /* not to connect before, by clock_ns(); 0: at once */
};

static inline void backoff_failed(struct backoff *b, struct rng *rng, uint64_t now_ns)
{
    const uint64_t first_ns = 10 * NS_PER_MS, most_ns = 1 * NS_PER_S;
    uint64_t wait = first_ns << b->failures;
    if (wait < most_ns)
        b->failures++;
    else
        wait = most_ns;
    b->retry_ns = now_ns + wait - (uint64_t)((double)wait * 0.5 * rng_double(rng));
}

static inline void backoff_connected(struct backoff *b)
{
    *b = (struct backoff){0};
}
