#include "target/sheet.h"

#include <assert.h>

const int target_statuses[TARGET_STATUSES] = {200, 202, 400, 401, 403, 404,
                                              405, 406, 413, 415, 500, 503};

void sheet_count_status(struct sheet *sheet, enum route route, int status)
{
    for (int i = 0; i < TARGET_STATUSES; i++) {
        if (target_statuses[i] == status) {
            sheet_count(&sheet->status[route][i]);
            return;
        }
    }
    assert(!"a status without a column");
}

void sheet_count_mcp(struct sheet *sheet, const struct mcp_answer *answer)
{
    sheet_count(&sheet->mcp[answer->method].requests);
    if (answer->is_error)
        sheet_count(&sheet->mcp[answer->method].errors);
    if (answer->is_tool_error)
        sheet_count(&sheet->mcp[answer->method].tool_errors);
}

static uint64_t get(const _Atomic uint64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

void sheet_add_to(const struct sheet *sheet, struct target_counts *counts)
{
    /* What ends is read before what begins, so that no difference is negative. */
    uint64_t closed = get(&sheet->closed);
    uint64_t opened = get(&sheet->opened);
    counts->connections_opened += opened;
    counts->connections_open += opened - closed;
    for (int r = 0; r < ROUTES; r++) {
        struct target_route_count *route = &counts->routes[r];
        for (int s = 0; s < TARGET_STATUSES; s++) {
            uint64_t n = get(&sheet->status[r][s]);
            route->status[s] += n;
            counts->status[s] += n;
            counts->responses += n;
        }
        uint64_t requests = get(&sheet->requests[r]);
        route->requests += requests;
        counts->requests += requests;
    }
    for (int m = 0; m < MCP_METHODS; m++) {
        counts->mcp[m].requests += get(&sheet->mcp[m].requests);
        counts->mcp[m].errors += get(&sheet->mcp[m].errors);
        counts->mcp[m].tool_errors += get(&sheet->mcp[m].tool_errors);
    }
}
