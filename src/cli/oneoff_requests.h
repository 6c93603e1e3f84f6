/* What a one-off sends, from the words of its command line: URLs as arguments
 * and in a list, the method, headers and a body. */
#pragma once

#include "cli/options.h"
#include "run/requests.h"

/* Fills r, which the caller inits and releases. -1: *err says what is wrong,
 * and in which line of --urls-from. */
int oneoff_requests(struct requests *r, const struct cli_args *args, struct err *err);
