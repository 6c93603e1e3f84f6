/* Lua source text inside the program: our own modules and the bundled
 * scenarios. */
#pragma once

#include "base/embedded.h"

/* What require finds: src/lua. Named as modules: "inrush.http" is
 * src/lua/inrush/http.lua. */
extern const struct embedded_file lua_embedded[];
extern const size_t lua_embedded_len;

/* What "inrush list" and "inrush show" know: scripts/. */
extern const struct embedded_file bundled_scenarios[];
extern const size_t bundled_scenarios_len;
