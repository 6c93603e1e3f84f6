/* Values of options: what the parser does with a text once it knows whose
 * value it is. */
#pragma once

#include "cli/options.h"

/* A mistake of the person's; returns -1. */
#define usage_error(err, ...) err_set(err, ERR_USAGE, __VA_ARGS__)

/* Checks text by the option's type and limits and stores it in its field, or
 * appends it there. NULL is right for a flag only. The error does not name the
 * option: the caller knows how it was spelt. */
int value_store(struct cli_args *args, const struct cli_option *option, const char *text,
                struct err *err);

/* Whether a word can be an HTTP method, and none of the usual ones in lower
 * case. */
int value_check_method(const char *text, struct err *err);
