/* The data in the HTML report's page; html.c and page/report.js are its two
 * ends. */
#pragma once

#include "base/buf.h"
#include "report/report.h"
#include "report/timeline.h"

/*
 * Appends one JSON object, fit to stand inside a script element:
 *
 *     report           what --json writes
 *     page             what the page knows beyond it:
 *       decimals       that milliseconds have in tables
 *       seed           as text, in full
 *       warmup_s       0: none
 *       stages         from (s), name
 *       ticks_per_point, ends (s since the load started), users: by point
 *       details        the sum over all requests, then the series with points:
 *         series       place in report.series; -1: the sum
 *         requests, failures, p50, p95, p99, max     by point; times in ms
 *         longest      ms
 *         bins         place and count of each histogram bin, in turn; binBounds
 *                      in page/distribution.js says what a place means
 *         spectrum     ms; the k-th is the percentile 100 * (1 - 2^(-k/4))
 */
void html_data_put(struct buf *out, const struct report_run *run, const struct report_end *end,
                   struct timeline *timeline);
