/* Laying out commands; see redis_request.h. */
#include "proto/redis_request.h"

#include <string.h>
#include <strings.h>

void redis_request_release(struct redis_request *r)
{
    buf_release(&r->bytes);
    vec_release(&r->starts);
}

void redis_request_clear(struct redis_request *r)
{
    buf_clear(&r->bytes);
    vec_clear(&r->starts);
}

/* A type character, a count, and the end of the line. */
static void add_head(struct buf *b, char type, size_t n)
{
    char line[24], *at = line + sizeof(line);
    *--at = '\n';
    *--at = '\r';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    *--at = type;
    buf_add(b, at, (size_t)(line + sizeof(line) - at));
}

void redis_request_begin(struct redis_request *r, size_t args)
{
    vec_push(&r->starts, r->bytes.len);
    add_head(&r->bytes, '*', args);
}

void redis_request_arg(struct redis_request *r, const void *data, size_t len)
{
    add_head(&r->bytes, '$', len);
    buf_add(&r->bytes, data, len);
    buf_add(&r->bytes, "\r\n", 2);
}

bool redis_request_is_stream(const char *name, size_t len)
{
    static const char *const streams[] = {"SUBSCRIBE",   "PSUBSCRIBE",   "SSUBSCRIBE",
                                          "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
                                          "MONITOR",     "SYNC",         "PSYNC"};
    for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
        if (strlen(streams[i]) == len && strncasecmp(streams[i], name, len) == 0)
            return true;
    }
    return false;
}
