/*
 * Allocation that cannot fail: out of memory ends the process with a message,
 * so no caller carries a path for it. Everything returned is freed with free().
 */
#pragma once

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
/* A NUL-terminated copy of the len bytes at s. */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
