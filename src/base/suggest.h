/* "Did you mean": the nearest of the right words to a wrong one. */
#pragma once

#include <stddef.h>

/* The candidate with the least edit distance (optimal string alignment,
 * case-insensitive) to word, or NULL when none is near: more than a third of
 * the longer word's length, at least 1, away, or with no letter in common.
 * candidates holds n words; of equally near ones the first is taken. */
const char *suggest(const char *word, const char *const *candidates, size_t n);
