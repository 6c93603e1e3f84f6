/*
 * The StatsD reporter: every tick what completed since the one before, as
 * counters, and its times as gauges, in UDP packets (github.com/statsd/statsd,
 * docs/metric_types.md). Series are told apart by name alone:
 * inrush.get.api_v1_time.requests. docs/metrics-out.md lists them.
 */
#include "base/mem.h"
#include "base/units.h"
#include "report/condition.h"
#include "report/reporters.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 1432 }; /* fits into an Ethernet frame unfragmented */

struct reporter {
    const struct report_run *run; /* borrowed */
    char *place;                  /* owned; as the person wrote it */
    int fd;                       /* owned; connected */
    struct buf packet;
    uint64_t sent, lost;
    int why_lost; /* errno of the last */
};

static int parse_place(const char *text, char **host, char port[16], struct err *err)
{
    const char *colon = strrchr(text, ':');
    int number;
    if (colon == NULL || colon == text)
        return err_set(err, ERR_USAGE, "--statsd '%s': write HOST:PORT, such as localhost:8125",
                       text);
    if (units_parse_port(colon + 1, false, &number, err) != 0)
        return err_prefix(err, "--statsd '%s'", text);
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    *host = bracketed ? xstrndup(text + 1, (size_t)(colon - text - 2))
                      : xstrndup(text, (size_t)(colon - text));
    snprintf(port, 16, "%d", number);
    return 0;
}

static int connect_to(const char *place, struct err *err)
{
    char *host = NULL, port[16];
    if (parse_place(place, &host, port, err) != 0)
        return -1;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
    int failed = getaddrinfo(host, port, &hints, &found);
    free(host);
    if (failed)
        return err_set(err, ERR_CONFIG, "--statsd '%s': %s", place, gai_strerror(failed));
    int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd >= 0 ? fd : err_errno(err, errno, "--statsd '%s'", place);
}

static struct reporter *statsd_open(const struct report_run *run, const struct report_options *opt,
                                    struct err *err)
{
    int fd = connect_to(opt->path, err);
    if (fd < 0)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->place = xstrdup(opt->path);
    r->fd = fd;
    return r;
}

/* UDP tells little; that nobody listens it tells with the next packet. */
static void flush(struct reporter *r)
{
    if (r->packet.len == 0)
        return;
    r->sent++;
    if (send(r->fd, r->packet.data, r->packet.len, 0) < 0) {
        r->lost++;
        r->why_lost = errno;
    }
    buf_clear(&r->packet);
}

static void add_line(struct reporter *r, const struct buf *line)
{
    if (r->packet.len + line->len + 1 > PACKET_MAX)
        flush(r);
    if (r->packet.len > 0)
        buf_addch(&r->packet, '\n');
    buf_add(&r->packet, line->data, line->len);
}

/* kind: "c", which adds up, or "g", which stays. */
static void add(struct reporter *r, const char *prefix, const char *name, double value,
                const char *kind)
{
    struct buf line = BUF_INIT;
    if (value < 0 && *kind == 'g') { /* a sign would change the gauge, not set it */
        buf_addf(&line, "inrush.%s%s:0|g", prefix, name);
        add_line(r, &line);
        buf_clear(&line);
    }
    buf_addf(&line, "inrush.%s%s:%.10g|%s", prefix, name, value, kind);
    add_line(r, &line);
    buf_release(&line);
}

/* "/api/v1/{id}" becomes "api_v1_id", "/" alone "root": what StatsD and those
 * behind it take as one word. */
static void add_word(struct buf *out, const char *text)
{
    size_t begin = out->len;
    bool gap = false;
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = isalnum(c) || c == '-';
        if (plain && gap && out->len > begin)
            buf_addch(out, '_');
        if (plain)
            buf_addch(out, (char)tolower(c));
        gap = !plain;
    }
    if (out->len == begin)
        buf_adds(out, "root");
}

static void add_times(struct reporter *r, const char *prefix, const struct hist *h)
{
    static const double percents[] = {50, 95, 99};
    static const char *const names[] = {"p50_ms", "p95_ms", "p99_ms"};
    double values[3];
    if (h->count == 0)
        return;
    hist_percentiles(h, percents, 3, values);
    for (int i = 0; i < 3; i++)
        add(r, prefix, names[i], values[i] / 1000, "g");
    add(r, prefix, "mean_ms", hist_mean(h) / 1000, "g");
    add(r, prefix, "max_ms", (double)h->max / 1000, "g");
}

