/* What the files that compile templates share: template_compile.c, which cuts a
 * text at its braces, template_functions.c and template_csv.c, which read what
 * is between them, template_words.c and template_choices.c, which help them. */
#pragma once

#include "base/caret.h"
#include "run/template_internal.h"

struct template_compiler {
    struct template_files *files; /* borrowed */
    const char *what;
    const char *text; /* the whole */
    size_t len;
    enum template_escape escape;
    struct err *err;
    size_t at, end; /* unread, inside of {{ and }} */
};

/* -1 with an error that points at `place` in the text. */
#define template_fail(c, place, ...) \
    caret_error((c)->err, (c)->what, (c)->text, (c)->len, place, __VA_ARGS__)

/* Words: what is unread goes to behind them and the blanks that follow. */

void template_skip_blanks(struct template_compiler *c);
/* The closing quote of the string that begins at `at`, or `end`. */
size_t template_string_end(const char *text, size_t at, size_t end);
/* A word, or a string without its quotes and backslashes; owned by the caller. */
char *template_take_word(struct template_compiler *c);
/* A whole number; name: how an error calls it. */
int template_take_int(struct template_compiler *c, int64_t *n, const char *name);

/* Values on their way into a struct choices, whose bytes may still move. */
struct template_collector {
    struct buf bytes;
    VEC(size_t) ends;
};

/* Adds a value, escaped. */
void template_collect(struct template_collector *to, enum template_escape escape, const char *data,
                      size_t len);
void template_collector_release(struct template_collector *c);
/* Empties the collector. */
struct choices template_collected(struct template_collector *from);

/* Functions: each appends a piece, or fills p in; -1 with the error. */

int template_compile_function(struct template_compiler *c, struct template *t);
int template_compile_csv(struct template_compiler *c, struct piece *p);
