/* The part of the JSON report that says what was measured; json.c's only.
 * whole: with the histograms behind the figures. */
#pragma once

#include "report/digest.h"
#include "report/put.h"

/* totals, series. */
void json_put_series(struct json *j, const struct digest *d, bool whole);
/* errors, script_errors. */
void json_put_errors(struct json *j, const struct digest *d, struct catalog *catalog);
void json_put_checks(struct json *j, const struct stats *stats);
void json_put_metrics(struct json *j, const struct stats *stats, struct catalog *catalog,
                      double duration_s, bool whole);
/* How connections came to be, and what became of the starts of a schedule. */
void json_put_connections(struct json *j, const struct connection_times *c, bool whole);
void json_put_arrivals(struct json *j, const struct arrival_stats *a, bool whole);
void json_put_generator(struct json *j, const struct stats *stats, const struct report_run *run,
                        uint64_t requests, bool whole);
