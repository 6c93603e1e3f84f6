/*
 * What one thread of the target served. It alone writes its sheet, so counting
 * takes no lock; whoever wants the sum reads all sheets.
 */
#pragma once

#include "target/routes.h"
#include "target/target.h"

#include <stdatomic.h>
#include <stdint.h>

struct sheet {
    _Atomic uint64_t opened, closed; /* connections */
    _Atomic uint64_t requests[ROUTES];
    _Atomic uint64_t status[ROUTES][TARGET_STATUSES];
    struct {
        _Atomic uint64_t requests, errors, tool_errors;
    } mcp[MCP_METHODS];
};

/* By the sheet's own thread. */
static inline void sheet_count(_Atomic uint64_t *n)
{
    uint64_t now = atomic_load_explicit(n, memory_order_relaxed);
    atomic_store_explicit(n, now + 1, memory_order_relaxed);
}

/* One of target_statuses. */
void sheet_count_status(struct sheet *sheet, enum route route, int status);

void sheet_count_mcp(struct sheet *sheet, const struct mcp_answer *answer);

/* Any thread: adds what the sheet holds. */
void sheet_add_to(const struct sheet *sheet, struct target_counts *counts);
