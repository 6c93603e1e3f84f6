/* What calls of every protocol have in common; see call.h. */
#include "script/call.h"

#include "base/suggest.h"
#include "base/units.h"

#include <string.h>

enum { OPTIONS_MAX = 16 };

static const double NEVER_S = 1e9; /* longer is no longer, and nanoseconds can count it */

struct call call_new(const struct user *u)
{
    return (struct call){.record = true, .timeout_s = user_timeout_s(u)};
}

uint32_t call_series(lua_State *L, int known, const char *type, int name)
{
    lua_pushvalue(L, name);
    lua_rawget(L, known);
    uint32_t id = (uint32_t)lua_tointeger(L, -1);
    if (lua_isnil(L, -1)) {
        size_t len;
        const char *text = lua_tolstring(L, name, &len);
        id = catalog_intern(script_of(L)->catalog, type, strlen(type), text, len);
        lua_pushvalue(L, name);
        lua_pushinteger(L, (lua_Integer)id);
        lua_rawset(L, known);
    }
    lua_pop(L, 1);
    return id;
}

double call_duration(lua_State *L)
{
    double seconds = 0;
    if (lua_type(L, -1) == LUA_TNUMBER)
        seconds = lua_tonumber(L, -1);
    else if (lua_type(L, -1) == LUA_TSTRING)
        (void)units_parse_duration(lua_tostring(L, -1), &seconds, NULL);
    return seconds > NEVER_S ? NEVER_S : seconds;
}

bool call_read_option(lua_State *L, struct call *call, int known, const char *type)
{
    const char *option = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (strcmp(option, "name") == 0) {
        if (lua_type(L, -1) != LUA_TSTRING)
            script_raise(L, "option 'name' must be a string, not %s", luaL_typename(L, -1));
        call->series = call_series(L, known, type, lua_gettop(L));
        call->named = true;
        return true;
    }
    if (strcmp(option, "timeout") == 0) {
        call->timeout_s = call_duration(L);
        if (!(call->timeout_s > 0))
            script_raise(L, "option 'timeout' must be above 0: seconds, or a duration such as "
                            "'500ms'");
        return true;
    }
    if (strcmp(option, "record") == 0) {
        if (!lua_isboolean(L, -1))
            script_raise(L, "option 'record' must be true or false, not %s", luaL_typename(L, -1));
        call->record = lua_toboolean(L, -1);
        return true;
    }
    return false;
}

void call_unknown_option(lua_State *L, const char *what, const char *const *others, size_t n)
{
    const char *names[OPTIONS_MAX] = {"name", "record", "timeout"};
    size_t len = 3;
    for (size_t i = 0; i < n && len < OPTIONS_MAX; i++)
        names[len++] = others[i];
    if (lua_type(L, -2) != LUA_TSTRING)
        script_raise(L, "the options of %s must have names; found a value at [%s]", what,
                     lua_isnumber(L, -2) ? lua_tostring(L, -2) : luaL_typename(L, -2));
    const char *given = lua_tostring(L, -2);
    const char *near = suggest(given, names, len);
    if (near)
        script_raise(L, "unknown option '%s' of %s; did you mean '%s'?", given, what, near);
    lua_pushstring(L, names[0]);
    for (size_t i = 1; i < len; i++) {
        lua_pushfstring(L, "%s%s", i + 1 < len ? ", " : " and ", names[i]);
        lua_concat(L, 2);
    }
    script_raise(L, "unknown option '%s' of %s; there are %s", given, what, lua_tostring(L, -1));
}

void call_check_user(lua_State *L, struct user *u, const char *what)
{
    if (u->script->current == u && u->thread.co == L && lua_isyieldable(L))
        return;
    user_to_wait(L, what); /* says what is wrong, if it is not the user */
    script_raise(L, "%s serves only its own user", what);
}

void call_set_sample(struct user *u, const struct call *call, const struct op *op)
{
    const struct sample sample = {
        .series = call->series,
        .response_ns = op->end_ns - op->start_ns,
        .service_ns = op->end_ns - op->start_ns,
        .bytes = op->bytes,
        .error = op_failure(op),
        .message = op_message(op),
        .end_ns = op->end_ns,
    };
    user_set_sample(u, &sample, call->record);
}

void call_fail(lua_State *L, struct user *u, const struct call *call, const char *what)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        script_raise(L, "%s:fail takes a message, not %s", what, luaL_typename(L, 2));
    if (!u->has_sample || u->sample.series != call->series)
        script_raise(L, "%s:fail comes without a request, or another was made since", what);
    user_fail_sample(u, ERR_CHECK, lua_tostring(L, 2));
}
