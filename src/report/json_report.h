/* The report as a JSON object: what the JSON reporter writes, and what others
 * embed. Described in docs/outputs.md. */
#pragma once

#include "base/json.h"
#include "report/digest.h"
#include "report/report.h"

#include <stdbool.h>

/* Puts the fields into the object that is open in j. whole: with the histograms
 * behind the figures, which merge and compare need and which are most of it. */
void json_report_put(struct json *j, const struct report_run *run, const struct report_end *end,
                     const struct digest *digest, bool whole);

/* All of it, as the JSON reporter writes it. */
void json_report_text(struct buf *out, const struct report_run *run, const struct report_end *end);
