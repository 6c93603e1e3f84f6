/* Text on curses' screen; see pen.h. Called by tui_draw.c. */
#include "report/pen.h"

#include "report/text.h"

#include <ncurses.h>
#include <stdarg.h>

enum { PAIR_BAD = 1, PAIR_BAR };

void pen_init_colors(void)
{
    if (!has_colors())
        return;
    start_color();
    use_default_colors();
    init_pair(PAIR_BAD, COLOR_RED, -1);
    init_pair(PAIR_BAR, COLOR_CYAN, -1);
}

static attr_t attributes(enum pen_style style)
{
    switch (style) {
    case PEN_PLAIN:
        return A_NORMAL;
    case PEN_STRONG:
        return A_BOLD;
    case PEN_DIM:
        return A_DIM;
    case PEN_BAD:
        return COLOR_PAIR(PAIR_BAD);
    case PEN_BAR:
        return COLOR_PAIR(PAIR_BAR);
    }
    return A_NORMAL;
}

void pen_put(struct pen *pen, enum pen_style style, const char *text, int width)
{
    struct buf clean = BUF_INIT, cut = BUF_INIT;
    int room = COLS - pen->column;
    text_clean(&clean, text, pen->utf8);
    if (width <= 0 || width > room)
        width = room;
    if (width > 0)
        text_cut(&cut, buf_cstr(&clean), width, pen->utf8);
    attrset((int)attributes(style));
    mvaddstr(pen->line, pen->column, buf_cstr(&cut));
    attrset(A_NORMAL);
    pen->column += text_width(buf_cstr(&cut));
    buf_release(&clean);
    buf_release(&cut);
}

void pen_putf(struct pen *pen, enum pen_style style, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list args;
    va_start(args, fmt);
    buf_addv(&text, fmt, args);
    va_end(args);
    pen_put(pen, style, buf_cstr(&text), 0);
    buf_release(&text);
}

void pen_put_right(struct pen *pen, enum pen_style style, int end, const char *text)
{
    int column = end - text_width(text);
    pen->column = column > 0 ? column : 0;
    pen_put(pen, style, text, 0);
}

void pen_next_line(struct pen *pen)
{
    pen->line++;
    pen->column = 0;
}
