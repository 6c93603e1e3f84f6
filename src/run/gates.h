/*
 * The thresholds of a run while it lasts and at its end. Fed with what every
 * tick of the reporters gets; what is about the whole run and does not end it
 * is judged once, from the total.
 *
 * A window is judged every tick that completes one, from the ticks of the last
 * so many seconds, while the load is on; where the part of the run was shorter
 * than the window, it is judged as one. What is found is the worst of them.
 */
#pragma once

#include "report/report.h"

#include <stddef.h>

struct gates;

/* thresholds and catalog are borrowed and outlive it. */
struct gates *gates_new(struct threshold *const *thresholds, size_t len, struct catalog *catalog);
void gates_free(struct gates *g);

/* The statistics of one tick. Once, when a threshold that aborts does not hold:
 * why the run ends, as its reason; borrowed. NULL otherwise. */
const char *gates_tick(struct gates *g, const struct report_tick *tick);

/* What became of each, in their order; total and duration_s are the report's. */
void gates_finish(struct gates *g, const struct stats *total, double duration_s,
                  struct threshold_result *results);
