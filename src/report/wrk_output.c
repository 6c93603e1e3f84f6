/*
 * The reporter "wrk": wrk's layout on stdout, to the column, for eyes and
 * scripts that know it; with a rate wrk2's additions. What wrk has no words for
 * (which errors there were, failed thresholds, whether the generator was the
 * limit) goes to stderr, and only where it matters.
 */
#include "base/mem.h"
#include "report/console.h"
#include "report/output.h"
#include "report/reporters.h"
#include "report/spectrum.h"
#include "report/verdict.h"
#include "report/wrk_figures.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    struct report_options opt;
    bool begun; /* "Running..." is out */
};

/* --- wrk's figures --------------------------------------------------------------- */

enum { FIGURE_LEN = 32 };

/* n in the unit that suits, of ascending ones that are `scale` apart. */
static const char *scaled(char buf[FIGURE_LEN], double n, double scale, const char *const *units)
{
    while (units[1] && n >= scale) {
        n /= scale;
        units++;
    }
    snprintf(buf, FIGURE_LEN, "%.2f%s", n, *units);
    return buf;
}

static const char *format_us(char buf[FIGURE_LEN], double us)
{
    static const char *const small[] = {"us", "ms", NULL}, *const large[] = {"s", "m", "h", NULL};
    return us < 1e6 ? scaled(buf, us, 1000, small) : scaled(buf, us / 1e6, 60, large);
}

static const char *format_metric(char buf[FIGURE_LEN], double n)
{
    static const char *const units[] = {"", "k", "M", "G", "T", NULL};
    return scaled(buf, n, 1000, units);
}

static const char *format_binary(char buf[FIGURE_LEN], double n)
{
    static const char *const units[] = {"", "K", "M", "G", "T", NULL};
    return scaled(buf, n, 1024, units);
}

/* A figure in a column: the digits line up, the units stand behind them. */
static void add_figure(struct buf *out, const char *figure, int width)
{
    size_t len = strlen(figure);
    int pad = 2 - (isalpha((unsigned char)figure[len - 1]) != 0) -
              (isalpha((unsigned char)figure[len - 2]) != 0);
    buf_addf(out, "%*s%*s", width - pad, figure, pad, "");
}

/* The share of values, in percent, that lie within one standard deviation of the
 * mean. A bucket's values lie in its middle, but none beyond the extremes. */
static double within_stdev(const struct hist *h)
{
    double mean = hist_mean(h), stdev = hist_stdev(h);
    uint64_t n = 0;
    struct hist_iter it = {.hist = h};
    while (hist_next(&it)) {
        double middle = (double)it.low + (double)(it.width - 1) / 2;
        double value = fmin(fmax(middle, (double)h->min), (double)h->max);
        if (fabs(value - mean) <= stdev)
            n += it.count;
    }
    return h->count > 0 ? 100 * (double)n / (double)h->count : 0;
}

/* --- the sections ------------------------------------------------------------------- */

static void add_stats(struct buf *out, const char *name, const struct hist *h,
                      const char *(*format)(char buf[FIGURE_LEN], double n))
{
    char figure[FIGURE_LEN];
    buf_addf(out, "    %-10s", name);
    add_figure(out, format(figure, hist_mean(h)), 8);
    add_figure(out, format(figure, hist_stdev(h)), 10);
    add_figure(out, format(figure, (double)h->max), 9);
    buf_addf(out, "%8.2f%%\n", within_stdev(h));
}

static void add_percentiles(struct buf *out, const struct hist *h, const double *percents, int n,
                            int decimals)
{
    char figure[FIGURE_LEN];
    for (int i = 0; i < n; i++) {
        buf_addf(out, "%7.*f%%", decimals, percents[i]);
        add_figure(out, format_us(figure, hist_percentile(h, percents[i])), 10);
        buf_addch(out, '\n');
    }
}

static void add_distribution(struct buf *out, const struct hist *h)
{
    static const double percents[] = {50, 75, 90, 99};
    buf_adds(out, "  Latency Distribution\n");
    add_percentiles(out, h, percents, sizeof(percents) / sizeof(percents[0]), 0);
}

/* wrk2's, for a run at a rate. */
static void add_recorded(struct buf *out, const char *what, const struct hist *h)
{
    static const double percents[] = {50, 75, 90, 99, 99.9, 99.99, 99.999, 100};
    buf_addf(out, "  Latency Distribution (HdrHistogram - %s)\n", what);
    add_percentiles(out, h, percents, sizeof(percents) / sizeof(percents[0]), 3);
    buf_adds(out, "\n  Detailed Percentile spectrum:\n");
    spectrum_add(out, h);
    buf_adds(out, "----------------------------------------------------------\n");
}

