#include "target/routes.h"

#include <string.h>

#define API     ROUTE_IS_API
#define MCP     ROUTE_IS_MCP
#define GATEWAY ROUTE_IS_GATEWAY

/* clang-format off */
const struct route_info routes[ROUTES] = {
    [ROUTE_TIME] =
        {"GET /api/v1/time", API, "GET", "/api/v1/time", NULL, false},
    [ROUTE_TIME_IN_ZONE] =
        {"GET /api/v1/time/{timezone}", API, "GET", "/api/v1/time/", "", false},
    [ROUTE_CONVERT] =
        {"POST /api/v1/convert", API, "POST", "/api/v1/convert", NULL, false},
    [ROUTE_TIMEZONES] =
        {"GET /api/v1/timezones", API, "GET", "/api/v1/timezones", NULL, false},
    [ROUTE_TIMEZONE_INFO] =
        {"GET /api/v1/timezones/{timezone}/info", API, "GET", "/api/v1/timezones/", "/info", false},
    [ROUTE_RESOURCES] =
        {"GET /api/v1/resources", API, "GET", "/api/v1/resources", NULL, false},
    [ROUTE_PROMPTS] =
        {"GET /api/v1/prompts", API, "GET", "/api/v1/prompts", NULL, false},
    [ROUTE_MCP_HTTP] =
        {"POST /http", MCP, "POST", "/http", NULL, false},
    [ROUTE_MCP_HTTP_END] =
        {"DELETE /http", MCP, "DELETE", "/http", NULL, false},
    [ROUTE_MCP] =
        {"POST /mcp", MCP, "POST", "/mcp", NULL, false},
    [ROUTE_MCP_END] =
        {"DELETE /mcp", MCP, "DELETE", "/mcp", NULL, false},
    [ROUTE_GATEWAY] =
        {"POST /servers/{id}/mcp", GATEWAY, "POST", "/servers/", "/mcp", true},
    [ROUTE_GATEWAY_END] =
        {"DELETE /servers/{id}/mcp", GATEWAY, "DELETE", "/servers/", "/mcp", true},
    [ROUTE_HEALTH] =
        {"GET /health", API, "GET", "/health", NULL, true},
    [ROUTE_VERSION] =
        {"GET /version", API, "GET", "/version", NULL, true},
    [ROUTE_STATS] =
        {"GET /stats", API, "GET", "/stats", NULL, true},
    [ROUTE_UNKNOWN] =
        {"(unknown path)", API, "", "", NULL, false},
};
/* clang-format on */

static bool matches(const struct route_info *info, const char *path, size_t path_len,
                    const char **variable, size_t *variable_len)
{
    if (!info->suffix)
        return strcmp(path, info->prefix) == 0;
    size_t prefix = strlen(info->prefix), suffix = strlen(info->suffix);
    if (path_len < prefix + suffix || memcmp(path, info->prefix, prefix) != 0 ||
        memcmp(path + path_len - suffix, info->suffix, suffix) != 0)
        return false;
    *variable = path + prefix;
    *variable_len = path_len - prefix - suffix;
    return true;
}

enum route route_find(const char *path, const char *method, const char **variable,
                      size_t *variable_len)
{
    size_t path_len = strlen(path);
    enum route found = ROUTE_UNKNOWN;
    *variable = NULL;
    *variable_len = 0;
    for (int i = 0; i < ROUTE_UNKNOWN; i++) {
        if (!matches(&routes[i], path, path_len, variable, variable_len))
            continue;
        if (route_takes((enum route)i, method))
            return (enum route)i;
        if (found == ROUTE_UNKNOWN)
            found = (enum route)i;
    }
    return found;
}

bool route_takes(enum route route, const char *method)
{
    const char *own = routes[route].method;
    return strcmp(method, own) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(own, "GET") == 0);
}
