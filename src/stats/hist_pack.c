/* See hist_pack.h. */
#include "stats/hist_pack.h"

_Static_assert(HIST_OCTAVES *HIST_SUB <= UINT16_MAX, "a place is 16 bits");

void hist_pack(struct hist_packed *packed, const struct hist *h)
{
    packed->count = h->count;
    packed->min = h->min;
    packed->max = h->max;
    packed->sum = h->sum;
    packed->sum2 = h->sum2;
    vec_clear(&packed->buckets);
    for (int octave = 0; octave < HIST_OCTAVES && h->count > 0; octave++) {
        for (int sub = 0; h->octaves[octave] && sub < HIST_SUB; sub++) {
            uint64_t left = h->octaves[octave][sub];
            while (left > 0) {
                uint32_t count = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
                struct hist_packed_bucket bucket = {(uint16_t)(octave * HIST_SUB + sub), count};
                vec_push(&packed->buckets, bucket);
                left -= count;
            }
        }
    }
}

void hist_unpack(struct hist *dst, const struct hist_packed *packed)
{
    for (size_t i = 0; i < packed->buckets.len; i++) {
        const struct hist_packed_bucket *bucket = &packed->buckets.items[i];
        int octave = bucket->place / HIST_SUB, sub = bucket->place % HIST_SUB;
        uint64_t *counts = dst->octaves[octave];
        if (!counts)
            counts = hist_touch(dst, octave);
        counts[sub] += bucket->count;
    }
    dst->count += packed->count;
    dst->sum += packed->sum;
    dst->sum2 += packed->sum2;
    if (packed->min < dst->min)
        dst->min = packed->min;
    if (packed->max > dst->max)
        dst->max = packed->max;
}

void hist_packed_release(struct hist_packed *packed)
{
    vec_release(&packed->buckets);
}
