/* The one place that includes Lua's headers; script/ includes nothing else of
 * Lua's. LuaJIT is needed, not just any Lua 5.1: tasks yield across pcall. */
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <luajit.h>
#include <lualib.h>

#ifndef LUAJIT_VERSION_NUM
#error "inrush needs LuaJIT's headers, not those of another Lua"
#endif
