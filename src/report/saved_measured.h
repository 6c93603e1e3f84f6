/* The statistics in a JSON report, read back; saved.c's only. */
#pragma once

#include "report/reader.h"
#include "stats/stats.h"

/* stats is empty but for its begin_ns, from which moments are counted. What is
 * wrong is left with the reader. */
void saved_read_measured(struct reader *r, const struct cJSON *root, struct stats *stats,
                         struct catalog *catalog);
/* By user class, in their order. */
void saved_read_class_arrivals(struct reader *r, const struct cJSON *root, struct stats *stats);
/* The part that the warm-up has too: series and failures. */
void saved_read_series(struct reader *r, const struct cJSON *object, struct stats *stats,
                       struct catalog *catalog);
