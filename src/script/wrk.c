/*
 * The life of a wrk script: its states made, setup() and init() called in wrk's
 * order, done() at the end. What happens for each request is in wrk_hooks.c.
 */
#include "script/wrk.h"

#include "base/mem.h"
#include "script/patience.h"
#include "script/wrk_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* os.exit: before the run and after it there is nothing to lose; inside, the
 * report. */
static int exit_now(lua_State *L)
{
    if (wrk_thread_of(L)->running)
        script_raise(L, "os.exit would lose the report; wrk.thread:stop() ends the thread, and "
                        "error() the run");
    int status = lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : (int)luaL_optinteger(L, 1, 0);
    fflush(NULL);
    exit(status);
}

/* Runs in a protected call: what scripts find, then the file. */
static int load(lua_State *L)
{
    struct script *s = script_of(L);
    script_open_libraries(s);
    lua_getglobal(L, "os");
    lua_pushcfunction(L, exit_now);
    lua_setfield(L, -2, "exit");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "wrk");
    lua_call(L, 1, 1);
    script_run_source(s);
    if (s->worker == 0) { /* once is enough */
        lua_getfield(L, -1, "check_hooks");
        lua_call(L, 0, 0);
    }
    return 0;
}

static void thread_free(struct wrk_thread *t)
{
    if (!t)
        return;
    script_free(t->script);
    for (size_t i = 0; i < t->hosts.len; i++)
        free(t->hosts.items[i]);
    vec_release(&t->hosts);
    vec_release(&t->heads);
    vec_release(&t->ends);
    vec_release(&t->fields);
    buf_release(&t->head);
    free(t);
}

static struct wrk_thread *thread_load(struct wrk *w, int number, struct err *err)
{
    struct wrk_thread *t = xcalloc(1, sizeof(*t));
    t->wrk = w;
    t->number = number;
    t->script = script_new_with(w->options->script, number, load, t, err);
    if (t->script)
        return t;
    thread_free(t);
    return NULL;
}

int wrk_set_error(const struct wrk_thread *t, const char *message, const char *traceback,
                  struct err *err)
{
    const char *file = t->wrk->options->script->source->chunkname + 1;
    err_set(err, ERR_CONFIG, "%s\n%s", message, traceback);
    return strstr(message, file) ? -1 : err_prefix(err, "%s", file);
}

/* A protected call of f(arg) in the thread's state, for a hook; -1 and *err with
 * what the script raised. */
static int call_in(struct wrk_thread *t, const char *hook, lua_CFunction f, const void *arg,
                   struct err *err)
{
    char *message, *traceback;
    struct patience patience;
    patience_begin(&patience, t->wrk->options->script->source->chunkname + 1, hook);
    lua_pushcfunction(t->script->L, f);
    lua_pushlightuserdata(t->script->L, (void *)arg);
    int rc = script_call(t->script, 1, 0, &message, &traceback);
    patience_end(&patience);
    if (rc == 0)
        return 0;
    wrk_set_error(t, message, traceback, err);
    free(message);
    free(traceback);
    return -1;
}

static void push_wrk(lua_State *L)
{
    lua_getglobal(L, "wrk");
    if (!lua_istable(L, -1))
        script_raise(L, "the global 'wrk' is wrk's own table and must stay one");
}

/* In the main state: wrk.setup(thread). */
static int call_setup(lua_State *L)
{
    struct wrk_thread *t = lua_touserdata(L, 1);
    push_wrk(L);
    lua_getfield(L, -1, "setup"); /* which a script may have replaced */
    wrk_push_thread(L, t);
    lua_call(L, 1, 0);
    return 0;
}

/* In the thread's state: wrk.thread, then wrk.init(args). */
static int call_init(lua_State *L)
{
    struct wrk_thread *t = lua_touserdata(L, 1);
    const struct wrk_options *o = t->wrk->options;
    push_wrk(L);
    wrk_push_thread(L, t);
    lua_setfield(L, -2, "thread");
    lua_getfield(L, -1, "init");
    lua_newtable(L);
    lua_pushstring(L, o->url_text);
    lua_rawseti(L, -2, 0);
    for (size_t i = 0; i < o->script->args_len; i++) {
        lua_pushstring(L, o->script->args[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_call(L, 1, 0);
    return 0;
}

struct wrk *wrk_new(const struct wrk_options *options, struct err *err)
{
    struct wrk *w = xcalloc(1, sizeof(*w));
    w->options = options;
    w->main = thread_load(w, 0, err);
    if (w->main)
        return w;
    wrk_free(w);
    return NULL;
}

void wrk_free(struct wrk *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->threads.len; i++)
        thread_free(w->threads.items[i]);
    vec_release(&w->threads);
    thread_free(w->main);
    free(w);
}

struct wrk_thread *wrk_thread_new(struct wrk *w, int number, struct stats *stats, struct err *err)
{
    struct wrk_thread *t = thread_load(w, number, err);
    if (!t)
        return NULL;
    vec_push(&w->threads, t);
    if (call_in(w->main, "setup()", call_setup, t, err) < 0 ||
        call_in(t, "init()", call_init, t, err) < 0 || wrk_hooks_prepare(t, err) < 0)
        return NULL;
    t->script->stats = stats;
    return t;
}

struct script *wrk_thread_script(struct wrk_thread *t)
{
    return t->script;
}

bool wrk_thread_moved(struct wrk_thread *t, const char **host, int *port)
{
    if (!t->moved)
        return false;
    t->moved = false;
    *host = t->host;
    *port = t->port;
    return true;
}

/* --- done ------------------------------------------------------------------------ */

static void set_number(lua_State *L, const char *name, double n)
{
    lua_pushnumber(L, n);
    lua_setfield(L, -2, name);
}

static void push_summary(lua_State *L, const struct wrk_figures *f)
{
    lua_createtable(L, 0, 4);
    set_number(L, "duration", (double)(uint64_t)f->duration_us);
    set_number(L, "requests", (double)f->requests);
    set_number(L, "bytes", (double)f->bytes);
    lua_createtable(L, 0, 5);
    set_number(L, "connect", (double)f->errors.connect);
    set_number(L, "read", (double)f->errors.read);
    set_number(L, "write", (double)f->errors.write);
    set_number(L, "status", (double)f->errors.status);
    set_number(L, "timeout", (double)f->errors.timeout);
    lua_setfield(L, -2, "errors");
}

static int call_done(lua_State *L)
{
    const struct wrk_figures *f = lua_touserdata(L, 1);
    lua_getglobal(L, "done");
    push_summary(L, f);
    wrk_push_stats(L, f->latency);
    wrk_push_stats(L, f->rates);
    lua_call(L, 3, 0);
    return 0;
}

bool wrk_has_done(const struct wrk *w)
{
    lua_State *L = w->main->script->L;
    lua_pushliteral(L, "done");
    lua_rawget(L, LUA_GLOBALSINDEX);
    bool has = lua_isfunction(L, -1);
    lua_pop(L, 1);
    return has;
}

int wrk_done(struct wrk *w, const struct wrk_figures *figures, struct err *err)
{
    return wrk_has_done(w) ? call_in(w->main, "done()", call_done, figures, err) : 0;
}
