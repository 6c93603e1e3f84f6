/*
 * Running Lua: the coroutine pool, the one resume, events, binding a worker's
 * state to the selected scenario, and the interrupt.
 */
#include "script/script.h"

#include "base/mem.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <string.h>

/* Beyond this many idle coroutines, further ones are left to the collector:
 * live coroutines are traversed in its atomic phase. */
enum { IDLE_MAX = 1000 };

void script_borrow_thread(struct user *u)
{
    struct script *s = u->script;
    if (s->idle.len > 0) {
        u->thread = s->idle.items[--s->idle.len];
        return;
    }
    u->thread.co = lua_newthread(s->L);
    u->thread.ref = luaL_ref(s->L, LUA_REGISTRYINDEX);
}

void script_return_thread(struct user *u, bool reusable)
{
    struct script *s = u->script;
    if (reusable && s->idle.len < IDLE_MAX) {
        lua_settop(u->thread.co, 0);
        vec_push(&s->idle, u->thread);
    } else {
        luaL_unref(s->L, LUA_REGISTRYINDEX, u->thread.ref);
    }
    u->thread = (struct script_thread){NULL, LUA_NOREF};
}

enum script_outcome script_resume(struct user *u, int nargs)
{
    struct script *s = u->script;
    struct user *outer = s->current;
    struct rng *outer_rng = s->rng;
    s->current = u;
    s->rng = &u->rng;
    script_enter(s);
    int rc = lua_resume(u->thread.co, nargs);
    script_leave(s);
    s->current = outer;
    s->rng = outer_rng;

    if (rc == 0)
        return SCRIPT_DONE;
    if (rc != LUA_YIELD)
        return SCRIPT_FAILED;
    if (u->cancel)
        return SCRIPT_WAITING;
    lua_settop(u->thread.co, 0);
    lua_pushliteral(u->thread.co, "a task must not call coroutine.yield itself: it waits by "
                                  "making requests or with inrush.sleep");
    return SCRIPT_FAILED;
}

/* Pushes inrush.scenario, the table of what was declared. */
static void push_scenario(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "inrush");
    lua_getfield(L, -1, "scenario");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* How many handlers the event has; pushes their list, or nothing when 0. */
static int push_handlers(lua_State *L, const char *event)
{
    push_scenario(L);
    lua_getfield(L, -1, "handlers");
    lua_getfield(L, -1, event);
    int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    if (n > 0) {
        lua_replace(L, -3);
        lua_pop(L, 1);
    } else {
        lua_pop(L, 3);
    }
    return n;
}

int script_emit_value(struct script *s, const char *event)
{
    lua_State *L = s->L;
    int value = lua_gettop(L);
    int failed = 0;
    int n = push_handlers(L, event);
    for (int i = 1; i <= n; i++) {
        char *message, *traceback;
        lua_rawgeti(L, value + 1, i);
        lua_pushvalue(L, value);
        if (script_call(s, 1, 0, &message, &traceback) < 0) {
            script_report_error(s, message, traceback);
            free(message);
            free(traceback);
            failed++;
        }
    }
    lua_settop(L, value - 1);
    return failed;
}

int script_emit(struct script *s, const char *event)
{
    lua_pushnil(s->L);
    return script_emit_value(s, event);
}

/* The field of the table on top as a reference, or LUA_NOREF. */
static int take_function(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    if (lua_isfunction(L, -1))
        return luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pop(L, 1);
    return LUA_NOREF;
}

static double number_field(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    double n = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return n;
}

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
        class->low = number_field(L, "low");
        class->high = number_field(L, "high");
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
        to->run = take_function(L, "run");
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
    push_scenario(L);
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
        class->timeout_s = number_field(L, "timeout");
        class->on_start = take_function(L, "on_start");
        class->on_stop = take_function(L, "on_stop");
        class->probe = take_function(L, "probe");
        class->self = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    if (push_handlers(L, "request") > 0)
        s->request_handlers = luaL_ref(L, LUA_REGISTRYINDEX);
    rc = 0;
out:
    lua_settop(L, top);
    return rc;
}

struct script_cost script_take_cost(struct script *s)
{
    struct script_cost cost = {
        .inside = s->inside,
        .longest = s->longest,
        .memory = (uint64_t)lua_gc(s->L, LUA_GCCOUNT, 0) * 1024,
    };
    s->inside = s->longest = 0;
    return cost;
}

static void interrupted(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted: it ran on and on without waiting");
}

void script_interrupt(struct script *s)
{
    /* As luajit's own signal handler does: lua_sethook is safe here. */
    lua_sethook(s->L, interrupted, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}
