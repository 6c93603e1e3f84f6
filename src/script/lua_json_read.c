/* JSON (RFC 8259) to Lua values; see lua_json.h. */
#include "script/lua_json.h"

#include "script/json_text.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* The first byte from `at` on that is not plain, or end. */
static inline const char *skip_plain(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word, special;
        memcpy(&word, at, 8);
        special = json_special_bytes(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && json_is_plain(*at))
        at++;
    return at;
}

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
        if (r->depth == JSON_DEPTH_MAX || (r->depth % 4 == 3 && !lua_checkstack(L, 16)))
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
