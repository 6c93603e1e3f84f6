/*
 * "inrush.core": what inrush.lua stands on. Scripts use inrush, not this.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/rate.h"
#include "base/suggest.h"
#include "base/units.h"
#include "net/watch.h"
#include "script/internal.h"
#include "stats/threshold.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* suggest(word, list): the nearest of the list, or nil. */
static int core_suggest(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t n = lua_objlen(L, 2);
    const char **names = lua_newuserdata(L, (n + 1) * sizeof(*names));
    size_t len = 0;
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, (int)i);
        if (lua_type(L, -1) == LUA_TSTRING)
            names[len++] = lua_tostring(L, -1);
        lua_pop(L, 1); /* the list keeps it alive */
    }
    lua_pushstring(L, suggest(word, names, len));
    return 1;
}

static bool was_asked(const struct script *s, const char *name)
{
    for (size_t i = 0; i < s->asked.len; i++)
        if (strcmp(s->asked.items[i], name) == 0)
            return true;
    return false;
}

const char *script_setting_meant(const struct script *s, const char *name)
{
    if (was_asked(s, name))
        return NULL;
    return suggest(name, (const char *const *)s->asked.items, s->asked.len);
}

/* env(name): --set, else the environment, else nil. */
static int core_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct script *s = script_of(L);
    const struct script_options *o = s->options;
    if (s->worker == 0 && !was_asked(s, name))
        vec_push(&s->asked, xstrdup(name));
    for (size_t i = o->settings_len; i > 0; i--) {
        if (strcmp(o->settings[i - 1].name, name) == 0) {
            lua_pushstring(L, o->settings[i - 1].value);
            return 1;
        }
    }
    lua_pushstring(L, getenv(name));
    return 1;
}

static int core_random(lua_State *L)
{
    double lo = lua_tonumber(L, 1), hi = lua_tonumber(L, 2);
    if (!lua_isnumber(L, 1) || !lua_isnumber(L, 2) || floor(lo) != lo || floor(hi) != hi || lo > hi)
        script_raise(L,
                     "random(low, high) takes two whole numbers, the first not above the second");
    if (lo < -9007199254740992.0 || hi > 9007199254740992.0)
        script_raise(L, "random(low, high) takes numbers up to 2^53");
    lua_pushnumber(L, (lua_Number)rng_range(script_of(L)->rng, (int64_t)lo, (int64_t)hi));
    return 1;
}

static int core_uniform(lua_State *L)
{
    if (!lua_isnumber(L, 1) || !lua_isnumber(L, 2) || lua_tonumber(L, 1) > lua_tonumber(L, 2))
        script_raise(L, "uniform(low, high) takes two numbers, the first not above the second");
    lua_pushnumber(L, rng_between(script_of(L)->rng, lua_tonumber(L, 1), lua_tonumber(L, 2)));
    return 1;
}

/* --- sleep: the operation that is only a timer -------------------------------------- */

static void slept(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)revents;
    struct user *u = timer->data;
    ev_timer_stop(loop, timer); /* a pause that the end of the run cut short */
    ev_set_cb(&u->timer, u->after_sleep);
    u->pauses = false;
    user_resume(u, 0);
}

static void cancel_sleep(struct user *u)
{
    ev_timer_stop(u->script->net->loop, &u->timer);
    ev_set_cb(&u->timer, u->after_sleep);
    u->pauses = false;
}

static int sleep_for(lua_State *L, struct user *u, double seconds)
{
    user_begin(u);
    u->after_sleep = ev_cb(&u->timer);
    ev_set_cb(&u->timer, slept);
    /* Never less than asked: the task may have computed for a while. */
    watch_timer_start(u->script->net->loop, &u->timer, seconds);
    user_wait(u, cancel_sleep);
    return lua_yield(L, 0);
}

static int core_sleep(lua_State *L)
{
    struct user *u = user_to_wait(L, "inrush.sleep");
    double seconds = lua_tonumber(L, 1);
    if (!lua_isnumber(L, 1) || !(seconds >= 0 && seconds < 1e9))
        script_raise(L, "sleep(seconds) takes a number, 0 or more");
    return sleep_for(L, u, seconds);
}

/* pause(seconds): a sleep of ours, before something is tried again. The end of
 * the run does not wait for it. */
static int core_pause(lua_State *L)
{
    struct user *u = user_to_wait(L, "a request");
    u->pauses = true;
    return sleep_for(L, u, u->stopping && !u->in_turn ? 0 : lua_tonumber(L, 1));
}

/* --- measure ------------------------------------------------------------------------ */

static int core_measure_begin(lua_State *L)
{
    struct user *u = user_of(L, "inrush.measure");
    size_t type_len, name_len;
    if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "measure(type, name, run, ...) takes two strings first");
    const char *type = lua_tolstring(L, 1, &type_len);
    const char *name = lua_tolstring(L, 2, &name_len);
    if (u->measuring == MEASURE_DEPTH)
        script_raise(L, "measure can be nested %d deep, not more", MEASURE_DEPTH);
    user_begin(u);
    if (!u->measures)
        u->measures = xcalloc(MEASURE_DEPTH, sizeof(*u->measures));
    struct measure *m = &u->measures[u->measuring++];
    m->series = catalog_intern(u->script->catalog, type, type_len, name, name_len);
    m->failure.kind = ERR_NONE;
    m->bytes = 0;
    m->start_ns = clock_ns();
    m->late_ns = u->late_ns;
    u->late_ns = 0;
    return 0;
}

/* The failure's kind that is named at an argument, or the usual one. */
static enum err_kind kind_at(lua_State *L, int index, enum err_kind usual)
{
    const char *name = lua_tostring(L, index);
    for (int kind = ERR_NONE + 1; name && kind < ERR_KINDS; kind++) {
        if (strcmp(name, err_kind_name((enum err_kind)kind)) == 0)
            return (enum err_kind)kind;
    }
    return usual;
}

