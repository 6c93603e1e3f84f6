/* What a report may show of the command line. */
#pragma once

#include "base/buf.h"

/* Appends argv as one line for a shell, with "***" for what looks secret: a
 * URL's password, and values under a name such as token, key, password, cookie
 * or authorization, in headers, settings, queries and bodies. Long words are cut.
 * What a secret is called is a guess, on the safe side. */
void shown_command(struct buf *out, int argc, const char *const *argv);
