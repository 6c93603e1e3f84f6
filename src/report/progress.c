/*
 * Shows how the run stands; see progress.h. The console reporter owns one.
 *
 * The main thread ticks, any thread may log. What is on the terminal's last
 * line is guarded by a lock, taken by ticks and by the log's hook. The log
 * calls the hook under its own lock, so nothing may be logged while ours is
 * held.
 */
#include "report/progress.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

static const double PLAIN_PERIOD_S = 2;

struct progress {
    const struct report_run *run; /* borrowed */
    struct report_options opt;
    bool introduced;

    /* The terminal's line. */
    pthread_mutex_t lock;
    struct buf line; /* as last drawn, with its escapes; empty: nothing is there */

    /* Plain lines come less often than ticks: what was measured since the last. */
    struct series since; /* all series together */
    double since_s;
    double due_s;
};

/* Back to the first column and nothing on the line. */
#define ERASE_LINE "\r\033[K"

static void put(FILE *live, const struct buf *text)
{
    /* A live line that cannot be shown is no reason to end the run. */
    (void)fwrite(text->data, 1, text->len, live);
    (void)fflush(live);
}

static void erase(struct progress *p)
{
    static const char erase_line[] = ERASE_LINE;
    if (p->line.len > 0)
        put(p->opt.live, &(struct buf){.data = (char *)erase_line, .len = sizeof(erase_line) - 1});
}

/* Holds the lock across the log's own write: no tick may draw in between. */
static void around_log(void *arg, int after)
{
    struct progress *p = arg;
    if (!after) {
        pthread_mutex_lock(&p->lock);
        erase(p);
        return;
    }
    if (p->line.len > 0)
        put(p->opt.live, &p->line);
    pthread_mutex_unlock(&p->lock);
}

struct progress *progress_new(const struct report_run *run, const struct report_options *opt)
{
    struct progress *p = xcalloc(1, sizeof(*p));
    p->run = run;
    p->opt = *opt;
    series_init(&p->since, UINT32_MAX);
    p->due_s = PLAIN_PERIOD_S;
    pthread_mutex_init(&p->lock, NULL);
    if (opt->terminal && !opt->quiet)
        log_set_hook(around_log, p);
    return p;
}

static void introduce(struct progress *p)
{
    struct buf text = BUF_INIT;
    struct page page = {.out = &text, .color = p->opt.live_color, .utf8 = p->opt.utf8};
    progress_intro(&page, p->run);
    page_end_line(&page);
    put(p->opt.live, &text);
    buf_release(&text);
    p->introduced = true;
}

static void redraw(struct progress *p, const struct report_tick *tick)
{
    /* Asked each time: the person may resize. The last column stays free,
     * some terminals move on when it is written. */
    int columns = page_terminal_columns(p->opt.live);
    struct buf line = BUF_INIT;
    struct page page = {
        .out = &line,
        .columns = columns > 1 ? columns - 1 : 79,
        .color = p->opt.live_color,
        .utf8 = p->opt.utf8,
    };
    buf_adds(&line, ERASE_LINE);
    progress_line(&page, p->run, tick);

    pthread_mutex_lock(&p->lock);
    put(p->opt.live, &line);
    buf_release(&p->line);
    p->line = line;
    pthread_mutex_unlock(&p->lock);
}

static void print_plain(struct progress *p, const struct report_tick *tick)
{
    series_merge(&p->since, tick->interval_sum);
    p->since_s += tick->interval_s;
    /* A tick that comes a little early counts as the one that is due. */
    if (tick->elapsed_s < p->due_s - 0.25)
        return;
    struct buf line = BUF_INIT;
    struct page page = {.out = &line, .color = p->opt.live_color, .utf8 = p->opt.utf8};
    struct report_tick wider = *tick;
    wider.interval_sum = &p->since;
    wider.interval_s = p->since_s;
    page_add(&page, PAGE_PLAIN, "inrush: ");
    progress_line(&page, p->run, &wider);
    page_end_line(&page);
    put(p->opt.live, &line);
    buf_release(&line);

    series_clear(&p->since);
    p->since_s = 0;
    while (p->due_s <= tick->elapsed_s + 0.25)
        p->due_s += PLAIN_PERIOD_S;
}

void progress_tick(struct progress *p, const struct report_tick *tick)
{
    if (p->opt.quiet)
        return;
    if (!p->introduced)
        introduce(p);
    if (p->opt.terminal)
        redraw(p, tick);
    else
        print_plain(p, tick);
}

void progress_free(struct progress *p)
{
    if (p == NULL)
        return;
    if (p->opt.terminal && !p->opt.quiet) {
        log_set_hook(NULL, NULL);
        erase(p);
    }
    pthread_mutex_destroy(&p->lock);
    series_release(&p->since);
    buf_release(&p->line);
    free(p);
}
