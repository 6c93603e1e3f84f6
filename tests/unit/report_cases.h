/*
 * Runs with known samples for the reporter's tests: each case fills a run, its
 * statistics and its end by hand, deterministically. Included by
 * test_report_*.c only.
 */
#pragma once

#include "base/clock.h"
#include "report/report.h"
#include "report/spread.h"
#include "stats/arrivals.h"

#include <stdlib.h>
#include <string.h>

enum { FIXTURE_THRESHOLDS = 8 };

struct fixture {
    struct report_run run;
    struct report_end end;
    struct stats *stats;
    struct stats *warmup; /* or NULL */
    struct series total_sum, warmup_sum;
    struct spreads spreads;
    struct threshold *thresholds[FIXTURE_THRESHOLDS];
    struct threshold_result results[FIXTURE_THRESHOLDS];
    size_t thresholds_len;
};

/* When the load of every case starts. */
static const uint64_t FIXTURE_START = 1000 * NS_PER_S;

static inline void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.stats = stats_new()};
    f->run = (struct report_run){
        .title = "baseline",
        .scenario = "baseline",
        .version = "0.1.0",
        .users = 1000,
        .spawn_rate = 100,
        .duration_s = 30,
        .workers = 2,
        .seed = 42,
        .started_wall = 1763807000.25,
        .catalog = catalog_new(),
    };
    f->end = (struct report_end){.total = f->stats, .spreads = &f->spreads, .duration_s = 30};
    series_init(&f->total_sum, UINT32_MAX);
    series_init(&f->warmup_sum, UINT32_MAX);
    f->stats->begin_ns = FIXTURE_START;
}

static inline void fixture_release(struct fixture *f)
{
    for (size_t i = 0; i < f->thresholds_len; i++)
        threshold_free(f->thresholds[i]);
    stats_free(f->stats);
    stats_free(f->warmup);
    series_release(&f->total_sum);
    series_release(&f->warmup_sum);
    spreads_release(&f->spreads);
    catalog_free(f->run.catalog);
}

/* The end of the run with what the fixture holds now. */
static inline const struct report_end *fixture_end(struct fixture *f)
{
    series_clear(&f->total_sum);
    stats_total(f->stats, &f->total_sum);
    f->end.total_sum = &f->total_sum;
    if (f->warmup) {
        series_clear(&f->warmup_sum);
        stats_total(f->warmup, &f->warmup_sum);
        f->end.warmup_sum = &f->warmup_sum;
    }
    return &f->end;
}

/* A tick's sums, for as long as it is used. */
struct tick_sums {
    struct series total, interval;
};

static inline void tick_sums_init(struct tick_sums *sums, struct report_tick *tick)
{
    series_init(&sums->total, UINT32_MAX);
    series_init(&sums->interval, UINT32_MAX);
    stats_total(tick->total, &sums->total);
    stats_total(tick->interval, &sums->interval);
    tick->total_sum = &sums->total;
    tick->interval_sum = &sums->interval;
}

static inline void tick_sums_release(struct tick_sums *sums)
{
    series_release(&sums->total);
    series_release(&sums->interval);
}

/* As the run tells a reporter. */
static inline void fixture_tick(const struct reporter_kind *kind, struct reporter *r,
                                struct report_tick tick)
{
    struct tick_sums sums;
    tick_sums_init(&sums, &tick);
    if (kind->tick)
        kind->tick(r, &tick);
    tick_sums_release(&sums);
}

static inline uint32_t fixture_series(struct fixture *f, const char *type, const char *name)
{
    return catalog_intern(f->run.catalog, type, strlen(type), name, strlen(name));
}

/* count requests that succeed with a status, spread over [fast, slow] us with
 * most of them near fast: the i-th takes fast + (slow - fast) * (i/n)^4. */
static inline void fixture_answers(struct fixture *f, uint32_t series, int status, uint64_t count,
                                   double fast_us, double slow_us)
{
    for (uint64_t i = 0; i < count; i++) {
        double x = count > 1 ? (double)i / (double)(count - 1) : 0;
        double us = fast_us + (slow_us - fast_us) * x * x * x * x;
        struct sample sample = {
            .series = series,
            .response_ns = (uint64_t)us * NS_PER_US,
            .bytes = 181,
            .status = status,
            .end_ns = FIXTURE_START + (uint64_t)((1 + 28 * x) * 1e9),
        };
        stats_record(f->stats, &sample);
    }
}

