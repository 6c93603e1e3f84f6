/* A histogram at rest: the counts that are not zero and nothing else, for
 * those who keep many (a sliding window keeps one for every second). */
#pragma once

#include "base/vec.h"
#include "stats/hist.h"

struct hist_packed_bucket {
    uint16_t place; /* octave * HIST_SUB + sub */
    uint32_t count; /* what does not fit is in a further bucket of the same place */
};

struct hist_packed {
    uint64_t count, min, max;
    double sum, sum2;
    VEC(struct hist_packed_bucket) buckets;
};

/* Over whatever was in *packed, which is zeroed at first. */
void hist_pack(struct hist_packed *packed, const struct hist *h);
/* dst += packed. */
void hist_unpack(struct hist *dst, const struct hist_packed *packed);
void hist_packed_release(struct hist_packed *packed);
