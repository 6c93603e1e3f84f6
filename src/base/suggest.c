/* Edit distance for "did you mean"; see suggest.h. */
#include "base/suggest.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of
 * neighbours. rows has room for 3 * (b_len + 1) numbers: the row being filled
 * and the two above it, which take turns. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len, size_t *rows)
{
    size_t *above2 = rows, *above = rows + b_len + 1, *row = above + b_len + 1;
    for (size_t j = 0; j <= b_len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t substituted = above[j - 1] + !same(a[i - 1], b[j - 1]);
            row[j] = least(substituted, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
        size_t *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return above[b_len];
}

const char *suggest(const char *word, const char *const *candidates, size_t n)
{
    const char *nearest = NULL;
    size_t nearest_distance = 0;
    size_t word_len = strlen(word);
    size_t *rows = xcalloc(word_len + 1, 3 * sizeof(*rows));

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(candidates[i]);
        size_t longer = len > word_len ? len : word_len;
        size_t limit = longer >= 3 ? longer / 3 : 1;
        size_t shorter = least(len, word_len);
        if (longer - shorter > limit)
            continue;
        size_t d = distance(candidates[i], len, word, word_len, rows);
        if (d > limit || d >= longer)
            continue;
        if (!nearest || d < nearest_distance) {
            nearest = candidates[i];
            nearest_distance = d;
        }
    }
    free(rows);
    return nearest;
}
