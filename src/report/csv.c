/*
 * The CSV reporter: the four files that Locust writes, under its names and
 * with its headers, so that what reads those reads these: PREFIX_stats.csv,
 * PREFIX_stats_history.csv, PREFIX_failures.csv and PREFIX_exceptions.csv
 * (class StatsCSV of its stats.py; newer versions have First Seen and Last Seen).
 *
 * Times are milliseconds. The history has a row for every series, and one for
 * all of them together, at each tick; its percentiles are those of the requests
 * that completed since the tick before, while the columns that begin with Total
 * are about the time since the start. Fields are quoted as RFC 4180 says, lines
 * end in CR LF, as Locust's do.
 */
#include "base/mem.h"
#include "report/digest.h"
#include "report/figure.h"
#include "report/output.h"
#include "report/reporters.h"
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PERCENTILES "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"

static const char stats_header[] =
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s," PERCENTILES;
static const char history_header[] =
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s," PERCENTILES
    ",Total Request Count,Total Failure Count,Total Median Response Time,"
    "Total Average Response Time,Total Min Response Time,Total Max Response Time,"
    "Total Average Content Size";
static const char failures_header[] = "Method,Name,Error,Occurrences,First Seen,Last Seen";
static const char exceptions_header[] = "Count,Message,Traceback,Nodes";

enum csv_file { STATS, HISTORY, FAILURES, EXCEPTIONS, FILES };

static const char *const suffixes[FILES] = {
    [STATS] = "_stats.csv",
    [HISTORY] = "_stats_history.csv",
    [FAILURES] = "_failures.csv",
    [EXCEPTIONS] = "_exceptions.csv",
};

struct reporter {
    const struct report_run *run; /* borrowed */
    char *paths[FILES];           /* owned */
    struct output *files[FILES];  /* owned; NULL: not open */
    bool history_begun;
    struct buf text; /* what is being written */
};

/* --- rows ---------------------------------------------------------------------- */

static void end_row(struct buf *out)
{
    buf_adds(out, "\r\n");
}

static void header(struct buf *out, const char *columns)
{
    buf_adds(out, columns);
    end_row(out);
}

/* Every field but a row's first. */
static void next(struct buf *out)
{
    buf_addch(out, ',');
}

static void add_text(struct buf *out, const char *s)
{
    struct buf clean = BUF_INIT;
    text_for_file(&clean, s);
    if (strpbrk(buf_cstr(&clean), ",\"\r\n") == NULL) {
        buf_add(out, clean.data, clean.len);
    } else {
        buf_addch(out, '"');
        for (size_t i = 0; i < clean.len; i++) {
            if (clean.data[i] == '"')
                buf_addch(out, '"');
            buf_addch(out, clean.data[i]);
        }
        buf_addch(out, '"');
    }
    buf_release(&clean);
}

static void add_count(struct buf *out, uint64_t n)
{
    buf_addf(out, "%" PRIu64, n);
}

/* With at most so many decimals, as few as needed. */
static void add_number(struct buf *out, double n, int decimals)
{
    buf_addf(out, "%.*f", decimals, n);
    while (out->data[out->len - 1] == '0')
        out->len--;
    if (out->data[out->len - 1] == '.')
        out->len--;
}

static void add_ms(struct buf *out, double ms)
{
    add_number(out, ms, 3);
}

static void add_rate(struct buf *out, double per_s)
{
    add_number(out, per_s, 6);
}

static void add_percentiles(struct buf *out, const struct latency_summary *l)
{
    for (int i = 0; i < SUMMARY_PERCENTILES + 1; i++) {
        next(out);
        if (l->count == 0)
            buf_adds(out, "N/A");
        else
            add_ms(out, i < SUMMARY_PERCENTILES ? l->p[i] : l->max);
    }
}

/* Counts, times and size of a series as both files of statistics have them. */
static void add_totals(struct buf *out, const struct series_summary *s)
{
    const double times[] = {s->latency.p[0], s->latency.mean, s->latency.min, s->latency.max};
    next(out);
    add_count(out, s->requests);
    next(out);
    add_count(out, s->failures);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        next(out);
        add_ms(out, times[i]);
    }
    next(out);
    add_number(out, s->requests > 0 ? (double)s->bytes / (double)s->requests : 0, 3);
}

static void add_rates(struct buf *out, const struct series_summary *s)
{
    next(out);
    add_rate(out, s->rps);
    next(out);
    add_rate(out, s->failures_per_s);
}

static void add_series_name(struct buf *out, const char *type, const char *name)
{
    add_text(out, type);
    next(out);
    add_text(out, name);
}

/* --- while it runs --------------------------------------------------------------- */

static void history_row(struct reporter *r, const struct report_tick *tick, const char *type,
                        const char *name, const struct series *since, const struct series *total)
{
    struct series_summary window, sum;
    series_summarize(&window, since, type, name, tick->interval_s);
    series_summarize(&sum, total, type, name, tick->elapsed_s);
    buf_addf(&r->text, "%" PRId64 ",%u,", (int64_t)(r->run->started_wall + tick->elapsed_s),
             tick->users);
    add_series_name(&r->text, type, name);
    add_rates(&r->text, &window);
    add_percentiles(&r->text, &window.latency);
    add_totals(&r->text, &sum);
    end_row(&r->text);
}

static const struct series *series_of(const struct stats *stats, uint32_t id,
                                      const struct series *none)
{
    return id < stats->series_len && stats->series[id] != NULL ? stats->series[id] : none;
}

