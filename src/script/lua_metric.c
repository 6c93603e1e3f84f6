/*
 * "inrush.metric": custom metrics. A metric is one userdata per name and
 * state, made when it is declared; what it records goes into the worker's
 * current interval under the number that the run's catalog gave it.
 */
#include "base/clock.h"
#include "script/internal.h"

#include <math.h>
#include <string.h>

struct handle {
    enum metric_kind kind;
    uint32_t id;      /* in the catalog; without meaning in the control state */
    const char *unit; /* the Lua string of the metric's environment table */
};

static const char handle_meta[] = "inrush.Metric";

static const struct {
    const char *method, *takes;
} methods_of[METRIC_KINDS] = {
    [METRIC_COUNTER] = {"add", "a number, 0 or more"},
    [METRIC_GAUGE] = {"set", "a number"},
    [METRIC_RATE] = {"add", "true or false"},
    [METRIC_TREND] = {"add", "a number, 0 or more"},
};

/* The metric at 1, of whose method this is a call; raises where nothing can be
 * recorded. */
static struct handle *handle_of(lua_State *L, const char *method, struct script **script)
{
    struct handle *h = lua_touserdata(L, 1);
    bool is_metric = h && lua_getmetatable(L, 1);
    if (is_metric) {
        luaL_getmetatable(L, handle_meta);
        is_metric = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!is_metric)
        script_raise(L, "call it with a colon: metric:%s(value)", method);
    const char *kind = metric_kind_names[h->kind], *right = methods_of[h->kind].method;
    if (strcmp(right, method) != 0)
        script_raise(L, "a %s has no %s; it has %s", kind, method, right);
    *script = script_of(L);
    if (!(*script)->stats)
        script_raise(L, "a %s records where users run: in tasks, hooks and the events of workers",
                     kind);
    return h;
}

static int refuse(lua_State *L, const struct handle *h)
{
    const char *what = lua_isnumber(L, 2) ? lua_tostring(L, 2) : luaL_typename(L, 2);
    script_raise(L, "a %s's %s takes %s, not %s", metric_kind_names[h->kind],
                 methods_of[h->kind].method, methods_of[h->kind].takes, what);
}

static double number_at(lua_State *L, const struct handle *h)
{
    double value = lua_tonumber(L, 2);
    if (lua_type(L, 2) != LUA_TNUMBER || !isfinite(value) || (value < 0 && h->kind != METRIC_GAUGE))
        refuse(L, h);
    return value;
}

static int metric_add(lua_State *L)
{
    struct script *s;
    struct handle *h = handle_of(L, "add", &s);
    if (h->kind == METRIC_COUNTER) {
        metric_count(&s->stats->metrics, h->id, lua_isnoneornil(L, 2) ? 1 : number_at(L, h));
    } else if (h->kind == METRIC_RATE) {
        if (lua_type(L, 2) != LUA_TBOOLEAN)
            refuse(L, h);
        metric_rate(&s->stats->metrics, h->id, lua_toboolean(L, 2));
    } else {
        double value = number_at(L, h);
        if (value > metric_most(h->unit))
            script_raise(L, "%g is more than a trend%s%s can hold, which is %g; use a larger unit",
                         value, *h->unit ? " in " : "", h->unit, metric_most(h->unit));
        metric_trend(&s->stats->metrics, h->id, h->unit, value);
    }
    return 0;
}

static int metric_set(lua_State *L)
{
    struct script *s;
    struct handle *h = handle_of(L, "set", &s);
    metric_gauge(&s->stats->metrics, h->id, number_at(L, h), clock_ns());
    return 0;
}

/* Pushes the known metric of the name at 2, else returns false. */
static bool push_known(lua_State *L, enum metric_kind kind, const char *unit)
{
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    struct handle *h = lua_touserdata(L, -1);
    if (!h) {
        lua_pop(L, 1);
        return false;
    }
    if (h->kind != kind)
        script_raise(L, "'%s' is a %s already and cannot be a %s too", lua_tostring(L, 2),
                     metric_kind_names[h->kind], metric_kind_names[kind]);
    if (unit && strcmp(unit, h->unit) != 0)
        script_raise(L, "%s '%s' has the unit '%s' already, not '%s'", metric_kind_names[kind],
                     lua_tostring(L, 2), h->unit, unit);
    return true;
}

/* declare(kind, name, [unit]): the metric; upvalue 1: name -> metric. */
static int metric_declare(lua_State *L)
{
    int kind = luaL_checkoption(L, 1, NULL,
                                (const char *const[]){"counter", "gauge", "rate", "trend", NULL});
    const char *name = luaL_checkstring(L, 2);
    const char *unit = luaL_optstring(L, 3, NULL);
    if (push_known(L, (enum metric_kind)kind, unit))
        return 1;
    if (strlen(name) != lua_objlen(L, 2))
        script_raise(L, "a metric's name may not hold a NUL");

    struct script *s = script_of(L);
    struct handle *h = lua_newuserdata(L, sizeof(*h));
    *h = (struct handle){.kind = (enum metric_kind)kind};
    luaL_getmetatable(L, handle_meta);
    lua_setmetatable(L, -2);
    lua_createtable(L, 1, 0); /* keeps the unit's text alive */
    lua_pushstring(L, unit ? unit : "");
    h->unit = lua_tostring(L, -1);
    lua_rawseti(L, -2, 1);
    lua_setfenv(L, -2);

    struct err err;
    if (s->catalog && catalog_metric(s->catalog, h->kind, name, h->unit, &h->id, &err) < 0)
        script_raise(L, "%s", err.message);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

static const luaL_Reg methods[] = {{"add", metric_add}, {"set", metric_set}, {NULL, NULL}};

int script_open_metric(lua_State *L)
{
    luaL_newmetatable(L, handle_meta);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);

    lua_newtable(L);
    lua_newtable(L);
    lua_pushcclosure(L, metric_declare, 1);
    lua_setfield(L, -2, "declare");
    return 1;
}
