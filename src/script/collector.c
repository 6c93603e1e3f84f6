/* A state's garbage, collected between the runs of its scripts.
 *
 * Lua collects a little at each allocation, inside whatever script runs then:
 * nobody can tell how much of its time that was. So the limit at which it would
 * begin by itself is kept out of reach, and steps are made and timed here. A
 * script that leaves a lot behind in one run reaches the limit all the same, and
 * Lua collects as it always did; that time is known as the script's only.
 */
#include "script/internal.h"

#include <stdlib.h>

/* A collection begins when the heap has grown fourfold, not twofold: what
 * requests leave behind is little, and marking all users costs more than its
 * memory. */
enum { GROWTH = 4, PAUSE_PERCENT = 150 * GROWTH };
/* Done beyond what was left behind since the last step, so that a collection
 * ends though nothing is. */
enum { STEP_KB = 4 };

static size_t heap_kb(lua_State *L)
{
    return (size_t)lua_gc(L, LUA_GCCOUNT, 0);
}

void collector_begin(lua_State *L)
{
    lua_gc(L, LUA_GCSETPAUSE, PAUSE_PERCENT);
}

/* A finalizer may raise, so steps are made in a protected call. */
static int step(lua_State *L)
{
    struct collector *c = &script_of(L)->collector;
    size_t now = heap_kb(L), grown = now > c->seen_kb ? now - c->seen_kb : 0;
    if (lua_gc(L, LUA_GCSTEP, (int)(grown + STEP_KB))) {
        c->collecting = false;
        c->begin_kb = GROWTH * heap_kb(L);
    }
    c->seen_kb = heap_kb(L);
    lua_gc(L, LUA_GCRESTART, -1); /* Lua's own limit: PAUSE_PERCENT of what there is now */
    return 0;
}

void collector_turn(struct script *s)
{
    struct collector *c = &s->collector;
    c->runs = 0;
    size_t now = heap_kb(s->L);
    if (c->begin_kb == 0)
        c->begin_kb = GROWTH * now;
    if (!c->collecting) {
        if (now < c->begin_kb)
            return;
        c->collecting = true;
        c->seen_kb = now;
    }
    uint64_t began = clock_ticks();
    char *message, *traceback;
    lua_pushcfunction(s->L, step);
    if (script_call(s, 0, 0, &message, &traceback) < 0) {
        script_report_error(s, message, traceback);
        free(message);
        free(traceback);
    }
    uint64_t took = clock_ticks() - began;
    c->spent += took;
    if (took > c->longest)
        c->longest = took;
}

struct script_cost script_take_cost(struct script *s)
{
    struct collector *c = &s->collector;
    struct script_cost cost = {
        .inside = s->inside,
        .longest = s->longest,
        .collecting = c->spent,
        .collecting_longest = c->longest,
        .memory = (uint64_t)heap_kb(s->L) * 1024,
    };
    s->inside = s->longest = c->spent = c->longest = 0;
    return cost;
}
