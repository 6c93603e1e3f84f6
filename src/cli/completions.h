/* Completion scripts for the shells in cli_shells, from the tables: commands,
 * the options of each, file names where a file is due, and the names of the
 * bundled scenarios, for which they ask `inrush list --names`. */
#pragma once

#include "base/buf.h"

/* shell is one of cli_shells. */
void completions_write(struct buf *out, const char *shell);
