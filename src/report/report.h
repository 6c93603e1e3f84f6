/*
 * Reporters: what turns statistics into something a person or a program
 * reads. A reporter sees snapshots and the run's description, never sockets
 * or Lua. One file each, one row each in the table in report.c.
 *
 * The life of a reporter: open before the run, tick while it runs, end after
 * it; or open and discard, when another cannot be opened and so no run begins.
 * End every reporter that was opened, also when another one's end failed:
 * a full disk under the JSON file must not cost the console report.
 */
#pragma once

#include "base/err.h"
#include "stats/stats.h"
#include "stats/threshold.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* One task of a user class. */
struct report_task {
    const char *name;
    double weight;
    uint32_t number; /* its place in the tasks of the statistics */
};

/* One user class as the report lists it. */
struct report_class {
    const char *name;
    const char *target;              /* its host, passwords never; "" when it has none */
    uint32_t users;                  /* planned; with arrivals the most that may serve them */
    const char *arrivals;            /* its rate, "100/s"; NULL: its users wait instead */
    uint32_t number;                 /* its place in class_arrivals of the statistics */
    const struct report_task *tasks; /* that were not left out; borrowed */
    size_t tasks_len;
    const char *skipped; /* why it does not run; NULL when it does */
};

/* What is known of the run before it starts; outlives every reporter. */
struct report_run {
    const char *title;    /* "baseline", or the URL of a one-off */
    const char *scenario; /* the scenario's name or path; NULL for a one-off */
    const char *url;      /* a one-off's target; NULL for a scenario */
    const char *version;
    const char *command; /* its line, secrets left out; NULL: none */
    uint32_t users;      /* connections, for a one-off */
    double spawn_rate;   /* users per second; 0: all at once */
    double rate;         /* intended requests per second (-R); 0: as many as it takes */
    bool ramp;           /* it goes evenly from rate ... */
    double rate_to;      /* ... to this over the run; else 0 */
    double warmup_s;     /* at the start, left out of the figures; 0: none */
    double duration_s;   /* planned, after the warm-up; 0: until a count is reached */
    uint64_t requests;   /* planned number of requests; 0: no limit */
    int workers;
    int cpus; /* that this process may use; 0: not known */
    uint64_t seed;
    double started_wall;                /* seconds since the epoch */
    const struct report_class *classes; /* borrowed */
    size_t classes_len;
    struct catalog *catalog;
};

/* How the run stands. The first tick comes as the load starts, with
 * elapsed_s 0 and empty statistics; then about one a second; the last when all
 * has ended, so that the intervals add up to the total. */
struct report_tick {
    double elapsed_s;
    uint32_t users;            /* running now */
    uint64_t waiting;          /* arrivals that are due and have not started, for want of users */
    const struct stats *total; /* since the start */
    const struct stats *interval; /* since the tick before: from its begin_ns to its end_ns */
    /* The two summed over all series (stats_total): made once for all reporters.
     * Borrowed, as the statistics are, until the tick returns. */
    const struct series *total_sum, *interval_sum;
    double interval_s; /* how long that is; never 0 where there are figures */
    bool warmup;       /* the interval belongs to the warm-up, and is not in total */
    const char *stage; /* that of the interval; NULL: the run has no stages */
    int stage_number;  /* its place in the course of the run, from 0; a late worker's figures may
                          come behind those of the stage that follows */
    bool stopping;
};

/* What a person at the keyboard may ask of the run; filled in by the run. */
struct report_control {
    void *run; /* for the functions; borrowed */
    /* More or fewer users (connections, for a one-off); *now is how many are
     * asked for from here on. -1 with *err where the number is not a person's
     * to change. */
    int (*change_users)(void *run, int by, uint32_t *now, struct err *err);
    /* Nothing new is started while it is paused; what is under way ends. */
    void (*pause)(void *run, bool paused);
    /* Ends the run well, as planned ends do. */
    void (*stop)(void *run);
};

enum report_outcome {
    REPORT_FINISHED,    /* it ran as long as planned */
    REPORT_INTERRUPTED, /* a signal ended it */
    REPORT_ABORTED,     /* --abort-on-script-error, or the script asked */
    REPORT_THRESHOLD,   /* a threshold that aborts did not hold */
};

