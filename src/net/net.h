/*
 * What the network code of one worker shares: its event loop, its resolver,
 * its deadlines, the buffer that reads land in. One struct net per worker
 * thread; nothing here is locked.
 */
#pragma once

#include "base/rng.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct alarms;
struct backoff;
struct deadlines;
struct resolver;
struct stats;

/* Reads land here first; a response that is complete in one read is never
 * copied. Whoever needs bytes beyond the read's callback copies them. */
enum { NET_SCRATCH = 64 * 1024 };

struct net {
    struct ev_loop *loop;        /* borrowed, outlived by the worker's loop */
    struct deadlines *deadlines; /* owned */
    struct alarms *alarms;       /* owned */
    struct resolver *resolver;   /* owned */
    char *scratch;               /* owned; NET_SCRATCH bytes */
    struct rng rng;              /* jitter only; scenarios have their own */
    struct stats *stats;         /* the owner's current one, for connection times; or NULL */
    struct backoff *waiting;     /* to connect again; net/backoff.h */
    bool hurried;                /* the load ends: they are not waited for */
    bool paced;                  /* requests begin at a rate: none waits to connect again */
    uint64_t connects;           /* connections opened so far */
    uint64_t reconnects;         /* of these, to replace one that was lost or closed */
};

void net_init(struct net *net, struct ev_loop *loop);
/* Every connection and operation must be gone. */
void net_release(struct net *net);