static void add_latency(struct buf *out, const struct reporter *r, const struct wrk_figures *f)
{
    if (r->run->rate == 0) {
        if (r->opt.latency)
            add_distribution(out, f->latency);
        return;
    }
    if (r->opt.latency)
        add_recorded(out, "Recorded Latency", f->latency);
    if (r->opt.uncorrected && f->total->has_service)
        add_recorded(out,
                     "Uncorrected Latency (measured without taking delayed starts into account)",
                     &f->total->service);
}

static void add_totals(struct buf *out, const struct wrk_figures *f)
{
    char time[FIGURE_LEN], size[FIGURE_LEN];
    double seconds = f->duration_us / 1e6;
    buf_addf(out, "  %llu requests in %s, %sB read\n", (unsigned long long)f->requests,
             format_us(time, f->duration_us), format_binary(size, (double)f->bytes));
    if (f->errors.connect || f->errors.read || f->errors.write || f->errors.timeout)
        buf_addf(out, "  Socket errors: connect %llu, read %llu, write %llu, timeout %llu\n",
                 (unsigned long long)f->errors.connect, (unsigned long long)f->errors.read,
                 (unsigned long long)f->errors.write, (unsigned long long)f->errors.timeout);
    if (f->errors.status)
        buf_addf(out, "  Non-2xx or 3xx responses: %llu\n", (unsigned long long)f->errors.status);
    buf_addf(out, "Requests/sec: %9.2f\n", seconds > 0 ? (double)f->requests / seconds : 0);
    buf_addf(out, "Transfer/sec: %10sB\n",
             format_binary(size, seconds > 0 ? (double)f->bytes / seconds : 0));
}

/* What wrk would keep to itself. */
static void add_warnings(struct buf *out, const struct reporter *r, const struct report_end *end)
{
    struct console c = {
        .run = r->run,
        .end = end,
        .single = true,
        .page = {.out = out,
                 .columns = page_terminal_columns(r->opt.live),
                 .color = r->opt.live_color,
                 .utf8 = r->opt.utf8},
    };
    struct verdict verdict;
    verdict_reach(&verdict, &end->total->generator);
    digest_init(&c.digest, r->run, end);
    console_errors(&c);
    console_script_errors(&c);
    console_thresholds(&c);
    console_notes(&c);
    if (verdict.limited)
        console_verdict(&c);
    digest_release(&c.digest);
}

/* --- the reporter ---------------------------------------------------------------------- */

static struct reporter *wrk_open(const struct report_run *run, const struct report_options *opt,
                                 struct err *err)
{
    (void)err; /* streams are open already */
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->opt = *opt;
    return r;
}

static void add_beginning(struct buf *out, const struct report_run *run)
{
    double seconds = run->duration_s;
    buf_adds(out, "Running ");
    if (seconds > 0 && fmod(seconds, 3600) == 0)
        buf_addf(out, "%gh test", seconds / 3600);
    else if (seconds > 0 && fmod(seconds, 60) == 0)
        buf_addf(out, "%gm test", seconds / 60);
    else if (seconds > 0)
        buf_addf(out, "%gs test", seconds);
    else
        buf_addf(out, "%llu requests", (unsigned long long)run->requests);
    buf_addf(out, " @ %s\n  %d threads and %u connections\n", run->url ? run->url : run->title,
             run->workers, run->users);
}

/* The first one comes as the load starts: scripts may have printed before it. */
static void wrk_tick(struct reporter *r, const struct report_tick *tick)
{
    (void)tick;
    if (r->begun)
        return;
    r->begun = true;
    struct buf text = BUF_INIT;
    add_beginning(&text, r->run);
    output_stream(r->opt.out, "stdout", &text, NULL); /* should it fail, so does the end */
    buf_release(&text);
}

static int wrk_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    struct buf text = BUF_INIT, warnings = BUF_INIT;
    struct wrk_figures f;
    wrk_figures_init(&f, end);
    buf_adds(&text, "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n");
    add_stats(&text, "Latency", f.latency, format_us);
    add_stats(&text, "Req/Sec", f.rates, format_metric);
    add_latency(&text, r, &f);
    add_totals(&text, &f);
    add_warnings(&warnings, r, end);
    int rc = output_stream(r->opt.out, "stdout", &text, err);
    output_stream(r->opt.live, "stderr", &warnings, NULL);
    buf_release(&text);
    buf_release(&warnings);
    free(r);
    return rc;
}

static void wrk_discard(struct reporter *r)
{
    free(r);
}

const struct reporter_kind report_wrk = {
    .name = "wrk",
    .open = wrk_open,
    .tick = wrk_tick,
    .end = wrk_end,
    .discard = wrk_discard,
};
