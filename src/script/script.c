/*
 * Running Lua: the coroutine pool, the one resume, events, and the interrupt.
 */
#include "script/script.h"

#include "base/mem.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <stdlib.h>
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
    collector_after_run(s);

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

void script_push_scenario(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "inrush");
    lua_getfield(L, -1, "scenario");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

int script_push_handlers(lua_State *L, const char *event)
{
    script_push_scenario(L);
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
    int n = script_push_handlers(L, event);
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
