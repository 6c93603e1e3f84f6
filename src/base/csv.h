/*
 * Reading CSV (RFC 4180): comma-separated, the first row names the columns,
 * quoted fields may hold commas, line ends and doubled quotes. A byte order
 * mark is skipped, empty lines are. Every row has as many fields as the header.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct csv_field {
    const char *data; /* not NUL-terminated */
    size_t len;
};

struct csv {
    char *text;               /* owned: the fields, unquoted */
    struct csv_field *fields; /* owned: the header's, then row by row */
    size_t columns;
    size_t rows; /* without the header; at least 1 */
};

/* Takes a copy of text. name: what errors call it, "users.csv": they begin
 * "users.csv:LINE: ". Release c only after success. */
int csv_parse(struct csv *c, const char *name, const char *text, size_t len, struct err *err);
void csv_release(struct csv *c);

/* The column of that name, from 0; -1: there is none. */
int csv_column(const struct csv *c, const char *name, size_t len);

static inline struct csv_field csv_at(const struct csv *c, size_t row, size_t column)
{
    return c->fields[(row + 1) * c->columns + column];
}
