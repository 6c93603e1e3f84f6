/*
 * Redis' replies; see redis_reply.h.
 */
#include "proto/redis_reply.h"

#include <hiredis/hiredis.h>
#include <string.h>

static size_t digits(uint64_t n)
{
    size_t len = 1;
    while ((n /= 10) > 0)
        len++;
    return len;
}

uint64_t redis_reply_wire_size(const redisReply *r)
{
    const size_t head = 1 + 2; /* type, CR LF */
    switch (r->type) {
    case REDIS_REPLY_STRING:
        return head + digits(r->len) + r->len + 2;
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return head + r->len;
    case REDIS_REPLY_INTEGER: {
        uint64_t n = r->integer < 0 ? 0 - (uint64_t)r->integer : (uint64_t)r->integer;
        return head + (r->integer < 0) + digits(n);
    }
    case REDIS_REPLY_NIL:
        return head + 2;
    default:
        break;
    }
    if (r->elements == 0 && r->element == NULL)
        return head + (r->str != NULL ? r->len : 1);
    uint64_t size = head + digits(r->elements);
    for (size_t i = 0; i < r->elements; i++)
        size += redis_reply_wire_size(r->element[i]);
    return size;
}

bool redis_reply_is_deeper(const redisReply *r, int levels)
{
    if (levels == 0)
        return true;
    for (size_t i = 0; i < r->elements; i++) {
        if (redis_reply_is_deeper(r->element[i], levels - 1))
            return true;
    }
    return false;
}

const redisReply *redis_reply_error(const redisReply *r)
{
    if (r->type == REDIS_REPLY_ERROR)
        return r;
    for (size_t i = 0; i < r->elements; i++) {
        const redisReply *error = redis_reply_error(r->element[i]);
        if (error != NULL)
            return error;
    }
    return NULL;
}

bool redis_reply_begins(const redisReply *r, const char *word)
{
    size_t len = strlen(word);
    return r->len > len && memcmp(r->str, word, len) == 0 && r->str[len] == ' ';
}

void redis_reply_describe(struct err *err, const redisReply *r)
{
    int len = (int)r->len;
    if (redis_reply_begins(r, "MOVED") || redis_reply_begins(r, "ASK")) {
        const char *node = memrchr(r->str, ' ', r->len);
        err_set(err, ERR_STATUS,
                "%s: the key is on another node of the cluster, %.100s; put that node's "
                "address into the Redis URL, or use keys of this one",
                redis_reply_begins(r, "ASK") ? "ASK" : "MOVED", node + 1);
    } else if (redis_reply_begins(r, "NOAUTH")) {
        err_set(err, ERR_STATUS, "%.*s Put the password into the Redis URL: redis://:password@host",
                len, r->str);
    } else if (redis_reply_begins(r, "LOADING")) {
        err_set(err, ERR_STATUS, "%.*s; begin when it has", len, r->str);
    } else {
        const char *args = memmem(r->str, r->len, ", with args beginning with", 26);
        err_set(err, ERR_STATUS, "%.*s", args != NULL ? (int)(args - r->str) : len, r->str);
    }
    err_printable(err);
}
