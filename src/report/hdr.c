/*
 * The HdrHistogram reporter: an interval log in its format 1.3, as the project's
 * own tools write and read it. For each tick a line without a tag, which holds
 * the response times of all series together, and a line for each series with
 * times in the tick:
 *
 *   Tag=GET_/health          response times
 *   Tag=service:GET_/health  service times, where they differ
 *   Tag=warmup:GET_/health   response times during the warm-up, in no other line
 *
 * A tag is the type, "_", and the name. Every byte of the two that is not a
 * visible ASCII character, "," and "%", and in the type ":" and "_", is written
 * as %XX; so the parts can be told apart, and decoding gives the two back.
 *
 * Timestamps are seconds since StartTime, Interval_Max is in milliseconds.
 * The log grows with each tick.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "report/hdr_encode.h"
#include "report/output.h"
#include "report/reporters.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *output;        /* owned */
    struct buf text;              /* of the tick */
    bool begun;
    uint64_t start_ns; /* of the load, once it has begun */
};

static struct reporter *hdr_open(const struct report_run *run, const struct report_options *opt,
                                 struct err *err)
{
    struct output *output = output_open(opt->path, err);
    if (output == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->output = output;
    return r;
}

static void add_head(struct reporter *r)
{
    char date[40] = "";
    time_t seconds = (time_t)floor(r->run->started_wall);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(date, sizeof(date), "%a %b %d %H:%M:%S UTC %Y", &tm);
    buf_addf(&r->text, "#[Logged with inrush %s]\n", r->run->version);
    buf_adds(&r->text, "#[Histogram log format version 1.3]\n");
    buf_addf(&r->text, "#[StartTime: %.3f (seconds since epoch), %s]\n", r->run->started_wall,
             date);
    buf_adds(&r->text, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                       "\"Interval_Compressed_Histogram\"\n");
}

static void add_escaped(struct buf *out, const char *text, const char *special)
{
    for (; *text != 0; text++) {
        if (*text > ' ' && *text < 0x7F && strchr(special, *text) == NULL)
            buf_addch(out, *text);
        else
            buf_addf(out, "%%%02X", (unsigned char)*text);
    }
}

static void add_tag(struct buf *out, const char *kind, struct catalog_entry series)
{
    buf_adds(out, "Tag=");
    buf_adds(out, kind);
    add_escaped(out, series.type, ",%:_");
    buf_addch(out, '_');
    add_escaped(out, series.name, ",%");
    buf_addch(out, ',');
}

struct interval {
    double from_s, length_s;
};

static void add_histogram(struct buf *out, struct interval interval, const struct hist *h)
{
    double max_ms = (double)h->max / 1000;
    buf_addf(out, "%.3f,%.3f,%.3f,", interval.from_s, interval.length_s, max_ms);
    hdr_encode(out, h);
    buf_addch(out, '\n');
}

static void add_series(struct reporter *r, struct interval interval, const char *kind, uint32_t id,
                       const struct hist *h)
{
    if (h->count == 0)
        return;
    add_tag(&r->text, kind, catalog_get(r->run->catalog, id));
    add_histogram(&r->text, interval, h);
}

static void add_tick(struct reporter *r, const struct report_tick *tick)
{
    const struct stats *stats = tick->interval;
    struct interval interval = {
        .from_s = stats->begin_ns > r->start_ns ? ns_to_s(stats->begin_ns - r->start_ns) : 0,
        .length_s = tick->interval_s,
    };
    if (!tick->warmup)
        add_histogram(&r->text, interval, &tick->interval_sum->response);
    for (uint32_t id = 0; id < stats->series_len; id++) {
        const struct series *series = stats->series[id];
        if (series == NULL)
            continue;
        add_series(r, interval, tick->warmup ? "warmup:" : "", id, &series->response);
        if (!tick->warmup)
            add_series(r, interval, "service:", id, &series->service);
    }
}

static void hdr_tick(struct reporter *r, const struct report_tick *tick)
{
    if (!r->begun) {
        r->begun = true;
        r->start_ns = tick->total->begin_ns;
        add_head(r);
    }
    if (tick->interval->end_ns > 0)
        add_tick(r, tick);
    output_write_live(r->output, &r->text);
    buf_clear(&r->text);
}

static int hdr_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end; /* the ticks had it all */
    int rc = output_close(r->output, err);
    buf_release(&r->text);
    free(r);
    return rc;
}

static void hdr_discard(struct reporter *r)
{
    output_abandon(r->output);
    buf_release(&r->text);
    free(r);
}

const struct reporter_kind report_hdr = {
    .name = "hdr",
    .open = hdr_open,
    .tick = hdr_tick,
    .end = hdr_end,
    .discard = hdr_discard,
};
