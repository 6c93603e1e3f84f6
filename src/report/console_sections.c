/* The console's sections beside the tables by series. */
#include "report/console.h"

#include "base/units.h"
#include "report/condition.h"
#include "report/figure.h"
#include "report/table.h"
#include "report/text.h"
#include "report/verdict.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>

static void add_plan(struct buf *line, const struct report_run *run)
{
    char n[UNITS_MAX], rate[FIGURE_MAX];
    if (run->users > 0)
        buf_addf(line, " · %s %s%s", units_format_count(n, run->users),
                 run->url != NULL ? "connection" : "user", run->users == 1 ? "" : "s");
    if (run->spawn_rate > 0)
        buf_addf(line, ", %.10g started per second", run->spawn_rate);
    if (run->rate > 0 || run->ramp)
        buf_addf(line, " · %s asked for", figure_rate(rate, run));
    if (run->workers > 0)
        buf_addf(line, " · %d worker%s", run->workers, run->workers == 1 ? "" : "s");
}

static void say_cut_short(struct console *c)
{
    const struct report_end *end = c->end;
    if (end->outcome == REPORT_FINISHED)
        return;
    char after[FIGURE_MAX], planned[UNITS_MAX];
    struct buf line = BUF_INIT;
    bool warming_up = end->duration_s == 0 && c->run->warmup_s > 0;
    buf_adds(&line, end->outcome == REPORT_INTERRUPTED ? "Interrupted" : "Aborted");
    if (warming_up)
        buf_adds(&line, " in the warm-up");
    else
        buf_addf(&line, " after %s", figure_elapsed(after, end->duration_s));
    if (c->run->duration_s > 0 && !warming_up)
        buf_addf(&line, " of %s", units_format_elapsed(planned, c->run->duration_s));
    if (end->reason != NULL)
        buf_addf(&line, ": %s", end->reason);
    if (!warming_up)
        buf_addf(&line, "%s the figures are of that time", end->reason != NULL ? ";" : ":");
    buf_addch(&line, '.');
    page_wrap(&c->page, PAGE_BAD, 0, 0, buf_cstr(&line));
    buf_release(&line);
}

void console_header(struct console *c)
{
    char duration[FIGURE_MAX];
    struct buf line = BUF_INIT;
    page_add(&c->page, PAGE_STRONG, c->run->title);
    buf_addf(&line, " · %s", figure_elapsed(duration, c->end->duration_s));
    add_plan(&line, c->run);
    int at = text_width(c->run->title);
    page_wrap(&c->page, PAGE_PLAIN, at, 2, buf_cstr(&line));
    buf_release(&line);
    say_cut_short(c);
    console_warmup(c);
}

void console_statuses(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = "Status"},
        {.title = "Requests", .right = true},
        {.title = "Share", .right = true},
    };
    const struct digest *d = &c->digest;
    if (d->total.statuses.len == 0)
        return;
    page_heading(&c->page, "Status codes", "");
    char figure[FIGURE_MAX];
    struct table t;
    table_init(&t, &c->page, columns, 3);
    for (size_t i = 0; i < d->total.statuses.len; i++) {
        const struct status_count *s = &d->total.statuses.items[i];
        enum page_style style = s->status >= 400 ? PAGE_BAD : PAGE_PLAIN;
        table_addf(&t, style, "%d", s->status);
        table_add(&t, style, units_format_count(figure, s->count));
        table_add(&t, style, figure_percent(figure, s->count, d->status_requests));
    }
    if (d->without_status > 0) {
        table_add(&t, PAGE_BAD, "none");
        table_add(&t, PAGE_BAD, units_format_count(figure, d->without_status));
        table_add(&t, PAGE_BAD, figure_percent(figure, d->without_status, d->status_requests));
    }
    table_print(&t);
    table_release(&t);
}

/* "at 1.2s … 14.8s", set off from what is on the line already. */
static void add_seen(struct buf *line, const struct digest *d, uint64_t first_ns, uint64_t last_ns)
{
    char first[FIGURE_MAX], last[FIGURE_MAX];
    figure_elapsed(first, digest_elapsed(d, first_ns));
    figure_elapsed(last, digest_elapsed(d, last_ns));
    buf_addf(line, "%sat %s", line->len > 0 ? " · " : "", first);
    if (strcmp(first, last) != 0)
        buf_addf(line, " … %s", last);
}

