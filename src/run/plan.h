/*
 * What a run is to do, decided before it starts and read-only from then on:
 * how many users of which class, how fast, for how long, on how many workers.
 */
#pragma once

#include "base/err.h"
#include "run/schedule.h"
#include "script/scenario.h"
#include "script/script.h"

#include <stdbool.h>
#include <stdint.h>

struct net_options;
struct oneoff;

/* A part of the run; see crowd.h. */
struct plan_stage {
    const char *name; /* borrowed */
    double end_s;     /* since the start of the run */
    uint32_t users;   /* when it ends */
};

/* A class whose tasks begin at a rate (the open model); see crew.h. */
struct plan_arrivals {
    bool open; /* it is one */
    struct schedule schedule;
    uint32_t max_users;  /* over all workers; above 0 */
    uint32_t first_user; /* their numbers begin here */
};

struct plan {
    uint32_t users;        /* connections, for a one-off; with stages the most there will be */
    double spawn_rate;     /* users per second; 0: all at once */
    double warmup_s;       /* runs before duration_s begins to count; its figures are kept apart */
    double duration_s;     /* 0: until a count is reached or a signal comes */
    double stop_timeout_s; /* how long running tasks may go on at the end */
    int workers;
    uint64_t seed;
    bool abort_on_script_error;
    bool until_interrupted;        /* a signal is how it ends: no interruption */
    bool keep_requests;            /* each by itself, for a log of them */
    const struct net_options *net; /* borrowed; NULL: none */

    /* One of these. */
    const struct scenario *scenario; /* with `script` to load it; borrowed */
    const struct script_options *script;
    const struct oneoff *oneoff; /* borrowed */

    const struct plan_stage *stages; /* borrowed; the course of users instead of spawn_rate */
    size_t stages_len;
    uint32_t users_most; /* to which a person may raise them; at least users */

    /* Rates. Of a scenario's classes, by index; NULL: none has arrivals. Owned. */
    struct plan_arrivals *arrivals;
    /* Or of its users, each of which has its share (the closed model): borrowed; NULL: they
     * wait as their classes say. */
    const struct schedule *shared;

    /* A scenario's users, by number from 0, users_most of them: class and worker. Owned. */
    struct plan_user {
        uint16_t class;
        uint16_t worker;
    } * order;
};

void plan_release(struct plan *plan);

/* The CPUs this process may run on. */
int plan_cpus(void);

/* So many connections the hard limit of file descriptors has room for. */
uint32_t plan_most_connections(int workers);

/* Raises the soft limit of file descriptors to what so many connections need;
 * -1 with ERR_SYSTEM, naming the number, where the hard limit is lower. */
int plan_check_fds(uint32_t connections, int workers, struct err *err);

/* Fills order: at every moment of the ramp the classes stand by their weights
 * (smooth weighted round robin: each turn every class gains its weight, the
 * richest one is taken and pays the sum), fixed_count users first; each class
 * is dealt out evenly over the workers. Classes with arrivals have no part in
 * it; without any other there are no users. Needs users, arrivals, workers and scenario, and
 * users_most where it is more than users. */
void plan_order(struct plan *plan);

/* The most users that arrivals may have at work, over all classes. */
uint32_t plan_arrival_users(const struct plan *plan);

/* How many of the users are of a class. */
uint32_t plan_class_users(const struct plan *plan, size_t class_index);
