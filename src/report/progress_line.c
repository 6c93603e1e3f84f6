/* The text of the live line: a pure function of the tick. Called by
 * progress.c; see progress.h. */
#include "report/progress.h"

#include "base/units.h"
#include "report/figure.h"
#include "report/text.h"
#include "stats/stats.h"

#include <math.h>

void progress_intro(struct page *page, const struct report_run *run)
{
    char n[UNITS_MAX], rate[FIGURE_MAX];
    page_addf(page, PAGE_PLAIN, "inrush %s: %s", run->version, run->title);
    if (run->users > 0)
        page_addf(page, PAGE_PLAIN, ", %s %s%s", units_format_count(n, run->users),
                  run->url != NULL ? "connection" : "user", run->users == 1 ? "" : "s");
    if (run->spawn_rate > 0)
        page_addf(page, PAGE_PLAIN, " at %.10g/s", run->spawn_rate);
    if (run->rate > 0 || run->ramp)
        page_addf(page, PAGE_PLAIN, ", %s", figure_rate(rate, run));
    if (run->requests > 0)
        page_addf(page, PAGE_PLAIN, ", %s request%s", units_format_count(n, run->requests),
                  run->requests == 1 ? "" : "s");
    if (run->duration_s > 0)
        page_addf(page, PAGE_PLAIN, " for %s", units_format_elapsed(n, run->duration_s));
    if (run->warmup_s > 0)
        page_addf(page, PAGE_PLAIN, " after a warm-up of %s",
                  units_format_elapsed(n, run->warmup_s));
    if (run->workers > 0)
        page_addf(page, PAGE_PLAIN, ", %d worker%s", run->workers, run->workers == 1 ? "" : "s");
}

/* The parts of the line in their order; the highest `drop` goes first when
 * there is no room. */
enum part { TIME, BAR, USERS, RATE, WAITING, FAILED, FAILED_SHARE, MEDIAN, P95, PARTS };
static const int drop[PARTS] = {
    [TIME] = 0,   [BAR] = 8,          [USERS] = 5,  [RATE] = 1, [WAITING] = 3,
    [FAILED] = 2, [FAILED_SHARE] = 7, [MEDIAN] = 6, [P95] = 4,
};

struct line {
    struct buf text[PARTS]; /* empty: left out */
    enum page_style style[PARTS];
};

static const char *separator(enum part part)
{
    return part == BAR ? " " : part == FAILED_SHARE ? " " : " · ";
}

enum { BAR_WIDTH = 16 };

static void fill_bar(struct buf *out, double share)
{
    int full = (int)lround((share < 0 ? 0 : share > 1 ? 1 : share) * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        buf_adds(out, i < full ? "█" : "░");
}

static void fill_time(struct line *line, const struct report_run *run,
                      const struct report_tick *tick)
{
    char a[UNITS_MAX], b[UNITS_MAX];
    double elapsed = floor(tick->elapsed_s + 0.05); /* ticks come a little early or late */
    uint64_t requests = tick->total_sum->requests;
    struct buf *text = &line->text[TIME];
    double all = run->duration_s > 0 ? run->warmup_s + run->duration_s : 0;
    if (tick->stopping)
        buf_adds(text, "stopping, ");
    else if (tick->warmup)
        buf_adds(text, "warming up, ");
    buf_adds(text, units_format_elapsed(a, elapsed));
    if (all > 0) {
        buf_addf(text, " of %s", units_format_elapsed(b, all));
        fill_bar(&line->text[BAR], tick->elapsed_s / all);
    } else if (run->requests > 0) {
        buf_addf(text, ", %s of %s requests", units_format_count(a, requests),
                 units_format_count(b, run->requests));
        fill_bar(&line->text[BAR], (double)requests / (double)run->requests);
    }
}

static void fill_latency(struct line *line, const struct hist *response)
{
    static const double percents[] = {50, 95};
    char figure[FIGURE_MAX];
    double us[2];
    if (response->count == 0)
        return;
    hist_percentiles(response, percents, 2, us);
    buf_addf(&line->text[MEDIAN], "p50 %s", figure_duration_ms(figure, us[0] / 1000));
    buf_addf(&line->text[P95], "p95 %s", figure_duration_ms(figure, us[1] / 1000));
}

static void fill(struct line *line, const struct report_run *run, const struct report_tick *tick)
{
    char n[UNITS_MAX], figure[FIGURE_MAX];
    const struct series *total = tick->total_sum, *interval = tick->interval_sum;
    double rps = tick->interval_s > 0 ? (double)interval->requests / tick->interval_s : 0;

    fill_time(line, run, tick);
    line->style[BAR] = PAGE_BAR;
    buf_addf(&line->text[USERS], "%s %s%s", units_format_count(n, tick->users),
             run->url != NULL ? "connection" : "user", tick->users == 1 ? "" : "s");
    buf_addf(&line->text[RATE], "%s req/s", figure_number(figure, rps, rps < 10 ? 1 : 0));
    line->style[RATE] = PAGE_STRONG;
    if (tick->waiting > 0)
        buf_addf(&line->text[WAITING], "%s waiting", units_format_count(n, tick->waiting));
    line->style[WAITING] = PAGE_BAD;
    buf_addf(&line->text[FAILED], "%s failed", units_format_count(n, total->failures));
    if (total->failures > 0) {
        line->style[FAILED] = line->style[FAILED_SHARE] = PAGE_BAD;
        buf_addf(&line->text[FAILED_SHARE], "(%s)",
                 figure_percent(figure, total->failures, total->requests));
    }
    fill_latency(line, &interval->response);
}

/* Every sign used here is one column wide in ASCII as well. */
static int line_width(struct line *line)
{
    int width = 0;
    for (int i = 0; i < PARTS; i++) {
        if (line->text[i].len == 0)
            continue;
        width += text_width(buf_cstr(&line->text[i]));
        width += i > 0 ? text_width(separator((enum part)i)) : 0;
    }
    return width;
}

void progress_line(struct page *page, const struct report_run *run, const struct report_tick *tick)
{
    struct line line = {0};
    fill(&line, run, tick);
    if (page->columns <= 0)
        buf_clear(&line.text[BAR]); /* a drawing is for the line that moves */
    while (page->columns > 0 && line_width(&line) > page->columns) {
        int victim = TIME;
        for (int i = 0; i < PARTS; i++) {
            if (line.text[i].len > 0 && drop[i] > drop[victim])
                victim = i;
        }
        if (victim == TIME)
            break;
        buf_clear(&line.text[victim]);
    }
    const char *time = buf_cstr(&line.text[TIME]);
    size_t fits = page->columns > 0 ? text_prefix(time, page->columns) : line.text[TIME].len;
    page_add_clean(page, PAGE_PLAIN, time, fits);
    for (int i = TIME + 1; i < PARTS; i++) {
        if (line.text[i].len == 0)
            continue;
        page_add(page, PAGE_DIM, separator((enum part)i));
        page_add(page, line.style[i], buf_cstr(&line.text[i]));
    }
    for (int i = 0; i < PARTS; i++)
        buf_release(&line.text[i]);
}
