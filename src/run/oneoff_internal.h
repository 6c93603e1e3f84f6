/*
 * What oneoff.c, when a connection sends and when it goes, and oneoff_request.c,
 * what it sends and what is recorded of the answer, share.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "proto/http1.h"
#include "run/oneoff.h"
#include "run/pacer.h"
#include "run/worker.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

/* Of a connection that has sent several requests at once. */
struct pipeline {
    struct http1_batch batch;
    VEC(bool) heads;         /* the batch's */
    VEC(struct sample) held; /* answered, and waiting for the last one's time (batch_latency) */
};

struct connection {
    struct http1_op op;
    struct load *load; /* borrowed, owns this */
    struct connection *next_resting;
    bool resting;
    struct buf own;  /* owned: what the source makes anew for each request */
    uint64_t due_ns; /* with a schedule: when the request was to start; else 0 */
    uint32_t series;
    struct pipeline *pipeline; /* owned; NULL until it is needed */
};

struct load {
    struct worker *worker;          /* borrowed, owns this */
    const struct oneoff *about;     /* borrowed, the plan's */
    void *source;                   /* owned, of kind about->source */
    const struct endpoint *origins; /* the source's */
    uint32_t origins_len;
    struct connection *items; /* owned */
    struct http1_conn *
        *conns;       /* owned, as they are: one a connection and origin, made when needed */
    ev_timer *delays; /* owned; one a connection, if the source has delays */
    uint32_t delayed; /* so many of these run */
    struct connection *resting; /* open model, or in a pause: the first of a list */
    struct pacer *pacers;       /* owned; one, or in the closed model one a connection */
    uint32_t pacers_len;        /* 0: no schedule */
    bool sent_home;
    uint32_t len, active;
    uint32_t begun, to_begin; /* at the start, a few at a time */
    ev_timer begin_timer;
    ev_timer rate_timer;   /* looks at the answers a second */
    uint64_t rate_from_ns; /* since when `answers` counts */
    uint32_t answers;
    bool rate_seen; /* it has been looked at */
    uint64_t left;  /* requests still to start; UINT64_MAX: no limit, or the schedule's */
    enum {
        LOAD_RUNS,
        LOAD_PAUSED, /* without a schedule: who would send is held, as one that rests */
        LOAD_STOPS,  /* nothing further begins: the run ends, or the source has ended */
    } state;
};

/* Asks the source for the connection's next request, or several at once but no
 * more than `most`, and sends it; due_ns: when it was to start, or 0. False when
 * nothing further is to be sent. */
bool oneoff_request(struct connection *c, uint64_t due_ns, uint64_t most);
/* Counts the request that c->op was about, whose outcome is there. */
void oneoff_record(struct load *load, const struct connection *c);
/* The same of several that were sent at once: the last that was answered, or the
 * first that was not and all behind it. */
void oneoff_record_batch(struct load *load, struct connection *c);
