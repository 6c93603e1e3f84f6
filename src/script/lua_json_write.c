/* Lua values to JSON (RFC 8259); see lua_json.h. */
#include "script/lua_json.h"

#include "script/json_text.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *put_escape(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    if (c == '\n' || c == '\r' || c == '\t') {
        *to++ = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
    } else if (c < ' ') {
        memcpy(to, "u00", 3);
        to[3] = hex[c >> 4];
        to[4] = hex[c & 15];
        to += 5;
    } else {
        *to++ = (char)c;
    }
    return to;
}

void lua_json_write_string(struct buf *out, const char *data, size_t len)
{
    size_t most = 6 * len + 2; /* so that a whole word may be copied before it is looked at */
    char *to = out->cap - out->len >= most + 8 ? out->data + out->len : buf_reserve(out, most + 8);
    assert(to); /* cap is 0 while data is NULL */
    const char *end = data + len;
    *to++ = '"';
    while (data < end) {
        if (end - data >= 8) {
            uint64_t word, special;
            memcpy(&word, data, 8);
            memcpy(to, &word, 8);
            special = json_special_bytes(le64toh(word));
            size_t plain = special ? (size_t)__builtin_ctzll(special) / 8 : 8;
            data += plain;
            to += plain;
            if (!special)
                continue;
        }
        unsigned char c = (unsigned char)*data++;
        if (json_is_plain((char)c))
            *to++ = (char)c;
        else
            to = put_escape(to, c);
    }
    *to++ = '"';
    out->len = (size_t)(to - out->data);
}

void lua_json_write_integer(struct buf *out, int64_t n)
{
    char digits[20], *first = digits + sizeof(digits);
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        buf_addch(out, '-');
    buf_add(out, first, (size_t)(digits + sizeof(digits) - first));
}

static int write_number(struct buf *out, double n, struct err *err)
{
    if (n >= -1e15 && n <= 1e15 && n == (double)(int64_t)n) {
        lua_json_write_integer(out, (int64_t)n);
        return 0;
    }
    if (!isfinite(n))
        return err_set(err, ERR_CONFIG, "%s",
                       isnan(n) ? "a number that is none (nan)" : "infinity");
    char text[32];
    int len = snprintf(text, sizeof(text), "%.15g", n);
    if (strtod(text, NULL) != n)
        len = snprintf(text, sizeof(text), "%.17g", n);
    buf_add(out, text, (size_t)len);
    return 0;
}

static int write_value(lua_State *L, struct buf *out, int depth, struct err *err);

/* The members of the table on top, all with names. */
static int write_members(lua_State *L, bool comma, struct buf *out, int depth, struct err *err)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (comma)
            buf_addch(out, ',');
        comma = true;
        size_t len;
        if (lua_type(L, -2) == LUA_TSTRING) {
            const char *name = lua_tolstring(L, -2, &len);
            lua_json_write_string(out, name, len);
        } else {
            return err_set(err, ERR_CONFIG, "a table with %s and names or gaps",
                           lua_type(L, -2) == LUA_TNUMBER ? "list items" : "odd keys");
        }
        buf_addch(out, ':');
        if (write_value(L, out, depth, err) < 0) {
            size_t used = strlen(err->message);
            if (!strchr(err->message, '('))
                snprintf(err->message + used, sizeof(err->message) - used, " (in '%.60s')",
                         lua_tostring(L, -2));
            return -1;
        }
    }
    return 0;
}

/* The table on top, whose items 1 to n come first. */
static int write_list(lua_State *L, size_t n, struct buf *out, int depth, struct err *err)
{
    size_t members = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        members++;
    if (members != n)
        return err_set(err, ERR_CONFIG, "a table with list items and names or gaps");
    buf_addch(out, '[');
    for (size_t i = 1; i <= n; i++) {
        if (i > 1)
            buf_addch(out, ',');
        lua_rawgeti(L, -1, (int)i);
        if (write_value(L, out, depth, err) < 0)
            return -1;
        lua_pop(L, 1);
    }
    buf_addch(out, ']');
    return 0;
}

/* The value on top, which stays there. On error the stack may have more on it. */
static int write_value(lua_State *L, struct buf *out, int depth, struct err *err)
{
    size_t len;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        lua_json_write_string(out, text, len);
        return 0;
    case LUA_TNUMBER:
        return write_number(out, lua_tonumber(L, -1), err);
    case LUA_TBOOLEAN:
        buf_adds(out, lua_toboolean(L, -1) ? "true" : "false");
        return 0;
    case LUA_TNIL:
        buf_adds(out, "null");
        return 0;
    case LUA_TTABLE:
        break;
    default:
        if (lua_type(L, -1) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, -1)) {
            buf_adds(out, "null");
            return 0;
        }
        return err_set(err, ERR_CONFIG, "a %s", luaL_typename(L, -1));
    }
    if (depth == JSON_DEPTH_MAX || (depth % 4 == 3 && !lua_checkstack(L, 16)))
        return err_set(err, ERR_CONFIG, "a table nested more than %d deep, or within itself",
                       JSON_DEPTH_MAX);
    size_t n = lua_objlen(L, -1);
    if (n > 0)
        return write_list(L, n, out, depth + 1, err);
    buf_addch(out, '{');
    if (write_members(L, false, out, depth + 1, err) < 0)
        return -1;
    buf_addch(out, '}');
    return 0;
}

int lua_json_write(lua_State *L, int index, struct buf *out, struct err *err)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    int rc = write_value(L, out, 0, err);
    lua_settop(L, top);
    return rc;
}

int lua_json_write_members(lua_State *L, int index, bool comma, struct buf *out, struct err *err)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    int rc = write_members(L, comma, out, 0, err);
    lua_settop(L, top);
    return rc;
}

int lua_json_encode(lua_State *L)
{
    struct buf out = BUF_INIT;
    struct err err;
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    int rc = lua_json_write(L, 1, &out, &err);
    if (rc == 0) {
        lua_pushlstring(L, out.data, out.len);
    } else {
        lua_pushnil(L);
        lua_pushstring(L, err.message);
    }
    buf_release(&out);
    return rc == 0 ? 1 : 2;
}
