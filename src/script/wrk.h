/*
 * A wrk script (the interface of wrk 4's scripts): one main state, where
 * setup() and done() run, and a state for each worker, where all other hooks
 * do. The file is loaded once in each. States share nothing: what passes
 * between them (thread:get, thread:set) is copied.
 *
 * The order is wrk's: wrk_new; wrk_thread_new for each worker, setup() and
 * then init(); the run; wrk_done. Threads live as long as the whole, since
 * done() may ask them.
 *
 * An error in a script ends its thread: it is recorded in the thread's
 * statistics with file, line and traceback, and nothing further is sent.
 */
#pragma once

#include "base/err.h"
#include "base/url.h"
#include "proto/http1_header.h"
#include "report/wrk_figures.h"
#include "script/script.h"

#include <stdbool.h>
#include <stdint.h>

struct wrk;
struct wrk_thread;

/* Everything borrowed, and outlives the states. */
struct wrk_options {
    const struct script_options *script;
    const char *url_text;               /* as the person wrote it: args[0] */
    const struct url *url;              /* the same taken apart: wrk.scheme, .host, .port, .path */
    const char *method;                 /* wrk.method; NULL: GET */
    const char *body;                   /* wrk.body; or NULL */
    const struct http1_header *headers; /* wrk.headers */
    size_t headers_len;
};

/* Loads the file in the main state; NULL and *err (ERR_CONFIG, with file:line). */
struct wrk *wrk_new(const struct wrk_options *options, struct err *err);
/* Its threads too. */
void wrk_free(struct wrk *w);
/* Whether the script has done(): then it prints the end itself. */
bool wrk_has_done(const struct wrk *w);

/* Worker `number`'s state (from 1): loads the file, calls setup() and init(). The
 * first request is made and checked already when it is always the same one.
 * To be called in the order of the numbers, from the main thread. */
struct wrk_thread *wrk_thread_new(struct wrk *w, int number, struct stats *stats, struct err *err);
/* The state itself, for the watchdog and the worker's statistics. */
struct script *wrk_thread_script(struct wrk_thread *t);

/* Where the thread's connections go: true, with *host (owned by the thread, until
 * it is freed) and *port, when the script has set thread.addr since the last
 * call; false: as before, at first where the URL says. */
bool wrk_thread_moved(struct wrk_thread *t, const char **host, int *port);

/* The method and the target of the request that the thread sends over and over;
 * false when request() makes each one. */
bool wrk_thread_static(const struct wrk_thread *t, struct http1_span *method,
                       struct http1_span *target);

/* What request() returned: one request, or several to be pipelined. */
struct wrk_request {
    const char *bytes; /* until the thread's next request; a static one's: always */
    size_t len;
    uint32_t requests;
    const bool *heads; /* by request: HEAD; as long as bytes */
};

/* From the worker's thread. delay() in ms, 0 without it. False: the thread sends
 * nothing further, because it was stopped (thread:stop) or failed. Of more than
 * `most` requests (at least 1) only so many are taken. */
double wrk_thread_delay(struct wrk_thread *t);
bool wrk_thread_request(struct wrk_thread *t, uint64_t most, struct wrk_request *out);
bool wrk_thread_wants_responses(const struct wrk_thread *t);
bool wrk_thread_response(struct wrk_thread *t, int status, struct http1_span head,
                         struct http1_span body);

/* Calls done(), if there is one, when no worker runs any more; -1 and *err when
 * it failed. */
int wrk_done(struct wrk *w, const struct wrk_figures *figures, struct err *err);
