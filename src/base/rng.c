/* xoshiro256++ and splitmix64, after their authors' descriptions; see rng.h. */
#include "base/rng.h"

#include "base/clock.h"

#include <assert.h>
#include <sys/random.h>
#include <unistd.h>

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t splitmix64(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    return mix64(*state);
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream)
{
    /* Both halves pass the mixer before they meet: neighbouring seeds and
     * neighbouring streams then share nothing. */
    uint64_t state = seed;
    uint64_t key = splitmix64(&state);
    state = stream ^ key;
    for (int i = 0; i < 4; i++)
        rng->s[i] = splitmix64(&state);
    if ((rng->s[0] | rng->s[1] | rng->s[2] | rng->s[3]) == 0)
        rng->s[0] = 1; /* the one state the generator never leaves */
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double rng_double(struct rng *rng)
{
    return (double)(rng_u64(rng) >> 11) * 0x1.0p-53;
}

int64_t rng_range(struct rng *rng, int64_t lo, int64_t hi)
{
    assert(lo <= hi);
    uint64_t span = (uint64_t)hi - (uint64_t)lo;
    if (span == UINT64_MAX)
        return (int64_t)rng_u64(rng);
    /* Lemire's multiply and reject: the high half of a 128-bit product is the
     * draw, and the few low halves that would favour some values draw again. */
    uint64_t n = span + 1;
    uint64_t reject_below = -n % n;
    unsigned __int128 product;
    do
        product = (unsigned __int128)rng_u64(rng) * n;
    while ((uint64_t)product < reject_below);
    return (int64_t)((uint64_t)lo + (uint64_t)(product >> 64));
}

double rng_between(struct rng *rng, double lo, double hi)
{
    double x = lo + (hi - lo) * rng_double(rng);
    return x < hi ? x : hi; /* the sum may round past hi */
}

uint64_t rng_system_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = clock_ns() ^ ((uint64_t)getpid() << 32);
    return seed;
}
