/*
 * What each route answers: from a request's parts to a status and a body.
 * Knows neither sockets nor libmicrohttpd. Any thread may call.
 */
#pragma once

#include "base/buf.h"
#include "target/routes.h"

#include <stddef.h>
#include <stdint.h>

/* Everything an answer may depend on; all borrowed for the call. */
struct api_request {
    enum route route;
    const char *variable; /* the path's variable part, not NUL-terminated */
    size_t variable_len;
    const char *query; /* the value of the route's query parameter; NULL: not given */
    const char *body;
    size_t body_len;
    int64_t now; /* seconds since the Unix epoch */
    uint64_t uptime_s;
};

/* The name of the route's one query parameter, or NULL. */
const char *api_query_name(enum route route);

/* Appends the JSON body to out and returns the status: 200 or 400. Not for
 * ROUTE_STATS and ROUTE_UNKNOWN. */
int api_answer(const struct api_request *request, struct buf *out);

/* Whether the answer is always the same: then it is worth keeping. */
bool api_is_constant(enum route route, const char *query);

/* Appends {"error":...,"message":...,"code":...}; returns the status. */
int api_error(struct buf *out, int status, const char *message);
