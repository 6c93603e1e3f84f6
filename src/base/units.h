/*
 * What people type and read: durations, counts, sizes.
 *
 * Durations: a number with us, ms, s, m, h or d, or several joined ("1m30s");
 * a bare number is seconds; fractions are allowed ("1.5s").
 * Counts: a number with k, M or G (x1000, either case); a fraction must come
 * out whole ("1.5k"). Every error names the text and shows a right example.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

int units_parse_duration(const char *text, double *seconds, struct err *err);
int units_parse_count(const char *text, uint64_t *count, struct err *err);
/* A plain decimal number, the whole text, finite. */
int units_parse_number(const char *text, double *number, struct err *err);
/* A TCP port, 1 to 65535 (0 too when zero_ok). */
int units_parse_port(const char *text, int zero_ok, int *port, struct err *err);

/* Formatters write into buf (UNITS_MAX suffices) and return it. */
enum { UNITS_MAX = 32 };

/* "1.25 ms": three significant digits and the unit that suits; from seconds. */
const char *units_format_duration(char buf[UNITS_MAX], double seconds);
/* "1m 30s", "45s", "2h 05m": elapsed time as people say it. */
const char *units_format_elapsed(char buf[UNITS_MAX], double seconds);
/* "12.3 MB" (x1000). */
const char *units_format_bytes(char buf[UNITS_MAX], double bytes);
/* "1,234,567". */
const char *units_format_count(char buf[UNITS_MAX], uint64_t count);
