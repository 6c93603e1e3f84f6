/*
 * A Lua state: opening it, what scripts find in it, loading the scenario, and
 * the protected call. Called by script.c's users through script_new.
 */
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "script/embedded.h"
#include "script/http_hosts.h"
#include "script/internal.h"
#include "script/patience.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* lua-cjson has no header of its own. */
int luaopen_cjson(lua_State *L);
int luaopen_cjson_safe(lua_State *L);

static const char script_key = 0;

struct script *script_of(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&script_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct script *s = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return s;
}

/* The first line on the stack that is the script's own: embedded modules have
 * chunk names "=[...]". A call in a return leaves no line (it is a tail call);
 * then where the running task begins. */
static void push_where(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && ar.source[0] != '=') {
            lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
            return;
        }
    }
    const struct user *u = script_of(L)->current;
    if (!u) {
        lua_pushliteral(L, "");
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, u->function);
    lua_getinfo(L, ">S", &ar);
    lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.linedefined);
}

int script_raise(lua_State *L, const char *fmt, ...)
{
    char message[SCRIPT_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    push_where(L);
    lua_pushstring(L, message);
    lua_concat(L, 2);
    lua_error(L);
    abort(); /* lua_error does not return */
}

int script_traceback(lua_State *L)
{
    if (!lua_isstring(L, 1)) { /* Lua puts the place into strings only */
        push_where(L);
        if (!luaL_callmeta(L, 1, "__tostring"))
            lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
        lua_concat(L, 2);
        lua_replace(L, 1);
    }
    lua_settop(L, 1);
    luaL_traceback(L, L, NULL, 1);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, 2);
    return 1;
}

/* A copy of a message, owned. That of require lists every place where a module
 * was looked for, a line each: it is cut to what a person needs. */
static char *copy_message(const char *text)
{
    const char *places = strstr(text, "' not found:\n\tno field package.preload");
    if (!places)
        return xstrdup(text);
    return xasprintf("%.*s' not found: neither beside the scenario, nor in LUA_PATH, nor one of "
                     "inrush's own",
                     (int)(places - text), text);
}

void script_take_error(lua_State *L, char **message, char **traceback)
{
    if (lua_istable(L, -1)) {
        lua_rawgeti(L, -1, 1);
        *message = copy_message(lua_tostring(L, -1));
        lua_rawgeti(L, -2, 2);
        *traceback = xstrdup(lua_tostring(L, -1));
        lua_pop(L, 3);
    } else { /* an error without a handler: out of memory, or in the handler */
        const char *text = lua_tostring(L, -1);
        *message = xstrdup(text ? text : "error in error handling");
        *traceback = xstrdup("");
        lua_pop(L, 1);
    }
}

int script_call(struct script *s, int nargs, int nresults, char **message, char **traceback)
{
    lua_State *L = s->L;
    int base = lua_gettop(L) - nargs;
    lua_pushcfunction(L, script_traceback);
    lua_insert(L, base);
    script_enter(s);
    int rc = lua_pcall(L, nargs, nresults, base);
    script_leave(s);
    lua_remove(L, base);
    if (rc == 0)
        return 0;
    script_take_error(L, message, traceback);
    return -1;
}

void script_report_error(struct script *s, const char *message, const char *traceback)
{
    if (s->stats)
        stats_record_script_error(s->stats, message, traceback, clock_ns());
    if (s->options->trace || !s->stats)
        log_error("%s", message);
}

/* package.loaders entry: our embedded modules. */
static int embedded_loader(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    for (size_t i = 0; i < lua_embedded_len; i++) {
        if (strcmp(lua_embedded[i].name, name) != 0)
            continue;
        lua_pushfstring(L, "=[%s]", name);
        if (luaL_loadbuffer(L, lua_embedded[i].source, lua_embedded[i].len, lua_tostring(L, -1)))
            return lua_error(L);
        return 1;
    }
    lua_pushfstring(L, "\n\tno module '%s' in inrush", name);
    return 1;
}

/* print: one write per call, so that lines of several workers do not mix. */
static int script_print(lua_State *L)
{
    struct script *s = script_of(L);
    int n = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        lua_getglobal(L, "tostring");
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        if (!lua_isstring(L, -1))
            return script_raise(L, "'tostring' must return a string to 'print'");
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    log_print(s->options->print_to_stderr ? stderr : stdout, text, len);
    return 0;
}

