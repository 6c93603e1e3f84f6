/* The userdata that stands for a client; see client_box.h. */
#include "script/client_box.h"

struct client_box *client_box_new(lua_State *L, const char *meta, void *client)
{
    struct client_box *box = lua_newuserdata(L, sizeof(*box));
    luaL_getmetatable(L, meta);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    *box = (struct client_box){meta, client, luaL_ref(L, LUA_REGISTRYINDEX)};
    return box;
}

void client_box_empty(lua_State *L, struct client_box *box)
{
    box->client = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, box->ref);
}

void client_box_wrong(lua_State *L, bool is_box, const char *method, const char *what)
{
    if (!is_box)
        script_raise(L, "call it with a colon: %s(...)", method);
    script_raise(L, "this user is gone; its %s with it", what);
}
