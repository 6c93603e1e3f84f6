/*
 * The source that is a wrk script: a worker is one of its threads. What
 * request() returns is sent, what delay() says is waited, and response() sees
 * the answers; a script without request() costs no Lua per request.
 */
#pragma once

#include "run/source.h"
#include "script/wrk.h"

/* What its `about` points to. */
struct source_wrk {
    struct wrk *wrk;       /* borrowed, outlives the run */
    const struct url *url; /* borrowed; where connections go unless thread.addr says otherwise */
    const char *name;      /* the script's, for the series of requests that it makes; borrowed */
};

extern const struct source_kind source_wrk;
