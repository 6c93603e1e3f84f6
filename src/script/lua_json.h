/*
 * JSON to and from Lua values, in bytes at both ends: what a protocol sends is
 * written straight into its request, and what came is read straight out of the
 * connection's bytes.
 *
 * lua-cjson, which scripts use, costs about 10,000 instructions for the answer
 * to an MCP call, more than everything else about it. The values are the same:
 * null is a light userdata of NULL (cjson.null), an empty table is an object, a
 * table with the items 1 to n and nothing else is a list.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "proto/http1_header.h"
#include "script/luajit.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends the value at index. -1 and *err (ERR_CONFIG: "a function (in 'when')")
 * when JSON cannot hold it; out then ends in the middle. */
int lua_json_write(lua_State *L, int index, struct buf *out, struct err *err);
/* The same for a table's members without its braces, each with a comma before
 * it except the first; comma: before that one too. */
int lua_json_write_members(lua_State *L, int index, bool comma, struct buf *out, struct err *err);
/* Appends a string with its quotes, and a whole number. */
void lua_json_write_string(struct buf *out, const char *data, size_t len);
void lua_json_write_integer(struct buf *out, int64_t n);

/* Where a text is read, from `at` to `end`. */
struct lua_json_reader {
    const char *at, *end;
    struct buf text; /* for strings with escapes; owned */
    int depth;
    int names; /* the C function that reads has lua_json_names from this upvalue on; or 0 */
};

/* Words that most results of MCP have: "text", "type", "content". */
extern const char *const lua_json_names[3];

/* Pushes the next value and moves behind it. False when there is none, nothing
 * having been pushed. May raise only for want of memory. */
bool lua_json_read(lua_State *L, struct lua_json_reader *r);
/* Moves over white space; the byte there, or 0 at the end. */
static inline char lua_json_peek(struct lua_json_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
    return r->at < r->end ? *r->at : '\0';
}

/* Moves over white space and c, if c is there. */
static inline bool lua_json_skip(struct lua_json_reader *r, char c)
{
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    if (lua_json_peek(r) != c || r->at == r->end)
        return false;
    r->at++;
    return true;
}

/* Moves over a string; *out is its text, in r->text if it has escapes. */
bool lua_json_string(struct lua_json_reader *r, struct http1_span *out);

/* encode(value) and decode(text) for embedded modules: the result, or nil and
 * why not. */
int lua_json_encode(lua_State *L);
int lua_json_decode(lua_State *L);
