/*
 * Reporters: what turns statistics into something a person or a program
 * reads. A reporter sees snapshots and the run's description, never sockets
 * or Lua. One file each, one row each in the table in report.c.
 */
#pragma once

#include "base/err.h"
#include "stats/stats.h"
#include "stats/threshold.h"

#include <stdbool.h>
#include <stdint.h>

/* One user class as the report lists it. */
struct report_class {
    const char *name;
    const char *target; /* its host, passwords never; "" when it has none */
    uint32_t users;     /* planned */
    const char *skipped; /* why it does not run; NULL when it does */
};

/* What is known of the run before it starts; outlives every reporter. */
struct report_run {
    const char *title;    /* "baseline", or the URL of a one-off */
    const char *scenario; /* the scenario's name or path; NULL for a one-off */
    const char *url;      /* a one-off's target; NULL for a scenario */
    const char *version;
    uint32_t users;       /* connections, for a one-off */
    double spawn_rate;    /* users per second; 0: all at once */
    double duration_s;    /* planned; 0: until a count is reached */
    uint64_t requests;    /* planned number of requests; 0: no limit */
    int workers;
    uint64_t seed;
    double started_wall;  /* seconds since the epoch */
    const struct report_class *classes; /* borrowed */
    size_t classes_len;
    struct catalog *catalog;
};

/* How the run stands; handed over about once a second while it runs. */
struct report_tick {
    double elapsed_s;
    uint32_t users;              /* running now */
    const struct stats *total;    /* since the start */
    const struct stats *interval; /* since the tick before */
    double interval_s;
    bool stopping;
};

enum report_outcome {
    REPORT_FINISHED,    /* it ran as long as planned */
    REPORT_INTERRUPTED, /* a signal ended it */
    REPORT_ABORTED,     /* --abort-on-script-error, or the script asked */
};

/* How it ended. */
struct report_end {
    const struct stats *total;
    double duration_s; /* of the load: what rates divide by */
    enum report_outcome outcome;
    const char *reason; /* for ABORTED: what ended it; or NULL */
    const struct threshold_result *thresholds;
    size_t thresholds_len;
    const char *const *notes; /* what a reader must know to trust the figures: stuck workers, lost users */
    size_t notes_len;
};

struct reporter; /* one live instance */

struct report_options {
    const char *path;  /* where to write; NULL: stdout; "-": stdout */
    bool latency;      /* the console draws the latency histogram */
    bool quiet;        /* no progress while it runs */
    bool color;        /* the terminal shows colours */
    bool terminal;     /* stderr is a terminal: one refreshed line, not plain lines */
};

/* A kind of reporter. Slots but `open` and `end` may be NULL. */
struct reporter_kind {
    const char *name; /* "console", "json" */
    /* Checks that it can write before the run starts. NULL and *err filled
     * when it cannot. */
    struct reporter *(*open)(const struct report_run *run, const struct report_options *opt,
                             struct err *err);
    void (*tick)(struct reporter *r, const struct report_tick *tick);
    /* The last call; writes, and frees r. -1 and *err filled when the output
     * could not be written (disk full, closed pipe). */
    int (*end)(struct reporter *r, const struct report_end *end, struct err *err);
};

/* A kind by name, or NULL. */
const struct reporter_kind *report_kind(const char *name);
