/*
 * Fields of the table on top of the Lua stack, as C values. The stack stays as it
 * was. None raises: what is no such value counts as left out, since the Lua modules
 * have checked what a scenario declares.
 */
#pragma once

#include "base/mem.h"
#include "script/luajit.h"

#include <stdbool.h>

/* A copy on the heap, the caller's; or NULL. */
static inline char *field_copy(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    const char *text = lua_tostring(L, -1);
    char *copy = text ? xstrdup(text) : NULL;
    lua_pop(L, 1);
    return copy;
}

static inline double field_number(lua_State *L, const char *field, double otherwise)
{
    lua_getfield(L, -1, field);
    double n = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
    lua_pop(L, 1);
    return n;
}

static inline bool field_boolean(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    bool b = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return b;
}

/* A reference in the registry, the caller's; or LUA_NOREF. */
static inline int field_function(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    if (lua_isfunction(L, -1))
        return luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pop(L, 1);
    return LUA_NOREF;
}
