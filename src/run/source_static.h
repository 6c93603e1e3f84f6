/*
 * The plainest source: the same bytes over and over; of several requests, each
 * in its turn over all connections of a worker.
 */
#pragma once

#include "run/source.h"

struct url;

struct static_request {
    uint32_t origin; /* index into origins */
    uint32_t series;
    const char *bytes; /* head and body; borrowed, as all here */
    size_t len;
    bool head_request;
};

/* What its `about` points to. */
struct source_static {
    const struct url *origins; /* their scheme, host and port */
    uint32_t origins_len;
    const struct static_request *requests; /* at least one */
    uint32_t requests_len;
};

extern const struct source_kind source_static;