static void begin_history(struct reporter *r)
{
    if (r->history_begun)
        return;
    buf_clear(&r->text);
    header(&r->text, history_header);
    output_write(r->files[HISTORY], &r->text);
    r->history_begun = true;
}

static void csv_tick(struct reporter *r, const struct report_tick *tick)
{
    struct series none;
    begin_history(r);
    buf_clear(&r->text);
    series_init(&none, 0);
    for (uint32_t id = 0; id < catalog_len(r->run->catalog); id++) {
        const struct series *now = series_of(tick->interval, id, &none);
        const struct series *all = series_of(tick->total, id, &none);
        if (now->requests == 0 && all->requests == 0)
            continue;
        struct catalog_entry entry = catalog_get(r->run->catalog, id);
        history_row(r, tick, entry.type, entry.name, now, all);
    }
    history_row(r, tick, "", "Aggregated", tick->interval_sum, tick->total_sum);
    series_release(&none);
    output_write(r->files[HISTORY], &r->text);
}

/* --- at the end ------------------------------------------------------------------- */

static void stats_row(struct buf *out, const struct series_summary *s)
{
    add_series_name(out, s->type, s->name);
    add_totals(out, s);
    add_rates(out, s);
    add_percentiles(out, &s->latency);
    end_row(out);
}

static void write_stats(struct reporter *r, const struct digest *d)
{
    header(&r->text, stats_header);
    for (size_t i = 0; i < d->rows.len; i++)
        stats_row(&r->text, &d->rows.items[i].summary);
    stats_row(&r->text, &d->total_summary);
}

static void add_moment(struct reporter *r, const struct digest *d, uint64_t ns)
{
    char text[FIGURE_MAX];
    next(&r->text);
    buf_adds(&r->text, figure_utc(text, r->run->started_wall + digest_elapsed(d, ns)));
}

static void write_failures(struct reporter *r, const struct digest *d)
{
    header(&r->text, failures_header);
    for (size_t i = 0; i < d->failures.len; i++) {
        const struct failure *f = &d->failures.items[i];
        struct catalog_entry entry = catalog_get(r->run->catalog, f->series);
        add_series_name(&r->text, entry.type, entry.name);
        next(&r->text);
        add_text(&r->text, f->message);
        next(&r->text);
        add_count(&r->text, f->count);
        add_moment(r, d, f->first_ns);
        add_moment(r, d, f->last_ns);
        end_row(&r->text);
    }
}

static void write_exceptions(struct reporter *r, const struct digest *d)
{
    header(&r->text, exceptions_header);
    for (size_t i = 0; i < d->script_errors.len; i++) {
        const struct script_error *e = &d->script_errors.items[i];
        add_count(&r->text, e->count);
        next(&r->text);
        add_text(&r->text, e->message);
        next(&r->text);
        add_text(&r->text, e->traceback);
        next(&r->text);
        buf_adds(&r->text, "local"); /* where Locust has the names of its workers */
        end_row(&r->text);
    }
}

static void write_file(struct reporter *r, enum csv_file file, const struct digest *d)
{
    buf_clear(&r->text);
    if (file == STATS)
        write_stats(r, d);
    else if (file == FAILURES)
        write_failures(r, d);
    else
        write_exceptions(r, d);
    output_write(r->files[file], &r->text);
}

static void release(struct reporter *r)
{
    for (int i = 0; i < FILES; i++)
        free(r->paths[i]);
    buf_release(&r->text);
    free(r);
}

/* One more of the files that the same trouble has cost. */
static void add_lost(struct err *err, const char *path)
{
    if (err == NULL)
        return;
    struct err before = *err;
    err_set(err, before.kind, "%s; nor %s", before.message, path);
}

static int csv_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    struct digest digest;
    begin_history(r); /* a run that ended before its first tick */
    digest_init(&digest, r->run, end);
    for (enum csv_file file = 0; file < FILES; file++) {
        if (file != HISTORY)
            write_file(r, file, &digest);
    }
    digest_release(&digest);

    int rc = 0; /* every file is closed, also behind one that could not be written */
    for (int i = 0; i < FILES; i++) {
        struct err lost;
        if (output_close(r->files[i], &lost) == 0)
            continue;
        if (rc != 0)
            add_lost(err, r->paths[i]);
        else if (err != NULL)
            *err = lost;
        rc = -1;
    }
    release(r);
    return rc;
}

/* --- before it runs ---------------------------------------------------------------- */

static void csv_discard(struct reporter *r)
{
    for (int i = 0; i < FILES; i++)
        output_abandon(r->files[i]);
    release(r);
}

static struct reporter *csv_open(const struct report_run *run, const struct report_options *opt,
                                 struct err *err)
{
    if (*opt->path == 0) {
        err_set(err, ERR_USAGE, "--csv: the prefix is empty; name one, such as results/run1");
        return NULL;
    }
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    for (int i = 0; i < FILES; i++) {
        r->paths[i] = xasprintf("%s%s", opt->path, suffixes[i]);
        r->files[i] = output_open(r->paths[i], err);
        if (r->files[i] == NULL) {
            csv_discard(r);
            return NULL;
        }
    }
    return r;
}

const struct reporter_kind report_csv = {
    .name = "csv",
    .open = csv_open,
    .tick = csv_tick,
    .end = csv_end,
    .discard = csv_discard,
};
