/* Whole files, read before a run. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends what the file holds, or standard input for "-", to out. -1 with
 * ERR_CONFIG, naming it, when it cannot be read or is larger than max bytes. */
int file_read(struct buf *out, const char *path, size_t max, struct err *err);
/* What errors call it: the path, or "standard input" for "-". */
const char *file_name(const char *path);
