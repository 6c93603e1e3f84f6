/*
 * Foreign text for terminals and files. Names and messages come from scripts
 * and servers: they may hold escape sequences, line ends or broken UTF-8, and
 * must neither drive the terminal nor break a table.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends s as one line of harmless text: control characters as escapes,
 * broken bytes and direction overrides as U+FFFD. Without utf8 the signs that
 * reports draw with become their ASCII likeness, all else beyond ASCII '?'. */
void text_clean(struct buf *out, const char *s, bool utf8);

/* Appends s for a file that programs read: valid UTF-8 with its line ends and
 * tabs; other control characters, broken bytes and U+FFFE and U+FFFF, which no
 * XML can hold, become U+FFFD. */
void text_for_file(struct buf *out, const char *s);

/* How many columns clean text takes. */
int text_width(const char *s);

/* Appends clean text cut to at most width columns: its middle gives way to an
 * ellipsis, since names differ at both ends. */
void text_cut(struct buf *out, const char *s, int width, bool utf8);

/* The number of bytes of clean text that fit into width columns. */
size_t text_prefix(const char *s, int width);
