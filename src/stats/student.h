/*
 * Student's t: what stands in for the normal distribution where the variance
 * itself was estimated from few values (Abramowitz and Stegun, Handbook of
 * Mathematical Functions, 26.7).
 *
 * freedom: degrees of freedom; INFINITY is the normal distribution, and of less
 * than one nothing is known.
 */
#pragma once

/* The probability that |T| is at least t, 0 to 1; 1 where nothing is known. */
double student_tails(double t, double freedom);

/* The t that |T| reaches with probability alpha (0 < alpha < 1); INFINITY where
 * nothing is known. */
double student_bound(double alpha, double freedom);
