/*
 * Writes a finished report where it belongs. A file appears whole or not at
 * all: it is written under a temporary name beside its own and renamed.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdio.h>

/* Whether path can be written, found out by doing so beside it. "-" and NULL,
 * stdout, always can. */
int output_check(const char *path, struct err *err);

/* Writes all of text to path. What is not a regular file (a device, a pipe) is
 * written directly. */
int output_file(const char *path, const struct buf *text, struct err *err);

/* Writes all of text to a stream and flushes it; name is for the error. */
int output_stream(FILE *stream, const char *name, const struct buf *text, struct err *err);
