/*
 * script/lua_json.h on any bytes: what is read can be written (unless it is a
 * number too large), and is the same when it is read again.
 */
#include "base/mem.h"
#include "script/lua_json.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read(lua_State *L, const char *data, size_t size)
{
    char *copy = xmalloc(size + 1); /* the byte behind the text belongs to nobody */
    memcpy(copy, data, size);
    copy = xrealloc(copy, size ? size : 1);
    struct lua_json_reader r = {.at = copy, .end = copy + size};
    int top = lua_gettop(L);
    bool good = lua_json_read(L, &r);
    assert(lua_gettop(L) == top + good);
    assert(r.at <= r.end);
    buf_release(&r.text);
    free(copy);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lua_State *L = luaL_newstate();
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct err err;
    if (read(L, (const char *)data, size) && lua_json_write(L, -1, &once, &err) == 0) {
        assert(read(L, once.data, once.len));
        /* A table's members come in no fixed order, so only the lengths agree. */
        assert(lua_json_write(L, -1, &twice, &err) == 0);
        assert(once.len == twice.len);
    }
    buf_release(&once);
    buf_release(&twice);
    lua_close(L);
    return 0;
}