/* os.exit: from a worker it would end the process in the middle of the run. */
static int script_exit(lua_State *L)
{
    return script_raise(L, "os.exit would end inrush without its report; return from the task, or "
                           "call error() (with --abort-on-script-error it ends the run)");
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

static void seed_random(lua_State *L, struct rng *rng)
{
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushnumber(L, (double)(rng_u64(rng) >> 11));
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

void script_open_libraries(struct script *s)
{
    lua_State *L = s->L;
    collector_set_limit(L);
    luaL_openlibs(L);
    preload(L, "cjson", luaopen_cjson);
    preload(L, "cjson.safe", luaopen_cjson_safe);
    for (size_t i = 0; i < script_modules_len; i++)
        preload(L, script_modules[i].name, script_modules[i].open);

    lua_getglobal(L, "package");
    lua_getfield(L, -1, "loaders");
    int n = (int)lua_objlen(L, -1);
    for (int i = n; i >= 2; i--) { /* after preload, before the file system */
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, embedded_loader);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 1);
    const char *directory = s->options->source->directory;
    if (directory) {
        lua_getfield(L, -1, "path");
        lua_pushfstring(L, "%s/?.lua;%s", directory, lua_tostring(L, -1));
        lua_setfield(L, -3, "path");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);

    lua_pushcfunction(L, script_print);
    lua_setglobal(L, "print");
    lua_getglobal(L, "os");
    lua_pushcfunction(L, script_exit);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 1);
    seed_random(L, s->rng);
}

void script_run_source(struct script *s)
{
    lua_State *L = s->L;
    const struct script_source *source = s->options->source;
    size_t skip = 0; /* a #! line is for the kernel; the newline stays, for line numbers */
    if (source->len > 0 && source->text[0] == '#')
        skip = strcspn(source->text, "\n");
    if (luaL_loadbuffer(L, source->text + skip, source->len - skip, source->chunkname))
        lua_error(L);
    lua_call(L, 0, 0);
}

static int load_scenario(lua_State *L)
{
    struct script *s = script_of(L);
    script_open_libraries(s);
    script_open_user(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "inrush");
    lua_call(L, 1, 0);
    script_run_source(s);
    return 0;
}

static struct script *new_state(const struct script_options *options, int worker)
{
    struct script *s = xcalloc(1, sizeof(*s));
    s->options = options;
    s->worker = worker;
    s->request_handlers = LUA_NOREF;
    rng_init(&s->own_rng, options->seed, (uint64_t)worker);
    s->rng = &s->own_rng;
    s->hosts = http_hosts_new(options->net);
    return s;
}

/* s, or NULL when it could not be loaded. */
static struct script *load_state(struct script *s, lua_CFunction load, struct err *err)
{
    s->L = luaL_newstate();
    if (!s->L) {
        err_set(err, ERR_SYSTEM, "no memory for a Lua state");
        script_free(s);
        return NULL;
    }
    lua_pushlightuserdata(s->L, (void *)&script_key);
    lua_pushlightuserdata(s->L, s);
    lua_rawset(s->L, LUA_REGISTRYINDEX);

    char *message, *traceback;
    const char *file = s->options->source->chunkname + 1;
    struct patience patience;
    patience_begin(&patience, file, "loading it");
    lua_pushcfunction(s->L, load);
    int rc = script_call(s, 0, 0, &message, &traceback);
    patience_end(&patience);
    if (rc < 0) {
        err_set(err, ERR_CONFIG, "%s", message);
        if (traceback[0] == '\0') /* out of memory, which has no place in the file */
            err_prefix(err, "%s", file);
        log_debug("%s", traceback);
        free(message);
        free(traceback);
        script_free(s);
        return NULL;
    }
    return s;
}

struct script *script_new(const struct script_options *options, int worker, struct net *net,
                          struct catalog *catalog, struct stats *stats, struct err *err)
{
    struct script *s = new_state(options, worker);
    s->net = net;
    s->catalog = catalog;
    s->stats = stats;
    s = load_state(s, load_scenario, err);
    if (!s && err && strstr(err->message, "global 'wrk'"))
        err_prefix(err, SCRIPT_IS_WRKS, options->source->chunkname + 1,
                   options->source->chunkname + 1);
    return s;
}

struct script *script_new_with(const struct script_options *options, int worker, lua_CFunction load,
                               void *owner, struct err *err)
{
    struct script *s = new_state(options, worker);
    s->owner = owner;
    return load_state(s, load, err);
}

void script_free(struct script *s)
{
    if (!s)
        return;
    if (s->L)
        lua_close(s->L);
    for (size_t i = 0; i < s->classes_len; i++) {
        free(s->classes[i].tasks);
        tcp_endpoint_free(s->classes[i].tcp);
    }
    free(s->classes);
    http_hosts_free(s->hosts);
    vec_release(&s->idle);
    buf_release(&s->scratch);
    for (size_t i = 0; i < s->asked.len; i++)
        free(s->asked.items[i]);
    vec_release(&s->asked);
    free(s);
}
