/*
 * A page of console text: where it goes, how wide it is and what it may show.
 * Everything printed passes through here: foreign text is made harmless
 * (text.h), colours come from the styles below and from nowhere else.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdio.h>

enum page_style {
    PAGE_PLAIN,
    PAGE_STRONG, /* headings, the figures that matter */
    PAGE_DIM,    /* labels, explanations */
    PAGE_GOOD,
    PAGE_BAD,
    PAGE_BAR, /* bars of a drawing */
};

struct page {
    struct buf *out; /* borrowed */
    int columns;     /* 0: no limit */
    bool color;
    bool utf8;
};

/* The columns of the terminal behind a stream; 0 when it is none. */
int page_terminal_columns(FILE *stream);

/* Appends text, cleaned, in a style. */
void page_add(struct page *page, enum page_style style, const char *text);
void page_addf(struct page *page, enum page_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for text that is clean already. */
void page_add_clean(struct page *page, enum page_style style, const char *text, size_t len);
void page_spaces(struct page *page, int n);
void page_end_line(struct page *page);

/* An empty line, then a section's heading with a remark in brackets behind it
 * ("" for none). */
void page_heading(struct page *page, const char *title, const char *remark);

/* Text wrapped to the page's width at spaces; lines after the first are
 * indented by `indent` columns, and `at` columns of the first are used. */
void page_wrap(struct page *page, enum page_style style, int at, int indent, const char *text);
