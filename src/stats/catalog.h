/*
 * The run's list of series: (type, name) <-> a small number, the same in
 * every worker, so that statistics merge by index; and of custom metrics, the
 * same way. Append-only; a lock is taken when a worker sees a name for the
 * first time, never per request (callers keep the number).
 */
#pragma once

#include "base/err.h"
#include "stats/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;

/* At most this many series; names beyond it share one called "(other)" and a
 * warning is logged once, naming the cure (a `name` without the varying part). */
enum { CATALOG_MAX = 2000 };

struct catalog_entry {
    const char *type; /* "GET", "MCP"; NUL-terminated, lives as long as the catalog */
    const char *name;
};

struct catalog *catalog_new(void);
void catalog_free(struct catalog *c);

/* The number of a series, given out on first sight. Thread-safe. */
uint32_t catalog_intern(struct catalog *c, const char *type, size_t type_len, const char *name,
                        size_t name_len);
/* Thread-safe; id must have been given out. */
struct catalog_entry catalog_get(struct catalog *c, uint32_t id);
/* Whether reports show it as `text`: "TYPE name", or the name alone. */
bool catalog_is_called(struct catalog_entry entry, const char *text);
/* How many have been given out. */
uint32_t catalog_len(struct catalog *c);

/* The number of a custom metric, given out on first sight; unit may be "". -1
 * and *err when the name is taken by one of another kind or unit, or there are
 * METRICS_MAX. All three are thread-safe. */
int catalog_metric(struct catalog *c, enum metric_kind kind, const char *name, const char *unit,
                   uint32_t *id, struct err *err);
struct metric_about catalog_metric_get(struct catalog *c, uint32_t id);
uint32_t catalog_metrics_len(struct catalog *c);
