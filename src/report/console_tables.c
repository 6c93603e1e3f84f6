/* The console's tables by user class and by series. */
#include "report/console.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "report/figure.h"
#include "report/histogram.h"
#include "report/spectrum.h"
#include "report/table.h"

#include <stdlib.h>

/* Reasons are sentences: they are wrapped, not cut into a table. */
static void skipped_classes(struct console *c)
{
    for (size_t i = 0; i < c->run->classes_len; i++) {
        const struct report_class *class = &c->run->classes[i];
        if (class->skipped == NULL)
            continue;
        struct buf line = BUF_INIT;
        buf_addf(&line, "Skipped %s: %s", class->name, class->skipped);
        page_spaces(&c->page, 2);
        page_wrap(&c->page, PAGE_DIM, 2, 4, buf_cstr(&line));
        buf_release(&line);
    }
}

void console_classes(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = "Class"},
        {.title = "Users", .right = true},
        {.title = "Target", .flexible = true, .least = 24},
    };
    if (c->run->classes_len == 0)
        return;
    page_heading(&c->page, "User classes", "");
    struct table t;
    table_init(&t, &c->page, columns, 3);
    for (size_t i = 0; i < c->run->classes_len; i++) {
        const struct report_class *class = &c->run->classes[i];
        char users[UNITS_MAX];
        if (class->skipped != NULL)
            continue;
        table_add(&t, PAGE_PLAIN, class->name);
        if (class->arrivals != NULL)
            table_addf(&t, PAGE_PLAIN, "up to %s", units_format_count(users, class->users));
        else
            table_add(&t, PAGE_PLAIN, units_format_count(users, class->users));
        table_add(&t, PAGE_PLAIN, class->target != NULL ? class->target : "");
    }
    if (t.cells.len > 0)
        table_print(&t);
    table_release(&t);
    skipped_classes(c);
}

void console_say_dropped(struct console *c, int dropped)
{
    if (dropped == 0)
        return;
    page_addf(&c->page, PAGE_DIM, "  %d more %s in a wider terminal, or with --json.", dropped,
              dropped == 1 ? "column" : "columns");
    page_end_line(&c->page);
}

/* On a terminal so many series, the busiest; a file gets them all. */
enum { SERIES_MAX = 50 };

static int by_requests(const void *a, const void *b)
{
    uint64_t x = (*(const struct digest_row *const *)a)->summary.requests;
    uint64_t y = (*(const struct digest_row *const *)b)->summary.requests;
    return x == y ? 0 : x > y ? -1 : 1;
}

static int by_place(const void *a, const void *b)
{
    const struct digest_row *x = *(const struct digest_row *const *)a;
    const struct digest_row *y = *(const struct digest_row *const *)b;
    return x < y ? -1 : x > y;
}

/* The rows that tables show, in the digest's order; owned by the caller. */
static const struct digest_row **shown_rows(const struct console *c, size_t *len)
{
    const struct digest_row **rows = xcalloc(c->digest.rows.len + 1, sizeof(*rows));
    *len = c->digest.rows.len;
    for (size_t i = 0; i < *len; i++)
        rows[i] = &c->digest.rows.items[i];
    if (c->page.columns > 0 && *len > SERIES_MAX) {
        qsort(rows, *len, sizeof(*rows), by_requests);
        *len = SERIES_MAX;
        qsort(rows, *len, sizeof(*rows), by_place);
    }
    return rows;
}

static void say_left_out(struct console *c, size_t shown)
{
    char n[UNITS_MAX];
    if (shown == c->digest.rows.len)
        return;
    page_addf(&c->page, PAGE_DIM, "  The %zu busiest; %s more in a file, or with --json or --html.",
              shown, units_format_count(n, c->digest.rows.len - shown));
    page_end_line(&c->page);
}

static void add_ms(struct table *t, const struct console *c, enum page_style style, uint64_t count,
                   double ms)
{
    char figure[FIGURE_MAX];
    table_add(t, style, count > 0 ? figure_number(figure, ms, c->digest.decimals) : "-");
}

static void add_requests_row(struct table *t, const struct console *c,
                             const struct series_summary *s, enum page_style style)
{
    char figure[FIGURE_MAX];
    const struct latency_summary *l = &s->latency;
    enum page_style failed = s->failures > 0 ? PAGE_BAD : PAGE_DIM;
    table_add(t, style, s->type);
    table_add(t, style, s->name);
    table_add(t, style, units_format_count(figure, s->requests));
    table_add(t, failed, units_format_count(figure, s->failures));
    table_add(t, failed, figure_percent(figure, s->failures, s->requests));
    add_ms(t, c, style, l->count, l->mean);
    add_ms(t, c, style, l->count, l->min);
    add_ms(t, c, style, l->count, l->max);
    add_ms(t, c, style, l->count, l->p[0]);
    table_add(t, style, figure_number(figure, s->rps, 2));
    table_add(t, failed, figure_number(figure, s->failures_per_s, 2));
}

void console_requests(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = "Type"},
        {.title = "Name", .flexible = true, .least = 16},
        {.title = "Requests", .right = true},
        {.title = "Failed", .right = true},
        {.title = "Failed %", .right = true, .drop = 4},
        {.title = "Avg", .right = true, .drop = 3},
        {.title = "Min", .right = true, .drop = 5},
        {.title = "Max", .right = true, .drop = 2},
        {.title = "Median", .right = true},
        {.title = "Req/s", .right = true, .drop = 1},
        {.title = "Failed/s", .right = true, .drop = 6},
    };
    if (c->digest.rows.len == 0)
        return;
    page_heading(&c->page, "Requests", "times in ms");
    struct table t;
    table_init(&t, &c->page, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown;
    const struct digest_row **rows = shown_rows(c, &shown);
    for (size_t i = 0; i < shown; i++)
        add_requests_row(&t, c, &rows[i]->summary, PAGE_PLAIN);
    free(rows);
    table_rule(&t);
    add_requests_row(&t, c, &c->digest.total_summary, PAGE_STRONG);
    console_say_dropped(c, table_print(&t));
    say_left_out(c, shown);
    table_release(&t);
}

