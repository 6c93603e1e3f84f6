/* What exchange.c (every request) and exchange_mcp.c (those of MCP) share.
 * Private to the two. */
#pragma once

#include "target/server.h"

struct exchange {
    enum route route;
    uint64_t due_ns; /* when it may be answered; 0: at once */
    bool fails;      /* --error-rate picked it */
    bool too_large;
    struct buf body;
};

/* A response with a copy of the data, which the caller destroys; NULL: out of memory. */
struct MHD_Response *exchange_response(const char *data, size_t len, const char *type);

/* Counts the status and hands the answer over. */
enum MHD_Result exchange_queue(struct server *s, struct MHD_Connection *connection,
                               const struct exchange *x, int status, struct MHD_Response *response);

/* Answers a POST or DELETE of a route of MCP. */
enum MHD_Result exchange_answer_mcp(struct server *s, struct MHD_Connection *connection,
                                    const struct exchange *x, const char *path, const char *method);
