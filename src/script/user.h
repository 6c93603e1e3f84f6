/*
 * Users: one running instance of a user class. While it waits it is a timer
 * and nothing else; when its wait ends, a task is picked by weight, a coroutine
 * borrowed, and the task resumed until it ends.
 *
 *   spawned -> on_start -> (task -> wait)* -> on_stop -> gone
 */
#pragma once

#include "base/clock.h"
#include "net/alarm.h"
#include "script/script.h"

#include <ev.h>

enum wait_kind {
    WAIT_NONE,
    WAIT_BETWEEN,  /* [low, high] seconds after each task */
    WAIT_PACING,   /* a task every `low` seconds */
    WAIT_FUNCTION, /* as the script's function says */
};

/* A class as one state runs it. */
struct user_class {
    const struct scenario_class *about; /* borrowed, outlives every state */
    int self;                           /* registry reference: the class's Lua table */
    int on_start, on_stop, probe;       /* registry references; LUA_NOREF: none */
    enum wait_kind wait;
    double low, high;
    int wait_function;
    double timeout_s;        /* 0: the run's */
    struct endpoint *tcp;    /* owned: where user.tcp goes; NULL until it is wanted */
    size_t tasks_len;        /* enabled ones */
    struct user_task *tasks; /* owned */
};

struct user_task {
    const struct scenario_task *about; /* borrowed, outlives every state */
    int run;                           /* registry reference */
    double cumulative;                 /* weight of this and all before it */
};

enum user_state { USER_STARTING, USER_TASK, USER_WAITING, USER_STOPPING, USER_GONE };

/* An inrush.measure in progress. */
struct measure {
    uint32_t series;
    uint64_t start_ns;
    uint64_t late_ns;   /* as a user's, which it takes over */
    struct err failure; /* the first failed request inside; ERR_NONE: none */
    uint64_t bytes;
};

enum { MEASURE_DEPTH = 4 };

/* At least as many as script_protocols has rows (script/protocols.c). */
enum { USER_CLIENTS = 8 };

struct user {
    struct script *script;          /* borrowed, outlived by the state */
    const struct user_class *class; /* borrowed, the state's */
    uint32_t number;                /* from 1, over all workers */
    struct rng rng;                 /* its choices; of the seed and its number alone */
    enum user_state state;
    bool stopping; /* to end as soon as its task has */
    bool held;     /* its next task is due, and the script's users are paused */
    bool waited;   /* the running function has waited for something */
    bool on_call;  /* it begins a task when it is told to, and only then */
    bool pauses;   /* it sleeps before it tries something again; not when it is stopping */
    ev_timer timer;
    struct alarm alarm; /* pacing: when the next task is due */
    void (*after_sleep)(struct ev_loop *, ev_timer *,
                        int);    /* its callback while inrush.sleep has it */
    bool in_turn;                /* it runs each task once and ends */
    size_t turn;                 /* ... this one next */
    struct script_thread thread; /* borrowed from the pool while a function runs */
    int function;                /* registry reference: which, borrowed from the class */
    int self;                    /* registry reference: the user's Lua table */
    uint64_t late_ns;            /* the task began so late: its first request's response time
                                    counts that too */
    uint64_t schedule_ns;        /* pacing: when the running task was due */

    /* The operation it waits for: how to give it up. NULL: none. */
    void (*cancel)(struct user *u);
    /* What to do to its last response before the next operation; NULL: nothing. */
    void (*preserve)(struct user *u);
    /* What to let go of when the running function has ended; NULL: nothing. */
    void (*task_over)(struct user *u);

    /* The last request, until it is committed. */
    bool has_sample;
    bool record; /* false: not into the statistics */
    struct sample sample;
    const struct scenario_groups *groups; /* of the running function; borrowed from the scenario */
    char *failure;                        /* owned: the message when the script gave one */

    struct err *probe; /* a probe's user: its first failure; nothing is recorded */

    struct measure *measures; /* owned; allocated on first use */
    int measuring;            /* how many are in progress */

    /* Its client of each protocol, made on first use; NULL before. Freed with the
     * user by the protocol's row. */
    void *clients[USER_CLIENTS];

    void (*idle)(struct user *u); /* on call: it has nothing to do, from now on */
    void (*gone)(struct user *u); /* the last thing that happens to it */
    void *owner;                  /* of both; borrowed */
};

/* Spawns a user: on_start, or its first task, begins at once. gone(u) is called
 * once, from the loop or user_stop, when it has ended; then user_free. */
struct user *user_new(struct script *s, size_t class_index, uint32_t number,
                      void (*gone)(struct user *u), void *owner);
void user_free(struct user *u);
void user_start(struct user *u);

/* A user on call: it is started like any other (user_start), but has no waits.
 * idle(u) is called after on_start and after every task, from the loop or from
 * inside user_start or user_begin_task; from then on it may be given a task. */
void user_set_on_call(struct user *u, void (*idle)(struct user *u));
/* One task, picked by weight, that was due at due_ns (clock_ns()), now or before. */
void user_begin_task(struct user *u, uint64_t due_ns);
/* Whether user_begin_task may be called. */
bool user_is_idle(const struct user *u);

/* Ends it well: a waiting user runs on_stop now, a busy one when its task has
 * ended. */
void user_stop(struct user *u);
/* Begins the task that was held back while the users were paused; harmless when
 * none was. */
void user_go_on(struct user *u);
/* Ends it now: its operation is cancelled, on_stop does not run. A request in
 * flight counts as cancelled. */
void user_kill(struct user *u);

/* on_start, each task once in the order of the class, without the waits between
 * them, on_stop (inrush check). The class has a task. */
void user_start_in_turn(struct user *u);

/* The class's probe, and nothing else; *failure (borrowed, kind ERR_NONE at
 * first) gets what it raised, or the first failed request in it. */
void user_start_probe(struct user *u, struct err *failure);

/*
 * For bindings. A method that waits is start / wait / take:
 *
 *   start (C, inside the coroutine): user_begin, start the operation,
 *       user_wait, return lua_yield(L, 0)
 *   the operation's completion (from the loop): user_set_sample, push the
 *       result on u->thread.co, user_resume
 *   take: the method returns that result. Where taking it may raise, the method
 *       is a Lua function, take(start(...)), so that the error carries the
 *       script's line.
 */

/* The user whose coroutine L is; raises an error naming `what` when there is
 * none (load time, a handler, a coroutine of the script's own). */
struct user *user_of(struct lua_State *L, const char *what);
/* The same for a method about to wait: raises as well where a C function stands
 * between the task and its caller. Before anything is started: the script may
 * catch the error and go on, and nothing may be under way then. */
struct user *user_to_wait(struct lua_State *L, const char *what);
/* Seconds that a request may take which names no timeout: the class's, or the run's. */
static inline double user_timeout_s(const struct user *u)
{
    return u->class->timeout_s > 0 ? u->class->timeout_s : u->script->options->timeout_s;
}
/* A new operation begins: the last request is committed, its response kept if
 * the script may still ask for it. */
void user_begin(struct user *u);
void user_wait(struct user *u, void (*cancel)(struct user *u));
/* The operation is complete; the method that waits returns the topmost `values`
 * values of the user's coroutine. */
void user_resume(struct user *u, int values);
/* Hands over the request that has just completed; committed later. */
void user_set_sample(struct user *u, const struct sample *sample, bool record);
/* Fails the last request, if it is still uncommitted. */
void user_fail_sample(struct user *u, enum err_kind kind, const char *message);
void user_commit(struct user *u);
/* Counts the last request, under its series and the groups of its task. */
void user_record(struct user *u, struct stats *stats);