static const struct table_column percentile_columns[] = {
    {.title = "Type"},
    {.title = "Name", .flexible = true, .least = 16},
    {.title = "50%", .right = true},
    {.title = "66%", .right = true, .drop = 8},
    {.title = "75%", .right = true, .drop = 6},
    {.title = "80%", .right = true, .drop = 7},
    {.title = "90%", .right = true, .drop = 3},
    {.title = "95%", .right = true},
    {.title = "98%", .right = true, .drop = 5},
    {.title = "99%", .right = true},
    {.title = "99.9%", .right = true, .drop = 2},
    {.title = "99.99%", .right = true, .drop = 4},
    {.title = "100%", .right = true, .drop = 1},
};

static void add_percentiles_row(struct table *t, const struct console *c,
                                const struct series_summary *s, const struct latency_summary *l,
                                enum page_style style)
{
    table_add(t, style, s->type);
    table_add(t, style, s->name);
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        add_ms(t, c, style, l->count, l->p[i]);
    add_ms(t, c, style, l->count, l->max);
}

static void percentile_table(struct console *c, const char *title, const char *remark, bool service)
{
    page_heading(&c->page, title, remark);
    struct table t;
    table_init(&t, &c->page, percentile_columns,
               sizeof(percentile_columns) / sizeof(percentile_columns[0]));
    bool any = false;
    size_t shown;
    const struct digest_row **rows = shown_rows(c, &shown);
    for (size_t i = 0; i < shown; i++) {
        const struct series_summary *s = &rows[i]->summary;
        if (service && !s->has_service)
            continue;
        any = true;
        add_percentiles_row(&t, c, s, service ? &s->service : &s->latency, PAGE_PLAIN);
    }
    free(rows);
    if (any)
        table_rule(&t);
    const struct series_summary *total = &c->digest.total_summary;
    add_percentiles_row(&t, c, total, service ? &total->service : &total->latency, PAGE_STRONG);
    console_say_dropped(c, table_print(&t));
    table_release(&t);
}

/* And empties the line. */
static void say_under_table(struct console *c, enum page_style style, struct buf *line)
{
    page_spaces(&c->page, 2);
    page_wrap(&c->page, style, 2, 2, buf_cstr(line));
    buf_clear(line);
}

void console_untimed(struct console *c)
{
    const struct digest *d = &c->digest;
    const struct generator_stats *g = &c->end->total->generator;
    uint64_t untimed = d->total.requests - d->total.response.count;
    char n[UNITS_MAX], longest[FIGURE_MAX];
    struct buf line = BUF_INIT;
    if (untimed > 0)
        buf_addf(&line, "Without the %s request%s that broke off without an answer.",
                 units_format_count(n, untimed), untimed == 1 ? "" : "s");
    if (untimed > 0)
        say_under_table(c, PAGE_DIM, &line);
    /* What a server that hangs at the end owes is among no figures. */
    if (g->cancelled_longest_ns / NS_PER_US > d->total.response.max) {
        buf_addf(&line,
                 "When the run ended %s request%s had no answer yet, %sfor %s, longer than any "
                 "that was answered: not in these figures.",
                 units_format_count(n, g->cancelled), g->cancelled == 1 ? "" : "s",
                 g->cancelled == 1 ? "" : "one of them ",
                 figure_duration_ms(longest, (double)g->cancelled_longest_ns / 1e6));
        say_under_table(c, PAGE_BAD, &line);
    }
    buf_release(&line);
}

void console_percentiles(struct console *c)
{
    if (c->digest.total_summary.latency.count == 0)
        return;
    if (!c->digest.total_summary.has_service) {
        percentile_table(c, "Percentiles of the response time", "in ms", false);
        console_untimed(c);
        return;
    }
    percentile_table(c, "Percentiles of the response time", "in ms, from when the request was due",
                     false);
    percentile_table(c, "Percentiles of the service time", "in ms, from when the request was sent",
                     true);
    console_untimed(c);
}

/* Each series has a drawing of its own up to this many. */
enum { HISTOGRAM_SERIES_MAX = 3 };

void console_histograms(struct console *c)
{
    const struct digest *d = &c->digest;
    if (!c->latency || d->total.response.count == 0)
        return;
    page_heading(&c->page, "Latency distribution",
                 d->rows.len == 1 ? "response time" : "response time, all requests");
    histogram_draw(&c->page, &d->total.response);
    if (d->rows.len < 2 || d->rows.len > HISTOGRAM_SERIES_MAX)
        return;
    for (size_t i = 0; i < d->rows.len; i++) {
        const struct series_summary *s = &d->rows.items[i].summary;
        page_end_line(&c->page);
        page_addf(&c->page, PAGE_STRONG, "  %s %s", s->type, s->name);
        page_end_line(&c->page);
        histogram_draw(&c->page, &d->rows.items[i].series->response);
    }
}

/* As it is, neither indented nor wrapped: it is for programs. */
static void spectrum(struct console *c, const char *remark, const struct hist *h)
{
    if (h->count == 0)
        return;
    page_heading(&c->page, "Detailed percentile spectrum", remark);
    spectrum_add(c->page.out, h);
}

void console_spectrum(struct console *c)
{
    if (!c->spectrum)
        return;
    spectrum(c, "response time, in ms", &c->digest.total.response);
    spectrum(c, "service time, in ms", &c->digest.total.service);
}
