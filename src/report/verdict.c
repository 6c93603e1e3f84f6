/* The generator's judgement of itself; see verdict.h. */
#include "report/verdict.h"

#include "report/figure.h"

static const double CPU_SHARE_MAX = 0.90;
static const double LOOP_LAG_MAX_MS = 10;

void verdict_reach(struct verdict *v, const struct generator_stats *g)
{
    v->cpu_share = g->wall_ns > 0 ? (double)g->cpu_ns / (double)g->wall_ns : -1;
    v->loop_lag_p99_ms = g->loop_lag.count > 0 ? hist_percentile(&g->loop_lag, 99) / 1000 : -1;
    v->limited = v->cpu_share > CPU_SHARE_MAX || v->loop_lag_p99_ms > LOOP_LAG_MAX_MS;
}

static void describe_condition(struct buf *out, const struct verdict *v, int workers)
{
    char lag[FIGURE_MAX];
    if (v->cpu_share >= 0)
        buf_addf(out, "its %s used %.0f%% of %s CPU time", workers == 1 ? "worker" : "workers",
                 100 * v->cpu_share, workers == 1 ? "its" : "their");
    if (v->loop_lag_p99_ms >= 0)
        buf_addf(out, "%sits timers ran at most %s late (p99)", v->cpu_share >= 0 ? ", " : "",
                 figure_duration_ms(lag, v->loop_lag_p99_ms));
}

void verdict_describe(struct buf *out, const struct verdict *v, int workers)
{
    if (v->cpu_share < 0 && v->loop_lag_p99_ms < 0) {
        buf_adds(out, "The generator's own load is not known.");
        return;
    }
    buf_adds(out, v->limited ? "The generator was the limit: " : "The figures are the server's: ");
    describe_condition(out, v, workers);
    if (v->limited)
        buf_addf(out,
                 ". The times above include its own delays: try more workers (-t %d), a lower "
                 "load, or another machine",
                 workers + 1);
    buf_addch(out, '.');
}
