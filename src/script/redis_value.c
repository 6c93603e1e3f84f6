/* What Redis replies and Lua values are to each other; see redis_value.h. */
#include "script/redis_value.h"

#include <stdio.h>
#include <stdlib.h>

/* The greatest whole number up to which Lua's are exact: 2^53. */
#define EXACT_MAX 9007199254740992LL

static void push_integer(lua_State *L, long long n)
{
    if (n >= -EXACT_MAX && n <= EXACT_MAX) {
        lua_pushnumber(L, (lua_Number)n);
    } else {
        char text[24];
        int len = snprintf(text, sizeof(text), "%lld", n);
        lua_pushlstring(L, text, (size_t)len);
    }
}

static void push_list(lua_State *L, const redisReply *r)
{
    lua_createtable(L, (int)r->elements, 0);
    for (size_t i = 0; i < r->elements; i++) {
        redis_value_push_nested(L, r->element[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

void redis_value_push(lua_State *L, const redisReply *r)
{
    luaL_checkstack(L, 4, "a reply");
    switch (r->type) {
    case REDIS_REPLY_INTEGER:
        push_integer(L, r->integer);
        break;
    case REDIS_REPLY_NIL:
        lua_pushnil(L);
        break;
    case REDIS_REPLY_ARRAY:
        push_list(L, r);
        break;
#if HIREDIS_MAJOR >= 1
    case REDIS_REPLY_SET:
    case REDIS_REPLY_PUSH:
        push_list(L, r);
        break;
    case REDIS_REPLY_MAP:
        lua_createtable(L, 0, (int)r->elements / 2);
        for (size_t i = 0; i + 1 < r->elements; i += 2) {
            redis_value_push_nested(L, r->element[i]);
            redis_value_push_nested(L, r->element[i + 1]);
            lua_rawset(L, -3);
        }
        break;
    case REDIS_REPLY_DOUBLE:
        lua_pushnumber(L, r->dval);
        break;
    case REDIS_REPLY_BOOL:
        lua_pushboolean(L, r->integer != 0);
        break;
#endif
    default:
        lua_pushlstring(L, r->str, r->len);
        break;
    }
}

void redis_value_push_nested(lua_State *L, const redisReply *r)
{
    if (r->type == REDIS_REPLY_ERROR) {
        lua_createtable(L, 0, 1);
        lua_pushlstring(L, r->str, r->len);
        lua_setfield(L, -2, "err");
    } else if (r->type == REDIS_REPLY_NIL) {
        lua_pushboolean(L, 0);
    } else {
        redis_value_push(L, r);
    }
}

size_t redis_value_format(char text[REDIS_NUMBER_MAX], double n)
{
    if (n >= -EXACT_MAX && n <= EXACT_MAX && (double)(long long)n == n)
        return (size_t)snprintf(text, REDIS_NUMBER_MAX, "%lld", (long long)n);
    int len = 0;
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(text, REDIS_NUMBER_MAX, "%.*g", precision, n);
        if (strtod(text, NULL) == n)
            break;
    }
    return (size_t)len;
}
