/* The console report of a one-off: one URL, one series, so no tables by
 * series; what wrk's users look for, and what they miss there. */
#include "report/console.h"

#include "base/units.h"
#include "report/figure.h"
#include "report/table.h"

static void label(struct console *c, const char *text)
{
    page_addf(&c->page, PAGE_DIM, "  %-14s", text);
}

static void counts(struct console *c)
{
    const struct series_summary *s = &c->digest.total_summary;
    const struct generator_stats *g = &c->end->total->generator;
    char n[UNITS_MAX], figure[FIGURE_MAX];

    label(c, "Requests");
    page_addf(&c->page, PAGE_STRONG, "%14s", units_format_count(n, s->requests));
    page_addf(&c->page, PAGE_STRONG, "%15s", figure_number(figure, s->rps, 2));
    page_add(&c->page, PAGE_PLAIN, " per second");
    page_end_line(&c->page);

    label(c, "Failed");
    enum page_style style = s->failures > 0 ? PAGE_BAD : PAGE_PLAIN;
    page_addf(&c->page, style, "%14s", units_format_count(n, s->failures));
    page_addf(&c->page, style, "%15s", figure_percent(figure, s->failures, s->requests));
    page_end_line(&c->page);

    label(c, "Received");
    page_addf(&c->page, PAGE_PLAIN, "%14s", units_format_bytes(n, (double)s->bytes));
    page_addf(&c->page, PAGE_PLAIN, "%15s", units_format_bytes(n, s->bytes_per_s));
    page_add(&c->page, PAGE_PLAIN, " per second");
    page_end_line(&c->page);

    if (g->connects > 0) {
        label(c, "Connections");
        page_addf(&c->page, PAGE_PLAIN, "%14s opened", units_format_count(n, g->connects));
        if (g->reconnects > 0)
            page_addf(&c->page, PAGE_BAD, ", %s of them after one closed",
                      units_format_count(n, g->reconnects));
        page_end_line(&c->page);
    }
}

/* The figures beside the percentiles: four of five rows have one. */
static void add_figure(struct table *t, const struct console *c, const char *name, double ms)
{
    char figure[FIGURE_MAX];
    table_add(t, PAGE_DIM, name);
    table_add(t, PAGE_PLAIN, *name != 0 ? figure_number(figure, ms, c->digest.decimals) : "");
}

static void latency(struct console *c, const char *title, const char *remark,
                    const struct latency_summary *l)
{
    static const struct table_column columns[] = {
        {.title = ""}, {.title = "", .right = true}, {.title = ""},
        {.title = ""}, {.title = "", .right = true}, {.title = ""},
        {.title = ""}, {.title = "", .right = true},
    };
    enum { ROWS = SUMMARY_PERCENTILES / 2 };
    static const char *const percentiles[SUMMARY_PERCENTILES] = {
        "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%",
    };
    const char *const names[ROWS] = {"average", "stdev", "min", "max", ""};
    const double figures[ROWS] = {l->mean, l->stdev, l->min, l->max, 0};

    page_heading(&c->page, title, remark);
    struct table t;
    table_init(&t, &c->page, columns, sizeof(columns) / sizeof(columns[0]));
    for (int i = 0; i < ROWS; i++) {
        add_figure(&t, c, names[i], figures[i]);
        table_add(&t, PAGE_PLAIN, "");
        add_figure(&t, c, percentiles[i], l->p[i]);
        table_add(&t, PAGE_PLAIN, "");
        add_figure(&t, c, percentiles[i + ROWS], l->p[i + ROWS]);
    }
    table_print(&t);
    table_release(&t);
}

void console_oneoff(struct console *c)
{
    const struct series_summary *s = &c->digest.total_summary;
    console_header(c);
    page_end_line(&c->page);
    if (s->requests > 0)
        counts(c);
    if (s->latency.count > 0) {
        latency(c, "Response time",
                s->has_service ? "in ms, from when the request was due" : "in ms", &s->latency);
        if (s->has_service)
            latency(c, "Service time", "in ms, from when the request was sent", &s->service);
        console_untimed(c);
    }
    console_arrivals(c);
    console_histograms(c);
    console_spectrum(c);
    console_connections(c);
    console_statuses(c);
    console_errors(c);
    console_script_errors(c);
    console_checks(c);
    console_thresholds(c);
    if (s->requests > 0)
        page_end_line(&c->page);
    console_notes(c);
    console_verdict(c);
}
