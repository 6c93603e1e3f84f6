/*
 * When to connect again after a connection could not be made: not before
 * 10 ms have passed, then 20 ms and so on up to 1 s, each with up to half of it
 * taken off at random, so that a dead server is not spun on and its clients do
 * not come back all at once. The same for every protocol.
 *
 * Where requests begin at a rate (net.paced) nothing is waited for: the rate
 * bounds the attempts, and each fails at the time when it was due.
 *
 * When a load ends, nothing is waited for that has not begun: backoff_hurry.
 */
#pragma once

#include "net/net.h"

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    struct net *net; /* borrowed, outlived by the worker */
    void (*due)(struct backoff *b);
    void *owner;           /* of due; borrowed */
    struct backoff **link; /* what points to it among those that wait; NULL: it does not */
    struct backoff *next;
    ev_timer timer;
    uint64_t retry_ns; /* not to connect before, by clock_ns(); 0: at once */
    uint8_t failures;  /* to connect, in a row */
};

/* due: called from the loop when it is time to connect. */
void backoff_init(struct backoff *b, struct net *net, void (*due)(struct backoff *b), void *owner);

void backoff_failed(struct backoff *b);
void backoff_connected(struct backoff *b);
/* Whether a connection may be begun now. */
bool backoff_is_over(const struct backoff *b, uint64_t now_ns);

/* Calls due when it is over. */
void backoff_wait(struct backoff *b);
/* Calls due as soon as the loop comes to it: for what may not be told at once. */
void backoff_raise(struct backoff *b);
/* Neither, any more; harmless when nothing is to come. */
void backoff_stop(struct backoff *b);

/* The load ends: due of all that wait is called, and from now on none waits for
 * longer than the first time. */
void backoff_hurry(struct net *net);
