/*
 * The generator's condition in figures, the same in every report: how busy it
 * was, how late, what its scripts and their garbage collection took, and what
 * it held of the machine. verdict.h judges by them.
 */
#pragma once

#include "base/buf.h"
#include "stats/generator.h"

#include <stddef.h>

struct condition_figure {
    const char *name; /* with its unit: "cpu_share" (0..1), "gc_longest_ms", "memory_most_bytes" */
    double value;     /* NAN: not known, or not measured */
};

enum { CONDITION_FIGURES = 12 };

/* What the workers did in a span (CPU, loop lag, scripts, garbage collection), and
 * what the process held at most so far and may hold. */
void condition_figures(struct condition_figure out[CONDITION_FIGURES],
                       const struct generator_stats *span, const struct generator_stats *so_far);

/* A sentence for the scripts, if there were any, and one for the machine; nothing
 * where nothing is known. */
void condition_describe(struct buf *out, const struct generator_stats *g);
