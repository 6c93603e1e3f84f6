/*
 * "inrush.crypto": digests, HMAC, base64 and random bytes for scripts, over
 * OpenSSL. Everything takes and gives byte strings; hex() makes them readable.
 */
#include "base/buf.h"
#include "script/internal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

/* The string at an argument, or an error at the script's line: numbers are not
 * taken for strings, since their digits are rarely what was meant. */
static const unsigned char *bytes_at(lua_State *L, int index, const char *usage, size_t *len)
{
    if (lua_type(L, index) != LUA_TSTRING)
        script_raise(L, "crypto.%s, not %s", usage, luaL_typename(L, index));
    return (const unsigned char *)lua_tolstring(L, index, len);
}

/* --- digests ---------------------------------------------------------------- */

static const struct {
    const char *name;
    const EVP_MD *(*md)(void);
} digests[] = {
    {"sha1", EVP_sha1}, {"sha256", EVP_sha256}, {"sha384", EVP_sha384}, {"sha512", EVP_sha512}};

enum { DIGESTS = sizeof(digests) / sizeof(*digests) };

/* NAME(data); upvalue 1: which. */
static int digest(lua_State *L)
{
    size_t which = (size_t)lua_tointeger(L, lua_upvalueindex(1));
    char usage[64];
    snprintf(usage, sizeof(usage), "%s(data) takes a string", digests[which].name);
    size_t len;
    const unsigned char *data = bytes_at(L, 1, usage, &len);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned out_len = 0;
    if (!EVP_Digest(data, len, out, &out_len, digests[which].md(), NULL))
        script_raise(L, "crypto.%s is switched off in this OpenSSL", digests[which].name);
    lua_pushlstring(L, (const char *)out, out_len);
    return 1;
}

/* hmac(algorithm, key, data) */
static int hmac(lua_State *L)
{
    static const char usage[] = "hmac(algorithm, key, data) takes strings";
    size_t name_len, key_len, len;
    const char *name = (const char *)bytes_at(L, 1, usage, &name_len);
    const unsigned char *key = bytes_at(L, 2, usage, &key_len);
    const unsigned char *data = bytes_at(L, 3, usage, &len);
    for (size_t i = 0; i < DIGESTS; i++) {
        if (strcmp(digests[i].name, name) != 0)
            continue;
        unsigned char out[EVP_MAX_MD_SIZE];
        unsigned out_len = 0;
        if (!HMAC(digests[i].md(), key, (int)key_len, data, len, out, &out_len))
            script_raise(L, "crypto.hmac: %s is switched off in this OpenSSL", name);
        lua_pushlstring(L, (const char *)out, out_len);
        return 1;
    }
    return script_raise(L,
                        "crypto.hmac: unknown algorithm '%s'; there are sha1, sha256, sha384 "
                        "and sha512",
                        name);
}

/* --- text for bytes ------------------------------------------------------------ */

/* hex(data), in lower case */
static int hex(lua_State *L)
{
    static const char digits[] = "0123456789abcdef";
    size_t len;
    const unsigned char *data = bytes_at(L, 1, "hex(data) takes a string", &len);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (size_t i = 0; i < len; i++) {
        luaL_addchar(&out, digits[data[i] >> 4]);
        luaL_addchar(&out, digits[data[i] & 15]);
    }
    luaL_pushresult(&out);
    return 1;
}

/* The alphabets of RFC 4648, sections 4 and 5. */
static const char base64_plain[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int encode(lua_State *L, const char *usage, const char *alphabet, bool padded)
{
    size_t len;
    const unsigned char *data = bytes_at(L, 1, usage, &len);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned group = (unsigned)data[i] << 16;
        if (n > 1)
            group |= (unsigned)data[i + 1] << 8;
        if (n > 2)
            group |= data[i + 2];
        for (size_t k = 0; k < 4; k++) {
            if (k <= n)
                luaL_addchar(&out, alphabet[group >> (18 - 6 * k) & 63]);
            else if (padded)
                luaL_addchar(&out, '=');
        }
    }
    luaL_pushresult(&out);
    return 1;
}

/* The bytes, or nil and why not: what is decoded is often foreign. Padding may
 * be left out; bits that stand for nothing must be zero. */
static int decode(lua_State *L, const char *usage, const char *alphabet)
{
    size_t len;
    const unsigned char *text = bytes_at(L, 1, usage, &len);
    size_t padding = 0;
    while (padding < 2 && len > 0 && text[len - 1] == '=')
        len--, padding++;
    bool good = len % 4 != 1 && (padding == 0 || (len + padding) % 4 == 0);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    unsigned group = 0, bits = 0;
    for (size_t i = 0; good && i < len; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!at) {
            good = false;
            break;
        }
        group = group << 6 | (unsigned)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            luaL_addchar(&out, (char)(group >> bits & 255));
        }
        group &= (1u << bits) - 1;
    }
    luaL_pushresult(&out);
    if (good && group == 0)
        return 1;
    lua_pushnil(L);
    lua_pushliteral(L, "not base64");
    return 2;
}

static int base64(lua_State *L)
{
    return encode(L, "base64(data) takes a string", base64_plain, true);
}

static int unbase64(lua_State *L)
{
    return decode(L, "unbase64(text) takes a string", base64_plain);
}

static int base64url(lua_State *L)
{
    return encode(L, "base64url(data) takes a string", base64_url, false);
}

static int unbase64url(lua_State *L)
{
    return decode(L, "unbase64url(text) takes a string", base64_url);
}

/* --- chance ---------------------------------------------------------------------- */

enum { RANDOM_MAX = 1 << 20 };

static void fill_random(lua_State *L, unsigned char *out, size_t len)
{
    if (RAND_bytes(out, (int)len) != 1)
        script_raise(L, "crypto: the system gives no random bytes");
}

static int random_bytes(lua_State *L)
{
    lua_Number n = lua_type(L, 1) == LUA_TNUMBER ? lua_tonumber(L, 1) : -1;
    if (!(n >= 0 && n <= RANDOM_MAX) || n != (lua_Number)(size_t)n)
        script_raise(L, "crypto.random_bytes(n) takes a whole number from 0 to %d", RANDOM_MAX);
    unsigned char *out = lua_newuserdata(L, (size_t)n + 1);
    fill_random(L, out, (size_t)n);
    lua_pushlstring(L, (const char *)out, (size_t)n);
    return 1;
}

/* A random UUID: version 4, variant 1 (RFC 9562, 5.4). */
static int uuid(lua_State *L)
{
    unsigned char b[16];
    char text[37];
    fill_random(L, b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(text, sizeof(text),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    lua_pushstring(L, text);
    return 1;
}

static const luaL_Reg functions[] = {
    {"hmac", hmac},
    {"hex", hex},
    {"base64", base64},
    {"unbase64", unbase64},
    {"base64url", base64url},
    {"unbase64url", unbase64url},
    {"random_bytes", random_bytes},
    {"uuid", uuid},
    {NULL, NULL},
};

int script_open_crypto(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    for (size_t i = 0; i < DIGESTS; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, digest, 1);
        lua_setfield(L, -2, digests[i].name);
    }
    return 1;
}
