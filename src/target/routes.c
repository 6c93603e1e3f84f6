#include "target/routes.h"

#include <string.h>

const struct route_info routes[ROUTES] = {
    [ROUTE_TIME] = {"GET /api/v1/time", "GET", "/api/v1/time", NULL, false},
    [ROUTE_TIME_IN_ZONE] = {"GET /api/v1/time/{timezone}", "GET", "/api/v1/time/", "", false},
    [ROUTE_CONVERT] = {"POST /api/v1/convert", "POST", "/api/v1/convert", NULL, false},
    [ROUTE_TIMEZONES] = {"GET /api/v1/timezones", "GET", "/api/v1/timezones", NULL, false},
    [ROUTE_TIMEZONE_INFO] = {"GET /api/v1/timezones/{timezone}/info", "GET", "/api/v1/timezones/",
                             "/info", false},
    [ROUTE_RESOURCES] = {"GET /api/v1/resources", "GET", "/api/v1/resources", NULL, false},
    [ROUTE_PROMPTS] = {"GET /api/v1/prompts", "GET", "/api/v1/prompts", NULL, false},
    [ROUTE_HEALTH] = {"GET /health", "GET", "/health", NULL, true},
    [ROUTE_VERSION] = {"GET /version", "GET", "/version", NULL, true},
    [ROUTE_STATS] = {"GET /stats", "GET", "/stats", NULL, true},
    [ROUTE_UNKNOWN] = {"(unknown path)", "", "", NULL, false},
};

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

enum route route_find(const char *path, const char **variable, size_t *variable_len)
{
    size_t path_len = strlen(path);
    *variable = NULL;
    *variable_len = 0;
    for (int i = 0; i < ROUTE_UNKNOWN; i++) {
        if (matches(&routes[i], path, path_len, variable, variable_len))
            return (enum route)i;
    }
    return ROUTE_UNKNOWN;
}

bool route_takes(enum route route, const char *method)
{
    const char *own = routes[route].method;
    return strcmp(method, own) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(own, "GET") == 0);
}
