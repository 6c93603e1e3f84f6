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
        json_key(&j, "route");
        json_string(&j, routes[i].label);
        write_number(&j, "requests", counts->routes[i].requests);
        write_statuses(&j, counts->routes[i].status);
        json_object_end(&j);
    }
    json_array_end(&j);
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
}
