/*
 * The console reporter: the live line while the run lasts (progress.c), the
 * report for people when it ends. The sections are in console_*.c; the most
 * important stand last, where the terminal's prompt comes back.
 */
#include "report/console.h"

#include "base/mem.h"
#include "report/output.h"
#include "report/progress.h"
#include "report/reporters.h"

#include <stdlib.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    struct report_options opt;
    struct progress *progress; /* owned */
};

static struct reporter *console_open(const struct report_run *run, const struct report_options *opt,
                                     struct err *err)
{
    (void)err; /* streams are open already */
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->opt = *opt;
    r->opt.out = opt->out != NULL ? opt->out : stdout;
    r->opt.live = opt->live != NULL ? opt->live : stderr;
    r->progress = progress_new(run, &r->opt);
    return r;
}

static void console_tick(struct reporter *r, const struct report_tick *tick)
{
    progress_tick(r->progress, tick);
}

static void console_scenario(struct console *c)
{
    console_header(c);
    console_classes(c);
    console_arrivals(c);
    console_requests(c);
    console_percentiles(c);
    console_histograms(c);
    console_spectrum(c);
    console_connections(c);
    console_statuses(c);
    console_errors(c);
    console_script_errors(c);
    console_checks(c);
    console_metrics(c);
    console_thresholds(c);
    console_summary(c);
    console_notes(c);
    console_verdict(c);
}

static int console_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    struct buf text = BUF_INIT;
    struct console c = {
        .run = r->run,
        .end = end,
        .page =
            {
                .out = &text,
                .columns = r->opt.columns > 0 ? r->opt.columns : page_terminal_columns(r->opt.out),
                .color = r->opt.color,
                .utf8 = r->opt.utf8,
            },
        .latency = r->opt.latency,
        .spectrum = r->opt.spectrum,
    };
    progress_free(r->progress);
    digest_init(&c.digest, r->run, end);
    if (!r->opt.quiet && c.page.columns > 0)
        page_end_line(&c.page); /* sets the report off from what the run showed */
    c.single = r->run->url != NULL && c.digest.rows.len <= 1;
    if (c.single)
        console_oneoff(&c);
    else
        console_scenario(&c);
    int rc = output_stream(r->opt.out, r->opt.out == stderr ? "stderr" : "stdout", &text, err);
    digest_release(&c.digest);
    buf_release(&text);
    free(r);
    return rc;
}

static void console_discard(struct reporter *r)
{
    progress_free(r->progress);
    free(r);
}

const struct reporter_kind report_console = {
    .name = "console",
    .open = console_open,
    .tick = console_tick,
    .end = console_end,
    .discard = console_discard,
};
