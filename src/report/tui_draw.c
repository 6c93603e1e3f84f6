/*
 * The live view, top to bottom: title, progress, one sparkline a figure, the
 * series, the latest errors, the generator's condition, the keys. The table
 * and the errors share what room there is.
 */
#include "report/tui_draw.h"

#include "base/clock.h"
#include "base/units.h"
#include "report/figure.h"
#include "report/pen.h"
#include "report/text.h"
#include "report/verdict.h"

#include <math.h>
#include <ncurses.h>
#include <stdio.h>

static void draw_title(struct pen *pen, const struct tui_model *m)
{
    const struct report_run *run = m->run;
    char n[UNITS_MAX], all[UNITS_MAX];
    struct buf time = BUF_INIT;
    double left = tui_model_left_s(m);
    buf_adds(&time, units_format_elapsed(n, floor(m->tick.elapsed_s + 0.05)));
    if (left >= 0)
        buf_addf(&time, " of %s", units_format_elapsed(all, run->warmup_s + run->duration_s));
    int end = COLS - 1, room = end - text_width(buf_cstr(&time)) - 2;

    struct buf who = BUF_INIT;
    const char *what = run->url ? "connection" : "user";
    buf_addf(&who, "  %s", units_format_count(n, m->tick.users));
    if (run->users != m->tick.users)
        buf_addf(&who, " of %s", units_format_count(all, run->users));
    buf_addf(&who, " %s%s, %d worker%s", what, run->users == 1 ? "" : "s", run->workers,
             run->workers == 1 ? "" : "s");
    pen_put(pen, PEN_STRONG, run->title, room - text_width(buf_cstr(&who)));
    pen_put(pen, PEN_PLAIN, buf_cstr(&who), room);
    pen_put_right(pen, PEN_STRONG, end, buf_cstr(&time));
    buf_release(&time);
    buf_release(&who);
    pen_next_line(pen);
}

static const char *bar_sign(const struct pen *pen, bool full)
{
    if (pen->utf8)
        return full ? "█" : "░";
    return full ? "#" : ".";
}

static void describe_state(struct buf *out, const struct tui_model *m, const struct tui_look *look)
{
    char n[UNITS_MAX];
    if (m->tick.stopping) {
        buf_adds(out, "stopping");
        return;
    }
    if (look->paused)
        buf_adds(out, "paused, ");
    if (m->tick.warmup)
        buf_adds(out, "warm-up, ");
    if (m->tick.stage)
        buf_addf(out, "%s, ", m->tick.stage);
    double left = tui_model_left_s(m);
    if (left >= 0)
        buf_addf(out, "%s left", units_format_elapsed(n, ceil(left - 0.05)));
    else if (m->run->requests > 0)
        buf_addf(out, "of %s requests", units_format_count(n, m->run->requests));
    else
        buf_adds(out, "until you stop it");
}

static void draw_progress(struct pen *pen, const struct tui_model *m, const struct tui_look *look)
{
    struct buf state = BUF_INIT;
    describe_state(&state, m, look);
    double share = tui_model_progress(m);
    int width = COLS - 1 - text_width(buf_cstr(&state)) - 2;
    if (share >= 0 && width > 0) {
        int full = (int)lround(share * width);
        for (int i = 0; i < width; i++)
            pen_put(pen, PEN_BAR, bar_sign(pen, i < full), 1);
    }
    enum pen_style style = look->paused || m->tick.stopping ? PEN_BAD : PEN_PLAIN;
    pen_put_right(pen, style, COLS - 1, buf_cstr(&state));
    buf_release(&state);
    pen_next_line(pen);
}

