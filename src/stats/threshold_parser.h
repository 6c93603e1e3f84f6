/*
 * What the files that parse thresholds share: the text, a place in it, and
 * errors with a caret. threshold_parse.c takes the subject, the comparison and
 * what follows the value; threshold_metric.c the metric, threshold_value.c the
 * value.
 */
#pragma once

#include "stats/threshold.h"

#include <stdbool.h>
#include <stddef.h>

struct threshold_parser {
    struct threshold *t;
    const char *text;
    size_t at; /* the next byte to look at */
    struct err *err;
};

/* Fails with the reason, the expression, and a caret under its byte `at`. Of a
 * long expression the part around the caret is shown. -1. */
int parser_fail(const struct threshold_parser *p, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Behind the blanks at `at`. */
size_t parser_skip(const char *text, size_t at);
/* Whether a word stands at p->at; taken with the blanks behind it if so. */
bool parser_word(struct threshold_parser *p, const char *word);
/* "..." at p->at, into *name (owned). */
int parser_quoted(struct threshold_parser *p, char **name);

/* Each leaves p->at behind what it took and the blanks there. */
int threshold_parse_metric(struct threshold_parser *p);
int threshold_parse_value(struct threshold_parser *p);
