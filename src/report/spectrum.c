/* The percentile spectrum; see spectrum.h. */
#include "report/spectrum.h"

#include <inttypes.h>
#include <math.h>

enum { TICKS_PER_HALF = 5 };

static const double US_PER_MS = 1000;

/* The highest value of the bucket that the walk stands on. */
static double value_ms(const struct hist_iter *it)
{
    uint64_t highest = it->low + it->width - 1;
    return (double)(highest < it->hist->max ? highest : it->hist->max) / US_PER_MS;
}

/* The next percentile to show: each half of what is left to 100 has as many. */
static double next_level(double level)
{
    double halvings = floor(log2(100 / (100 - level))) + 1;
    return level + 100 / (TICKS_PER_HALF * exp2(halvings));
}

static void add_lines(struct buf *out, const struct hist *h)
{
    struct hist_iter it = {.hist = h};
    double level = 0;
    while (it.cumulative < h->count) {
        while (it.cumulative == 0 || 100 * (double)it.cumulative < level * (double)h->count)
            hist_next(&it);
        buf_addf(out, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", value_ms(&it), level / 100,
                 it.cumulative, 1 / (1 - level / 100));
        level = next_level(level);
    }
    if (h->count > 0)
        buf_addf(out, "%12.3f %2.12f %10" PRIu64 "\n", (double)h->max / US_PER_MS, 1., h->count);
}

void spectrum_add(struct buf *out, const struct hist *h)
{
    /* That HdrHistogram needs for the same range: its first holds two octaves. */
    enum { BUCKETS = HIST_OCTAVES - 1, SUB_BUCKETS = 2 * HIST_SUB };
    buf_addf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
             "1/(1-Percentile)");
    add_lines(out, h);
    buf_addf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", hist_mean(h) / US_PER_MS,
             hist_stdev(h) / US_PER_MS);
    buf_addf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
             (double)h->max / US_PER_MS, h->count);
    buf_addf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", BUCKETS, SUB_BUCKETS);
}
