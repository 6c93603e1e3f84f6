/*
 * Several runs as one; saved.h says what becomes of what. The statistics add
 * themselves (stats_merge); here is what does not: times, users, rates, and
 * what the runs say about themselves.
 */
#include "report/saved.h"

#include "base/mem.h"
#include "stats/arrivals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* When a run's figures were measured: behind its warm-up. */
struct span {
    double begin, end; /* seconds since the epoch */
    double value;      /* how many users, workers or requests a second it had then */
};

static int by_begin(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* For how long at least one of them lasted; sorted. */
static double union_length(const struct span *spans, size_t len)
{
    double length = 0, until = -INFINITY;
    for (size_t i = 0; i < len; i++) {
        double from = fmax(spans[i].begin, until);
        if (spans[i].end > from)
            length += spans[i].end - from;
        until = fmax(until, spans[i].end);
    }
    return length;
}

static bool any_overlap(const struct span *spans, size_t len)
{
    double until = -INFINITY;
    for (size_t i = 0; i < len; i++) {
        if (spans[i].begin < until)
            return true;
        until = fmax(until, spans[i].end);
    }
    return false;
}

/* The most that their values come to at any moment: it is as one of them
 * begins. */
static double peak(const struct span *spans, size_t len)
{
    double most = 0;
    for (size_t i = 0; i < len; i++) {
        double sum = 0, at = spans[i].begin;
        for (size_t k = 0; k < len; k++) {
            if (k == i || (spans[k].begin <= at && at < spans[k].end))
                sum += spans[k].value;
        }
        most = fmax(most, sum);
    }
    return fmin(most, UINT32_MAX);
}

struct merging {
    struct saved *out;
    struct saved *const *runs; /* borrowed */
    size_t len;
    struct span *spans; /* owned; in the order of runs until sorted */
};

/* The most that a figure of the runs comes to at any moment. */
static double peak_of(struct merging *m, double (*figure)(const struct saved *, const char *arg),
                      const char *arg)
{
    for (size_t i = 0; i < m->len; i++)
        m->spans[i].value = figure(m->runs[i], arg);
    return peak(m->spans, m->len);
}

static double users_of(const struct saved *s, const char *unused)
{
    (void)unused;
    return s->run.users;
}

static double workers_of(const struct saved *s, const char *unused)
{
    (void)unused;
    return s->run.workers;
}

static double rate_of(const struct saved *s, const char *unused)
{
    (void)unused;
    return s->run.rate;
}

static double class_users_of(const struct saved *s, const char *name)
{
    for (size_t i = 0; i < s->classes.len; i++) {
        if (strcmp(s->classes.items[i].name, name) == 0)
            return s->classes.items[i].users;
    }
    return 0;
}

static struct report_class *find_class(struct saved *s, const char *name)
{
    for (size_t i = 0; i < s->classes.len; i++) {
        if (strcmp(s->classes.items[i].name, name) == 0)
            return &s->classes.items[i];
    }
    return NULL;
}

/* A class that one of them ran is not skipped. */
static void merge_classes(struct merging *m)
{
    struct saved *out = m->out;
    for (size_t i = 0; i < m->len; i++) {
        for (size_t k = 0; k < m->runs[i]->classes.len; k++) {
            const struct report_class *class = &m->runs[i]->classes.items[k];
            struct report_class *known = find_class(out, class->name);
            if (known == NULL)
                vec_push(&out->classes, *class);
            else if (class->skipped == NULL)
                known->skipped = NULL;
        }
    }
    for (size_t i = 0; i < out->classes.len; i++) {
        struct report_class *class = &out->classes.items[i];
        class->users = (uint32_t)peak_of(m, class_users_of, class->name);
    }
    out->run.classes = out->classes.items;
    out->run.classes_len = out->classes.len;
}

static const struct arrival_stats *arrivals_of(const struct saved *s, const char *class)
{
    for (size_t i = 0; i < s->classes.len && i < s->total->class_arrivals.len; i++) {
        if (strcmp(s->classes.items[i].name, class) == 0)
            return &s->total->class_arrivals.items[i];
    }
    return NULL;
}

/* The runs may count their classes differently, so these are added by name. */
static void merge_class_arrivals(struct merging *m)
{
    struct stats *total = m->out->total;
    for (size_t i = 0; i < total->class_arrivals.len; i++)
        arrival_stats_clear(&total->class_arrivals.items[i]);
    for (size_t i = 0; i < m->out->classes.len; i++) {
        m->out->classes.items[i].number = (uint32_t)i;
        for (size_t k = 0; k < m->len; k++) {
            const struct arrival_stats *from =
                arrivals_of(m->runs[k], m->out->classes.items[i].name);
            if (from != NULL)
                arrival_stats_merge(stats_class_arrivals_touch(total, (uint32_t)i), from);
        }
    }
}

static struct threshold_result *find_threshold(struct saved *s, const char *expression)
{
    for (size_t i = 0; i < s->thresholds.len; i++) {
        if (strcmp(s->thresholds.items[i].expression, expression) == 0)
            return &s->thresholds.items[i];
    }
    return NULL;
}

/* Of one that failed somewhere, what was found there. */
static void merge_thresholds(struct merging *m)
{
    struct saved *out = m->out;
    for (size_t i = 0; i < m->len; i++) {
        for (size_t k = 0; k < m->runs[i]->thresholds.len; k++) {
            const struct threshold_result *result = &m->runs[i]->thresholds.items[k];
            struct threshold_result *known = find_threshold(out, result->expression);
            if (known == NULL)
                vec_push(&out->thresholds, *result);
            else if (known->passed)
                *known = *result;
        }
    }
    out->end.thresholds = out->thresholds.items;
    out->end.thresholds_len = out->thresholds.len;
}

static bool has_note(const struct saved *s, const char *note)
{
    for (size_t i = 0; i < s->notes.len; i++) {
        if (strcmp(s->notes.items[i], note) == 0)
            return true;
    }
    return false;
}

static void merge_notes(struct merging *m, bool overlapped)
{
    struct saved *out = m->out;
    char *note = xasprintf("%zu runs added, %s", m->len,
                           overlapped ? "which overlapped: their users count together"
                                      : "which followed one another: their times count together");
    vec_push(&out->texts, note);
    vec_push(&out->notes, note);
    for (size_t i = 0; i < m->len; i++) {
        for (size_t k = 0; k < m->runs[i]->notes.len; k++) {
            if (!has_note(out, m->runs[i]->notes.items[k]))
                vec_push(&out->notes, m->runs[i]->notes.items[k]);
        }
    }
    out->end.notes = out->notes.items;
    out->end.notes_len = out->notes.len;
}

/* What they all have in common; else what the first says, or nothing. */
static const char *common(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0 ? a : NULL;
}

static void merge_run(struct merging *m)
{
    const struct report_run *first = &m->runs[0]->run;
    struct report_run *run = &m->out->run;
    const char *title = first->title;
    bool paced = true;
    *run = (struct report_run){
        .scenario = first->scenario,
        .url = first->url,
        .version = first->version,
        .catalog = first->catalog,
        .started_wall = first->started_wall,
    };
    for (size_t i = 0; i < m->len; i++) {
        const struct report_run *one = &m->runs[i]->run;
        title = common(title, one->title);
        run->scenario = common(run->scenario, one->scenario);
        run->url = common(run->url, one->url);
        run->started_wall = fmin(run->started_wall, one->started_wall);
        run->warmup_s = fmax(run->warmup_s, one->warmup_s);
        run->requests += one->requests;
        paced &= one->rate > 0 && !one->ramp;
    }
    run->title = title != NULL ? title : "merged runs";
    run->users = (uint32_t)peak_of(m, users_of, NULL);
    run->workers = (int)fmin(peak_of(m, workers_of, NULL), INT32_MAX);
    run->rate = paced ? peak_of(m, rate_of, NULL) : 0;
}

/* The worst of their ends. */
static void merge_outcome(struct merging *m)
{
    struct report_end *end = &m->out->end;
    for (size_t i = 0; i < m->len; i++) {
        const struct report_end *one = &m->runs[i]->end;
        if (one->outcome <= end->outcome)
            continue;
        end->outcome = one->outcome;
        end->signal = one->signal;
        end->reason = one->reason;
    }
}

static void merge_stats(struct merging *m)
{
    struct saved *out = m->out;
    out->total = stats_new();
    for (size_t i = 0; i < m->len; i++) {
        const struct spreads *spreads = &m->runs[i]->spreads;
        stats_merge(out->total, m->runs[i]->total);
        for (size_t k = 0; k < spreads->items.len; k++)
            spreads_add(&out->spreads, &spreads->items.items[k]);
        if (m->runs[i]->warmup == NULL)
            continue;
        if (out->warmup == NULL)
            out->warmup = stats_new();
        stats_merge(out->warmup, m->runs[i]->warmup);
    }
    out->total->users = out->run.users;
    saved_sum_up(out);
}

static int check_times(struct saved *const *runs, size_t len, struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        if (runs[i]->run.started_wall <= 0)
            return err_set(err, ERR_CONFIG,
                           "the run '%s' does not say when it started, so its time cannot be added",
                           runs[i]->run.title);
    }
    return 0;
}

struct saved *saved_merge(struct saved *const *runs, size_t len, struct err *err)
{
    if (check_times(runs, len, err) != 0)
        return NULL;
    struct merging m = {
        .out = saved_new(),
        .runs = runs,
        .len = len,
        .spans = xcalloc(len, sizeof(struct span)),
    };
    for (size_t i = 0; i < len; i++) {
        double begin = runs[i]->run.started_wall + runs[i]->run.warmup_s;
        m.spans[i] = (struct span){.begin = begin, .end = begin + runs[i]->end.duration_s};
    }
    merge_run(&m);
    merge_classes(&m);
    merge_thresholds(&m);
    merge_outcome(&m);
    merge_stats(&m);
    merge_class_arrivals(&m);

    qsort(m.spans, len, sizeof(*m.spans), by_begin);
    m.out->end.duration_s = union_length(m.spans, len);
    merge_notes(&m, any_overlap(m.spans, len));
    free(m.spans);
    return m.out;
}
