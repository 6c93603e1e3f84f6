/*
 * The embedded target, `inrush serve`: a server to aim at. It answers the
 * REST routes of the fast-time server truly (real zone arithmetic, real
 * errors), slowly or wrongly on request, and counts what it served, so that a
 * report can be checked against the other side's own figures.
 *
 *     GET  /api/v1/time?timezone=Z    /api/v1/time/Z    now, default UTC
 *     POST /api/v1/convert            {time, from_timezone, to_timezone}
 *     GET  /api/v1/timezones?filter=  /api/v1/timezones/Z/info
 *     GET  /api/v1/resources  /api/v1/prompts  /health  /version
 *     POST /http  /mcp                the same over MCP, see mcp.h; DELETE ends a session
 *     POST /servers/{id}/mcp          and as behind the MCP gateway, see gateway.h
 *     GET  /stats                     ours, not fast-time's: see below
 *
 * An error is {"error":"Bad Request","message":"...","code":400}, a wrong
 * method on a known route 405 in that shape, an unknown path a plain 404. HEAD
 * works wherever GET does. A body above 1 MiB is 413. With a token, everything
 * but /health, /version and /stats wants "Authorization: Bearer TOKEN" and is
 * a plain 401 without it; the gateway's route always wants a JWT instead.
 *
 * MCP answers are JSON, or an event stream where the client's Accept names that
 * first or --sse is given. There is no stream to listen to: GET is 405.
 *
 * GET /stats answers what target_counts returns, as JSON; asking is not
 * counted, delayed or failed, so that looking changes nothing:
 *     {"connections":{"opened":N,"open":N},"requests":N,"responses":N,
 *      "status":{"200":N,...},"routes":[{"route":"GET /health","requests":N,
 *      "status":{"200":N}},...],
 *      "mcp":{"sessions":{"opened":N,"closed":N,"expired":N,"open":N},
 *             "methods":[{"method":"tools/call","requests":N,"errors":N,
 *                         "tool_errors":N},...]}}
 * "status" lists the codes that occurred, "routes" every route, "methods" those
 * that were called: POSTs that were answered otherwise than by --error-rate.
 * "errors" are JSON-RPC's, "tool_errors" results with isError.
 */
#pragma once

#include "base/err.h"
#include "target/latency.h"
#include "target/mcp.h"
#include "target/routes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target;

struct target_options {
    const char *bind;       /* a numeric address or a host name; NULL: 127.0.0.1 */
    int port;               /* 0: any free one */
    struct latency latency; /* added to every answer; all zero: none */
    double error_rate;      /* 0..1: the share answered 500 "Injected by --error-rate" */
    int threads;            /* 0: one per CPU that this process may use */
    int connections;        /* wanted at once; 0: 10,000, or more if the system allows */
    const char *token;      /* NULL: no authentication */
    uint64_t seed;          /* of latencies and errors: what befalls the n-th request depends
                               on seed and n alone, whichever thread serves it */

    /* MCP. */
    uint32_t sessions;               /* at once; 0: TARGET_DEFAULT_SESSIONS */
    uint32_t session_idle_s;         /* 0: TARGET_DEFAULT_IDLE_S */
    size_t list_page;                /* items of a list's page; 0: all */
    const char *required_capability; /* see mcp.h; NULL: none */
    bool event_streams;              /* whenever the client accepts them */
    bool strict;                     /* see mcp.h; and 406 unless Accept names both types */
    const char *jwt_secret;          /* NULL: TARGET_DEFAULT_JWT_SECRET */
    const char *server_id;           /* NULL: TARGET_DEFAULT_SERVER_ID */

    bool quiet; /* serve_main: no table of what was served at the end */
};

#define TARGET_DEFAULT_BIND       "127.0.0.1"
#define TARGET_DEFAULT_JWT_SECRET "my-test-key"
#define TARGET_DEFAULT_SERVER_ID  "9779b6698cbd4b4995ee04a4fab38737"
enum {
    TARGET_DEFAULT_PORT = 8888,
    TARGET_DEFAULT_SESSIONS = 100000,
    TARGET_DEFAULT_IDLE_S = 1800,
};

/* Listens and serves from threads of its own until target_stop. The options
 * are copied. Raises the soft limit of open files to the hard one; a limit too
 * low for the connections asked for is a logged warning with the number
 * needed. A port in use, a bad address: ERR_SYSTEM, ERR_CONFIG. */
int target_start(struct target **out, const struct target_options *options, struct err *err);

/* Where it listens: "http://127.0.0.1:8888". */
const char *target_url(const struct target *t);

/* Ends the threads, closes every connection and frees t. Requests that were
 * still waiting for their latency are dropped. NULL is fine. */
void target_stop(struct target *t);

/* The statuses a route can answer, in the order of the counts. */
enum { TARGET_STATUSES = 12 };
extern const int target_statuses[TARGET_STATUSES]; /* 200, 202, 400, ... */

struct target_route_count {
    uint64_t requests; /* received, headers complete */
    uint64_t status[TARGET_STATUSES];
};

struct target_mcp_count {
    uint64_t requests, errors, tool_errors;
};

/*
 * What was served so far. requests minus responses is what still waits for
 * its latency or its body, or was cut off by the client meanwhile. A request
 * is counted before its answer is sent: a client that holds N answers finds at
 * least N here. Bytes that are not HTTP are no request.
 */
struct target_counts {
    uint64_t connections_opened;
    uint64_t connections_open;
    uint64_t requests;
    uint64_t responses;
    uint64_t status[TARGET_STATUSES];
    struct target_route_count routes[ROUTES]; /* by enum route; ROUTE_STATS stays 0 */
    struct target_mcp_count mcp[MCP_METHODS]; /* by enum mcp_method */
    struct sessions_count sessions;
};

void target_counts(const struct target *t, struct target_counts *counts);

/* `inrush serve`: starts a target, prints "listening on URL" to stdout, serves
 * until SIGINT or SIGTERM and prints what it served to stderr. Returns the
 * exit status, errors printed: 0, or 1 when it could not start. Call it before
 * other threads exist: it blocks both signals. */
int serve_main(const struct target_options *options);
