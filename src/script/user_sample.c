/*
 * A user's last request, from its completion until it counts: the script may still
 * judge it (res:expect, res:fail), so it is committed when the next one begins or
 * its function ends.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <stdlib.h>
#include <string.h>

static void emit_request(struct user *u)
{
    struct script *s = u->script;
    const struct sample *sample = &u->sample;
    struct catalog_entry series = catalog_get(s->catalog, sample->series);
    lua_State *L = s->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->request_handlers);
    int handlers = lua_gettop(L);
    int n = (int)lua_objlen(L, handlers);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, handlers, i);
        lua_createtable(L, 0, 8);
        lua_pushstring(L, series.type);
        lua_setfield(L, -2, "type");
        lua_pushstring(L, series.name);
        lua_setfield(L, -2, "name");
        lua_pushnumber(L, (double)sample->response_ns / 1e9);
        lua_setfield(L, -2, "response_time");
        lua_pushnumber(L, (double)sample->bytes);
        lua_setfield(L, -2, "bytes");
        lua_pushinteger(L, sample->status);
        lua_setfield(L, -2, "status");
        if (sample->error != ERR_NONE) {
            lua_pushstring(L, sample->message);
            lua_setfield(L, -2, "error");
            lua_pushstring(L, err_kind_name(sample->error));
            lua_setfield(L, -2, "error_kind");
        }
        char *message, *traceback;
        if (script_call(s, 1, 0, &message, &traceback) < 0) {
            script_report_error(s, message, traceback);
            free(message);
            free(traceback);
        }
    }
    lua_settop(L, handlers - 1);
}

/* A line such as "  ok    GET /health  200  1.2 ms  150 B". */
static void trace_sample(const struct user *u)
{
    const struct sample *sample = &u->sample;
    struct catalog_entry series = catalog_get(u->script->catalog, sample->series);
    struct buf line = BUF_INIT;
    char took[UNITS_MAX], size[UNITS_MAX];
    buf_addf(&line, "  %s  %s %s", sample->error == ERR_NONE ? "ok  " : "FAIL", series.type,
             series.name);
    if (sample->status)
        buf_addf(&line, "  %d", sample->status);
    units_format_duration(took, ns_to_s(sample->response_ns));
    units_format_bytes(size, (double)sample->bytes);
    buf_addf(&line, "  %s  %s", took, size);
    if (sample->error != ERR_NONE)
        buf_addf(&line, "  %s: %s", err_kind_name(sample->error), sample->message);
    if (u->measuring > 0)
        buf_adds(&line, "  (part of what is measured)");
    else if (!u->record)
        buf_adds(&line, "  (not recorded)");
    log_info("%s", buf_cstr(&line));
    buf_release(&line);
}

static __attribute__((noinline)) void record_groups(const struct user *u, struct stats *stats)
{
    for (size_t i = 0; i < u->groups->len; i++)
        groups_record(&stats->groups, u->groups->items[i], &u->sample);
}

void user_record(struct user *u, struct stats *stats)
{
    stats_record(stats, &u->sample);
    if (__builtin_expect(u->groups->len > 0, 0))
        record_groups(u, stats);
}

void user_commit(struct user *u)
{
    if (!u->has_sample)
        return;
    u->has_sample = false;
    if (u->sample.error == ERR_CANCELLED) { /* the run ended before its answer */
        generator_stats_cancelled(&u->script->stats->generator, u->sample.response_ns);
        return;
    }
    if (u->probe) {
        if (u->sample.error != ERR_NONE && u->probe->kind == ERR_NONE)
            err_set(u->probe, u->sample.error, "%s", u->sample.message);
        return;
    }
    if (u->sample.error != ERR_NONE && u->measuring > 0) {
        struct measure *m = &u->measures[u->measuring - 1];
        if (m->failure.kind == ERR_NONE)
            err_set(&m->failure, u->sample.error, "%s", u->sample.message);
    }
    if (u->measuring > 0)
        u->measures[u->measuring - 1].bytes += u->sample.bytes;
    if (u->script->options->trace)
        trace_sample(u);
    if (!u->record || u->measuring > 0)
        return;
    user_record(u, u->script->stats);
    if (u->script->request_handlers != LUA_NOREF)
        emit_request(u);
}

void user_set_sample(struct user *u, const struct sample *sample, bool record)
{
    user_commit(u);
    u->sample = *sample;
    u->sample.user = u->number;
    if (record) { /* it was due before it could start */
        u->sample.response_ns += u->late_ns;
        u->late_ns = 0;
    }
    u->sample.has_service = u->class->wait == WAIT_PACING || u->on_call;
    u->has_sample = true;
    u->record = record;
}

void user_fail_sample(struct user *u, enum err_kind kind, const char *message)
{
    if (!u->has_sample)
        return;
    free(u->failure);
    size_t len = strlen(message);
    u->failure = xstrndup(message, len < SCRIPT_MESSAGE_MAX ? len : SCRIPT_MESSAGE_MAX);
    u->sample.error = kind;
    u->sample.message = u->failure;
}
