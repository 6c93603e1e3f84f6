/*
 * A scenario's users in the calling thread, without workers: one state, one
 * event loop, as long as it takes. For `inrush check`, and for the probes of
 * optional components before a run.
 */
#pragma once

#include "base/err.h"
#include "net/net.h"
#include "script/scenario.h"
#include "script/script.h"
#include "stats/stats.h"

struct user;

struct solo {
    struct ev_loop *loop; /* owned, as all of these */
    struct net net;
    struct catalog *catalog;
    struct stats *stats;
    struct script *script;
    uint32_t users; /* made so far: the next one's number */
};

/* Loads the scenario; -1 with *err, and then nothing to release. */
int solo_open(struct solo *solo, const struct script_options *options,
              const struct scenario *scenario, struct err *err);
void solo_release(struct solo *solo);

/* One user of a class: each of its tasks once. */
void solo_run_tasks(struct solo *solo, size_t class_index);

/*
 * Runs the probe of every selected class that has one, at the same time, within
 * timeout_s. A class whose probe fails gets its reason in skipped[] (owned
 * strings, one slot per class, NULL at first) and is not selected any more.
 */
void solo_probe(struct solo *solo, struct scenario *scenario, double timeout_s, char **skipped);