/* count requests that fail alike, the first and the last at these seconds. */
static inline void fixture_failures(struct fixture *f, uint32_t series, enum err_kind kind,
                                    int status, const char *message, uint64_t count, double ms,
                                    double first_s, double last_s)
{
    for (uint64_t i = 0; i < count; i++) {
        double at = i == 0 ? first_s : last_s;
        struct sample sample = {
            .series = series,
            .response_ns = (uint64_t)(ms * 1e6),
            .status = status,
            .error = kind,
            .message = message,
            .end_ns = FIXTURE_START + (uint64_t)(at * 1e9),
        };
        stats_record(f->stats, &sample);
    }
}

/* A worker pair that used this share of its CPU, with timers this late. */
static inline void fixture_generator(struct fixture *f, double cpu_share, uint64_t lag_us)
{
    struct generator_stats *g = &f->stats->generator;
    g->wall_ns = (uint64_t)(f->end.duration_s * 2 * 1e9);
    g->cpu_ns = (uint64_t)(cpu_share * f->end.duration_s * 2 * 1e9);
    for (int i = 0; i < 300; i++)
        hist_record(&g->loop_lag, lag_us);
    g->connects = f->run.users;
    g->tasks = f->run.users;
}

static inline void fixture_threshold(struct fixture *f, const char *text)
{
    struct err err;
    struct threshold *t;
    if (threshold_parse(&t, text, &err) != 0)
        abort();
    struct threshold_result *result = &f->results[f->thresholds_len];
    threshold_evaluate(t, f->stats, f->run.catalog, f->end.duration_s, result);
    f->thresholds[f->thresholds_len++] = t;
    f->end.thresholds = f->results;
    f->end.thresholds_len = f->thresholds_len;
}

static inline uint32_t fixture_metric(struct fixture *f, enum metric_kind kind, const char *name,
                                      const char *unit)
{
    uint32_t id;
    if (catalog_metric(f->run.catalog, kind, name, unit, &id, NULL) != 0)
        abort();
    return id;
}

/* One of each kind, and one that nothing was recorded of. */
static inline void fixture_metrics(struct fixture *f)
{
    struct metric_set *set = &f->stats->metrics;
    uint32_t logins = fixture_metric(f, METRIC_COUNTER, "logins", "");
    uint32_t queue = fixture_metric(f, METRIC_GAUGE, "queue", "");
    uint32_t hits = fixture_metric(f, METRIC_RATE, "cache hits", "");
    uint32_t payload = fixture_metric(f, METRIC_TREND, "payload", "bytes");
    fixture_metric(f, METRIC_COUNTER, "logouts", "");
    for (int i = 0; i < 1000; i++) {
        metric_count(set, logins, i % 2 ? 1 : 2);
        metric_gauge(set, queue, i % 37 + 0.5, FIXTURE_START + (uint64_t)i * NS_PER_MS);
        metric_rate(set, hits, i % 8 != 0);
        metric_trend(set, payload, "bytes", 500 + 3 * i);
    }
}

/* A quiet good run: what a reader sees most days. */
static inline void case_good(struct fixture *f)
{
    static const struct report_class classes[] = {
        {.name = "FastTimeRESTUser", .target = "http://localhost:8888", .users = 909},
        {.name = "FastTimeStressUser", .target = "http://localhost:8888", .users = 91},
    };
    f->run.classes = classes;
    f->run.classes_len = 2;
    fixture_answers(f, fixture_series(f, "GET", "/api/v1/time"), 200, 20000, 180, 4100);
    fixture_answers(f, fixture_series(f, "GET", "/api/v1/time/{timezone}"), 200, 16000, 190, 5200);
    fixture_answers(f, fixture_series(f, "POST", "/api/v1/convert"), 200, 10000, 240, 9800);
    fixture_generator(f, 0.34, 120);
}

