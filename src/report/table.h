/*
 * Tables of text: columns as wide as their content, numbers to the right, and
 * a way to fit a narrow terminal. First the one flexible column is cut, down
 * to its least width, then columns are left out, highest `drop` first.
 *
 *     static const struct table_column columns[] = {{.title = "Name", .flexible = true}, …};
 *     struct table t;
 *     table_init(&t, page, columns, 3);
 *     table_add(&t, PAGE_PLAIN, "GET");   cell by cell, row by row
 *     table_rule(&t);
 *     table_print(&t);
 *     table_release(&t);
 */
#pragma once

#include "base/vec.h"
#include "report/page.h"

#include <stdint.h>

struct table_column {
    const char *title;
    bool right;    /* aligned to the right, as numbers are */
    bool flexible; /* cut when the page is narrow; at most one */
    int least;     /* columns it keeps when cut */
    int drop;      /* left out when the page is still too narrow: highest first; 0: never */
};

struct table_cell {
    char *text; /* owned, clean; NULL: this row is a rule */
    enum page_style style;
};

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
    struct page *page;                  /* borrowed */
    const struct table_column *columns; /* borrowed */
    size_t columns_len;
    VEC(struct table_cell) cells; /* row by row */
};

void table_init(struct table *t, struct page *page, const struct table_column *columns, size_t n);
void table_release(struct table *t);

void table_add(struct table *t, enum page_style style, const char *text);
void table_addf(struct table *t, enum page_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line across, instead of a row. */
void table_rule(struct table *t);

/* Prints it, indented by two, with a line of titles and a rule under it when
 * some column has a title. Returns how many columns were left out. */
int table_print(struct table *t);
