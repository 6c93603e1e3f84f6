/*
 * Lua source text inside the program, generated at build time by
 * EmbedLua.cmake: our own modules and the bundled scenarios.
 */
#pragma once

#include <stddef.h>

struct lua_embedded {
    const char *name;   /* "inrush.http" for src/lua/inrush/http.lua */
    const char *source; /* the file's bytes, NUL-terminated */
    size_t len;         /* without the NUL */
};

/* What require finds: src/lua. */
extern const struct lua_embedded lua_embedded[];
extern const size_t lua_embedded_len;

/* What "inrush list" and "inrush show" know: scripts/. */
extern const struct lua_embedded bundled_scenarios[];
extern const size_t bundled_scenarios_len;
