/* Tables of text; see table.h. Every row holds columns_len cells, a rule as
 * many without text. */
#include "report/table.h"

#include "report/text.h"

#include <assert.h>
#include <stdarg.h>

enum { INDENT = 2, GAP = 2, LEAST = 6 };

void table_init(struct table *t, struct page *page, const struct table_column *columns, size_t n)
{
    assert(n <= TABLE_COLUMNS_MAX);
    *t = (struct table){.page = page, .columns = columns, .columns_len = n};
}

void table_release(struct table *t)
{
    for (size_t i = 0; i < t->cells.len; i++)
        free(t->cells.items[i].text);
    vec_release(&t->cells);
}

void table_add(struct table *t, enum page_style style, const char *text)
{
    struct buf clean = BUF_INIT;
    text_clean(&clean, text, t->page->utf8);
    struct table_cell *cell = vec_add(&t->cells);
    cell->text = buf_detach(&clean);
    cell->style = style;
}

void table_addf(struct table *t, enum page_style style, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list args;
    va_start(args, fmt);
    buf_addv(&text, fmt, args);
    va_end(args);
    table_add(t, style, buf_cstr(&text));
    buf_release(&text);
}

void table_rule(struct table *t)
{
    assert(t->cells.len % t->columns_len == 0);
    for (size_t i = 0; i < t->columns_len; i++)
        (void)vec_add(&t->cells);
}

struct layout {
    int width[TABLE_COLUMNS_MAX]; /* -1: left out */
    int dropped;
};

static void measure(const struct table *t, struct layout *layout)
{
    for (size_t c = 0; c < t->columns_len; c++)
        layout->width[c] = text_width(t->columns[c].title);
    for (size_t i = 0; i < t->cells.len; i++) {
        int *width = &layout->width[i % t->columns_len];
        int needed = t->cells.items[i].text != NULL ? text_width(t->cells.items[i].text) : 0;
        if (needed > *width)
            *width = needed;
    }
}

static int total_width(const struct table *t, const struct layout *layout)
{
    int width = INDENT - GAP;
    for (size_t c = 0; c < t->columns_len; c++)
        width += layout->width[c] >= 0 ? layout->width[c] + GAP : 0;
    return width;
}

static void fit(const struct table *t, struct layout *layout)
{
    if (t->page->columns <= 0)
        return;
    for (;;) {
        int excess = total_width(t, layout) - t->page->columns;
        if (excess <= 0)
            return;
        size_t victim = t->columns_len;
        for (size_t c = 0; c < t->columns_len; c++) {
            const struct table_column *column = &t->columns[c];
            if (column->flexible && layout->width[c] - excess >= column->least) {
                layout->width[c] -= excess;
                return;
            }
            if (column->drop > 0 && layout->width[c] >= 0 &&
                (victim == t->columns_len || column->drop > t->columns[victim].drop))
                victim = c;
        }
        if (victim == t->columns_len)
            break;
        layout->width[victim] = -1;
        layout->dropped++;
    }
    /* Nothing left to leave out: the flexible column gives what it has, and a
     * terminal narrower still wraps. */
    int excess = total_width(t, layout) - t->page->columns;
    for (size_t c = 0; c < t->columns_len; c++) {
        if (t->columns[c].flexible)
            layout->width[c] =
                layout->width[c] - excess > LEAST ? layout->width[c] - excess : LEAST;
    }
}

static void print_rule(const struct table *t, const struct layout *layout)
{
    struct buf line = BUF_INIT;
    for (int i = total_width(t, layout) - INDENT; i > 0; i--)
        buf_adds(&line, "─");
    page_spaces(t->page, INDENT);
    page_add(t->page, PAGE_DIM, buf_cstr(&line));
    page_end_line(t->page);
    buf_release(&line);
}

static void print_row(const struct table *t, const struct layout *layout,
                      const struct table_cell *cells)
{
    int pending = INDENT; /* spaces are held back so that no line ends in them */
    for (size_t c = 0; c < t->columns_len; c++) {
        int width = layout->width[c];
        if (width < 0)
            continue;
        struct buf text = BUF_INIT;
        text_cut(&text, cells[c].text, width, t->page->utf8);
        int padding = width - text_width(buf_cstr(&text));
        if (t->columns[c].right)
            pending += padding;
        if (text.len > 0) {
            page_spaces(t->page, pending);
            page_add_clean(t->page, cells[c].style, text.data, text.len);
            pending = 0;
        }
        pending += (t->columns[c].right ? 0 : padding) + GAP;
        buf_release(&text);
    }
    page_end_line(t->page);
}

static void print_titles(const struct table *t, const struct layout *layout)
{
    struct table_cell titles[TABLE_COLUMNS_MAX];
    bool any = false;
    for (size_t c = 0; c < t->columns_len; c++) {
        titles[c] = (struct table_cell){.text = (char *)t->columns[c].title, .style = PAGE_DIM};
        any |= *t->columns[c].title != 0;
    }
    if (!any)
        return;
    print_row(t, layout, titles);
    print_rule(t, layout);
}

int table_print(struct table *t)
{
    assert(t->cells.len % t->columns_len == 0);
    struct layout layout = {0};
    measure(t, &layout);
    fit(t, &layout);
    print_titles(t, &layout);
    for (size_t i = 0; i < t->cells.len; i += t->columns_len) {
        if (t->cells.items[i].text == NULL)
            print_rule(t, &layout);
        else
            print_row(t, &layout, &t->cells.items[i]);
    }
    return layout.dropped;
}
