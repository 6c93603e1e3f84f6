/*
 * Writes onto curses' screen where the live view's next text goes. What does
 * not fit the line is cut; foreign text cannot drive the terminal.
 */
#pragma once

#include <stdbool.h>

enum pen_style { PEN_PLAIN, PEN_STRONG, PEN_DIM, PEN_BAD, PEN_BAR };

struct pen {
    bool utf8; /* the terminal shows more than ASCII */
    int line, column;
};

/* Makes the colours that styles have; once, where colours are wanted. Without,
 * styles differ as far as the terminal's attributes do. */
void pen_init_colors(void);

/* At most width columns; 0: as many as the line has left. */
void pen_put(struct pen *pen, enum pen_style style, const char *text, int width);
void pen_putf(struct pen *pen, enum pen_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Text that ends before column `end`. */
void pen_put_right(struct pen *pen, enum pen_style style, int end, const char *text);
void pen_next_line(struct pen *pen);
