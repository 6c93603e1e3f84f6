/* The live view's figures; see tui_model.h. */
#include "report/tui_model.h"

#include "base/clock.h"
#include "base/mem.h"
#include "stats/hist.h"

#include <stdlib.h>
#include <string.h>

void tui_model_init(struct tui_model *m, const struct report_run *run)
{
    *m = (struct tui_model){.run = run, .all = {.name = ""}, .lag_p99_ms = -1};
}

static void clear_errors(struct tui_model *m)
{
    for (size_t i = 0; i < m->errors.len; i++)
        free(m->errors.items[i].message);
    vec_clear(&m->errors);
}

void tui_model_release(struct tui_model *m)
{
    clear_errors(m);
    vec_release(&m->errors);
    vec_release(&m->rows);
}

static const double percents[] = {50, 95, 99};

static void add_point(struct tui_model *m, const struct report_tick *tick)
{
    const struct series *sum = tick->interval_sum;
    struct tui_point point = {.p50 = -1, .p95 = -1, .p99 = -1, .failures = sum->failures};
    if (tick->interval_s > 0)
        point.rps = (double)sum->requests / tick->interval_s;
    if (sum->response.count > 0) {
        double us[3];
        hist_percentiles(&sum->response, percents, 3, us);
        point.p50 = us[0] / 1000;
        point.p95 = us[1] / 1000;
        point.p99 = us[2] / 1000;
    }
    m->points[m->points_end] = point;
    m->points_end = (m->points_end + 1) % TUI_HISTORY;
    if (m->points_len < TUI_HISTORY)
        m->points_len++;
}

/* The busiest first; equals by name, so that rows do not jump about. */
static int by_requests(const void *a, const void *b)
{
    const struct tui_row *x = a, *y = b;
    if (x->requests != y->requests)
        return x->requests > y->requests ? -1 : 1;
    int order = strcmp(x->type, y->type);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static uint64_t requests_of(const struct stats *s, uint32_t id)
{
    return id < s->series_len && s->series[id] ? s->series[id]->requests : 0;
}

static void take_times(struct tui_row *row, const struct hist *response)
{
    double us[3];
    row->p50 = row->p95 = row->p99 = row->max = -1;
    if (response->count == 0)
        return;
    hist_percentiles(response, percents, 3, us);
    row->p50 = us[0] / 1000;
    row->p95 = us[1] / 1000;
    row->p99 = us[2] / 1000;
    row->max = (double)response->max / 1000;
}

static void take_all(struct tui_model *m, const struct series *sum, const struct series *lately,
                     double interval_s)
{
    m->all = (struct tui_row){
        .type = "",
        .name = "Aggregated",
        .requests = sum->requests,
        .failures = sum->failures,
        .rps = interval_s > 0 ? (double)lately->requests / interval_s : 0,
    };
    take_times(&m->all, &sum->response);
}

static void take_rows(struct tui_model *m, const struct report_tick *tick,
                      const struct stats *total)
{
    vec_clear(&m->rows);
    for (uint32_t id = 0; id < total->series_len; id++) {
        const struct series *series = total->series[id];
        if (!series || series->requests == 0)
            continue;
        struct catalog_entry entry = catalog_get(m->run->catalog, id);
        uint64_t lately = requests_of(tick->interval, id);
        vec_push(&m->rows, ((struct tui_row){
                               .type = entry.type,
                               .name = entry.name,
                               .requests = series->requests,
                               .failures = series->failures,
                               .rps = tick->interval_s > 0 ? (double)lately / tick->interval_s : 0,
                               .series = series,
                           }));
    }
    m->series_len = m->rows.len;
    if (m->rows.len > 1)
        qsort(m->rows.items, m->rows.len, sizeof(m->rows.items[0]), by_requests);
    if (m->rows.len > TUI_ROWS_MAX)
        m->rows.len = TUI_ROWS_MAX;
    for (size_t i = 0; i < m->rows.len; i++)
        take_times(&m->rows.items[i], &m->rows.items[i].series->response);
}

/* Keeps the latest ones, newest first. */
static void offer_error(struct tui_model *m, struct tui_error error, const char *message)
{
    size_t at = m->errors.len;
    while (at > 0 && m->errors.items[at - 1].age_s > error.age_s)
        at--;
    if (at == TUI_ERRORS_MAX)
        return;
    if (m->errors.len == TUI_ERRORS_MAX)
        free(m->errors.items[--m->errors.len].message);
    (void)vec_add(&m->errors);
    memmove(&m->errors.items[at + 1], &m->errors.items[at],
            (m->errors.len - 1 - at) * sizeof(error));
    error.message = xstrdup(message);
    m->errors.items[at] = error;
}

static void take_errors(struct tui_model *m, const struct stats *total)
{
    uint64_t now = clock_ns();
    clear_errors(m);
    m->errors_len = total->failures.len + total->script_errors.len;
    for (size_t i = 0; i < total->script_errors.len; i++) {
        const struct script_error *e = &total->script_errors.items[i];
        offer_error(m, (struct tui_error){.count = e->count, .age_s = ns_to_s(now - e->last_ns)},
                    e->message);
    }
    for (size_t i = 0; i < total->failures.len; i++) {
        const struct failure *f = &total->failures.items[i];
        struct catalog_entry entry = catalog_get(m->run->catalog, f->series);
        offer_error(m,
                    (struct tui_error){.type = entry.type,
                                       .name = entry.name,
                                       .count = f->count,
                                       .age_s = ns_to_s(now - f->last_ns)},
                    f->message);
    }
}

static void take_generator(struct tui_model *m, const struct generator_stats *g)
{
    m->generator = *g;
    m->lag_p99_ms = g->loop_lag.count > 0 ? hist_percentile(&g->loop_lag, 99) / 1000 : -1;
    m->generator.loop_lag = (struct hist){0};
}

void tui_model_tick(struct tui_model *m, const struct report_tick *tick)
{
    /* Of the warm-up nothing is kept: what is known of it is its last second. */
    const struct stats *known = tick->warmup ? tick->interval : tick->total;
    m->tick = *tick;
    if (tick->interval_s > 0 && tick->elapsed_s > 0)
        add_point(m, tick);
    take_rows(m, tick, known);
    take_all(m, tick->warmup ? tick->interval_sum : tick->total_sum, tick->interval_sum,
             tick->interval_s);
    take_errors(m, known);
    take_generator(m, &known->generator);
    m->tick.total = m->tick.interval = NULL;
    m->tick.total_sum = m->tick.interval_sum = NULL;
}

const struct tui_point *tui_model_point(const struct tui_model *m, int ago)
{
    return &m->points[(m->points_end - 1 - ago + 2 * TUI_HISTORY) % TUI_HISTORY];
}

double tui_model_progress(const struct tui_model *m)
{
    const struct report_run *run = m->run;
    double share = -1;
    if (run->requests > 0 && !m->tick.warmup)
        share = (double)m->all.requests / (double)run->requests;
    if (run->duration_s > 0) {
        double timed = m->tick.elapsed_s / (run->warmup_s + run->duration_s);
        share = timed > share ? timed : share; /* what comes first ends it */
    }
    return share > 1 ? 1 : share;
}

double tui_model_left_s(const struct tui_model *m)
{
    const struct report_run *run = m->run;
    if (run->duration_s <= 0)
        return -1;
    double left = run->warmup_s + run->duration_s - m->tick.elapsed_s;
    return left > 0 ? left : 0;
}
