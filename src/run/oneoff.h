/*
 * A one-off: the same request over and over on a number of connections, as
 * fast as the server answers, in C without Lua.
 */
#pragma once

#include "proto/http1.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oneoff {
    struct http1_origin origin;
    const char *request; /* head and body */
    size_t request_len;
    bool head_request;
    double timeout_s;
    uint64_t requests; /* exactly so many; 0: no limit */
    uint32_t series;   /* what they are counted under */
};
