/*
 * The routes of the embedded target: one row each, the order of the counts
 * and of the served table. A new route is a row here and an answer in api.c or
 * mcp.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum route {
    ROUTE_TIME,
    ROUTE_TIME_IN_ZONE,
    ROUTE_CONVERT,
    ROUTE_TIMEZONES,
    ROUTE_TIMEZONE_INFO,
    ROUTE_RESOURCES,
    ROUTE_PROMPTS,
    ROUTE_MCP_HTTP,
    ROUTE_MCP_HTTP_END,
    ROUTE_MCP,
    ROUTE_MCP_END,
    ROUTE_GATEWAY,
    ROUTE_GATEWAY_END,
    ROUTE_HEALTH,
    ROUTE_VERSION,
    ROUTE_STATS,
    ROUTE_UNKNOWN, /* any other path: 404 */
    ROUTES,
};

enum route_kind { ROUTE_IS_API, ROUTE_IS_MCP, ROUTE_IS_GATEWAY };

struct route_info {
    const char *label; /* "GET /api/v1/time/{timezone}", for people and /stats */
    enum route_kind kind;
    const char *method; /* the one it takes; with GET, HEAD too */
    const char *prefix; /* the path, or with a variable part what stands before it */
    const char *suffix; /* and behind it; NULL: the path has no variable part */
    bool open;          /* answers without the token; the gateway wants another */
};

extern const struct route_info routes[ROUTES];

/* The route of a decoded path without query: the one that takes the method, or
 * the first of that path, which refuses it. Where the path has a variable part,
 * it is *variable, *variable_len bytes of path; else NULL, 0. */
enum route route_find(const char *path, const char *method, const char **variable,
                      size_t *variable_len);

/* Whether the route answers this method; ROUTE_UNKNOWN takes none. */
bool route_takes(enum route route, const char *method);
