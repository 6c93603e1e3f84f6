/*
 * The percentile spectrum as HdrHistogram prints it (outputPercentile-
 * Distribution: columns Value, Percentile, TotalCount and 1/(1-Percentile), then
 * three lines in #[...]): what wrk2 shows and HdrHistogram's plotters read.
 * Values in milliseconds.
 */
#pragma once

#include "base/buf.h"
#include "stats/hist.h"

/* Appends it. The steps of the percentile are HdrHistogram's for five ticks per
 * half distance: five up to 50 %, five up to 75 %, five up to 87.5 %... A value
 * is the highest that its bucket stands for, at most the maximum. */
void spectrum_add(struct buf *out, const struct hist *h);