static void add_series(struct reporter *r, const struct series *s)
{
    struct catalog_entry entry = catalog_get(r->run->catalog, s->id);
    struct buf prefix = BUF_INIT;
    add_word(&prefix, entry.type);
    buf_addch(&prefix, '.');
    add_word(&prefix, entry.name);
    buf_addch(&prefix, '.');
    add(r, buf_cstr(&prefix), "requests", (double)s->requests, "c");
    add(r, buf_cstr(&prefix), "failures", (double)s->failures, "c");
    add(r, buf_cstr(&prefix), "bytes", (double)s->bytes, "c");
    add_times(r, buf_cstr(&prefix), &s->response);
    buf_release(&prefix);
}

static void add_check(struct reporter *r, const struct check_count *check)
{
    struct buf prefix = BUF_INIT;
    buf_adds(&prefix, "checks.");
    add_word(&prefix, check->name);
    buf_addch(&prefix, '.');
    add(r, buf_cstr(&prefix), "passed", (double)check->passes, "c");
    add(r, buf_cstr(&prefix), "failed", (double)check->failures, "c");
    buf_release(&prefix);
}

static void add_metric(struct reporter *r, struct metric_about about, const struct metric *m)
{
    struct buf prefix = BUF_INIT;
    buf_adds(&prefix, "custom.");
    add_word(&prefix, about.name);
    const char *name = buf_cstr(&prefix);
    switch (about.kind) {
    case METRIC_COUNTER:
        add(r, name, "", m->sum, "c");
        break;
    case METRIC_GAUGE:
        add(r, name, "", m->last, "g");
        break;
    case METRIC_RATE:
        add(r, name, ".true", (double)m->trues, "c");
        add(r, name, ".count", (double)m->count, "c");
        break;
    default:
        add(r, name, ".count", (double)m->count, "c");
        add(r, name, ".p50", metric_percentile(m, about.unit, 50), "g");
        add(r, name, ".p95", metric_percentile(m, about.unit, 95), "g");
        add(r, name, ".p99", metric_percentile(m, about.unit, 99), "g");
        add(r, name, ".max", m->max, "g");
    }
    buf_release(&prefix);
}

static void add_condition(struct reporter *r, const struct report_tick *tick)
{
    struct condition_figure figures[CONDITION_FIGURES];
    condition_figures(figures, &tick->interval->generator, &tick->total->generator);
    for (int i = 0; i < CONDITION_FIGURES; i++) {
        if (!isnan(figures[i].value))
            add(r, "generator.", figures[i].name, figures[i].value, "g");
    }
}

static void statsd_tick(struct reporter *r, const struct report_tick *tick)
{
    const struct stats *s = tick->interval;
    if (tick->warmup || tick->elapsed_s <= 0)
        return;
    uint64_t script_errors = 0;
    for (size_t i = 0; i < s->script_errors.len; i++)
        script_errors += s->script_errors.items[i].count;
    add(r, "", "users", tick->users, "g");
    add(r, "", "script_errors", (double)script_errors, "c");
    add_condition(r, tick);
    if (s->arrivals.due > 0) {
        add(r, "arrivals.", "due", (double)s->arrivals.due, "c");
        add(r, "arrivals.", "started", (double)s->arrivals.started, "c");
        add(r, "arrivals.", "late", (double)s->arrivals.late, "c");
        add(r, "arrivals.", "dropped", (double)s->arrivals.dropped, "c");
    }
    for (uint32_t id = 0; id < s->series_len; id++) {
        if (s->series[id] != NULL && s->series[id]->requests > 0)
            add_series(r, s->series[id]);
    }
    for (size_t i = 0; i < s->checks.len; i++)
        add_check(r, &s->checks.items[i]);
    for (uint32_t id = 0; id < s->metrics.len; id++) {
        const struct metric *m = metric_get(&s->metrics, id);
        if (m != NULL && m->count > 0)
            add_metric(r, catalog_metric_get(r->run->catalog, id), m);
    }
    flush(r);
}

static void statsd_discard(struct reporter *r)
{
    close(r->fd);
    buf_release(&r->packet);
    free(r->place);
    free(r);
}

static int statsd_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end;
    int rc = 0;
    if (r->lost > 0)
        rc = err_errno(err, r->why_lost,
                       "at least %" PRIu64 " of %" PRIu64 " packets to StatsD at %s were lost",
                       r->lost, r->sent, r->place);
    statsd_discard(r);
    return rc;
}

const struct reporter_kind report_statsd = {
    .name = "statsd",
    .open = statsd_open,
    .tick = statsd_tick,
    .end = statsd_end,
    .discard = statsd_discard,
};
