/* The report as a JSON object: what the JSON reporter writes, and what others
 * embed. Described in docs/outputs.md. */
#pragma once

#include "base/json.h"
#include "report/digest.h"
#include "report/report.h"

/* Puts the fields into the object that is open in j. */
void json_report_put(struct json *j, const struct report_run *run, const struct report_end *end,
                     const struct digest *digest);
