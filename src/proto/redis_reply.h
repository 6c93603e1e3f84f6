/*
 * What is asked about a reply of Redis, as hiredis hands it over: its size on
 * the wire, how deep it nests, and what an error in it says. Used by redis.c.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct redisReply;

/* How many bytes it was on the wire. */
uint64_t redis_reply_wire_size(const struct redisReply *r);

/* Whether it nests more than so many levels, itself the first. The other
 * functions recurse as deep as it does. */
bool redis_reply_is_deeper(const struct redisReply *r, int levels);

/* The first error in a reply, itself or inside (EXEC), or NULL. */
const struct redisReply *redis_reply_error(const struct redisReply *r);

/* Whether an error reply is of this kind: its first word. */
bool redis_reply_begins(const struct redisReply *r, const char *word);

/* What an error reply says, without what differs each time (slots, arguments),
 * and what to do: ERR_STATUS. */
void redis_reply_describe(struct err *err, const struct redisReply *r);