static const char *spark_sign(const struct pen *pen, double share)
{
    static const char *const drawn[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    int level = (int)(share * 8);
    level = level > 7 ? 7 : level < 0 ? 0 : level;
    return pen->utf8 ? drawn[level] : plain[level];
}

enum figure { RPS, P50, P95, P99 };

static double figure_of(const struct tui_point *point, enum figure figure)
{
    const double figures[] = {
        [RPS] = point->rps, [P50] = point->p50, [P95] = point->p95, [P99] = point->p99};
    return figures[figure];
}

/* The figure of the last second, and of those before from right to left. */
static void draw_spark(struct pen *pen, const struct tui_model *m, enum figure figure)
{
    static const char *const labels[] = {
        [RPS] = "Requests/s", [P50] = "50%", [P95] = "95%", [P99] = "99%"};
    enum { LABEL = 11, FIGURE_END = 24, SPARK_AT = 26, MOST = 18 };
    char shown[FIGURE_MAX];
    double most = 0, last = m->points_len > 0 ? figure_of(tui_model_point(m, 0), figure) : -1;
    int width = COLS - 1 - SPARK_AT - MOST;
    int n = m->points_len < width ? m->points_len : width;
    for (int i = 0; i < n; i++)
        most = fmax(most, figure_of(tui_model_point(m, i), figure));

    pen_put(pen, PEN_PLAIN, labels[figure], LABEL);
    if (last < 0)
        pen_put_right(pen, PEN_DIM, FIGURE_END, "-");
    else if (figure == RPS)
        pen_put_right(pen, PEN_STRONG, FIGURE_END, figure_number(shown, last, last < 10 ? 1 : 0));
    else
        pen_put_right(pen, PEN_STRONG, FIGURE_END, figure_duration_ms(shown, last));
    pen->column = SPARK_AT;
    for (int i = n - 1; i >= 0; i--) {
        double value = figure_of(tui_model_point(m, i), figure);
        if (value < 0 || most <= 0)
            pen_put(pen, PEN_PLAIN, " ", 1);
        else
            pen_put(pen, PEN_BAR, spark_sign(pen, value / most), 1);
    }
    if (n > 0 && most > 0) {
        if (figure == RPS)
            figure_number(shown, most, most < 10 ? 1 : 0);
        else
            figure_duration_ms(shown, most);
        pen_putf(pen, PEN_DIM, "  most %s", shown);
    }
    pen_next_line(pen);
}

/* Of a schedule; without one there is no line. */
static void draw_arrivals(struct pen *pen, const struct tui_model *m)
{
    char rate[FIGURE_MAX], n[UNITS_MAX];
    bool asked = m->run->rate > 0 || m->run->ramp;
    if (!asked && m->tick.waiting == 0)
        return;
    pen_put(pen, PEN_PLAIN, asked ? "Asked for  " : "Arrivals   ", 0);
    if (asked)
        pen_putf(pen, PEN_PLAIN, "%s", figure_rate(rate, m->run));
    if (m->tick.waiting > 0)
        pen_putf(pen, PEN_BAD, "%s%s waiting", asked ? ", " : "",
                 units_format_count(n, m->tick.waiting));
    pen_next_line(pen);
}

/* --- the series ---------------------------------------------------------------- */

enum column { REQUESTS, FAILED, RATE, TIME_50, TIME_95, TIME_99, TIME_MAX, COLUMNS };

/* On a narrow terminal those with the highest `drop` go first; 0 stays. */
static const struct {
    const char *title;
    int width, drop;
} columns[COLUMNS] = {
    [REQUESTS] = {"Requests", 11, 0}, [FAILED] = {"Failed", 10, 0}, [RATE] = {"Req/s", 9, 0},
    [TIME_50] = {"50%", 9, 1},        [TIME_95] = {"95%", 9, 0},    [TIME_99] = {"99%", 9, 2},
    [TIME_MAX] = {"Max", 9, 3},
};

/* Less would tell few names apart. */
enum { TYPE_WIDTH = 7, NAME_LEAST = 24 };

struct layout {
    bool shown[COLUMNS];
    int name_width;
};

static void lay_out(struct layout *layout, const struct tui_model *m)
{
    int wanted = text_width(m->all.name) + 1;
    for (size_t i = 0; i < m->rows.len && wanted < NAME_LEAST; i++) {
        int width = text_width(m->rows.items[i].name) + 1;
        wanted = width > wanted ? width : wanted;
    }
    wanted = wanted > NAME_LEAST ? NAME_LEAST : wanted;
    layout->name_width = COLS - 1 - TYPE_WIDTH;
    for (int i = 0; i < COLUMNS; i++) {
        layout->shown[i] = true;
        layout->name_width -= columns[i].width;
    }
    for (int drop = COLUMNS; drop > 0 && layout->name_width < wanted; drop--)
        for (int i = 0; i < COLUMNS; i++)
            if (columns[i].drop == drop) {
                layout->shown[i] = false;
                layout->name_width += columns[i].width;
            }
}

static void draw_row(struct pen *pen, const struct layout *layout, enum pen_style style,
                     const char *type, const char *name, const char *const *figures, bool failed)
{
    pen_put(pen, style, type, TYPE_WIDTH - 1);
    pen->column = TYPE_WIDTH;
    pen_put(pen, style, name, layout->name_width - 1);
    int end = TYPE_WIDTH + layout->name_width;
    for (int i = 0; i < COLUMNS; i++) {
        if (!layout->shown[i])
            continue;
        end += columns[i].width;
        pen_put_right(pen, failed && i == FAILED ? PEN_BAD : style, end, figures[i]);
    }
    pen_next_line(pen);
}

static void draw_titles(struct pen *pen, const struct layout *layout, bool warmup)
{
    const char *titles[COLUMNS];
    for (int i = 0; i < COLUMNS; i++)
        titles[i] = columns[i].title;
    draw_row(pen, layout, PEN_DIM, "Type", warmup ? "Name (the last second)" : "Name", titles,
             false);
}

static void draw_series_row(struct pen *pen, const struct layout *layout, enum pen_style style,
                            const struct tui_row *row)
{
    char requests[UNITS_MAX], failures[UNITS_MAX], rps[FIGURE_MAX];
    char times[4][FIGURE_MAX];
    const double ms[] = {row->p50, row->p95, row->p99, row->max};
    for (int i = 0; i < 4; i++) {
        if (ms[i] >= 0)
            figure_duration_ms(times[i], ms[i]);
        else
            snprintf(times[i], FIGURE_MAX, "-");
    }
    units_format_count(requests, row->requests);
    units_format_count(failures, row->failures);
    figure_number(rps, row->rps, row->rps < 10 ? 1 : 0);
    const char *figures[] = {requests, failures, rps, times[0], times[1], times[2], times[3]};
    draw_row(pen, layout, style, row->type, row->name, figures, row->failures > 0);
}

static void draw_series(struct pen *pen, const struct tui_model *m, int room)
{
    struct layout layout;
    if (room < 2)
        return;
    lay_out(&layout, m);
    draw_titles(pen, &layout, m->tick.warmup);
    bool sum = m->series_len > 1 && room > 2;
    room -= sum ? 2 : 1;
    size_t shown = m->rows.len;
    bool more = m->series_len > (size_t)room;
    if (more)
        shown = (size_t)room - 1 < m->rows.len ? (size_t)room - 1 : m->rows.len;
    for (size_t i = 0; i < shown; i++)
        draw_series_row(pen, &layout, PEN_PLAIN, &m->rows.items[i]);
    if (more) {
        pen_putf(pen, PEN_DIM, "and %zu more series", m->series_len - shown);
        pen_next_line(pen);
    }
    if (sum)
        draw_series_row(pen, &layout, PEN_STRONG, &m->all);
}

/* --- what is wrong --------------------------------------------------------------- */

enum { COUNT_END = 10 };

static void draw_errors(struct pen *pen, const struct tui_model *m, int room)
{
    if (m->errors.len == 0 || room < 2)
        return;
    char failed[UNITS_MAX], requests[UNITS_MAX], share[FIGURE_MAX];
    pen_putf(pen, PEN_BAD, "Errors");
    if (m->all.failures > 0)
        pen_putf(pen, PEN_PLAIN, "  %s of %s requests failed (%s)",
                 units_format_count(failed, m->all.failures),
                 units_format_count(requests, m->all.requests),
                 figure_percent(share, m->all.failures, m->all.requests));
    pen_putf(pen, PEN_DIM, "  %zu different, the latest first", m->errors_len);
    pen_next_line(pen);
    for (size_t i = 0; i < m->errors.len && (int)i < room - 1; i++) {
        const struct tui_error *e = &m->errors.items[i];
        char count[UNITS_MAX], age[UNITS_MAX];
        pen_put_right(pen, PEN_PLAIN, COUNT_END, units_format_count(count, e->count));
        pen_putf(pen, PEN_DIM, "  %s ago  ", units_format_elapsed(age, floor(e->age_s)));
        if (e->name)
            pen_putf(pen, PEN_PLAIN, "%s %s: ", e->type, e->name);
        pen_put(pen, PEN_PLAIN, e->message, 0);
        pen_next_line(pen);
    }
}

static void draw_generator(struct pen *pen, const struct tui_model *m)
{
    char lag[FIGURE_MAX];
    const struct generator_stats *g = &m->generator;
    pen_put(pen, PEN_DIM, "Generator  ", 0);
    if (g->wall_ns > 0) {
        double share = (double)g->cpu_ns / (double)g->wall_ns;
        pen_putf(pen, share > VERDICT_CPU_MAX ? PEN_BAD : PEN_PLAIN, "busy %.0f%%", 100 * share);
    }
    if (m->lag_p99_ms >= 0)
        pen_putf(pen, m->lag_p99_ms > VERDICT_LAG_MAX_MS ? PEN_BAD : PEN_PLAIN,
                 ", 99%% of its timers at most %s late", figure_duration_ms(lag, m->lag_p99_ms));
    if (g->script_ns > 0 && g->wall_ns > 0)
        pen_putf(pen, PEN_PLAIN, ", scripts %.0f%%",
                 100 * (double)g->script_ns / (double)g->wall_ns);
    if (g->gc_ns > 0)
        pen_putf(pen, PEN_PLAIN, ", garbage collection at most %s",
                 figure_duration_ms(lag, (double)g->gc_longest_ns / (double)NS_PER_MS));
    if (g->hung > 0)
        pen_putf(pen, PEN_BAD, ", %u workers hung", g->hung);
    pen_next_line(pen);
}

static void draw_keys(struct pen *pen, const struct tui_look *look)
{
    static const char *const keys[][2] = {
        {"+", " more   "},
        {"-", " fewer   "},
        {"p", " pause   "},
        {"q", " stop and report"},
    };
    pen->line = LINES - 1;
    pen->column = 0;
    for (int i = 0; i < 4; i++) {
        bool resume = i == 2 && look->paused;
        pen_put(pen, PEN_STRONG, keys[i][0], 0);
        pen_put(pen, PEN_DIM, resume ? " go on   " : keys[i][1], 0);
    }
    if (look->message) {
        pen_put(pen, PEN_DIM, "   ", 0);
        pen_put(pen, PEN_PLAIN, look->message, 0);
    }
}

static void say_too_small(struct pen *pen, const struct tui_model *m)
{
    char n[UNITS_MAX];
    pen_putf(pen, PEN_PLAIN, "Too small: the view needs %d x %d", TUI_COLUMNS_MIN, TUI_LINES_MIN);
    pen_next_line(pen);
    pen_putf(pen, PEN_PLAIN, "%s requests", units_format_count(n, m->all.requests));
}

/* From so many lines on, empty ones part what is shown. */
enum { ROOMY_LINES = 24, ERRORS_LEAST = 2 };

void tui_draw(const struct tui_model *m, const struct tui_look *look)
{
    struct pen pen = {.utf8 = look->utf8};
    int empty = LINES < ROOMY_LINES ? 0 : 1; /* lines between the parts */
    erase();
    if (LINES < TUI_LINES_MIN || COLS < TUI_COLUMNS_MIN) {
        say_too_small(&pen, m);
        refresh();
        return;
    }
    draw_title(&pen, m);
    draw_progress(&pen, m, look);
    pen.line += empty;
    for (enum figure figure = RPS; figure <= P99; figure++)
        draw_spark(&pen, m, figure);
    draw_arrivals(&pen, m);
    pen_next_line(&pen);

    /* Errors get up to a third of what is left, the series the rest; below
     * stand the generator's line and the keys. */
    int room = LINES - pen.line - 2 - 2 * empty;
    int errors = m->errors.len == 0 ? 0 : (int)m->errors.len + 1;
    int errors_most = room / 3 > ERRORS_LEAST ? room / 3 : ERRORS_LEAST;
    if (errors > errors_most)
        errors = errors_most;
    draw_series(&pen, m, room - errors - (errors > 0 ? empty : 0));
    if (errors > 0) {
        pen.line += empty;
        draw_errors(&pen, m, errors);
    }
    pen.line = LINES - 2 - empty;
    pen.column = 0;
    draw_generator(&pen, m);
    draw_keys(&pen, look);
    refresh();
}