struct spreads; /* report/spread.h */

/* How it ended. */
struct report_end {
    const struct stats *total;       /* its begin_ns is when the load started */
    const struct stats *warmup;      /* what the warm-up measured; NULL: there was none */
    const struct series *total_sum;  /* total summed over all series (stats_total) */
    const struct series *warmup_sum; /* warmup likewise; NULL: there was none */
    const struct spreads *spreads;   /* how much its seconds differed; NULL: not known */
    double duration_s;               /* of the load: what rates divide by; without the warm-up */
    enum report_outcome outcome;
    int signal;         /* for INTERRUPTED: SIGINT, SIGTERM or SIGHUP; 0 counts as SIGINT */
    const char *reason; /* for ABORTED and THRESHOLD: what ended it; or NULL */
    bool strict;        /* figures of a generator at its limit are no result (--strict) */
    const struct threshold_result *thresholds;
    size_t thresholds_len;
    const char *const
        *notes; /* what a reader must know to trust the figures: stuck workers, lost users */
    size_t notes_len;
};

/* What the program's exit status is after such an end, and what it means. One
 * place, so that the status and the reports cannot disagree. */
int report_exit_status(const struct report_end *end);
const char *report_exit_meaning(const struct report_end *end);

/* Requests that got an answer, whatever it was: all but those that failed on
 * their way (refused, timed out, cut off...). 0: nothing was measured. */
uint64_t report_answered(const struct stats *total);

/* Of the JSON report. A higher number means that old readers would get figures
 * wrong; new names alone do not raise it. */
enum { REPORT_JSON_SCHEMA = 1 };

struct reporter; /* one live instance */
struct baseline; /* report/baseline.h */

struct report_options {
    const char *path; /* json: the file; NULL or "-": stdout */
    FILE *out;        /* console: where the report goes; borrowed, as live */
    FILE *live;       /* console: where it shows how the run stands */
    int columns;      /* console: the width of out; 0: ask the terminal; no limit when it is none */
    bool latency;     /* console: draw the latency histogram */
    bool spectrum;    /* console: print the percentile spectrum */
    bool uncorrected; /* wrk: with a rate, print the service times' percentiles too */
    bool quiet;       /* console: nothing while it runs */
    bool color;       /* out shows colours */
    bool live_color;  /* live shows colours */
    bool terminal;    /* live is a terminal: one refreshed line, not plain lines */
    bool utf8;        /* both show more than ASCII */
    struct baseline *baseline; /* baseline: the earlier run; borrowed */
};

/* Fills everything from the environment: streams, terminals, NO_COLOR, TERM
 * and the locale's character set; path NULL, latency and quiet false. With
 * stdout_taken ("--json -") the console report goes to stderr. */
void report_options_detect(struct report_options *opt, bool stdout_taken);

/* Whether the live view can be shown: keys come from a terminal whose foreground
 * we are in, stdout is one of a known kind (TERM), and it is large enough. */
bool report_tui_fits(void);

/* A kind of reporter. Only `tick` and the slots for keys may be NULL. */
struct reporter_kind {
    const char *name; /* "console", "json" */
    /* Checks that it can write before the run starts. NULL and *err filled
     * when it cannot. opt is copied, its strings and streams are borrowed. */
    struct reporter *(*open)(const struct report_run *run, const struct report_options *opt,
                             struct err *err);
    void (*tick)(struct reporter *r, const struct report_tick *tick);
    /* The last call; writes, and frees r. -1 and *err filled when the output
     * could not be written (disk full, closed pipe). */
    int (*end)(struct reporter *r, const struct report_end *end, struct err *err);
    /* The last call instead, when the run does not start: frees r and says
     * nothing; files stay as they were before it was opened. */
    void (*discard)(struct reporter *r);
    /* For one that takes keys: the descriptor to watch, and the call when it
     * can be read. In the main thread, between ticks. */
    int (*input_fd)(struct reporter *r);
    void (*input)(struct reporter *r, const struct report_control *control);
};

/* A kind by name, or NULL. */
const struct reporter_kind *report_kind(const char *name);
