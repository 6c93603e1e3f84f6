/*
 * Where a Redis connection goes, as a URL says it:
 *
 *     redis://[user]:password@host:port/db
 *     unix:///path/of/the.sock?db=1         also redis+unix:// and unix:/path
 *
 * User, password and path may be percent-encoded (RFC 3986). port is 6379 and
 * db 0 unless given; db may stand as ?db= in both.
 */
#pragma once

#include "base/err.h"

struct redis_target {
    char *host; /* owned, as all strings here; NULL with a socket */
    int port;
    char *path;            /* of a Unix socket, or NULL */
    char *user, *password; /* or NULL */
    int db;
    char *name; /* for messages: "host:port" or the path */
};

/* 0, or -1 with ERR_CONFIG: a message that follows "the Redis URL ". */
int redis_target_parse(struct redis_target *t, const char *url, struct err *err);
void redis_target_release(struct redis_target *t);
