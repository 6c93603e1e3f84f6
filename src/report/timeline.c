/*
 * Points of growing length; see timeline.h.
 *
 * There is a level for each length: level n's points cover unit << n ticks.
 * Ticks are added to the open span of the lowest level in use. A span that
 * is full becomes a point of its level and is merged into the open span of the
 * next. Once a level has too many points it is dropped, and the next, half as
 * long and complete, takes its place. So only open spans hold histograms, and
 * where the run's length is known beforehand there is one level only.
 *
 * The lowest level's span is closed when the tick behind it comes: the run's
 * last tick may be too short to have a rate, and joins the point before it.
 */
#include "report/timeline.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = TIMELINE_SERIES_MAX + 1, /* slot 0 is the sum over all series */
    LEVELS_MAX = 32,
};

/* Ticks come about once a second; only the last can be shorter than this. */
#define TICK_LEAST_S 0.5

/* What one series did in an open span. */
struct slot {
    uint64_t requests, failures;
    struct hist response;
};

struct span {
    uint32_t ticks; /* in it so far */
    double end_s;
    uint32_t users;
    struct slot slots[SLOTS];
};

struct level {
    struct span open;
    struct timeline_points points;
};

struct timeline {
    uint32_t unit;                    /* ticks in a point of level 0 */
    bool growing;                     /* the run's length is not known: prepare longer points */
    int lowest;                       /* the level whose points are shown */
    struct level *levels[LEVELS_MAX]; /* owned; NULL: not begun, or dropped */
    uint32_t ids[SLOTS];              /* the series of each slot */
    uint32_t ids_len;
    uint32_t users; /* running while nothing was stopping yet */
    bool begun;     /* the first tick has come, which only says that the load starts */
    struct timeline_stages stages;
    int stage_number; /* of the last of them */
};

static void span_init(struct span *s)
{
    memset(s, 0, sizeof(*s));
    for (int i = 0; i < SLOTS; i++)
        hist_init(&s->slots[i].response);
}

static void span_clear(struct span *s)
{
    s->ticks = s->users = 0;
    for (int i = 0; i < SLOTS; i++) {
        s->slots[i].requests = s->slots[i].failures = 0;
        if (s->slots[i].response.count > 0)
            hist_clear(&s->slots[i].response);
    }
}

static void span_release(struct span *s)
{
    for (int i = 0; i < SLOTS; i++)
        hist_release(&s->slots[i].response);
}

static void slot_add(struct slot *to, uint64_t requests, uint64_t failures, const struct hist *h)
{
    if (requests == 0)
        return;
    to->requests += requests;
    to->failures += failures;
    hist_merge(&to->response, h);
}

static void span_merge(struct span *dst, const struct span *src)
{
    dst->ticks += src->ticks;
    dst->end_s = src->end_s;
    if (src->users > dst->users)
        dst->users = src->users;
    for (int i = 0; i < SLOTS; i++) {
        const struct slot *from = &src->slots[i];
        slot_add(&dst->slots[i], from->requests, from->failures, &from->response);
    }
}

struct timeline *timeline_new(double planned_s)
{
    struct timeline *t = xcalloc(1, sizeof(*t));
    t->growing = planned_s <= 0;
    t->unit = t->growing ? 1 : (uint32_t)fmin(ceil(planned_s / TIMELINE_POINTS_MAX), 1e9);
    t->ids[t->ids_len++] = UINT32_MAX;
    return t;
}

static void level_free(struct level *level)
{
    if (level == NULL)
        return;
    span_release(&level->open);
    for (size_t i = 0; i < level->points.series.len; i++)
        vec_release(&level->points.series.items[i].figures);
    vec_release(&level->points.series);
    vec_release(&level->points.items);
    free(level);
}

void timeline_free(struct timeline *t)
{
    if (t == NULL)
        return;
    for (int i = 0; i < LEVELS_MAX; i++)
        level_free(t->levels[i]);
    for (size_t i = 0; i < t->stages.items.len; i++)
        free(t->stages.items.items[i].name);
    vec_release(&t->stages.items);
    free(t);
}

static struct level *touch_level(struct timeline *t, int n)
{
    if (t->levels[n] == NULL) {
        t->levels[n] = xcalloc(1, sizeof(struct level));
        span_init(&t->levels[n]->open);
    }
    return t->levels[n];
}

/* The slot of a series, given out on first sight; NULL when there is none left. */
static struct slot *find_slot(struct timeline *t, struct span *span, uint32_t id)
{
    uint32_t i = 1;
    while (i < t->ids_len && t->ids[i] != id)
        i++;
    if (i == SLOTS)
        return NULL;
    if (i == t->ids_len)
        t->ids[t->ids_len++] = id;
    return &span->slots[i];
}

