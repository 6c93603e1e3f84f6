/* `inrush -s SCRIPT URL`: a wrk script instead of fixed requests. */
#pragma once

#include "cli/options.h"

/* Runs it and returns the exit status, errors printed. */
int oneoff_wrk(const struct cli_args *args);
