/* What was served, for programs and for people. */
#pragma once

#include "base/buf.h"
#include "target/target.h"

/* The answer of GET /stats, documented in target.h. */
void counts_write_json(const struct target_counts *counts, struct buf *out);

/* A line per route that was asked for and a total, with the statuses that
 * occurred as columns, and a line per MCP method that was called; what `inrush
 * serve` prints at its end. */
void counts_write_table(const struct target_counts *counts, struct buf *out);
