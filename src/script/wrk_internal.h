/* What wrk*.c and lua_wrk*.c share: the states of a wrk script. */
#pragma once

#include "base/vec.h"
#include "script/internal.h"
#include "script/wrk.h"

/* One state: the main one (number 0) or a thread's. */
struct wrk_thread {
    struct script *script; /* owned */
    struct wrk *wrk;       /* borrowed, owns this */
    int number;
    bool running;     /* inside request(), response() or delay() */
    atomic_bool stop; /* thread:stop(), from any state, or an error */
    bool has_request, has_response, has_delay;
    bool moved;       /* host and port are news to the worker */
    const char *host; /* thread.addr, one of hosts; NULL: not set */
    int port;
    VEC(char *) hosts; /* owned: connections under way may still hold an earlier one */

    /* The last request, whose string lies at SLOT_LAST, taken apart. */
    const char *bytes;
    size_t len;
    VEC(bool) heads;                  /* by request in it: HEAD */
    VEC(size_t) ends;                 /* and where it ends */
    struct http1_span method, target; /* of the first of them */

    /* The head of the last answer, and its fields as the strings they became. A server's
     * heads are mostly equal; those that are not differ in few values. */
    struct buf head;
    VEC(struct http1_header) fields; /* borrowed from the table at SLOT_FIELDS */
    size_t fields_len;               /* so many of them are the last answer's */
};

/* What lies at the bottom of a thread's stack once it is ready, so that the
 * calls of each request look nothing up. */
enum {
    SLOT_HANDLER = 1, /* script_traceback */
    SLOT_REQUEST,
    SLOT_RESPONSE,
    SLOT_DELAY,  /* the names of the hooks */
    SLOT_FIELDS, /* the strings of `fields`: name, value, name, value... */
    SLOT_LAST,   /* the last request */
    SLOTS = SLOT_LAST,
};

struct wrk {
    const struct wrk_options *options; /* borrowed */
    struct wrk_thread *main;           /* owned */
    VEC(struct wrk_thread *) threads;  /* owned; by number, from 1 */
};

/* Of which of the script's states L is. */
struct wrk_thread *wrk_thread_of(lua_State *L);

/* What the script raised before the run or after it, with the file's name where
 * no line of the file was involved; -1. */
int wrk_set_error(const struct wrk_thread *t, const char *message, const char *traceback,
                  struct err *err);

/* Prepares a thread whose init() has run for wrk_thread_request and the others:
 * its stack, its hooks, its static request. */
int wrk_hooks_prepare(struct wrk_thread *t, struct err *err);

/* Pushes the value that a script knows a thread by. */
void wrk_push_thread(lua_State *L, struct wrk_thread *t);
/* Pushes a histogram as scripts see it; it must outlive the state's use of it. */
void wrk_push_stats(lua_State *L, const struct hist *h);
/* Make both kinds of value known to a state. */
void wrk_open_thread(lua_State *L);
void wrk_open_stats(lua_State *L);

/* Pushes the list of addresses that wrk.lookup gives; raises when there is none. */
void wrk_push_lookup(lua_State *L, const char *host, int port);
/* The address at index, one of wrk.lookup's, as text; false when it is none. */
enum { WRK_HOST_MAX = 1025 }; /* NI_MAXHOST */
bool wrk_read_addr(lua_State *L, int index, char host[WRK_HOST_MAX], int *port);

/* "inrush.wrk.core" */
int script_open_wrk(lua_State *L);
