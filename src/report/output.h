/*
 * Writes reports where they belong. A file appears whole or not at all: it is
 * written under a temporary name beside its own and renamed.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether path means standard output: NULL, "-", "/dev/stdout" and the like. */
bool output_is_stdout(const char *path);

/* Whether path can be written, found out by doing so beside it; stdout always
 * can. */
int output_check(const char *path, struct err *err);

/* Writes all of text to path. What is not a regular file (a device, a pipe) is
 * written directly. */
int output_file(const char *path, const struct buf *text, struct err *err);

/*
 * A file that grows while the run lasts. From the first write until it is
 * closed it stands under its temporary name, where whoever has to kill the
 * program finds what there is.
 *
 *     struct output *o = output_open(path, err);     in a reporter's open
 *     output_write_live(o, &text);                   in its ticks
 *     rc = output_close(o, err);                     in its end
 */
struct output;

/* NULL and *err when path cannot be written, found out as output_check does, or
 * when another open output writes the same file, however either is spelt, or
 * standard output goes there; devices may be shared. A named pipe is waited for
 * until somebody reads it, 5 s at most. A run that does not begin
 * leaves nothing behind. path is borrowed. Main thread only. */
struct output *output_open(const char *path, struct err *err);
/* Adds text, at once. What goes wrong is kept for output_close, and nothing is
 * written from then on. */
void output_write(struct output *o, const struct buf *text);
/* The same while the load runs, which cannot end meanwhile: a pipe's reader who
 * takes nothing for 5 s is something that goes wrong. */
void output_write_live(struct output *o, const struct buf *text);
/* Gives the file its name, replacing what had it; -1 and *err when it could not
 * be written to its end, then it is removed. Frees o. */
int output_close(struct output *o, struct err *err);
/* Leaves what is at path as it is. Frees o; NULL is fine. */
void output_abandon(struct output *o);

/* Writes all of text to a stream and flushes it; name is for the error. */
int output_stream(FILE *stream, const char *name, const struct buf *text, struct err *err);
