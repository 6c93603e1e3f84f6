/*
 * What the live terminal view shows, computed from ticks alone: it knows no
 * terminal. tui.c feeds it, tui_draw.c draws it.
 */
#pragma once

#include "base/vec.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

/* As many seconds as a wide terminal has columns. */
enum { TUI_HISTORY = 512 };

/* One tick's figures over all series. */
struct tui_point {
    double rps;
    double p50, p95, p99; /* ms; negative: no answer came */
    uint64_t failures;
};

/* One series; times since the start, in ms. In the warm-up, of which nothing is
 * kept, all that follows is of the last second instead. */
struct tui_row {
    const char *type, *name; /* borrowed from the catalog */
    uint64_t requests, failures;
    double rps;                  /* of the last tick */
    double p50, p95, p99, max;   /* negative: no answer came */
    const struct series *series; /* borrowed during tui_model_tick */
};

/* Equal failures, or equal script errors. */
struct tui_error {
    const char *type, *name; /* borrowed from the catalog; NULL for a script error */
    char *message;           /* owned */
    uint64_t count;
    double age_s; /* since the last of them */
};

enum { TUI_ROWS_MAX = 100, TUI_ERRORS_MAX = 20 };

struct tui_model {
    const struct report_run *run; /* borrowed */
    struct report_tick tick;      /* the last; its statistics are not kept */
    struct tui_point points[TUI_HISTORY];
    int points_len, points_end;       /* a ring: the newest is before points_end */
    struct tui_row all;               /* all series together; its `series` is NULL */
    VEC(struct tui_row) rows;         /* the busiest first, at most TUI_ROWS_MAX */
    size_t series_len;                /* how many there are in all */
    VEC(struct tui_error) errors;     /* the latest first, at most TUI_ERRORS_MAX */
    size_t errors_len;                /* how many different ones there are in all */
    struct generator_stats generator; /* since the start; without histogram */
    double lag_p99_ms;                /* of the loops, since the start; negative: not known */
};

void tui_model_init(struct tui_model *m, const struct report_run *run);
void tui_model_release(struct tui_model *m);
void tui_model_tick(struct tui_model *m, const struct report_tick *tick);

/* The point `ago` ticks before the last; ago < points_len. */
const struct tui_point *tui_model_point(const struct tui_model *m, int ago);

/* How far the run is, 0..1, and the seconds left; negative where no end is
 * planned or it cannot be known. */
double tui_model_progress(const struct tui_model *m);
double tui_model_left_s(const struct tui_model *m);
