/* The latency histogram as the terminal draws it. */
#pragma once

#include "report/page.h"
#include "stats/hist.h"

#include <stdint.h>

/* One bar: the values above the one before's `upto`, up to its own. */
struct histogram_bar {
    uint64_t upto; /* us, included */
    uint64_t count;
};

enum { HISTOGRAM_BARS_MAX = 20 };

/* Sums h into bars whose edges are round numbers evenly spaced on a
 * logarithmic scale, as fine as fits into HISTOGRAM_BARS_MAX; the last bar ends
 * at the maximum. Returns how many; 0 for an empty histogram. */
int histogram_bars(const struct hist *h, struct histogram_bar bars[HISTOGRAM_BARS_MAX]);

/* Draws them: edge, count, share, running share, bar. */
void histogram_draw(struct page *page, const struct hist *h);
