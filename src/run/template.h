/*
 * Templates: text with {{...}} in it, compiled once and filled in for every
 * request, in C, without allocation once the buffer has its size.
 *
 *     {{random LOW HIGH}}      a whole number from LOW to HIGH, both included ({{int ...}} too)
 *     {{uuid}}                 a random UUID (RFC 9562, version 4)
 *     {{pick a | b | c}}       one of these by chance; with commas if there is no bar
 *     {{counter START STEP}}   the number of the request over all workers; 1 and 1 if not given
 *     {{csv FILE COLUMN}}      the rows of a file in turn, one row a request
 *     {{now}} {{now ms}}       the time since 1970 in seconds, in milliseconds ({{timestamp}} too)
 *     {{worker}}               the worker's number, from 1
 *     {{connection}}           the connection's number over all workers, from 1
 *     {{"text"}}               the text itself: {{"{{"}} is how to send {{
 *
 * What a value may not say as it stands is escaped by where it stands: see
 * enum template_escape. Anything else than "{{" is text, "}}" alone too.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum template_escape {
    TEMPLATE_BODY,   /* as it is */
    TEMPLATE_JSON,   /* as inside a JSON string, without the quotes around it */
    TEMPLATE_URL,    /* %XX for all but letters, digits and -._~ */
    TEMPLATE_HEADER, /* as it is; control characters in a file's column are refused */
};

/* The CSV files that templates name, each read once. */
struct template_files;
struct template_files *template_files_new(void);
/* After every template that uses them. */
void template_files_free(struct template_files *files);

struct template;

/* Compiles text. what: how errors call it, "URL", "body". Errors (ERR_CONFIG)
 * point at the place. */
struct template *template_compile(struct template_files *files, const char *what, const char *text,
                                  size_t len, enum template_escape escape, struct err *err);
/* For texts made of others: an empty one; appends fixed bytes, the length of
 * the body in decimal, and another template, which is left empty. */
struct template *template_new(void);
void template_add_text(struct template *t, const char *text, size_t len);
void template_add_body_length(struct template *t);
void template_add(struct template *t, struct template *other);
void template_free(struct template *t);

/* How far text goes until one of `stops`, those inside of {{...}} aside. */
size_t template_text_span(const char *text, const char *stops);

/* How many {{...}} there are, besides {{"text"}}. */
size_t template_fields(const struct template *t);
/* Appends t with `mark` for each of these: a text that other code may check and
 * lay out. template_cut puts t's fields back where it finds the marks in the
 * bytes; t is left empty. Asserts that all are found. */
void template_mark(const struct template *t, const char *mark, struct buf *out);
void template_cut(struct template *to, const char *bytes, size_t len, const char *mark,
                  struct template *t);

/* What is filled in. */
struct template_values {
    struct rng *rng;     /* the connection's */
    uint64_t number;     /* of the request, over all workers, from 0 */
    uint64_t row;        /* of the CSV files, from 0; counts on beyond their ends */
    uint64_t body_len;   /* bytes, for template_add_body_length */
    uint32_t worker;     /* from 1 */
    uint32_t connection; /* from 1 */
};

/* Appends t filled in. */
void template_expand(const struct template *t, const struct template_values *values,
                     struct buf *out);
