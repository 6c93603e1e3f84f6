/* JSON to and from Lua values (RFC 8259). */
#include "script/lua_json.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A table within itself ends here, and so does a text made to exhaust us. */
enum { DEPTH_MAX = 200 };

/* Which of the eight bytes of a word cannot stand in a string as they are (control
 * characters, the quote, the backslash): the top bit of the first such byte is the
 * lowest set one. The usual tests of a word's bytes for being below a value, or
 * equal to one; bytes behind the first may be marked wrongly. */
static inline uint64_t special_bytes(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    return (((word - ones * ' ') & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
           highs;
}

static inline bool is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

/* The first byte from `at` on that is not plain, or end. */
static inline const char *skip_plain(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word, special;
        memcpy(&word, at, 8);
        special = special_bytes(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && is_plain(*at))
        at++;
    return at;
}

/* --- writing ------------------------------------------------------------------ */

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
            special = special_bytes(le64toh(word));
            size_t plain = special ? (size_t)__builtin_ctzll(special) / 8 : 8;
            data += plain;
            to += plain;
            if (!special)
                continue;
        }
        unsigned char c = (unsigned char)*data++;
        if (is_plain((char)c))
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
    if (depth == DEPTH_MAX || (depth % 4 == 3 && !lua_checkstack(L, 16)))
        return err_set(err, ERR_CONFIG, "a table nested more than %d deep, or within itself",
                       DEPTH_MAX);
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

/* --- reading ------------------------------------------------------------------ */

static bool read_hex(const char *at, const char *end, unsigned *out)
{
    *out = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static void add_utf8(struct buf *out, unsigned code)
{
    if (code < 0x80) {
        buf_addch(out, (char)code);
    } else if (code < 0x800) {
        buf_addch(out, (char)(0xc0 | code >> 6));
        buf_addch(out, (char)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        buf_addch(out, (char)(0xe0 | code >> 12));
        buf_addch(out, (char)(0x80 | (code >> 6 & 63)));
        buf_addch(out, (char)(0x80 | (code & 63)));
    } else {
        buf_addch(out, (char)(0xf0 | code >> 18));
        buf_addch(out, (char)(0x80 | (code >> 12 & 63)));
        buf_addch(out, (char)(0x80 | (code >> 6 & 63)));
        buf_addch(out, (char)(0x80 | (code & 63)));
    }
}

/* An escape; r->at is behind the backslash. A half of a pair alone becomes the
 * replacement character. */
static bool read_escape(struct lua_json_reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    char c = *r->at++;
    const char *plain = c ? strchr(from, c) : NULL;
    if (plain) {
        buf_addch(&r->text, to[plain - from]);
        return true;
    }
    unsigned code, low;
    if (c != 'u' || !read_hex(r->at, r->end, &code))
        return false;
    r->at += 4;
    if (code >= 0xd800 && code < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
        r->at[1] == 'u' && read_hex(r->at + 2, r->end, &low) && low >= 0xdc00 && low < 0xe000) {
        r->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(&r->text, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    return true;
}

/* A string with escapes, from its start on; r->at is at the first of them, or where
 * it goes wrong. */
static __attribute__((noinline)) bool read_escaped(struct lua_json_reader *r, const char *start,
                                                   struct http1_span *out)
{
    buf_clear(&r->text);
    while (r->at < r->end && (*r->at == '"' || *r->at == '\\')) {
        buf_add(&r->text, start, (size_t)(r->at - start));
        if (*r->at++ == '"') {
            *out = (struct http1_span){r->text.len > 0 ? r->text.data : "", r->text.len};
            return true;
        }
        if (!read_escape(r))
            return false;
        start = r->at;
        r->at = skip_plain(r->at, r->end);
    }
    return false;
}

bool lua_json_string(struct lua_json_reader *r, struct http1_span *out)
{
    if (!lua_json_skip(r, '"'))
        return false;
    const char *start = r->at;
    r->at = skip_plain(start, r->end);
    if (r->at == r->end || *r->at != '"')
        return read_escaped(r, start, out);
    *out = (struct http1_span){start, (size_t)(r->at++ - start)};
    return true;
}

static bool read_digits(struct lua_json_reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static bool read_number(lua_State *L, struct lua_json_reader *r)
{
    const char *start = r->at;
    bool negative = *r->at == '-';
    r->at += negative;
    const char *first = r->at;
    if (!read_digits(r) || (*first == '0' && r->at - first > 1))
        return false;
    bool whole = true;
    if (r->at < r->end && *r->at == '.') {
        whole = false;
        r->at++;
        if (!read_digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        whole = false;
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (!read_digits(r))
            return false;
    }
    if (whole && r->at - first <= 15) {
        int64_t n = 0;
        for (const char *p = first; p < r->at; p++)
            n = n * 10 + (*p - '0');
        lua_pushnumber(L, (lua_Number)(negative ? -n : n));
        return true;
    }
    buf_clear(&r->text);
    buf_add(&r->text, start, (size_t)(r->at - start));
    lua_pushnumber(L, strtod(buf_cstr(&r->text), NULL));
    return true;
}

static bool read_word(struct lua_json_reader *r, const char *word, size_t len)
{
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

const char *const lua_json_names[] = {"text", "type", "content"};

/* Pushes a string of which some, where the caller has them as upvalues, need not be
 * looked for among all strings of the state. */
static inline void push_text(lua_State *L, const struct lua_json_reader *r, struct http1_span text)
{
    if (r->names > 0 && text.len == 4 && memcmp(text.data, "text", 4) == 0)
        lua_pushvalue(L, lua_upvalueindex(r->names));
    else if (r->names > 0 && text.len == 4 && memcmp(text.data, "type", 4) == 0)
        lua_pushvalue(L, lua_upvalueindex(r->names + 1));
    else if (r->names > 0 && text.len == 7 && memcmp(text.data, "content", 7) == 0)
        lua_pushvalue(L, lua_upvalueindex(r->names + 2));
    else
        lua_pushlstring(L, text.data, text.len);
}

static bool read_value(lua_State *L, struct lua_json_reader *r);

static bool read_object(lua_State *L, struct lua_json_reader *r)
{
    struct http1_span name;
    lua_createtable(L, 0, 2); /* right for most objects of an answer */
    if (lua_json_skip(r, '}'))
        return true;
    do {
        if (!lua_json_string(r, &name))
            return false;
        push_text(L, r, name);
        if (!lua_json_skip(r, ':') || !read_value(L, r))
            return false;
        lua_rawset(L, -3);
    } while (lua_json_skip(r, ','));
    return lua_json_skip(r, '}');
}

static bool read_list(lua_State *L, struct lua_json_reader *r)
{
    lua_createtable(L, 1, 0);
    if (lua_json_skip(r, ']'))
        return true;
    int n = 0;
    do {
        if (!read_value(L, r))
            return false;
        lua_rawseti(L, -2, ++n);
    } while (lua_json_skip(r, ','));
    return lua_json_skip(r, ']');
}

/* Pushes the value; on failure leaves whatever it has pushed so far. */
static bool read_value(lua_State *L, struct lua_json_reader *r)
{
    struct http1_span text;
    char c = lua_json_peek(r);
    switch (c) {
    case '"':
        if (!lua_json_string(r, &text))
            return false;
        push_text(L, r, text);
        return true;
    case '{':
    case '[':
        if (r->depth == DEPTH_MAX || (r->depth % 4 == 3 && !lua_checkstack(L, 16)))
            return false;
        r->at++;
        r->depth++;
        if (!(c == '{' ? read_object(L, r) : read_list(L, r)))
            return false;
        r->depth--;
        return true;
    case 't':
        lua_pushboolean(L, 1);
        return read_word(r, "true", 4);
    case 'f':
        lua_pushboolean(L, 0);
        return read_word(r, "false", 5);
    case 'n':
        lua_pushlightuserdata(L, NULL);
        return read_word(r, "null", 4);
    default:
        if (c != '-' && (c < '0' || c > '9'))
            return false;
        return read_number(L, r);
    }
}

bool lua_json_read(lua_State *L, struct lua_json_reader *r)
{
    int top = lua_gettop(L);
    if (read_value(L, r))
        return true;
    lua_settop(L, top);
    return false;
}

/* --- for embedded modules -------------------------------------------------------- */

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

int lua_json_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct lua_json_reader r = {.at = text, .end = text + len};
    bool good = lua_json_read(L, &r) && lua_json_peek(&r) == '\0' && r.at == r.end;
    buf_release(&r.text);
    if (good)
        return 1;
    lua_pushnil(L);
    lua_pushfstring(L, "not JSON from byte %d on", (int)(r.at - text) + 1);
    return 2;
}
