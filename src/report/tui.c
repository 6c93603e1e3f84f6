/*
 * The live view on a terminal: shown while the run lasts, gone before the
 * report is printed. It owns the whole screen, so lines of the log are held
 * back, the last one shown at the bottom, and printed when the screen is given
 * back. It draws from ticks and reads keys in the main thread: the workers
 * never wait for it.
 */
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "report/pen.h"
#include "report/reporters.h"
#include "report/tui_draw.h"
#include "report/tui_model.h"

#include <ctype.h>
#include <locale.h>
#include <ncurses.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h> /* defines short words: last */
#include <unistd.h>

enum { CTRL_L = 'L' & 0x1f };

/* What the log holds back; beyond it, lines are counted. */
enum { HELD_MAX = 1 << 20 };

struct reporter {
    struct report_options opt;
    SCREEN *screen; /* owned */
    struct tui_model model;
    bool paused;
    char *answer; /* of the run to the last key; owned */

    /* Any thread logs; the screen is the main thread's. */
    pthread_mutex_t lock;
    struct buf held;
    size_t last_at, last_len; /* the last line in it that says something */
    uint64_t lost;            /* lines that were too many */
};

/* --- the log ---------------------------------------------------------------------- */

/* What the keys' line shows: not an empty line, nor a rule drawn by a script. */
static void note_last(struct reporter *r, const char *text, size_t len)
{
    for (size_t at = 0, next; at < len; at = next + 1) {
        bool speaks = false;
        for (next = at; next < len && text[next] != '\n'; next++)
            speaks = speaks || isalnum((unsigned char)text[next]) || (text[next] & 0x80) != 0;
        if (!speaks)
            continue;
        r->last_at = r->held.len + at;
        r->last_len = next - at;
    }
}

/* Takes what would go to the terminal. */
static bool hold(void *arg, FILE *to, const char *text, size_t len)
{
    struct reporter *r = arg;
    if (!isatty(fileno(to)))
        return false;
    pthread_mutex_lock(&r->lock);
    if (r->held.len + len > HELD_MAX) {
        r->lost++;
    } else {
        note_last(r, text, len);
        buf_add(&r->held, text, len);
    }
    pthread_mutex_unlock(&r->lock);
    return true;
}

static void let_go(struct reporter *r)
{
    log_set_sink(NULL, NULL);
    if (r->held.len > 0)
        log_print(r->opt.live, r->held.data, r->held.len);
    if (r->lost > 0)
        log_warn("%llu more lines were logged than the live view could hold",
                 (unsigned long long)r->lost);
}

/* The last line, or what the run answered to a key; owned by the caller. */
static char *message(struct reporter *r)
{
    char *text = NULL;
    if (r->answer)
        return xstrdup(r->answer);
    pthread_mutex_lock(&r->lock);
    if (r->last_len > 0)
        text = xstrndup(r->held.data + r->last_at, r->last_len);
    pthread_mutex_unlock(&r->lock);
    return text;
}

/* --- the screen -------------------------------------------------------------------- */

static void draw(struct reporter *r)
{
    char *text = message(r);
    struct tui_look look = {.utf8 = r->opt.utf8, .paused = r->paused, .message = text};
    set_term(r->screen);
    tui_draw(&r->model, &look);
    free(text);
}

/* Whether curses can draw on a terminal of this kind: it is described, and its
 * cursor can be moved. */
static bool can_draw_on(const char *term)
{
    int rc;
    if (!term || strcmp(term, "dumb") == 0 || setupterm(term, STDOUT_FILENO, &rc) != OK)
        return false;
    bool can = cursor_address != NULL;
    del_curterm(cur_term);
    return can;
}

/* The terminal stops a job in the background that would take it over: one begun
 * with `&`, or by timeout(1). */
static bool is_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool report_tui_fits(void)
{
    struct winsize size;
    return isatty(STDIN_FILENO) && is_foreground() && isatty(STDOUT_FILENO) &&
           ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row >= TUI_LINES_MIN &&
           size.ws_col >= TUI_COLUMNS_MIN && can_draw_on(getenv("TERM"));
}

static struct reporter *tui_open(const struct report_run *run, const struct report_options *opt,
                                 struct err *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        err_set(err, ERR_USAGE,
                "--tui needs a terminal, for what it shows (stdout) and for keys (stdin)");
        return NULL;
    }
    setlocale(LC_CTYPE, ""); /* for curses' idea of a character's width */
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        err_set(err, ERR_SYSTEM,
                "--tui: this terminal (TERM=%s) is not known; use --no-tui, or set TERM",
                getenv("TERM") ? getenv("TERM") : "");
        return NULL;
    }
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->opt = *opt;
    r->opt.live = opt->live ? opt->live : stderr;
    r->screen = screen;
    pthread_mutex_init(&r->lock, NULL);
    tui_model_init(&r->model, run);
    cbreak();
    noecho();
    curs_set(0);
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    if (opt->color)
        pen_init_colors();
    log_set_sink(hold, r);
    return r;
}

static void tui_tick(struct reporter *r, const struct report_tick *tick)
{
    tui_model_tick(&r->model, tick);
    draw(r);
}

static int tui_input_fd(struct reporter *r)
{
    (void)r;
    return STDIN_FILENO;
}

static void change_users(struct reporter *r, const struct report_control *control, int direction)
{
    /* About a tenth, so that a few keys get anywhere. */
    uint32_t users = r->model.tick.users;
    int by = users >= 20 ? (int)(users / 10) : 1;
    struct err err;
    uint32_t now;
    if (control->change_users(control->run, direction * by, &now, &err) < 0)
        r->answer = xstrdup(err.message);
    else
        r->answer = xasprintf("%u asked for", now);
}

static void take_key(struct reporter *r, const struct report_control *control, int key)
{
    free(r->answer);
    r->answer = NULL;
    switch (key) {
    case '+':
    case '=': /* the same key without shift */
        change_users(r, control, 1);
        break;
    case '-':
        change_users(r, control, -1);
        break;
    case 'p':
    case ' ':
        r->paused = !r->paused;
        control->pause(control->run, r->paused);
        break;
    case 'q':
        control->stop(control->run);
        break;
    case CTRL_L:
        clearok(curscr, TRUE); /* another program has written to the terminal */
        break;
    default:
        break; /* KEY_RESIZE among them: drawing anew is the answer */
    }
}

static void tui_input(struct reporter *r, const struct report_control *control)
{
    set_term(r->screen);
    for (int key = getch(); key != ERR; key = getch())
        take_key(r, control, key);
    draw(r);
}

static void tui_discard(struct reporter *r)
{
    set_term(r->screen);
    endwin();
    delscreen(r->screen);
    let_go(r);
    tui_model_release(&r->model);
    pthread_mutex_destroy(&r->lock);
    buf_release(&r->held);
    free(r->answer);
    free(r);
}

static int tui_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end;
    (void)err;
    tui_discard(r);
    return 0;
}

const struct reporter_kind report_tui = {
    .name = "tui",
    .open = tui_open,
    .tick = tui_tick,
    .end = tui_end,
    .discard = tui_discard,
    .input_fd = tui_input_fd,
    .input = tui_input,
};
