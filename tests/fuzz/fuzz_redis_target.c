/*
 * proto/redis_target.h on any text: what is taken says where to go, and what is
 * not is refused in words that a terminal can show.
 */
#include "base/mem.h"
#include "proto/redis_target.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct redis_target t;
    struct err err = {ERR_NONE, ""};
    if (redis_target_parse(&t, text, &err) == 0) {
        assert(err.kind == ERR_NONE);
        assert((t.host != NULL) != (t.path != NULL));
        assert(t.host == NULL || (t.host[0] && t.port > 0 && t.port <= 65535));
        assert(t.path == NULL || t.path[0] == '/');
        assert(t.name[0]);
        assert(t.db >= 0);
        assert(t.password == NULL || t.password[0]);
        redis_target_release(&t);
    } else {
        assert(err.kind == ERR_CONFIG && err.message[0]);
        assert(!strchr(err.message, '\n') && !strchr(err.message, '\x1B'));
        assert(t.host == NULL && t.path == NULL && t.name == NULL && t.password == NULL);
    }
    free(text);
    return 0;
}
