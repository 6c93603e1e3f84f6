/*
 * Rates as people type them: "2000", "2000/s", "1.5k/s", "0.5/s", "30/m",
 * "100/hour"; and ramps from one to another, "500/s..2000/s". Without a unit a rate
 * is per second; of a ramp that names one unit, both ends are meant.
 */
#pragma once

#include "base/err.h"
#include "base/units.h"

#include <stdbool.h>

struct rate {
    double from; /* per second */
    double to;   /* per second, reached at the end of the ramp; equal to from: constant */
};

/* The most that is taken for meant, per second. */
#define RATE_MAX 1e9

/* At least one end is above 0. -1 with ERR_CONFIG: what is wrong, a caret under
 * it, and how it is written. */
int rate_parse(const char *text, struct rate *rate, struct err *err);

static inline bool rate_is_ramp(const struct rate *rate)
{
    return rate->from != rate->to;
}

/* "2,000/s", "30/m", "500/s to 2,000/s". */
enum { RATE_TEXT_MAX = 2 * UNITS_MAX + 16 };
const char *rate_format(char buf[RATE_TEXT_MAX], const struct rate *rate);
