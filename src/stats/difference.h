/*
 * How sure one can be that two histograms differ, and by how much.
 *
 * A percentile's confidence interval comes from order statistics: the number of
 * values above it is binomial, whatever their distribution, so two ranks bracket
 * it (Conover, Practical Nonparametric Statistics, 3rd ed., 3.2). The change of
 * a percentile, a mean or a share between two runs is put together from the two
 * intervals by MOVER (Zou and Donner, Statistics in Medicine 27 (2008) 1693,
 * which for shares is Newcombe's method 10, ibid. 17 (1998) 873). Whether values
 * moved at all is the test of Mann and Whitney with ties.
 *
 * All of this takes independent values, and requests of one second are not: they
 * share a pause of the server or the generator. By how much the seconds of a run
 * differ more than chance would have it is its design effect (Kish, Survey
 * Sampling, 1965; report/spread.h), known only as well as its seconds are many.
 * So n values count as
 *
 *     n / effect * (z / t)^2
 *
 * with the bounds of the normal distribution and of Student's t with as many
 * degrees of freedom as there were seconds (Korn and Graubard, Survey
 * Methodology 24 (1998) 193): the fewer seconds, the wider every interval.
 */
#pragma once

#include "stats/hist.h"

#include <stdbool.h>
#include <stdint.h>

/* How far the values of a sample are from independent. */
struct dependence {
    double effect;  /* the design effect; below 1 counts as 1 */
    double freedom; /* the seconds that it comes from; INFINITY: it is known, and with less than 1
                       nothing is */
};

struct interval {
    double low, high;
    bool known; /* false: there are too few values, or seconds, for any */
};

/* The interval that holds with probability 1 - alpha, in us. An end that the
 * buckets blur is moved to the far side of its bucket. */
struct interval difference_percentile(const struct hist *h, double percent,
                                      struct dependence dependence, double alpha);
struct interval difference_mean(const struct hist *h, struct dependence dependence, double alpha);
/* part of whole, as a share 0..1. */
struct interval difference_share(uint64_t part, uint64_t whole, struct dependence dependence,
                                 double alpha);

/* The interval of to / from - 1, of to - from, each known with its own. */
struct interval difference_ratio(double from, struct interval from_within, double to,
                                 struct interval to_within);
struct interval difference_minus(double from, struct interval from_within, double to,
                                 struct interval to_within);

/* The probability that a value of b is larger than one of a, equal ones
 * counting half; 0.5 when neither tends to be. */
struct shift {
    double larger;
    double p;   /* of seeing so much by chance when there is no shift */
    bool known; /* false: too few values or seconds */
};

/* Judged by Student's t with the fewer seconds of the two. */
struct shift difference_shift(const struct hist *a, struct dependence of_a, const struct hist *b,
                              struct dependence of_b);
