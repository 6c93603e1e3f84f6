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

/* A collection begins when the heap has grown fourfold, not twofold, and by so
 * much at least: what requests leave behind is little, and marking all users
 * costs more than its memory. */
enum { GROWTH = 4, GROWTH_KB = 2 * 1024 };
/* Lua's own limit: so much larger, and larger by so much at least. */
enum { LIMIT_PERCENT = 150 * GROWTH, LIMIT_KB = 8 * 1024 };
/* Done beyond what was left behind since the last step, so that a collection
 * ends though nothing is. */
enum { STEP_KB = 4 };
/* The heap is looked at after so many runs of scripts; more often while it is
 * collected, to have short steps. */
enum { RUNS = 16, RUNS_COLLECTING = 4 };

static size_t heap_kb(lua_State *L)
{
    return (size_t)lua_gc(L, LUA_GCCOUNT, 0);
}

static size_t next_begin(size_t now_kb)
{
    size_t fold = GROWTH * now_kb, more = now_kb + GROWTH_KB;
    return fold > more ? fold : more;
}

void collector_set_limit(lua_State *L)
{
    size_t floor = 100 * LIMIT_KB / (heap_kb(L) + 1);
    lua_gc(L, LUA_GCSETPAUSE, (int)(LIMIT_PERCENT > floor ? LIMIT_PERCENT : floor));
    lua_gc(L, LUA_GCRESTART, -1); /* the limit follows from the pause and what there is now */
}

/* A finalizer may raise, so steps are made in a protected call. */
static int step(lua_State *L)
{
    struct collector *c = &script_of(L)->collector;
    uint64_t began = clock_ticks();
    size_t now = heap_kb(L), grown = now > c->seen_kb ? now - c->seen_kb : 0;
    if (lua_gc(L, LUA_GCSTEP, (int)(grown + STEP_KB))) {
        c->collecting = false;
        c->begin_kb = next_begin(heap_kb(L));
    }
    c->seen_kb = heap_kb(L);
    collector_set_limit(L);
    uint64_t took = clock_ticks() - began;
    c->spent += took;
    if (took > c->longest)
        c->longest = took;
    return 0;
}

void collector_turn(struct script *s)
{
    struct collector *c = &s->collector;
    size_t now = heap_kb(s->L);
    c->most_kb = now > c->most_kb ? now : c->most_kb;
    if (c->begin_kb == 0)
        c->begin_kb = next_begin(now);
    if (!c->collecting) {
        c->runs_left = RUNS;
        if (now < c->begin_kb)
            return;
        c->collecting = true;
        c->seen_kb = now;
    }
    c->runs_left = RUNS_COLLECTING;
    char *message, *traceback;
    lua_pushcfunction(s->L, step);
    if (script_call(s, 0, 0, &message, &traceback) < 0) {
        script_report_error(s, message, traceback);
        free(message);
        free(traceback);
    }
}

struct script_cost script_take_cost(struct script *s)
{
    struct collector *c = &s->collector;
    size_t now = heap_kb(s->L);
    struct script_cost cost = {
        .inside = s->inside,
        .longest = s->longest,
        .collecting = c->spent,
        .collecting_longest = c->longest,
        .memory = (now > c->most_kb ? now : c->most_kb) * 1024,
    };
    s->inside = s->longest = c->spent = c->longest = 0;
    c->most_kb = 0;
    return cost;
}
