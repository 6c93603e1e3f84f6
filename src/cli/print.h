/* Text of a command to stdout, with its failures noticed. */
#pragma once

#include "base/buf.h"

/* Writes out to stdout and releases it. The exit status: EXIT_OK, also when
 * the reader has gone (`inrush help | head -1`), or EXIT_USAGE after an error
 * message when it could not be written (disk full, closed). */
int print_out(struct buf *out);