/* Everything a report can hold. */
static inline void case_scenario(struct fixture *f)
{
    static const struct report_class classes[] = {
        {.name = "FastTimeRESTUser", .target = "http://localhost:8888", .users = 909},
        {.name = "FastTimeStressUser", .target = "http://localhost:8888", .users = 91},
        {.name = "FastTimeMCPUser", .target = "", .users = 12},
        {.name = "PostgresUser",
         .target = "localhost:5433/mcp",
         .users = 0,
         .skipped = "cannot connect to localhost:5433: nobody listens there"},
        {.name = "RedisUser",
         .target = "redis://localhost:6379/0",
         .users = 0,
         .skipped = "left out by --class"},
    };
    static const char *const notes[] = {
        "12 of 1,000 users could not be started within the run: the spawn rate is too low for it",
    };
    f->run.classes = classes;
    f->run.classes_len = 5;
    f->end.notes = notes;
    f->end.notes_len = 1;
    uint32_t time = fixture_series(f, "GET", "/api/v1/time");
    uint32_t zone = fixture_series(f, "GET", "/api/v1/time/{timezone}");
    uint32_t info = fixture_series(f, "GET", "/api/v1/timezones/{timezone}/info");
    uint32_t convert = fixture_series(f, "POST", "/api/v1/convert");
    uint32_t mcp = fixture_series(f, "MCP", "get_system_time");
    fixture_answers(f, time, 200, 20000, 180, 41000);
    fixture_answers(f, zone, 200, 16000, 190, 52000);
    fixture_answers(f, info, 200, 4000, 210, 38000);
    fixture_answers(f, convert, 200, 9988, 240, 210000);
    fixture_answers(f, mcp, 0, 800, 900, 61000);
    fixture_failures(f, convert, ERR_STATUS, 500, "HTTP 500 Internal Server Error", 10, 1.7, 1.2,
                     14.8);
    fixture_failures(f, convert, ERR_STATUS, 400, "HTTP 400 Bad Request", 2, 0.9, 3, 3);
    fixture_failures(f, time, ERR_TIMEOUT, 0, "no complete answer within 2s", 3, 2000, 17.25, 21.5);
    fixture_failures(f, mcp, ERR_CHECK, 0, "get_system_time: no content in the result", 1, 2.5, 9,
                     9);
    for (int i = 0; i < 3; i++)
        stats_record_script_error(
            f->stats, "baseline.lua:112: attempt to index field 'clock' (a nil value)",
            "stack traceback:\n\tbaseline.lua:112: in function 'convert_time'\n\t[C]: in function "
            "'xpcall'",
            FIXTURE_START + (uint64_t)(4 + 3 * i) * NS_PER_S);
    for (int i = 0; i < 1234; i++)
        stats_record_check(f->stats, "has converted_time", true);
    for (int i = 0; i < 800; i++)
        stats_record_check(f->stats, "zone is the one asked for", i >= 17);
    fixture_generator(f, 0.34, 120);
    fixture_metrics(f);
    f->stats->generator.reconnects = 3;
    f->stats->generator.cancelled = 8;
    f->stats->generator.script_ns = 8 * NS_PER_S;
    f->stats->generator.script_longest_ns = 12500 * NS_PER_US;
    f->stats->generator.gc_ns = 250 * NS_PER_MS;
    f->stats->generator.gc_longest_ns = 310 * NS_PER_US;
    f->stats->generator.lua_bytes_most = 3 << 20;
    f->stats->generator.fds_most = 1012;
    f->stats->generator.fds_limit = 20000;
    f->stats->generator.tcp_sockets_most = 2024;
    f->stats->generator.local_ports = 28232;
    f->stats->generator.memory_most = 40 << 20;
    fixture_threshold(f, "p95 < 200ms");
    fixture_threshold(f, "GET /api/v1/time: p99 < 20ms");
    fixture_threshold(f, "failures < 1%");
    fixture_threshold(f, "GET /nowhere: p50 < 1s");
    fixture_threshold(f, "metric payload.p95 < 3k");
    fixture_threshold(f, "mean < 1ms for 10s abort");
    f->results[5].violated_s = 12;
}

/* One URL. */
static inline void case_oneoff(struct fixture *f)
{
    f->run.title = f->run.url = "http://127.0.0.1:8888/health";
    f->run.scenario = NULL;
    f->run.users = 64;
    f->run.spawn_rate = 0;
    f->run.duration_s = f->end.duration_s = 10;
    fixture_answers(f, fixture_series(f, "GET", f->run.url), 200, 123456, 43, 12301);
    fixture_generator(f, 0.97, 240);
}

