/*
 * What was measured over some span of time by some workers.
 *
 * Each worker records into a struct stats of its own and, a few times a
 * second, publishes it whole and goes on with an empty one; the main thread
 * merges what arrives. So a struct stats is always either one worker's
 * interval or the sum of such, and has one writer. Nothing is sampled or
 * dropped: the sum over the run is exact.
 */
#pragma once

#include "base/err.h"
#include "base/queue.h"
#include "base/vec.h"
#include "stats/catalog.h"
#include "stats/generator.h"
#include "stats/groups.h"
#include "stats/hist.h"
#include "stats/metric.h"
#include "stats/request_log.h"
#include "stats/text_index.h"

#include <stdbool.h>
#include <stdint.h>

struct status_count {
    int status; /* HTTP status code */
    uint64_t count;
};

/* The statistics of one type + name. */
struct series {
    uint32_t id;
    uint64_t requests; /* completed, failed ones included */
    uint64_t failures;
    uint64_t bytes; /* received */
    /* Of the requests that were answered or timed out. What was refused or cut
     * off has no response time: its few microseconds would make a server that
     * is down look fast. */
    struct hist response;   /* due -> complete */
    struct hist service;    /* sent -> complete; used when has_service */
    bool has_service;       /* some request was due before it was sent (a rate or pacing) */
    struct hist first_byte; /* sent -> first byte of the answer; empty where not measured */
    VEC(struct status_count) statuses; /* in order of first sight */
    uint32_t last_status; /* the one counted last: where the next is looked for first */
};

/* At most this many different failures, script errors and checks are told
 * apart in one struct stats; the others are counted (failures still by series
 * and kind) under the text STATS_MORE. */
enum { STATS_MESSAGES_MAX = 1000 };
#define STATS_MORE "(more messages)"

/* Equal failures of one series, counted. */
struct failure {
    uint32_t series;
    enum err_kind kind;
    char *message; /* owned */
    uint64_t count;
    uint64_t first_ns, last_ns; /* clock_ns() of the first and the last */
};

/* Equal script errors, counted: what a task raised, with its traceback. */
struct script_error {
    char *message;   /* "baseline.lua:12: attempt to ..."; owned */
    char *traceback; /* of the first; owned */
    uint64_t count;
    uint64_t first_ns, last_ns;
};

/* A check of the scripts, by name: res:check("has a token", cond). */
struct check_count {
    char *name; /* owned */
    uint64_t passes, failures;
};

/* How connections came to be. */
struct connection_times {
    struct hist connect;   /* begun to connect, looking the name up included -> connected, us */
    struct hist handshake; /* connected -> TLS agreed, us; empty without TLS */
    uint64_t resumed;      /* handshakes that resumed an earlier session */
};

/* Starts that a schedule asked for: the open model's, or each connection's or
 * user's share of a rate in the closed one. */
struct arrival_stats {
    uint64_t due;     /* so many were due */
    uint64_t started; /* of these, so many were started */
    uint64_t late;    /* of these, so many had to wait for a free connection or user */
    uint64_t dropped; /* due, and never started: the run ended, or the queue was full */
    struct hist lag;  /* due -> started, us, of all that were started */
};

struct stats {
    struct queue_node node; /* for the way to the main thread and back */
    struct series *
        *series; /* by id; owned; NULL, or without requests, where nothing was recorded */
    uint32_t series_len;
    VEC(struct failure) failures;
    VEC(struct script_error) script_errors;
    VEC(struct check_count) checks;
    struct metric_set metrics;   /* the scripts' own, by number in the catalog */
    struct series_groups groups; /* what thresholds asked for besides the series */
    /* Where each of these is found by its text, and the one found last. */
    struct text_index failure_index, script_error_index, check_index;
    uint32_t last_failure, last_script_error, last_check;
    struct generator_stats generator;
    struct connection_times connections;
    struct request_log *requests;             /* each by itself; owned; NULL: only summed */
    struct arrival_stats arrivals;            /* of a schedule: all */
    VEC(struct arrival_stats) class_arrivals; /* and by user class: as many as had any, or fewer */
    VEC(uint64_t) tasks; /* begun, by the task's number in the scenario; as above */
    /* Answers a second of each worker by itself, looked at ten times a second; a one-off's. */
    struct hist rates;
    int stage;      /* of the run, from 0, in which all of it was measured; of an interval */
    bool warmup;    /* measured before the warm-up was over: kept beside the figures, not in them */
    int worker;     /* whose interval; -1 for a sum */
    uint32_t users; /* running at the end of the span; summed over workers by merge */
    uint64_t begin_ns, end_ns;
    uint64_t last_ns; /* clock_ns() when the last request completed; 0: none did */
};

struct stats *stats_new(void);
void stats_free(struct stats *s);
/* Empties it and keeps its memory. */
void stats_clear(struct stats *s);
/* From now on it keeps each request too, and those of what is merged into it. */
void stats_keep_requests(struct stats *s);

/* One completed request. */
struct sample {
    uint32_t series;
    uint32_t user; /* whose: a number from 1; 0: not known */
    uint64_t response_ns;
    uint64_t service_ns;
    bool has_service;       /* record service_ns too */
    uint64_t first_byte_ns; /* sent -> first byte; 0: not measured */
    uint64_t bytes;
    int status;          /* 0: the protocol has none, or none arrived */
    enum err_kind error; /* ERR_NONE: it succeeded */
    const char *message; /* of a failure; copied on first sight */
    uint64_t end_ns;
};

/* The series by id, made on first use. */
struct series *stats_series_touch(struct stats *s, uint32_t id);
void stats_record(struct stats *s, const struct sample *sample);
/* Only into this series, its failure without a message. */
void series_record(struct series *series, const struct sample *sample);
void stats_record_script_error(struct stats *s, const char *message, const char *traceback,
                               uint64_t now_ns);
void stats_record_check(struct stats *s, const char *name, bool passed);
void stats_add_tasks(struct stats *s, uint32_t number, uint64_t count);

/* A task begins. */
static inline void stats_count_task(struct stats *s, uint32_t number)
{
    if (__builtin_expect(number < s->tasks.len, 1))
        s->tasks.items[number]++;
    else
        stats_add_tasks(s, number, 1);
}

/* The same of many at once: what was counted elsewhere, such as in a report
 * that is read back. Their texts are copied on first sight. */
void stats_add_failure(struct stats *s, const struct failure *failure);
void stats_add_script_error(struct stats *s, const struct script_error *error);
void stats_add_check(struct stats *s, const struct check_count *check);

/* dst += src: counts add, spans unite, users add. */
void stats_merge(struct stats *dst, const struct stats *src);

/* The sum over all series as one series (id UINT32_MAX); the caller inits it
 * with series_init and releases it. */
void series_init(struct series *series, uint32_t id);
void series_release(struct series *series);
void series_clear(struct series *series);
void series_merge(struct series *dst, const struct series *src);
void stats_total(const struct stats *s, struct series *total);
