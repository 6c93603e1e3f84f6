/* Figures as the reports show them: thousands separated, never "nan". */
#pragma once

#include <stdint.h>

struct report_run;

enum { FIGURE_MAX = 48 };

/* "1,234.57"; "-" for what is no number. Writes into buf and returns it. */
const char *figure_number(char buf[FIGURE_MAX], double n, int decimals);
/* "12.3%": two decimals, and never 0.00% or 100.00% for what is neither. */
const char *figure_percent(char buf[FIGURE_MAX], uint64_t part, uint64_t whole);
/* "2,000 requests/s", "500 to 2,000 tasks/s": what a run was asked for. */
const char *figure_rate(char buf[FIGURE_MAX], const struct report_run *run);
/* "9.8s", "1m 30s": a moment or a span of the run. */
const char *figure_elapsed(char buf[FIGURE_MAX], double seconds);
/* "0.43 ms", "12.3 ms", "4.20 s": three significant digits, for prose. */
const char *figure_duration_ms(char buf[FIGURE_MAX], double ms);
/* "2026-11-22T13:40:00.250Z", from seconds since the epoch; "-" where the
 * calendar ends. */
const char *figure_utc(char buf[FIGURE_MAX], double wall);
