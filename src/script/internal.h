/* What the files of script/ share and nobody else sees: it includes Lua. */
#pragma once

#include "base/clock.h"
#include "script/luajit.h"
#include "script/script.h"
#include "script/user.h"

/* The state that L belongs to. */
struct script *script_of(lua_State *L);

/* A state of another kind than script_new's: `load` runs in a protected call, on
 * an empty stack, and begins with script_open_libraries; owner is for it. */
struct script *script_new_with(const struct script_options *options, int worker, lua_CFunction load,
                               void *owner, struct err *err);
/* Lua's own libraries, ours, print, os.exit and a math.random that follows the seed. */
void script_open_libraries(struct script *s);
/* Runs the file. For a `load`: it may raise. */
void script_run_source(struct script *s);

/* Lua collects by itself only where collector_turn does not come in time: when the
 * heap is some times larger than it is now. */
void collector_set_limit(lua_State *L);
/* Makes a step, when enough garbage is there. An error of a finalizer is a
 * script error. */
void collector_turn(struct script *s);
/* After a run of a script: collects between two of them, timed. */
static inline void collector_after_run(struct script *s)
{
    if (s->depth == 0 && s->collector.runs_left-- == 0)
        collector_turn(s);
}

/* Told on the way into Lua and out of it: entries are odd while inside, for
 * the watchdog; and the time is taken. */
static inline void script_enter(struct script *s)
{
    uint_fast64_t n = atomic_load_explicit(&s->entries, memory_order_relaxed);
    atomic_store_explicit(&s->entries, n + 1, memory_order_relaxed);
    if (s->depth++ == 0)
        s->entered = clock_ticks();
}

static inline void script_leave(struct script *s)
{
    uint_fast64_t n = atomic_load_explicit(&s->entries, memory_order_relaxed);
    atomic_store_explicit(&s->entries, n + 1, memory_order_relaxed);
    if (--s->depth > 0)
        return;
    uint64_t took = clock_ticks() - s->entered;
    s->inside += took;
    if (took > s->longest)
        s->longest = took;
}

/* What is said of a wrk script where a scenario should be; its path comes twice. */
#define SCRIPT_IS_WRKS "%s is a wrk script, not a scenario; run it with: inrush -s %s URL"

/* The handler of protected calls: makes of an error the table {message, traceback}. */
int script_traceback(lua_State *L);
/* Takes what the handler made, or another error, off the stack; both are on the
 * heap and the caller's. */
void script_take_error(lua_State *L, char **message, char **traceback);

/* A protected call of the function below nargs arguments on s->L, with a
 * traceback. 0, or -1 with the message and the traceback (both on the heap,
 * the caller frees them); the stack is left with the results, or clean. */
int script_call(struct script *s, int nargs, int nresults, char **message, char **traceback);

/* Like luaL_error, but the position is that of the script's own line, not of
 * one of our embedded modules. Does not return. */
int script_raise(lua_State *L, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Pushes inrush.scenario, the table of what was declared (inrush/scenario.lua). */
void script_push_scenario(lua_State *L);
/* How many handlers the event has; pushes their list, or nothing when 0. */
int script_push_handlers(lua_State *L, const char *event);
/* Calls the handlers of an event with the value on top, which is popped;
 * returns how many failed. */
int script_emit_value(struct script *s, const char *event);

/* Counts an error of the script, and tells of it. */
void script_report_error(struct script *s, const char *message, const char *traceback);

enum script_outcome {
    SCRIPT_DONE,    /* the function returned; its results are on the coroutine */
    SCRIPT_WAITING, /* it waits for the operation it started */
    SCRIPT_FAILED,  /* it raised, or yielded where it may not; the message is on top */
};

/* The one function that resumes coroutines: u's, with nargs values on it. */
enum script_outcome script_resume(struct user *u, int nargs);

/* How long u waits after its task, in seconds, as its class's wait function says;
 * what is wrong with that is a script error, after which it waits a second. */
double wait_function_seconds(struct user *u);

/* A coroutine for u, and its return. A coroutine that failed is not reused. */
void script_borrow_thread(struct user *u);
void script_return_thread(struct user *u, bool reusable);

/* The C modules that scripts can require: one row each in modules.c. */
struct script_module {
    const char *name;
    lua_CFunction open; /* pushes the module's table */
};
extern const struct script_module script_modules[];
extern const size_t script_modules_len;

int script_open_core(lua_State *L);   /* "inrush.core" */
int script_open_http(lua_State *L);   /* "inrush.http.core" */
int script_open_redis(lua_State *L);  /* "inrush.redis.core" */
int script_open_tcp(lua_State *L);    /* "inrush.tcp.core" */
int script_open_pg(lua_State *L);     /* "inrush.pg.core" */
int script_open_crypto(lua_State *L); /* "inrush.crypto" */
int script_open_mcp(lua_State *L);    /* "inrush.mcp.core" */
int script_open_metric(lua_State *L); /* "inrush.metric" */

/*
 * The protocols that a user speaks: one row each in protocols.c. A row is
 * user.NAME; u->clients[row] is what it stands for.
 */
struct script_protocol {
    const char *name;
    /* Makes the user's client, pushes the Lua value that stands for it, and
     * returns it. Called once a user, from inside its task; may raise. */
    void *(*new)(lua_State *L, struct user *u);
    /* The user goes; nothing of the client is pending any more. */
    void (*free)(void *client);
};
extern const struct script_protocol script_protocols[];
extern const size_t script_protocols_len;
/* Rows that somebody needs to know. */
enum { PROTOCOL_HTTP, PROTOCOL_REDIS, PROTOCOL_PG, PROTOCOL_TCP };

void *http_client_new(lua_State *L, struct user *u);
void http_client_free(void *client);
void *redis_client_new(lua_State *L, struct user *u);
void redis_client_free(void *client);
void *tcp_client_new(lua_State *L, struct user *u);
void tcp_client_free(void *client);
void tcp_endpoint_free(struct endpoint *e); /* a class's; harmless for NULL */
void *pg_client_new(lua_State *L, struct user *u);
void pg_client_free(void *client);
/* Makes responses, values that http requests return, known to the state
 * (lua_response.c). */
void http_response_open(lua_State *L);

/* Metatable of users' tables; its __index makes the protocol clients. */
void script_push_user(lua_State *L, struct user *u);
void script_open_user(lua_State *L);