/* measure_end([message, [kind]]): with a message it failed. */
static int core_measure_end(lua_State *L)
{
    struct user *u = user_of(L, "inrush.measure");
    if (u->measuring == 0)
        return 0;  /* its beginning raised */
    user_begin(u); /* the last request inside is judged before the whole */
    struct measure *m = &u->measures[--u->measuring];
    const char *message = lua_tostring(L, 1);
    struct sample sample = {.series = m->series, .end_ns = clock_ns(), .bytes = m->bytes};
    sample.response_ns = sample.service_ns = sample.end_ns - m->start_ns;
    u->late_ns = m->late_ns;
    user_set_sample(u, &sample, true);
    if (message)
        user_fail_sample(u, kind_at(L, 2, ERR_SCRIPT), message);
    else if (m->failure.kind != ERR_NONE)
        user_fail_sample(u, m->failure.kind, m->failure.message);
    return 0;
}

/* --- for modules that speak a protocol over another ---------------------------------- */

/* user(what): the table of the user whose task runs; raises, naming what, if
 * none does. */
static int core_user(lua_State *L)
{
    const struct user *u = user_of(L, luaL_checkstring(L, 1));
    lua_rawgeti(L, LUA_REGISTRYINDEX, u->self);
    return 1;
}

/* fail_last(message, [kind]): the last request failed, if it is not counted yet. */
static int core_fail_last(lua_State *L)
{
    struct user *u = user_of(L, "a request");
    user_fail_sample(u, kind_at(L, 2, ERR_CHECK), luaL_checkstring(L, 1));
    return 0;
}

/* discard_last(): the last request does not count. */
static int core_discard_last(lua_State *L)
{
    user_of(L, "a request")->record = false;
    return 0;
}

/* measure_last(): what begins with the last request, as yet uncounted, is
 * measured as one request of its type and name; measure_end ends it. Whether
 * there is one. */
static int core_measure_last(lua_State *L)
{
    struct user *u = user_of(L, "a request");
    if (!u->has_sample || !u->record || u->measuring == MEASURE_DEPTH)
        return 0;
    if (!u->measures)
        u->measures = xcalloc(MEASURE_DEPTH, sizeof(*u->measures));
    u->has_sample = false;
    u->measures[u->measuring++] = (struct measure){
        .series = u->sample.series,
        .start_ns = u->sample.end_ns - u->sample.service_ns,
        .late_ns = u->sample.response_ns - u->sample.service_ns,
        .bytes = u->sample.bytes,
    };
    lua_pushboolean(L, true);
    return 1;
}

/* --- small things --------------------------------------------------------------------- */

/* warn_once(message): one line however many states, users and calls say it. */
static int core_warn_once(lua_State *L)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static VEC(char *) said; /* owned, until the program ends */
    const char *message = luaL_checkstring(L, 1);
    pthread_mutex_lock(&mutex);
    size_t i = 0;
    while (i < said.len && strcmp(said.items[i], message) != 0)
        i++;
    if (i == said.len) {
        vec_push(&said, xstrdup(message));
        log_warn("%s", message);
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

static int core_log(lua_State *L)
{
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    log_info("%s", lua_tostring(L, -1));
    return 0;
}

/* raise(message): an error at the script's own line, however deep in embedded
 * modules. */
static int core_raise(lua_State *L)
{
    return script_raise(L, "%s", luaL_checkstring(L, 1));
}

static int core_clock(lua_State *L)
{
    lua_pushnumber(L, ns_to_s(clock_ns()));
    return 1;
}

static int core_parse_duration(lua_State *L)
{
    double seconds;
    if (units_parse_duration(luaL_checkstring(L, 1), &seconds, NULL) < 0)
        return 0;
    lua_pushnumber(L, seconds);
    return 1;
}

/* parse_rate(text, what): its rate per second and, of a ramp, where it ends; what
 * is for errors. */
static int core_parse_rate(lua_State *L)
{
    struct rate rate;
    struct err err;
    if (rate_parse(luaL_checkstring(L, 1), &rate, &err) < 0)
        script_raise(L, "%s: %s", luaL_checkstring(L, 2), err.message);
    lua_pushnumber(L, rate.from);
    lua_pushnumber(L, rate.to);
    return 2;
}

static int core_check_threshold(lua_State *L)
{
    struct threshold *t;
    struct err err;
    if (threshold_parse(&t, luaL_checkstring(L, 1), &err) < 0)
        script_raise(L, "%s", err.message);
    threshold_free(t);
    return 0;
}

static const luaL_Reg functions[] = {
    {"suggest", core_suggest},
    {"env", core_env},
    {"random", core_random},
    {"uniform", core_uniform},
    {"pause", core_pause},
    {"sleep", core_sleep},
    {"measure_begin", core_measure_begin},
    {"measure_end", core_measure_end},
    {"user", core_user},
    {"fail_last", core_fail_last},
    {"discard_last", core_discard_last},
    {"measure_last", core_measure_last},
    {"log", core_log},
    {"warn_once", core_warn_once},
    {"raise", core_raise},
    {"clock", core_clock},
    {"parse_duration", core_parse_duration},
    {"parse_rate", core_parse_rate},
    {"check_threshold", core_check_threshold},
    {NULL, NULL},
};

int script_open_core(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    const struct script *s = script_of(L);
    lua_newtable(L);
    for (size_t i = 0; i < s->options->args_len; i++) {
        lua_pushstring(L, s->options->args[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "args");
    lua_pushinteger(L, s->worker);
    lua_setfield(L, -2, "worker");
    lua_pushliteral(L, INRUSH_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
