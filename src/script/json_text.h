/* What reading and writing JSON for Lua (lua_json_read.c, lua_json_write.c) have in
 * common: how deep values nest, and which bytes stand in a string as they are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A table within itself ends here, and so does a text made to exhaust us. */
enum { JSON_DEPTH_MAX = 200 };

/* Which of the eight bytes of a word cannot stand in a string as they are (control
 * characters, the quote, the backslash): the top bit of the first such byte is the
 * lowest set one. The usual tests of a word's bytes for being below a value, or
 * equal to one; bytes behind the first may be marked wrongly. */
static inline uint64_t json_special_bytes(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    return (((word - ones * ' ') & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
           highs;
}

static inline bool json_is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}
