#include "target/counts.h"

#include "base/json.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

static void write_statuses(struct json *j, const uint64_t status[TARGET_STATUSES])
{
    json_key(j, "status");
    json_object_begin(j);
    for (int i = 0; i < TARGET_STATUSES; i++) {
        if (status[i] == 0)
            continue;
        char code[16];
        snprintf(code, sizeof(code), "%d", target_statuses[i]);
        json_key(j, code);
        json_uint(j, status[i]);
    }
    json_object_end(j);
}

static void write_number(struct json *j, const char *key, uint64_t n)
{
    json_key(j, key);
    json_uint(j, n);
}

static void write_mcp(struct json *j, const struct target_counts *counts)
{
    const struct sessions_count *sessions = &counts->sessions;
    json_object_begin(j);
    json_key(j, "sessions");
    json_object_begin(j);
    write_number(j, "opened", sessions->opened);
    write_number(j, "closed", sessions->closed);
    write_number(j, "expired", sessions->expired);
    write_number(j, "open", sessions->opened - sessions->closed - sessions->expired);
    json_object_end(j);
    json_key(j, "methods");
    json_array_begin(j);
    for (int i = 0; i < MCP_METHODS; i++) {
        if (counts->mcp[i].requests == 0)
            continue;
        json_object_begin(j);
        json_field(j, "method", mcp_method_names[i]);
        write_number(j, "requests", counts->mcp[i].requests);
        write_number(j, "errors", counts->mcp[i].errors);
        write_number(j, "tool_errors", counts->mcp[i].tool_errors);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

void counts_write_json(const struct target_counts *counts, struct buf *out)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_key(&j, "connections");
    json_object_begin(&j);
    write_number(&j, "opened", counts->connections_opened);
    write_number(&j, "open", counts->connections_open);
    json_object_end(&j);
    write_number(&j, "requests", counts->requests);
    write_number(&j, "responses", counts->responses);
    write_statuses(&j, counts->status);
    json_key(&j, "routes");
    json_array_begin(&j);
    for (int i = 0; i < ROUTES; i++) {
        if (i == ROUTE_STATS)
            continue;
        json_object_begin(&j);
        json_field(&j, "route", routes[i].label);
        write_number(&j, "requests", counts->routes[i].requests);
        write_statuses(&j, counts->routes[i].status);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_key(&j, "mcp");
    write_mcp(&j, counts);
    json_object_end(&j);
}

/* A row of the table; only statuses that occurred in total have a column. */
static void write_row(struct buf *out, const char *label, uint64_t requests,
                      const uint64_t status[TARGET_STATUSES], const uint64_t total[TARGET_STATUSES])
{
    char text[UNITS_MAX];
    buf_addf(out, "%-37s %12s", label, units_format_count(text, requests));
    for (int i = 0; i < TARGET_STATUSES; i++) {
        if (total[i] > 0)
            buf_addf(out, " %12s", units_format_count(text, status[i]));
    }
    buf_addch(out, '\n');
}

static void write_mcp_table(struct buf *out, const struct target_counts *counts)
{
    char text[UNITS_MAX];
    bool begun = false;
    for (int i = 0; i < MCP_METHODS; i++) {
        const struct target_mcp_count *method = &counts->mcp[i];
        if (method->requests == 0)
            continue;
        if (!begun)
            buf_addf(out, "\n%-37s %12s %12s %12s\n", "MCP method", "requests", "errors",
                     "tool errors");
        begun = true;
        buf_addf(out, "%-37s %12s", mcp_method_names[i],
                 units_format_count(text, method->requests));
        buf_addf(out, " %12s", units_format_count(text, method->errors));
        buf_addf(out, " %12s\n", units_format_count(text, method->tool_errors));
    }
}

void counts_write_table(const struct target_counts *counts, struct buf *out)
{
    buf_addf(out, "%-37s %12s", "served", "requests");
    for (int i = 0; i < TARGET_STATUSES; i++) {
        if (counts->status[i] > 0)
            buf_addf(out, " %12d", target_statuses[i]);
    }
    buf_addch(out, '\n');
    for (int i = 0; i < ROUTES; i++) {
        const struct target_route_count *route = &counts->routes[i];
        if (route->requests > 0)
            write_row(out, routes[i].label, route->requests, route->status, counts->status);
    }
    write_row(out, "total", counts->requests, counts->status, counts->status);
    write_mcp_table(out, counts);
}
