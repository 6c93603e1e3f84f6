/*
 * An earlier run that the present one is compared with at its end, and what the
 * comparison must not show (run --baseline, --fail-if).
 *
 * Read before the run, so that a file that is none costs no run. It takes part
 * in the run as a reporter ("baseline", report_options.baseline), which prints
 * the comparison under the console's report; its rules are judged before any
 * reporter ends, so that all of them show the same verdict.
 */
#pragma once

#include "report/report.h"

#include <stddef.h>

struct baseline;

/* -1: *err says why the file cannot be compared with. path is borrowed. */
int baseline_read(struct baseline **out, const char *path, struct err *err);
void baseline_free(struct baseline *b);

/* Adds a rule (report/compare_rule.h). */
int baseline_add_rule(struct baseline *b, const char *text, struct err *err);
size_t baseline_rules(const struct baseline *b);

/* Compares the run, which end describes without these results, and judges the
 * rules: as many results as there are. Called once, when all has been ticked;
 * run and end outlive b. */
void baseline_judge(struct baseline *b, const struct report_run *run, const struct report_end *end,
                    struct threshold_result *results);
