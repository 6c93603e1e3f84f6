/* The parts of the histogram that are not per request; see hist.h. Only the
 * octaves from that of min to that of max hold counts, so every walk is
 * between these two. */
#include "stats/hist.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void hist_init(struct hist *h)
{
    *h = (struct hist){.min = UINT64_MAX};
}

void hist_release(struct hist *h)
{
    for (int i = 0; i < HIST_OCTAVES; i++)
        free(h->octaves[i]);
    hist_init(h);
}

void hist_clear(struct hist *h)
{
    if (h->count == 0)
        return;
    int last = hist_octave(h->max);
    for (int i = hist_octave(h->min); i <= last; i++)
        if (h->octaves[i])
            memset(h->octaves[i], 0, HIST_SUB * sizeof(*h->octaves[i]));
    h->count = 0;
    h->min = UINT64_MAX;
    h->max = 0;
    h->sum = h->sum2 = 0;
}

uint64_t *hist_touch(struct hist *h, int octave)
{
    if (!h->octaves[octave])
        h->octaves[octave] = xcalloc(HIST_SUB, sizeof(*h->octaves[octave]));
    return h->octaves[octave];
}

/* Apart, so that the compiler knows the two do not overlap. */
static void add_octave(uint64_t *restrict to, const uint64_t *restrict from)
{
    for (int sub = 0; sub < HIST_SUB; sub++)
        to[sub] += from[sub];
}

void hist_merge(struct hist *dst, const struct hist *src)
{
    if (src->count == 0)
        return;
    int last = hist_octave(src->max);
    for (int i = hist_octave(src->min); i <= last; i++) {
        const uint64_t *from = src->octaves[i];
        if (from)
            add_octave(hist_touch(dst, i), from);
    }
    dst->count += src->count;
    dst->sum += src->sum;
    dst->sum2 += src->sum2;
    if (src->min < dst->min)
        dst->min = src->min;
    if (src->max > dst->max)
        dst->max = src->max;
}

uint64_t hist_bucket_low(int octave, int sub)
{
    return octave == 0 ? (uint64_t)sub : (uint64_t)(HIST_SUB + sub) << (octave - 1);
}

uint64_t hist_bucket_width(int octave)
{
    return octave == 0 ? 1 : UINT64_C(1) << (octave - 1);
}

int hist_next(struct hist_iter *it)
{
    const struct hist *h = it->hist;
    if (h->count == 0)
        return 0;
    int last = hist_octave(h->max);
    for (; it->octave <= last; it->octave++, it->sub = 0) {
        const uint64_t *counts = h->octaves[it->octave];
        if (!counts)
            continue;
        while (it->sub < HIST_SUB && counts[it->sub] == 0)
            it->sub++;
        if (it->sub == HIST_SUB)
            continue;
        it->low = hist_bucket_low(it->octave, it->sub);
        it->width = hist_bucket_width(it->octave);
        it->count = counts[it->sub++];
        it->cumulative += it->count;
        return 1;
    }
    return 0;
}

/* How many counts lie at or below a percentile. A hair less than the product,
 * so that 99.9 % of 1,000 is rank 999 and not, through the rounding of 99.9,
 * rank 1,000. */
static uint64_t rank_of(const struct hist *h, double percent)
{
    return (uint64_t)fmax(ceil(percent / 100 * (double)h->count * (1 - 1e-14)), 0);
}

/* So many are added in a row, an instruction each. */
enum { STRIDE = 32 };

static inline uint64_t sum_stride(const uint64_t *counts)
{
    uint64_t sum = 0;
#pragma GCC unroll 32
    for (int i = 0; i < STRIDE; i++)
        sum += counts[i];
    return sum;
}

static uint64_t sum_buckets(const uint64_t *counts, int n)
{
    uint64_t sum = 0;
    for (; n >= STRIDE; n -= STRIDE, counts += STRIDE)
        sum += sum_stride(counts);
    for (int i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

static double bucket_middle(const struct hist *h, int octave, int sub)
{
    double middle =
        (double)hist_bucket_low(octave, sub) + (double)(hist_bucket_width(octave) - 1) / 2;
    return fmin(fmax(middle, (double)h->min), (double)h->max);
}

/* From bucket sub, which *running includes, to the one that brings it up to the
 * rank; it is among these counts. */
static int walk_to(const uint64_t *counts, int sub, uint64_t *running, uint64_t rank)
{
    while (sub + STRIDE < HIST_SUB) {
        uint64_t ahead = *running + sum_stride(counts + sub + 1);
        if (ahead >= rank)
            break;
        *running = ahead;
        sub += STRIDE;
    }
    while (*running < rank)
        *running += counts[++sub];
    return sub;
}

void hist_percentiles(const struct hist *h, const double *percents, int n, double *values)
{
    int i = 0;
    for (; i < n && rank_of(h, percents[i]) <= 1; i++)
        values[i] = h->count > 0 ? (double)h->min : 0;
    for (; n > i && rank_of(h, percents[n - 1]) >= h->count; n--)
        values[n - 1] = (double)h->max;

    uint64_t below = 0; /* counts in the octaves passed */
    for (int octave = 0; octave < HIST_OCTAVES && i < n; octave++) {
        const uint64_t *counts = h->octaves[octave];
        if (!counts)
            continue;
        uint64_t upto = below + sum_buckets(counts, HIST_SUB), running = below;
        int sub = -1; /* the last whose count is in running */
        for (; i < n; i++) {
            uint64_t rank = rank_of(h, percents[i]);
            if (rank > upto)
                break;
            sub = walk_to(counts, sub, &running, rank);
            values[i] = bucket_middle(h, octave, sub);
        }
        below = upto;
    }
}

double hist_percentile(const struct hist *h, double percent)
{
    double value;
    hist_percentiles(h, &percent, 1, &value);
    return value;
}

void hist_counts_up_to(const struct hist *h, const uint64_t *us, int n, uint64_t *counts)
{
    int octave = 0, next = 0; /* the first bucket that is not in count */
    uint64_t count = 0;
    for (int i = 0; i < n; i++) {
        uint64_t upto = us[i] < HIST_MAX_US ? us[i] : HIST_MAX_US;
        int last = hist_octave(upto), end = hist_sub(upto, last) + 1;
        for (; octave < last; octave++, next = 0) {
            if (h->octaves[octave])
                count += sum_buckets(h->octaves[octave] + next, HIST_SUB - next);
        }
        if (h->octaves[octave] && next < end) {
            count += sum_buckets(h->octaves[octave] + next, end - next);
            next = end;
        }
        counts[i] = count;
    }
}

uint64_t hist_count_up_to(const struct hist *h, uint64_t us)
{
    uint64_t count;
    hist_counts_up_to(h, &us, 1, &count);
    return count;
}

double hist_mean(const struct hist *h)
{
    return h->count > 0 ? h->sum / (double)h->count : 0;
}

double hist_stdev(const struct hist *h)
{
    if (h->count == 0)
        return 0;
    double mean = hist_mean(h);
    double variance = h->sum2 / (double)h->count - mean * mean;
    return variance > 0 ? sqrt(variance) : 0;
}