enum { GROUPS_MAX = 20, COUNT_WIDTH = 11 };

static void add_count(struct console *c, uint64_t count)
{
    char figure[UNITS_MAX];
    page_addf(&c->page, PAGE_BAD, "%*s", COUNT_WIDTH, units_format_count(figure, count));
    page_add(&c->page, PAGE_DIM, " × ");
}

/* The rest of a counted entry's line; empties it. */
static void add_wrapped(struct console *c, enum page_style style, struct buf *line)
{
    page_wrap(&c->page, style, COUNT_WIDTH + 3, COUNT_WIDTH + 3, buf_cstr(line));
    buf_clear(line);
}

static void say_rest(struct console *c, size_t shown, size_t all)
{
    if (shown >= all)
        return;
    page_addf(&c->page, PAGE_DIM, "%*s   … and %zu more kinds; --json has all.", COUNT_WIDTH, "",
              all - shown);
    page_end_line(&c->page);
}

void console_errors(struct console *c)
{
    const struct digest *d = &c->digest;
    if (d->failures.len == 0)
        return;
    page_heading(&c->page, "Failed requests", "");
    size_t shown = d->failures.len > GROUPS_MAX ? GROUPS_MAX : d->failures.len;
    for (size_t i = 0; i < shown; i++) {
        const struct failure *f = &d->failures.items[i];
        struct catalog_entry series = catalog_get(c->run->catalog, f->series);
        struct buf line = BUF_INIT;
        add_count(c, f->count);
        buf_adds(&line, f->message);
        add_wrapped(c, PAGE_BAD, &line);
        page_spaces(&c->page, COUNT_WIDTH + 3);
        if (!c->single)
            buf_addf(&line, "%s %s · ", series.type, series.name);
        buf_adds(&line, err_kind_name(f->kind));
        add_seen(&line, d, f->first_ns, f->last_ns);
        add_wrapped(c, PAGE_PLAIN, &line);
        buf_release(&line);
    }
    say_rest(c, shown, d->failures.len);
}

enum { TRACEBACK_LINES_MAX = 6 };

static void traceback(struct console *c, const char *text)
{
    for (int i = 0; *text != 0; i++) {
        size_t len = strcspn(text, "\n");
        struct buf line = BUF_INIT;
        if (i < TRACEBACK_LINES_MAX)
            buf_add(&line, text, len);
        else
            buf_adds(&line, "…");
        size_t indented = strspn(buf_cstr(&line), " \t");
        int at = COUNT_WIDTH + 3 + (indented > 0 ? 2 : 0);
        page_spaces(&c->page, at);
        page_wrap(&c->page, PAGE_DIM, at, at + 2, buf_cstr(&line) + indented);
        buf_release(&line);
        if (i == TRACEBACK_LINES_MAX)
            return;
        text += len + (text[len] == '\n');
    }
}

void console_script_errors(struct console *c)
{
    const struct digest *d = &c->digest;
    if (d->script_errors.len == 0)
        return;
    page_heading(&c->page, "Script errors", "");
    size_t shown = d->script_errors.len > GROUPS_MAX ? GROUPS_MAX : d->script_errors.len;
    for (size_t i = 0; i < shown; i++) {
        const struct script_error *e = &d->script_errors.items[i];
        struct buf line = BUF_INIT;
        add_count(c, e->count);
        buf_adds(&line, e->message);
        add_wrapped(c, PAGE_BAD, &line);
        page_spaces(&c->page, COUNT_WIDTH + 3);
        add_seen(&line, d, e->first_ns, e->last_ns);
        add_wrapped(c, PAGE_PLAIN, &line);
        traceback(c, e->traceback != NULL ? e->traceback : "");
        buf_release(&line);
    }
    say_rest(c, shown, d->script_errors.len);
}

