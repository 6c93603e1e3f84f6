/* Scenario sources: a bundled one by name, or a file. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct script_source {
    char *name;      /* "baseline", or the file's name without directory and .lua; owned */
    char *chunkname; /* "@path" for Lua's messages; owned */
    char *directory; /* where require looks first; NULL when bundled; owned */
    char *text;      /* owned */
    size_t len;
};

/* word is a path when it ends in .lua or holds a slash, else a bundled name
 * (or, failing that, an existing file). -1 and *err (ERR_CONFIG) naming what
 * was looked for, with the nearest bundled name. */
int script_source_find(struct script_source *source, const char *word, struct err *err);
/* The same of a path, whatever it looks like. */
int script_source_read(struct script_source *source, const char *path, struct err *err);
void script_source_release(struct script_source *source);

/* The bundled scenarios, in order. description is the file's first comment
 * line without dashes; the caller frees it. */
size_t script_bundled_len(void);
/* The index of a name, or -1; what to say where that is an error. */
int script_bundled_find(const char *name);
int script_bundled_missing(const char *name, struct err *err);
const char *script_bundled_name(size_t i);
const char *script_bundled_text(size_t i, size_t *len);
char *script_bundled_description(size_t i);

/* What `inrush new` writes: src/lua/template.lua. */
const char *script_template(size_t *len);
