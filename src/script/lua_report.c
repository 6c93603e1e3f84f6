/* What test_start and test_stop are called with: the run and its figures as
 * Lua tables, with the names and units of the JSON report. */
#include "base/mem.h"
#include "report/report.h"
#include "script/internal.h"
#include "stats/summary.h"

#include <stdlib.h>

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_string(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static void push_run(lua_State *L, const struct report_run *run)
{
    lua_newtable(L);
    set_string(L, "title", run->title);
    set_string(L, "scenario", run->scenario);
    set_number(L, "users", run->users);
    set_number(L, "spawn_rate", run->spawn_rate);
    set_number(L, "duration", run->duration_s);
    set_number(L, "workers", run->workers);
    set_number(L, "seed", (double)run->seed);
    lua_newtable(L);
    for (size_t i = 0; i < run->classes_len; i++) {
        const struct report_class *class = &run->classes[i];
        lua_newtable(L);
        set_string(L, "name", class->name);
        set_string(L, "target", class->target);
        set_number(L, "users", class->users);
        set_string(L, "skipped", class->skipped);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "classes");
}

static void set_latency(lua_State *L, const char *name, const struct latency_summary *l)
{
    lua_newtable(L);
    set_number(L, "count", (double)l->count);
    set_number(L, "min", l->min);
    set_number(L, "mean", l->mean);
    set_number(L, "stdev", l->stdev);
    set_number(L, "max", l->max);
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        set_number(L, summary_percentile_names[i], l->p[i]);
    lua_setfield(L, -2, name);
}

static void push_series(lua_State *L, const struct series *series, const char *type,
                        const char *name, double duration_s)
{
    struct series_summary sum;
    series_summarize(&sum, series, type, name, duration_s);
    lua_newtable(L);
    set_string(L, "type", type);
    set_string(L, "name", name);
    set_number(L, "requests", (double)sum.requests);
    set_number(L, "failures", (double)sum.failures);
    set_number(L, "rps", sum.rps);
    set_number(L, "bytes", (double)sum.bytes);
    set_latency(L, "latency_ms", &sum.latency);
    if (sum.has_service)
        set_latency(L, "service_ms", &sum.service);
}

static void push_metric(lua_State *L, const struct metric_summary *m)
{
    bool trend = m->about.kind == METRIC_TREND;
    lua_newtable(L);
    set_string(L, "name", m->about.name);
    set_string(L, "type", metric_kind_names[m->about.kind]);
    set_string(L, "unit", *m->about.unit ? m->about.unit : NULL);
    set_number(L, "count", (double)m->count);
    if (m->count == 0)
        return;
    set_number(L, "value", m->value);
    if (m->about.kind == METRIC_COUNTER)
        set_number(L, "per_s", m->per_s);
    if (trend || m->about.kind == METRIC_GAUGE) {
        set_number(L, "min", m->min);
        set_number(L, "max", m->max);
    }
    for (int i = 0; trend && i < SUMMARY_PERCENTILES; i++)
        set_number(L, summary_percentile_names[i], m->p[i]);
}

int script_emit_run(struct script *s, const char *event, const struct report_run *run)
{
    push_run(s->L, run);
    return script_emit_value(s, event);
}

int script_emit_stop(struct script *s, const struct report_run *run, const struct report_end *end)
{
    lua_State *L = s->L;
    lua_newtable(L);
    push_run(L, run);
    lua_setfield(L, -2, "run");
    set_number(L, "duration_s", end->duration_s);
    set_string(L, "outcome",
               end->outcome == REPORT_FINISHED      ? "finished"
               : end->outcome == REPORT_INTERRUPTED ? "interrupted"
                                                    : "aborted");

    push_series(L, end->total_sum, "", "Aggregated", end->duration_s);
    lua_setfield(L, -2, "totals");

    lua_newtable(L);
    int n = 0;
    for (uint32_t i = 0; i < end->total->series_len; i++) {
        const struct series *series = end->total->series[i];
        if (!series || series->requests == 0)
            continue;
        struct catalog_entry entry = catalog_get(run->catalog, i);
        push_series(L, series, entry.type, entry.name, end->duration_s);
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "series");

    lua_newtable(L);
    for (size_t i = 0; i < end->total->failures.len; i++) {
        const struct failure *failure = &end->total->failures.items[i];
        struct catalog_entry entry = catalog_get(run->catalog, failure->series);
        lua_newtable(L);
        set_string(L, "type", entry.type);
        set_string(L, "name", entry.name);
        set_string(L, "kind", err_kind_name(failure->kind));
        set_string(L, "message", failure->message);
        set_number(L, "count", (double)failure->count);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "errors");

    lua_newtable(L);
    uint32_t metrics = catalog_metrics_len(run->catalog);
    for (uint32_t i = 0; i < metrics; i++) {
        struct metric_summary m;
        metric_summarize(&m, catalog_metric_get(run->catalog, i),
                         metric_get(&end->total->metrics, i), end->duration_s);
        push_metric(L, &m);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "metrics");
    return script_emit_value(s, "test_stop");
}
