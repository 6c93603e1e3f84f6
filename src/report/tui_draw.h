/* Draws the live view's model onto curses' screen. Between initscr and endwin. */
#pragma once

#include "report/tui_model.h"

struct tui_look {
    bool utf8;           /* the terminal shows more than ASCII */
    bool paused;         /* the person paused the run */
    const char *message; /* what the last key or the log had to say; or NULL */
};

/* The least that it is drawn for. */
enum { TUI_LINES_MIN = 16, TUI_COLUMNS_MIN = 72 };

void tui_draw(const struct tui_model *m, const struct tui_look *look);
