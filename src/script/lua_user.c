/*
 * The table a task is called with: the user's own state, its number and class,
 * and the protocol clients, made when first used.
 */
#include "script/internal.h"
#include "script/scenario.h"

static const char user_meta[] = "inrush.User";

/* __index(user, key): a client not yet made; upvalue 1: name -> row number. */
static int user_index(lua_State *L)
{
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_isnil(L, -1))
        return 1;
    int row = (int)lua_tointeger(L, -1);
    struct user *u = user_of(L, lua_pushfstring(L, "user.%s", script_protocols[row].name));
    if (u->clients[row])
        script_raise(L, "user.%s was taken away: the script has set it to nil",
                     script_protocols[row].name);
    u->clients[row] = script_protocols[row].new(L, u);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

void script_open_user(lua_State *L)
{
    luaL_newmetatable(L, user_meta);
    lua_newtable(L);
    for (size_t i = 0; i < script_protocols_len; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_setfield(L, -2, script_protocols[i].name);
    }
    lua_pushcclosure(L, user_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void script_push_user(lua_State *L, struct user *u)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)u->number);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, u->class->about->name);
    lua_setfield(L, -2, "class");
    luaL_getmetatable(L, user_meta);
    lua_setmetatable(L, -2);
}
