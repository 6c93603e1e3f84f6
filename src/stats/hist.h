/*
 * A histogram of times with a bounded relative error: the layout of
 * HdrHistogram (Tene, hdrhistogram.org) for 1 us to 1 h and 3 significant
 * digits. Values up to 2,047 us are exact; above, each octave [2^k, 2^(k+1))
 * has 1,024 equal sub-buckets, so a value is known to 1 part in 1,024.
 *
 * Counts live in octaves of 1,024 that are allocated on first touch: a series
 * costs tens of KB, and two histograms merge by adding counts, exactly.
 * One writer; no locks.
 */
#pragma once

#include <stdint.h>

enum {
    HIST_SUB_BITS = 10,
    HIST_SUB = 1 << HIST_SUB_BITS, /* counts in an octave */
    /* Octave 0 holds 0..1023, octave 1 1024..2047, octave n the values with
     * highest bit n + 9; 3.6e9 has highest bit 31. */
    HIST_OCTAVES = 23,
};

#define HIST_MAX_US UINT64_C(3600000000)

struct hist {
    uint64_t count;
    uint64_t min;                    /* exact; UINT64_MAX while empty */
    uint64_t max;                    /* exact */
    double sum;                      /* of the exact values, in us */
    double sum2;                     /* of their squares */
    uint64_t *octaves[HIST_OCTAVES]; /* owned; NULL until touched */
};

void hist_init(struct hist *h);
void hist_release(struct hist *h);
/* Empties it and keeps its memory. */
void hist_clear(struct hist *h);

/* Allocates octave n; hist_record's slow path. */
uint64_t *hist_touch(struct hist *h, int octave);

/* Where a value is counted; the two halves of hist_record's arithmetic. */
static inline int hist_octave(uint64_t us)
{
    return us < HIST_SUB ? 0 : 63 - __builtin_clzll(us) - (HIST_SUB_BITS - 1);
}

static inline int hist_sub(uint64_t us, int octave)
{
    return (int)(octave <= 1 ? us & (HIST_SUB - 1) : (us >> (octave - 1)) & (HIST_SUB - 1));
}

/* Adds one value in microseconds; above HIST_MAX_US it counts as HIST_MAX_US. */
static inline void hist_record(struct hist *h, uint64_t us)
{
    if (us > HIST_MAX_US)
        us = HIST_MAX_US;
    int octave = hist_octave(us);
    uint64_t *counts = h->octaves[octave];
    if (__builtin_expect(counts == 0, 0))
        counts = hist_touch(h, octave);
    counts[hist_sub(us, octave)]++;
    h->count++;
    if (us < h->min)
        h->min = us;
    if (us > h->max)
        h->max = us;
    h->sum += (double)us;
    h->sum2 += (double)us * (double)us;
}

/* dst += src. */
void hist_merge(struct hist *dst, const struct hist *src);

/* The value in us at or below which percent (0..100) of the counts lie: the
 * smallest bucket whose running count reaches ceil(percent/100 * count), the
 * middle of that bucket, clamped to [min, max]. The lowest rank is min and the
 * highest max, exactly; 0 while empty. */
double hist_percentile(const struct hist *h, double percent);
/* The same for n ascending percents, in one walk over the counts. */
void hist_percentiles(const struct hist *h, const double *percents, int n, double *values);
/* How many values lie in the buckets up to the one that us falls into. */
uint64_t hist_count_up_to(const struct hist *h, uint64_t us);
/* The same for n ascending times, in one walk over the counts. */
void hist_counts_up_to(const struct hist *h, const uint64_t *us, int n, uint64_t *counts);
double hist_mean(const struct hist *h);  /* us; 0 while empty */
double hist_stdev(const struct hist *h); /* of the population, us */

/* The first value that octave n, sub-bucket sub counts, and how many values
 * share that bucket. */
uint64_t hist_bucket_low(int octave, int sub);
uint64_t hist_bucket_width(int octave);

/* Walks the non-empty buckets upwards:
 *     struct hist_iter it = {.hist = h};
 *     while (hist_next(&it)) ... it.low, it.width, it.count, it.cumulative */
struct hist_iter {
    const struct hist *hist; /* borrowed */
    int octave, sub;         /* the next bucket to look at */
    uint64_t low, width, count, cumulative;
};
int hist_next(struct hist_iter *it);
