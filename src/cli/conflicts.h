/* Options that rule each other out, or need another. Checked once, when the
 * whole line is known. */
#pragma once

#include "cli/options.h"

/* -1: *err (ERR_USAGE) names the two options, as this command calls them, and
 * why they cannot be together. */
int conflicts_check(const struct cli_args *args, struct err *err);
