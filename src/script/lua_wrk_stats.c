/* The statistics that a wrk script's done() is given: latency and requests. */
#include "script/wrk_internal.h"

#include <math.h>
#include <string.h>

#define STATS "wrk.stats"

struct stats_value {
    const struct hist *hist; /* borrowed, outlives the call of done() */
    struct hist_iter at;     /* scripts count upwards: where the last (i) was found */
    uint64_t index;          /* of it; 0: before the first */
};

static double whole(double us)
{
    return floor(us + 0.5);
}

/* stats(i): the ith value that was counted, from 1, and how often. */
static int stats_call(lua_State *L)
{
    struct stats_value *v = luaL_checkudata(L, 1, STATS);
    double wanted = luaL_checknumber(L, 2);
    if (wanted < 1 || wanted < (double)v->index)
        v->at = (struct hist_iter){.hist = v->hist}, v->index = 0;
    while ((double)v->index < wanted && hist_next(&v->at))
        v->index++;
    bool found = wanted >= 1 && (double)v->index >= wanted;
    double middle = (double)v->at.low + (double)(v->at.width - 1) / 2;
    middle = fmin(fmax(middle, (double)v->hist->min), (double)v->hist->max);
    lua_pushnumber(L, found ? whole(middle) : 0);
    lua_pushnumber(L, found ? (double)v->at.count : 0);
    return 2;
}

/* #stats: how many different values were counted. */
static int stats_len(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    struct hist_iter it = {.hist = v->hist};
    int n = 0;
    while (hist_next(&it))
        n++;
    lua_pushinteger(L, n);
    return 1;
}

static int stats_percentile(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    double percent = luaL_checknumber(L, 2);
    if (!(percent >= 0 && percent <= 100))
        script_raise(L, "percentile(p) takes a number from 0 to 100");
    lua_pushnumber(L, whole(hist_percentile(v->hist, percent)));
    return 1;
}

static int stats_index(lua_State *L)
{
    const struct stats_value *v = luaL_checkudata(L, 1, STATS);
    const char *name = luaL_checkstring(L, 2);
    const struct hist *h = v->hist;
    if (strcmp(name, "min") == 0)
        lua_pushnumber(L, h->count > 0 ? (double)h->min : 0);
    else if (strcmp(name, "max") == 0)
        lua_pushnumber(L, (double)h->max);
    else if (strcmp(name, "mean") == 0)
        lua_pushnumber(L, hist_mean(h));
    else if (strcmp(name, "stdev") == 0)
        lua_pushnumber(L, hist_stdev(h));
    else if (strcmp(name, "percentile") == 0)
        lua_pushcfunction(L, stats_percentile);
    else
        script_raise(L, "statistics have min, max, mean, stdev, percentile(p), (i) and #, not '%s'",
                     name);
    return 1;
}

void wrk_push_stats(lua_State *L, const struct hist *h)
{
    struct stats_value *v = lua_newuserdata(L, sizeof(*v));
    *v = (struct stats_value){.hist = h, .at = {.hist = h}};
    luaL_getmetatable(L, STATS);
    lua_setmetatable(L, -2);
}

void wrk_open_stats(lua_State *L)
{
    static const luaL_Reg metamethods[] = {
        {"__index", stats_index}, {"__call", stats_call}, {"__len", stats_len}, {NULL, NULL}};
    luaL_newmetatable(L, STATS);
    luaL_register(L, NULL, metamethods);
    lua_pop(L, 1);
}
