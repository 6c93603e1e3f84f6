/*
 * Binding: a worker has loaded the scenario for itself, and finds in its own state
 * the functions of the classes and tasks that the control state's description
 * selects.
 */
#include "base/mem.h"
#include "script/field.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <string.h>

/* The class's table is on top. */
static void bind_wait(lua_State *L, struct user_class *class)
{
    class->wait_function = LUA_NOREF;
    lua_getfield(L, -1, "wait");
    if (lua_isfunction(L, -1)) {
        class->wait = WAIT_FUNCTION;
        class->wait_function = luaL_ref(L, LUA_REGISTRYINDEX);
        return;
    }
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "kind");
        class->wait = strcmp(lua_tostring(L, -1), "pacing") == 0 ? WAIT_PACING : WAIT_BETWEEN;
        lua_pop(L, 1);
        class->low = field_number(L, "low", 0);
        class->high = field_number(L, "high", 0);
    }
    lua_pop(L, 1);
}

/* The list of a class's tasks is on top; pushes the one of that name, or returns
 * false. By name, not place: a scenario that declares its tasks in a loop over
 * pairs() does so in another order in every state. */
static bool push_task(lua_State *L, const char *name)
{
    for (int i = 1;; i++) {
        lua_rawgeti(L, -1, i);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            return false;
        }
        lua_getfield(L, -1, "name");
        bool found = strcmp(lua_tostring(L, -1), name) == 0;
        lua_pop(L, 1);
        if (found)
            return true;
        lua_pop(L, 1);
    }
}

/* The class's table is on top; -1 when its tasks differ from `about`'s. */
static int bind_tasks(lua_State *L, struct user_class *class)
{
    const struct scenario_class *about = class->about;
    double sum = 0;
    int rc = -1;
    lua_getfield(L, -1, "tasks");
    if (!lua_istable(L, -1) || lua_objlen(L, -1) != about->tasks.len)
        goto out;
    class->tasks = xcalloc(about->tasks.len + 1, sizeof(*class->tasks));
    for (size_t i = 0; i < about->tasks.len; i++) {
        const struct scenario_task *task = &about->tasks.items[i];
        if (!push_task(L, task->name))
            goto out;
        if (!task->enabled) {
            lua_pop(L, 1);
            continue;
        }
        sum += task->weight;
        struct user_task *to = &class->tasks[class->tasks_len++];
        to->about = task;
        to->cumulative = sum;
        to->run = field_function(L, "run");
        lua_pop(L, 1);
    }
    rc = 0;
out:
    lua_pop(L, 1);
    return rc;
}

int script_bind(struct script *s, const struct scenario *scenario, struct err *err)
{
    lua_State *L = s->L;
    int top = lua_gettop(L);
    int rc = -1;
    script_push_scenario(L);
    lua_getfield(L, -1, "classes");
    s->classes_len = scenario->classes.len;
    s->classes = xcalloc(s->classes_len, sizeof(*s->classes));
    for (size_t i = 0; i < s->classes_len; i++) {
        struct user_class *class = &s->classes[i];
        class->about = &scenario->classes.items[i];
        lua_getfield(L, -1, class->about->name);
        if (!lua_istable(L, -1) || bind_tasks(L, class) < 0) {
            err_set(err, ERR_CONFIG,
                    "%s declares other classes or tasks each time it is loaded; every worker "
                    "loads it once and must find the same ones",
                    s->options->source->chunkname + 1);
            goto out;
        }
        bind_wait(L, class);
        class->timeout_s = field_number(L, "timeout", 0);
        class->on_start = field_function(L, "on_start");
        class->on_stop = field_function(L, "on_stop");
        class->probe = field_function(L, "probe");
        class->self = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    if (script_push_handlers(L, "request") > 0)
        s->request_handlers = luaL_ref(L, LUA_REGISTRYINDEX);
    rc = 0;
out:
    lua_settop(L, top);
    return rc;
}
