/*
 * What Redis replies and Lua values are to each other. Strings and statuses are
 * strings, integers numbers (beyond 2^53 a string, so that no digit is lost), arrays
 * lists, null nil; inside a list null is false and an error { err = message }, as in
 * Redis' own Lua.
 */
#pragma once

#include "script/luajit.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

/* Pushes a reply that is no error. */
void redis_value_push(lua_State *L, const redisReply *r);
/* Pushes what stands inside a list: an error and null have values there. */
void redis_value_push_nested(lua_State *L, const redisReply *r);

enum { REDIS_NUMBER_MAX = 32 };

/* A number as an argument's text: a whole one in full, another as short as it comes
 * back the same. Its length. */
size_t redis_value_format(char text[REDIS_NUMBER_MAX], double n);
