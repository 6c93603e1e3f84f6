/*
 * What the files of a run in the main thread share: runner.c, its life;
 * totals.c, what it has measured so far; stuck.c, workers that hang; keyboard.c,
 * a person who steers it; ending.c, what is said at its end.
 */
#pragma once

#include "base/queue.h"
#include "base/vec.h"
#include "report/spread.h"
#include "run/runner.h"
#include "run/worker.h"
#include "stats/stats.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

enum run_state { RUNNING, STOPPING, KILLING };

/* What stuck.c remembers of a worker. */
struct watched {
    uint_fast64_t entries; /* at the last tick */
    int ticks;             /* for so many it has not changed */
    uint_fast64_t pressed; /* entries when it was last pressed to end */
    bool interrupted, noted;
};

struct run {
    const struct run_spec *spec;
    struct run_result *result;
    struct ev_loop *loop;
    ev_async woken;
    ev_signal on_int, on_term, on_hup;
    ev_io input; /* of the reporter that takes keys, if any */
    const struct run_reporter *keys;
    uint32_t asked_users; /* by a person, or as the plan has it */
    uint64_t paused_ns;   /* since when the run is paused; 0: it is not */
    double paused_s;      /* for so long in all, before that */
    ev_timer tick_timer, duration_timer, escalate_timer;
    enum run_state state;

    struct worker **workers;
    struct watched *watched;   /* by worker */
    int *parts;                /* of the run that it has told of last, by worker; see totals.c */
    VEC(struct stats *) ahead; /* published, of a part that not all have reached */
    int workers_len;
    struct worker_boss boss;
    struct queue published;

    struct stats *total, *interval;
    struct stats *warmup; /* what was measured before it was over; NULL: there is none */
    bool warming_up;      /* the interval belongs to it */
    int stage;            /* and to this one of the plan's, if it has any */
    /* The sums over all series, as of the last tick; and how the seconds differed. */
    struct series total_sum, warmup_sum, interval_sum;
    struct spreads spreads;
    uint32_t *users; /* running now, by worker */
    uint64_t start_ns, stop_ns, interval_ns;
    bool spawned_all;
    struct gates *gates;
    VEC(char *) notes; /* owned */
    char *reason;      /* of an abort; owned */
};

/* --- runner.c ---------------------------------------------------------------- */

/* Begins to end the run, if it is not ending yet. */
void run_stop(struct run *r, enum report_outcome outcome);
/* A remark for the report; the run owns text from now on. */
void run_note(struct run *r, char *text);
/* Users that have begun, over all workers. */
uint32_t run_spawned(const struct run *r);

/* --- totals.c ---------------------------------------------------------------- */

/* Adds what one worker measured to what it belongs to; s stays the caller's. */
void totals_absorb(struct run *r, struct stats *s);
/* Absorbs what the workers have published, once all have told of what came before
 * it, and gives it back to them. */
void totals_collect(struct run *r);
/* Tells the reporters and the thresholds, which may stop the run, and begins a
 * new interval. */
void totals_tick(struct run *r);

/* --- stuck.c ----------------------------------------------------------------- */

/* At every tick: warns about workers that have been inside one call too long. */
void stuck_watch(struct run *r);
/* Whether worker i has been warned about, and hangs still. */
bool stuck_is(const struct run *r, int i);
/* All workers are about to be told to end at once: from here on those that do
 * not are looked at. */
void stuck_expect_end(struct run *r);
/* Worker i should have ended: if it is stuck, the next, harder means. */
void stuck_press(struct run *r, int i);
/* Absorbs what a parked worker had measured, from where it stands. */
void stuck_salvage(struct run *r, struct worker *w);

/* --- keyboard.c -------------------------------------------------------------- */

/* Listens to the keys of the reporter that takes them, if there is one. */
void keyboard_watch(struct run *r);
/* At the end: ends a pause, and notes what a person has changed. */
void keyboard_note(struct run *r);

/* --- ending.c ---------------------------------------------------------------- */

/* What of the plan did not come about. */
void ending_note_unspawned(struct run *r);
void ending_note_unmeasured(struct run *r);
/* Judges the thresholds, sets the exit status and ends the reporters. */
void ending_report(struct run *r);
