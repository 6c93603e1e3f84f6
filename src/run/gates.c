/* Thresholds, tick by tick; see gates.h. */
#include "run/gates.h"

#include "base/mem.h"
#include "stats/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gate {
    const struct threshold *threshold; /* borrowed */
    struct reading part;               /* what its part of the run came to so far */
    struct window *window;             /* owned; NULL: it has none */
    bool judged;                       /* `found` is of some window, or ended the run */
    struct threshold_result found;
};

struct gates {
    struct gate *items; /* owned */
    size_t len;
    struct catalog *catalog; /* borrowed */
    struct reading tick, window;
    char *reason; /* owned; NULL until a threshold ends the run */
};

struct gates *gates_new(struct threshold *const *thresholds, size_t len, struct catalog *catalog)
{
    struct gates *g = xcalloc(1, sizeof(*g));
    g->items = xcalloc(len + 1, sizeof(*g->items));
    g->len = len;
    g->catalog = catalog;
    reading_init(&g->tick);
    reading_init(&g->window);
    for (size_t i = 0; i < len; i++) {
        struct gate *gate = &g->items[i];
        gate->threshold = thresholds[i];
        reading_init(&gate->part);
        if (thresholds[i]->window_s > 0)
            gate->window = window_new(thresholds[i]->window_s);
    }
    return g;
}

void gates_free(struct gates *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->len; i++) {
        reading_release(&g->items[i].part);
        window_free(g->items[i].window);
    }
    reading_release(&g->tick);
    reading_release(&g->window);
    free(g->reason);
    free(g->items);
    free(g);
}

/* Whether it needs to see the ticks at all. */
static bool is_live(const struct threshold *t)
{
    return t->part != THRESHOLD_WHOLE || t->window_s > 0 || t->aborts;
}

static bool is_about(const struct threshold *t, const struct report_tick *tick)
{
    switch (t->part) {
    case THRESHOLD_WARMUP:
        return tick->warmup;
    case THRESHOLD_STAGE:
        return !tick->warmup && tick->stage && strcmp(tick->stage, t->stage) == 0;
    default:
        return !tick->warmup;
    }
}

/* An amount that may still grow has not missed what it must equal. */
static bool may_still_hold(const struct threshold *t, const struct threshold_result *r)
{
    return !t->window_s && t->figure == THRESHOLD_COUNT && t->op == THRESHOLD_EQUAL &&
           r->value <= t->limit;
}

/* Keeps the worst of the windows, and when the first failed. */
static void keep(struct gate *gate, const struct threshold_result *r, double elapsed_s)
{
    const struct threshold *t = gate->threshold;
    double violated_s = gate->found.violated_s;
    bool failed_first = gate->judged && gate->found.passed && !r->passed;
    if (!gate->judged || failed_first ||
        (gate->found.passed == r->passed && threshold_is_worse(t, r->value, gate->found.value)))
        gate->found = *r;
    if (!r->passed && violated_s == 0)
        violated_s = elapsed_s;
    gate->found.violated_s = violated_s;
    gate->judged = true;
}

/* The load is on and the tick belongs to the gate. */
static void judge(struct gates *g, struct gate *gate, double elapsed_s)
{
    const struct threshold *t = gate->threshold;
    struct threshold_result r;
    if (gate->window) {
        window_push(gate->window, &g->tick);
        if (!window_is_full(gate->window))
            return;
        reading_clear(&g->window);
        window_sum(gate->window, &g->window);
        g->window.zero_counts = gate->part.count > 0;
        threshold_judge(t, &g->window, &r);
        if (!r.no_data)
            keep(gate, &r, elapsed_s);
    } else if (t->aborts) {
        threshold_judge(t, &gate->part, &r);
        if (!r.no_data && !r.passed && !may_still_hold(t, &r))
            keep(gate, &r, elapsed_s);
    }
}

static void abort_run(struct gates *g, struct gate *gate)
{
    gate->found.aborted = true;
    g->reason =
        xasprintf("threshold '%s' did not hold: %s", gate->threshold->text, gate->found.shown);
}

const char *gates_tick(struct gates *g, const struct report_tick *tick)
{
    bool running = !g->reason;
    for (size_t i = 0; i < g->len; i++) {
        struct gate *gate = &g->items[i];
        const struct threshold *t = gate->threshold;
        if (!is_live(t))
            continue;
        if (!is_about(t, tick)) {
            if (gate->window)
                window_clear(gate->window);
            continue;
        }
        reading_clear(&g->tick);
        threshold_read(t, tick->interval, g->catalog, tick->interval_s, &g->tick);
        reading_add(&gate->part, &g->tick);
        if (tick->stopping || g->tick.seconds <= 0)
            continue;
        judge(g, gate, tick->elapsed_s);
        if (t->aborts && !g->reason && gate->judged && !gate->found.passed)
            abort_run(g, gate);
    }
    return running ? g->reason : NULL;
}

/* What a part of the run came to, at its end. */
static void judge_part(struct gates *g, struct gate *gate, const struct stats *total,
                       struct threshold_result *result)
{
    /* What came up for the first time after the part is known all the same. */
    reading_clear(&g->tick);
    threshold_read(gate->threshold, total, g->catalog, 0, &g->tick);
    if (!gate->part.known) {
        gate->part.known = g->tick.known;
        gate->part.kind = g->tick.kind;
        gate->part.unit = g->tick.unit;
    }
    threshold_judge(gate->threshold, &gate->part, result);
    if (gate->part.seconds <= 0) {
        result->passed = result->unknown = false;
        result->no_data = true;
        snprintf(result->shown, sizeof(result->shown), "the run ended before it");
    }
}

void gates_finish(struct gates *g, const struct stats *total, double duration_s,
                  struct threshold_result *results)
{
    for (size_t i = 0; i < g->len; i++) {
        struct gate *gate = &g->items[i];
        const struct threshold *t = gate->threshold;
        if (gate->judged)
            results[i] = gate->found;
        else if (t->part == THRESHOLD_WHOLE)
            threshold_evaluate(t, total, g->catalog, duration_s, &results[i]);
        else
            judge_part(g, gate, total, &results[i]);
        threshold_suggest(t, total, g->catalog, &results[i]);
    }
}
