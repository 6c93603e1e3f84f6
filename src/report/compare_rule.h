/*
 * What a comparison may not show: relative thresholds.
 *
 *     p95 +10%                  fails when the p95 is more than 10 % longer
 *     GET /health: p99 +5ms     ... more than 5 ms longer, of one series
 *     rps -5%                   ... the rate more than 5 % lower
 *     failures +1%              ... 1 % more of the requests fail (points, not a ratio)
 *
 * [SERIES ':' space] METRIC +N%|-N%|+N<time>|-N<time>. SERIES as in thresholds
 * (stats/threshold.h); METRIC: min, mean, max, pN, rps, requests, failures. It
 * fails when the change is beyond the limit, unless there may be none at all: its
 * interval includes that, and the series as a whole was not found slower (or
 * faster). Where there is no interval, the change alone decides. A series that
 * either run lacks fails.
 */
#pragma once

#include "base/err.h"
#include "report/compare.h"
#include "stats/threshold.h"

struct compare_rule; /* parsed */

/* Whether the expression is one of these, and no threshold: it ends in a signed
 * number and compares with nothing. */
bool compare_rule_is(const char *text);

/* An error shows the expression with a caret under the mistake. */
int compare_rule_parse(struct compare_rule **out, const char *text, struct err *err);
void compare_rule_free(struct compare_rule *rule);

void compare_rule_judge(const struct compare_rule *rule, const struct comparison *c,
                        struct threshold_result *out);
