/*
 * Commands laid out for the wire: arrays of bulk strings, the one form that
 * carries any bytes (redis.io/docs/reference/protocol-spec).
 *
 *     redis_request_begin(&r, 2);
 *     redis_request_arg(&r, "GET", 3);
 *     redis_request_arg(&r, key, key_len);
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>

struct redis_request {
    struct buf bytes;
    VEC(size_t) starts; /* of each command, in bytes */
};

void redis_request_release(struct redis_request *r);
void redis_request_clear(struct redis_request *r);
/* Begins a command of so many arguments, its name included. */
void redis_request_begin(struct redis_request *r, size_t args);
void redis_request_arg(struct redis_request *r, const void *data, size_t len);

/* Whether a command of that name makes the connection a stream of messages
 * instead of answering: it is not for here. */
bool redis_request_is_stream(const char *name, size_t len);