void console_checks(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "Check", .flexible = true, .least = 20},
        {.title = "Passed", .right = true},
        {.title = "Failed", .right = true},
        {.title = "Failed %", .right = true},
    };
    const struct stats *stats = c->end->total;
    if (stats->checks.len == 0)
        return;
    page_heading(&c->page, "Checks", "");
    struct table t;
    table_init(&t, &c->page, columns, 5);
    for (size_t i = 0; i < stats->checks.len; i++) {
        const struct check_count *check = &stats->checks.items[i];
        enum page_style style = check->failures > 0 ? PAGE_BAD : PAGE_PLAIN;
        enum page_style failed = check->failures > 0 ? PAGE_BAD : PAGE_DIM;
        char figure[FIGURE_MAX];
        table_add(&t, check->failures > 0 ? PAGE_BAD : PAGE_GOOD, check->failures > 0 ? "✗" : "✓");
        table_add(&t, style, check->name);
        table_add(&t, style, units_format_count(figure, check->passes));
        table_add(&t, failed, units_format_count(figure, check->failures));
        table_add(&t, failed,
                  figure_percent(figure, check->failures, check->passes + check->failures));
    }
    table_print(&t);
    table_release(&t);
}

void console_thresholds(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "Threshold", .flexible = true, .least = 30},
        {.title = "Found", .right = true},
        {.title = "First failed", .right = true, .drop = 1},
    };
    const struct report_end *end = c->end;
    if (end->thresholds_len == 0)
        return;
    size_t failed = 0;
    bool timed = false; /* it is known of some when they first failed */
    for (size_t i = 0; i < end->thresholds_len; i++) {
        failed += !end->thresholds[i].passed;
        timed |= end->thresholds[i].violated_s > 0;
    }
    struct buf remark = BUF_INIT;
    if (failed > 0)
        buf_addf(&remark, "%zu of %zu failed", failed, end->thresholds_len);
    if (end->outcome == REPORT_INTERRUPTED)
        buf_addf(&remark, "%sby what was measured until the run was interrupted",
                 remark.len > 0 ? ", " : "");
    page_heading(&c->page, "Thresholds", buf_cstr(&remark));
    buf_release(&remark);

    char at[FIGURE_MAX];
    struct table t;
    table_init(&t, &c->page, columns, timed ? 4 : 3);
    for (size_t i = 0; i < end->thresholds_len; i++) {
        const struct threshold_result *r = &end->thresholds[i];
        table_add(&t, r->passed ? PAGE_GOOD : PAGE_BAD, r->passed ? "passed" : "FAILED");
        table_add(&t, PAGE_PLAIN, r->expression);
        table_add(&t, r->passed ? PAGE_PLAIN : PAGE_BAD, r->shown);
        if (timed)
            table_add(&t, PAGE_BAD, r->violated_s > 0 ? figure_elapsed(at, r->violated_s) : "");
    }
    table_print(&t);
    table_release(&t);
}

enum { SUMMARY_WIDTH = 80 };

static void summary_rule(struct console *c, const char *sign)
{
    int width =
        c->page.columns > 0 && c->page.columns < SUMMARY_WIDTH ? c->page.columns : SUMMARY_WIDTH;
    struct buf line = BUF_INIT;
    for (int i = 0; i < width; i++)
        buf_adds(&line, sign);
    page_add(&c->page, PAGE_DIM, buf_cstr(&line));
    page_end_line(&c->page);
    buf_release(&line);
}

static void summary_line(struct console *c, const char *label, enum page_style style,
                         const char *figure)
{
    page_addf(&c->page, PAGE_PLAIN, "%-24s", label);
    page_add(&c->page, style, figure);
    page_end_line(&c->page);
}

/* "scripts/baseline.lua" -> "BASELINE TEST SUMMARY"; URLs have no such name. */
static void summary_title(struct buf *out, const struct report_run *run)
{
    if (run->url != NULL) {
        buf_adds(out, "TEST SUMMARY");
        return;
    }
    const char *title = run->title;
    const char *slash = strrchr(title, '/');
    const char *name = slash != NULL && slash[1] != 0 ? slash + 1 : title;
    size_t len = strlen(name);
    if (len > 4 && strcmp(name + len - 4, ".lua") == 0)
        len -= 4;
    bool ascii = true; /* half a name in capitals would look odd */
    for (size_t i = 0; i < len; i++)
        ascii &= (unsigned char)name[i] < 0x80;
    for (size_t i = 0; i < len; i++)
        buf_addch(out, (char)(ascii ? toupper((unsigned char)name[i]) : name[i]));
    buf_adds(out, " TEST SUMMARY");
}

