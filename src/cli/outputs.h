/* The reporters that a command line asks for: one row of a table each, so that
 * a new one with an option is a line in outputs.c. */
#pragma once

#include "cli/options.h"
#include "report/baseline.h"
#include "report/report.h"
#include "run/runner.h"

/* Room for all of them at once. */
enum { OUTPUTS_MAX = 16 };

/* Whether one of them writes to standard output ("--json -"), so that all else
 * must keep out of it. */
bool outputs_take_stdout(const struct cli_args *args);

/* Opens them, in the order in which they are to end; when one cannot write where
 * it should -1 and *err, and the others are discarded. about, args and baseline
 * (NULL: there is none) outlive them. */
int outputs_open(struct run_reporter to[OUTPUTS_MAX], size_t *len, const struct cli_args *args,
                 const struct report_run *about, struct baseline *baseline, struct err *err);