/* One URL at a rate, some of it failing. */
static inline void case_oneoff_rate(struct fixture *f)
{
    case_oneoff(f);
    f->run.rate = 2000;
    uint32_t id = fixture_series(f, "GET", f->run.url);
    for (uint64_t i = 0; i < 500; i++) {
        struct sample sample = {
            .series = id,
            .response_ns = (300 + i * 20) * NS_PER_US,
            .service_ns = (300 + i) * NS_PER_US,
            .has_service = true,
            .first_byte_ns = (250 + i) * NS_PER_US,
            .bytes = 181,
            .status = 204,
            .end_ns = FIXTURE_START + NS_PER_S,
        };
        stats_record(f->stats, &sample);
    }
    fixture_failures(f, id, ERR_RESET, 0, "the server reset the connection", 40, 3.5, 4.1, 4.3);
    fixture_failures(f, id, ERR_STATUS, 503, "HTTP 503 Service Unavailable", 25, 0.8, 4.3, 6);
    fixture_generator(f, 0.2, 80);
    f->stats->generator.reconnects = 40;
    for (uint64_t i = 0; i < 104; i++) {
        hist_record(&f->stats->connections.connect, 90 + i);
        hist_record(&f->stats->connections.handshake, i < 64 ? 1200 + i : 400);
    }
    f->stats->connections.resumed = 40;
}

/* A one-off against a server that takes the request and says nothing. */
static inline void case_nothing_oneoff(struct fixture *f)
{
    f->run.title = f->run.url = "http://127.0.0.1:9/";
    f->run.scenario = NULL;
    f->run.users = 10;
    f->run.spawn_rate = 0;
    f->run.duration_s = f->end.duration_s = 10;
    fixture_generator(f, 0, 80);
    f->stats->generator.cancelled = 10;
}

/* A scenario that never came to a request. */
static inline void case_nothing(struct fixture *f)
{
    static const struct report_class classes[] = {
        {.name = "RedisUser",
         .target = "redis://localhost:6379/0",
         .users = 0,
         .skipped = "cannot connect to localhost:6379: nobody listens there"},
    };
    f->run.classes = classes;
    f->run.classes_len = 1;
    f->end.duration_s = 0;
    fixture_threshold(f, "p95 < 200ms");
}

/* Every request refused: counted, but none of the figures is the server's. */
static inline void case_refused(struct fixture *f)
{
    fixture_failures(f, fixture_series(f, "GET", "/api/v1/time"), ERR_REFUSED, 0,
                     "cannot connect to localhost:8888: nobody listens there", 5000, 0.06, 0.1,
                     29.9);
    fixture_generator(f, 0.02, 90);
}

/* Ctrl-C. */
static inline void case_interrupted(struct fixture *f)
{
    case_good(f);
    f->run.duration_s = 180;
    f->end.duration_s = 72.4;
    f->end.outcome = REPORT_INTERRUPTED;
    f->end.signal = 2;
    fixture_generator(f, 0.5, 14000);
}

/* --abort-on-script-error. */
static inline void case_aborted(struct fixture *f)
{
    case_good(f);
    f->end.duration_s = 3.2;
    f->end.outcome = REPORT_ABORTED;
    f->end.reason = "mine.lua:7: no token (--abort-on-script-error)";
}

/* A day of a fast server, merged upwards; latencies up to an hour. */
static inline void case_huge(struct fixture *f)
{
    f->run.title = "scripts/soak.lua";
    f->run.scenario = "scripts/soak.lua";
    f->run.users = 1000000;
    f->run.duration_s = f->end.duration_s = 86400;
    uint32_t time = fixture_series(f, "GET", "/api/v1/time");
    fixture_answers(f, time, 200, 9999, 3, 3.6e9);
    fixture_failures(f, time, ERR_CLOSED, 0, "the server closed the connection before its answer",
                     7, 1, 5000, 80000);
    struct stats *copy = stats_new();
    for (int i = 0; i < 22; i++) { /* doubles: 4.2e10 requests */
        stats_merge(copy, f->stats);
        stats_merge(f->stats, copy);
        stats_clear(copy);
    }
    stats_free(copy);
    f->stats->begin_ns = FIXTURE_START;
    fixture_generator(f, 0.8999, 9990);
}