static void add_series(struct slot *to, const struct series *s)
{
    slot_add(to, s->requests, s->failures, &s->response);
}

static void add_tick(struct timeline *t, struct span *span, const struct report_tick *tick)
{
    span->ticks++;
    span->end_s = tick->elapsed_s;
    /* That users are gone once the run has ended goes without saying. */
    if (!tick->stopping || tick->users > t->users)
        t->users = tick->users;
    if (t->users > span->users)
        span->users = t->users;
    add_series(&span->slots[0], tick->interval_sum);
    for (uint32_t id = 0; id < tick->interval->series_len; id++) {
        const struct series *s = tick->interval->series[id];
        struct slot *own = s != NULL && s->requests > 0 ? find_slot(t, span, id) : NULL;
        if (own != NULL)
            add_series(own, s);
    }
}

static struct timeline_figures figures_of(const struct slot *slot)
{
    static const double percents[] = {50, 95, 99};
    double values[3];
    struct timeline_figures f = {slot->requests, slot->failures, NAN, NAN, NAN, NAN};
    if (slot->response.count == 0)
        return f;
    hist_percentiles(&slot->response, percents, 3, values);
    f.p50 = (float)values[0];
    f.p95 = (float)values[1];
    f.p99 = (float)values[2];
    f.max = (float)slot->response.max;
    return f;
}

static void add_point(const struct timeline *t, struct timeline_points *to, const struct span *span)
{
    size_t at = to->items.len;
    vec_push(&to->items, ((struct timeline_point){span->end_s, span->users}));
    while (to->series.len < t->ids_len) {
        uint32_t id = t->ids[to->series.len];
        vec_add(&to->series)->id = id;
    }
    for (size_t i = 0; i < to->series.len; i++) {
        struct timeline_series *series = &to->series.items[i];
        while (series->figures.len < at) /* not seen until now */
            vec_push(&series->figures, figures_of(&(struct slot){0}));
        vec_push(&series->figures, figures_of(&span->slots[i]));
    }
}

static void drop_lowest(struct timeline *t)
{
    level_free(t->levels[t->lowest]);
    t->levels[t->lowest++] = NULL;
}

static bool is_full(const struct timeline *t, int n)
{
    return t->levels[n]->open.ticks >= (uint64_t)t->unit << n;
}

/* Makes the open span of a level a point, and a part of the next level's. */
static void close_span(struct timeline *t, int n)
{
    struct level *level = t->levels[n];
    add_point(t, &level->points, &level->open);
    if (t->growing && n + 1 < LEVELS_MAX) {
        span_merge(&touch_level(t, n + 1)->open, &level->open);
        if (is_full(t, n + 1))
            close_span(t, n + 1);
    }
    span_clear(&level->open);
}

/* A tick tells of its whole interval: a stage that it is the first to name may
 * have begun with that. */
static void note_stage(struct timeline *t, const struct report_tick *tick)
{
    size_t n = t->stages.items.len;
    if (tick->stage == NULL || (n > 0 && tick->stage_number <= t->stage_number))
        return;
    t->stage_number = tick->stage_number;
    vec_push(&t->stages.items,
             ((struct timeline_stage){tick->elapsed_s - tick->interval_s, xstrdup(tick->stage)}));
}

void timeline_tick(struct timeline *t, const struct report_tick *tick)
{
    note_stage(t, tick);
    if (!t->begun) {
        t->begun = true;
        return;
    }
    struct level *level = touch_level(t, t->lowest);
    if (is_full(t, t->lowest) && tick->interval_s >= TICK_LEAST_S) {
        close_span(t, t->lowest);
        if (t->growing && level->points.items.len > TIMELINE_POINTS_MAX &&
            t->levels[t->lowest + 1] != NULL)
            drop_lowest(t);
    }
    add_tick(t, &touch_level(t, t->lowest)->open, tick);
}

const struct timeline_points *timeline_end(struct timeline *t)
{
    struct level *level = touch_level(t, t->lowest);
    if (level->open.ticks > 0) {
        add_point(t, &level->points, &level->open);
        span_clear(&level->open);
    }
    return &level->points;
}

uint32_t timeline_ticks_per_point(const struct timeline *t)
{
    return t->unit << t->lowest;
}

const struct timeline_stages *timeline_stages(const struct timeline *t)
{
    return &t->stages;
}
