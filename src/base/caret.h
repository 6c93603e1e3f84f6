/*
 * Errors that show where: the reason, the line that holds the mistake, and a
 * caret under its character.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* "WHAT: reason" (of a what that is NULL, the reason alone), the line of text
 * (len bytes) that byte `at` lies in, a caret under it, behind wide characters
 * too. Of a long line the part around the caret is shown, control characters as
 * spaces. Returns -1; the kind is ERR_CONFIG. err may be NULL. */
int caret_error(struct err *err, const char *what, const char *text, size_t len, size_t at,
                const char *fmt, ...) __attribute__((format(printf, 6, 7)));