/* Long, foreign and hostile names. */
static inline void case_names(struct fixture *f)
{
    static const struct report_class classes[] = {
        {.name = "Кириллица", .target = "http://example.org/\033]0;title\007", .users = 3},
        {.name = "ユーザー", .target = "", .users = 4},
    };
    f->run.classes = classes;
    f->run.classes_len = 2;
    f->run.title = "żółw";
    fixture_answers(
        f,
        fixture_series(f, "GET",
                       "/api/v1/organizations/{organization}/projects/{project}/environments/"
                       "{environment}/deployments/{deployment}/status"),
        200, 100, 900, 2100);
    fixture_answers(f, fixture_series(f, "GET", "/時刻/{都市}"), 200, 50, 900, 2100);
    fixture_answers(f, fixture_series(f, "GET", "/caf\xc3\xa9/\xff\xfe"), 200, 25, 900, 2100);
    fixture_failures(f, fixture_series(f, "POST", "/\033[31mred\r\n"), ERR_PROTOCOL, 0,
                     "\033[2J\033[Hbad first line: \"\xc3\x28 hello\"\n\tsecond line", 2, 1, 1, 2);
    stats_record_check(f->stats,
                       "naïve ✓ \xe2\x80\xae"
                       "evil",
                       false);
    fixture_generator(f, 0.1, 50);
}

/* The open model: arrivals of two classes beside users that wait, after a warm-up. */
static inline void case_arrivals(struct fixture *f)
{
    static const struct report_class classes[] = {
        {.name = "Visitor", .target = "http://localhost:8888", .users = 500, .arrivals = "100/s"},
        {.name = "Crawler",
         .target = "http://localhost:8888",
         .users = 10,
         .arrivals = "5/s to 20/s, at random",
         .number = 1},
        {.name = "Editor", .target = "http://localhost:8888", .users = 5, .number = 2},
    };
    f->run.classes = classes;
    f->run.classes_len = 3;
    f->run.users = 5;
    f->run.warmup_s = 10;
    uint32_t page = fixture_series(f, "GET", "/page");
    for (uint64_t i = 0; i < 3000; i++) {
        uint64_t late_us = i < 150 ? 2000 * i : i % 40;
        stats_record(f->stats, &(struct sample){
                                   .series = page,
                                   .service_ns = (900 + i % 300) * NS_PER_US,
                                   .response_ns = (900 + i % 300 + late_us) * NS_PER_US,
                                   .has_service = true,
                                   .bytes = 500,
                                   .status = 200,
                                   .end_ns = FIXTURE_START + i * 10 * NS_PER_MS,
                               });
        stats_record_start(f->stats, 0, late_us * NS_PER_US, i < 150);
    }
    stats_count_arrivals(f->stats, 0, 2990, 0); /* ten were due in the warm-up */
    for (int i = 0; i < 300; i++)
        stats_record_start(f->stats, 1, 30 * NS_PER_US, false);
    stats_count_arrivals(f->stats, 1, 320, 20);
    fixture_generator(f, 0.02, 60);

    f->warmup = stats_new();
    uint64_t before = FIXTURE_START - 10 * NS_PER_S;
    f->warmup->warmup = true;
    f->warmup->begin_ns = before;
    for (uint64_t i = 0; i < 1000; i++)
        stats_record(f->warmup, &(struct sample){
                                    .series = page,
                                    .service_ns = 5 * NS_PER_MS,
                                    .response_ns = 7 * NS_PER_MS,
                                    .has_service = true,
                                    .bytes = 500,
                                    .status = 200,
                                    .end_ns = before + i * 10 * NS_PER_MS,
                                });
    stats_count_arrivals(f->warmup, 0, 1010, 0);
    f->end.warmup = f->warmup;
}

static const struct {
    const char *name;
    void (*build)(struct fixture *f);
} fixture_cases[] = {
    {"good", case_good},
    {"scenario", case_scenario},
    {"oneoff", case_oneoff},
    {"oneoff_rate", case_oneoff_rate},
    {"arrivals", case_arrivals},
    {"nothing_oneoff", case_nothing_oneoff},
    {"nothing", case_nothing},
    {"refused", case_refused},
    {"interrupted", case_interrupted},
    {"aborted", case_aborted},
    {"huge", case_huge},
    {"names", case_names},
};
enum { FIXTURE_CASES = sizeof(fixture_cases) / sizeof(fixture_cases[0]) };
