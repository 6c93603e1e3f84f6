/*
 * Random numbers: fast, seedable, one generator per user or worker, never
 * shared between threads. xoshiro256++ seeded through splitmix64 (Blackman and
 * Vigna, "Scrambled linear pseudorandom number generators", 2018). Not for
 * secrets.
 */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* Every seed is good, 0 included. Streams of different (seed, stream) pairs
 * are independent: a user's or worker's stream follows from its number. */
void rng_init(struct rng *rng, uint64_t seed, uint64_t stream);
uint64_t rng_u64(struct rng *rng);
/* Uniform in [0, 1). */
double rng_double(struct rng *rng);
/* Uniform in [lo, hi], both included, without modulo bias; needs lo <= hi. */
int64_t rng_range(struct rng *rng, int64_t lo, int64_t hi);
/* Uniform in [lo, hi]. */
double rng_between(struct rng *rng, double lo, double hi);
/* A seed from the system, for a run that names none. */
uint64_t rng_system_seed(void);