static void summary_times(struct console *c)
{
    const struct latency_summary *l = &c->digest.total_summary.latency;
    const struct {
        const char *label;
        double ms;
    } lines[] = {
        {"    Average:", l->mean},      {"    Min:", l->min},  {"    Max:", l->max},
        {"    Median (p50):", l->p[0]}, {"    p90:", l->p[4]}, {"    p95:", l->p[5]},
        {"    p99:", l->p[7]},
    };
    page_end_line(&c->page);
    page_add(&c->page, PAGE_PLAIN, "  Response Times (ms):");
    page_end_line(&c->page);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char figure[FIGURE_MAX];
        summary_line(c, lines[i].label, PAGE_STRONG,
                     figure_number(figure, lines[i].ms, c->digest.decimals));
    }
}

void console_summary(struct console *c)
{
    const struct series_summary *total = &c->digest.total_summary;
    char figure[FIGURE_MAX], percent[FIGURE_MAX];
    struct buf text = BUF_INIT;

    page_end_line(&c->page);
    summary_rule(c, "═");
    summary_title(&text, c->run);
    page_add(&c->page, PAGE_STRONG, buf_cstr(&text));
    page_end_line(&c->page);
    summary_rule(c, "═");

    summary_line(c, "  Total Requests:", PAGE_STRONG, units_format_count(figure, total->requests));
    buf_clear(&text);
    buf_addf(&text, "%s (%s)", units_format_count(figure, total->failures),
             figure_percent(percent, total->failures, total->requests));
    summary_line(c, "  Total Failures:", total->failures > 0 ? PAGE_BAD : PAGE_STRONG,
                 total->requests > 0 ? buf_cstr(&text) : "0");
    summary_line(c, "  Requests/sec (RPS):", PAGE_STRONG, figure_number(figure, total->rps, 2));
    if (total->bytes > 0) {
        char bytes[UNITS_MAX], rate[UNITS_MAX];
        buf_clear(&text);
        buf_addf(&text, "%s (%s/s)", units_format_bytes(bytes, (double)total->bytes),
                 units_format_bytes(rate, total->bytes_per_s));
        summary_line(c, "  Received:", PAGE_PLAIN, buf_cstr(&text));
    }
    if (total->latency.count > 0)
        summary_times(c);
    summary_rule(c, "═");
    buf_release(&text);
}

static void say_nothing_measured(struct console *c)
{
    uint64_t waiting = c->end->total->generator.cancelled;
    char n[UNITS_MAX];
    const struct series *warmup = c->end->warmup_sum;
    bool warming_up = c->digest.total.requests == 0 && warmup != NULL && warmup->requests > 0;
    page_add(&c->page, PAGE_BAD,
             warming_up ? "Nothing was measured."
                        : verdict_nothing_measured(c->digest.total.requests));
    page_end_line(&c->page);
    if (waiting > 0) {
        page_addf(&c->page, PAGE_PLAIN, "Still waiting for an answer when the run ended: %s.",
                  units_format_count(n, waiting));
        page_end_line(&c->page);
    }
}

void console_notes(struct console *c)
{
    if (report_answered(c->end->total) == 0)
        say_nothing_measured(c);
    for (size_t i = 0; i < c->end->notes_len; i++) {
        page_add(&c->page, PAGE_STRONG, "Note: ");
        page_wrap(&c->page, PAGE_PLAIN, 6, 6, c->end->notes[i]);
    }
}

void console_verdict(struct console *c)
{
    if (report_answered(c->end->total) == 0)
        return;
    struct verdict verdict;
    struct buf text = BUF_INIT;
    verdict_reach(&verdict, &c->end->total->generator);
    verdict_describe(&text, &verdict, c->run->workers, c->run->cpus);
    page_wrap(&c->page, verdict.limited ? PAGE_BAD : PAGE_PLAIN, 0, 2, buf_cstr(&text));
    buf_clear(&text);
    condition_describe(&text, &c->end->total->generator);
    if (text.len > 0)
        page_wrap(&c->page, PAGE_DIM, 0, 2, buf_cstr(&text));
    buf_release(&text);
}
