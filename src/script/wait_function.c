/* Waits that a function of the script says: wait = function(user) ... end. */
#include "base/mem.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <stdlib.h>

/* An error each time must not spin. */
static const double AFTER_ERROR_S = 1;

/* About the value on top of the stack. */
static void report_bad_wait(struct user *u)
{
    lua_State *L = u->script->L;
    const char *what = luaL_typename(L, -1);
    if (lua_type(L, -1) == LUA_TNUMBER)
        what = lua_tonumber(L, -1) < 0 ? "a negative number" : "nan or a number without end";
    char *message = xasprintf("the wait function of user class '%s' must return seconds, 0 or "
                              "more, not %s",
                              u->class->about->name, what);
    script_report_error(u->script, message, "");
    free(message);
}

double wait_function_seconds(struct user *u)
{
    struct script *s = u->script;
    char *message, *traceback;
    lua_rawgeti(s->L, LUA_REGISTRYINDEX, u->class->wait_function);
    lua_rawgeti(s->L, LUA_REGISTRYINDEX, u->self);
    s->rng = &u->rng;
    int rc = script_call(s, 1, 1, &message, &traceback);
    s->rng = &s->own_rng;
    if (rc < 0) {
        script_report_error(s, message, traceback);
        free(message);
        free(traceback);
        return AFTER_ERROR_S;
    }
    double seconds = lua_tonumber(s->L, -1);
    bool good = lua_type(s->L, -1) == LUA_TNUMBER && seconds >= 0 && seconds < 1e9;
    if (!good)
        report_bad_wait(u);
    lua_pop(s->L, 1);
    return good ? seconds : AFTER_ERROR_S;
}
