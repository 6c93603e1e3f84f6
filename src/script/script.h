/*
 * One Lua state with one scenario loaded: the control state of the main
 * thread (where test_start and test_stop run), or a worker's (where users
 * live). States share nothing.
 *
 * Everything enters Lua in one of two ways: script_resume, which runs a user's
 * coroutine until it ends or waits, and script_call, a protected call with a
 * traceback for everything that cannot wait.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/rng.h"
#include "base/vec.h"
#include "net/net.h"
#include "script/source.h"
#include "stats/catalog.h"
#include "stats/stats.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lua_State;
struct scenario;
struct user;
struct user_class;
struct http_hosts;
struct net_options;
struct report_end;
struct report_run;

/* A NAME=VALUE of --set. */
struct script_setting {
    const char *name, *value; /* borrowed, outlive the state */
};

/* What the run decides for all its states. */
struct script_options {
    const struct script_source *source; /* borrowed, outlives the state */
    const struct script_setting *settings;
    size_t settings_len;
    const char *const *args; /* inrush.args: the words behind "--"; borrowed */
    size_t args_len;
    uint64_t seed;
    const struct net_options *net; /* borrowed, outlives the state; NULL: none */
    const char *host;              /* --host: wins over every class's; or NULL */
    double timeout_s;              /* of a request, where neither it nor its class says */
    bool print_to_stderr;          /* print() must keep stdout clean: a report goes there */
    bool trace;                    /* every request is told aloud (inrush check) */
};

/* A coroutine of the pool, and the reference that keeps it alive. */
struct script_thread {
    struct lua_State *co;
    int ref;
};

/* What collector.c knows of a state's garbage. */
struct collector {
    size_t begin_kb;    /* a collection begins when the heap is this large; 0: not known yet */
    size_t seen_kb;     /* the heap at the end of the last step */
    size_t most_kb;     /* the largest heap seen since script_take_cost */
    uint32_t runs_left; /* of scripts, until the heap is looked at */
    bool collecting;
    uint64_t spent, longest; /* in steps and in one, clock_ticks(), since script_take_cost */
};

struct script {
    struct lua_State *L; /* owned */
    const struct script_options *options;
    int worker; /* from 1; 0: the control state */
    struct rng own_rng;
    bool paused;     /* no task begins; who is due is held */
    struct rng *rng; /* what choices are drawn from: the running user's, else own_rng */

    /* A worker's; NULL in the control state. */
    struct net *net;         /* borrowed, outlives the state */
    struct catalog *catalog; /* borrowed, outlives the state */
    struct stats *stats;     /* the current interval; the worker swaps it */

    void *owner; /* of a state that is no scenario's: whoever made it (script_new_with); or NULL */

    struct user_class *classes; /* owned; as many as the scenario has */
    size_t classes_len;
    struct http_hosts *hosts;       /* owned by script/http_hosts.c */
    struct user *current;           /* whose coroutine runs now; or NULL */
    VEC(struct script_thread) idle; /* coroutines that nobody uses */
    uint64_t responses;   /* handed out so far: a response knows by it whether it is the last */
    int request_handlers; /* reference to the list for the event `request`, or LUA_NOREF */
    struct buf scratch;   /* for whoever needs bytes for a moment */
    VEC(char *)
    asked; /* owned: the names of settings that env was asked for; the control
                             state's */

    /* For the watchdog, which reads them from another thread: odd while Lua
     * runs, and which task it is. */
    atomic_uint_fast64_t entries;
    _Atomic(const char *) running_class, running_task;

    /* Time inside Lua, in clock_ticks(), since script_take_cost. */
    int depth; /* of calls into Lua inside each other */
    uint64_t entered, inside, longest;
    struct collector collector;
};

/* Loads the scenario: runs the file once. net, catalog and stats are NULL for
 * the control state (worker 0). NULL and *err (ERR_CONFIG, with file:line) when
 * it cannot be loaded. */
struct script *script_new(const struct script_options *options, int worker, struct net *net,
                          struct catalog *catalog, struct stats *stats, struct err *err);
/* All users must be gone. */
void script_free(struct script *s);

/* Of the control state: the setting that was meant by a name which the file did
 * not ask for as it was loaded, since it asked for one that is nearly the same;
 * else NULL. */
const char *script_setting_meant(const struct script *s, const char *name);

/* Binds a worker's state to the selection made of the control state's
 * description: finds each class's functions. -1 and *err when this load of the
 * file declared something else than the first. */
int script_bind(struct script *s, const struct scenario *scenario, struct err *err);

/* Calls the handlers of an event that takes nothing. A raised error is
 * recorded (worker) or logged (control) and counted: returns how many failed. */
int script_emit(struct script *s, const char *event);
/* The same for test_start and spawning_complete, with the run's description,
 * and for test_stop, with what was measured (docs/scenario-api.md). */
int script_emit_run(struct script *s, const char *event, const struct report_run *run);
int script_emit_stop(struct script *s, const struct report_run *run, const struct report_end *end);

/* What the scripts have cost since this was asked last, or the state was made:
 * the time inside them and the longest uninterrupted part of it, what of it was
 * collecting garbage and its longest step, in clock_ticks(), and the most memory
 * that the state was seen to hold. */
struct script_cost {
    uint64_t inside, longest;
    uint64_t collecting, collecting_longest;
    uint64_t memory; /* bytes */
};
struct script_cost script_take_cost(struct script *s);

/* Interrupts whatever Lua code runs now, from a signal handler in the state's
 * own thread: an interpreted loop raises "interrupted"; a compiled one does not
 * notice. */
void script_interrupt(struct script *s);

/* Where a request's message, a name or a path comes from an untrusted length:
 * the most that is kept. */
enum { SCRIPT_MESSAGE_MAX = 400 };
