/* The table of C modules that scripts can require: one row each. */
#include "script/wrk_internal.h"

/* clang-format off */
const struct script_module script_modules[] = {
    {"inrush.core", script_open_core},
    {"inrush.crypto", script_open_crypto},
    {"inrush.http.core", script_open_http},
    {"inrush.mcp.core", script_open_mcp},
    {"inrush.metric", script_open_metric},
    {"inrush.pg.core", script_open_pg},
    {"inrush.redis.core", script_open_redis},
    {"inrush.tcp.core", script_open_tcp},
    {"inrush.wrk.core", script_open_wrk},
};
/* clang-format on */

const size_t script_modules_len = sizeof(script_modules) / sizeof(*script_modules);
