/* The generator's judgement of itself; see verdict.h. */
#include "report/verdict.h"

#include "report/figure.h"

/* Late although it was not busy: then others were. */
static const double CPU_SHARE_IDLE = 0.50;

void verdict_reach(struct verdict *v, const struct generator_stats *g)
{
    v->cpu_share = g->wall_ns > 0 ? (double)g->cpu_ns / (double)g->wall_ns : -1;
    v->loop_lag_p99_ms = g->loop_lag.count > 0 ? hist_percentile(&g->loop_lag, 99) / 1000 : -1;
    v->hung = g->hung;
    v->limited =
        v->cpu_share > VERDICT_CPU_MAX || v->loop_lag_p99_ms > VERDICT_LAG_MAX_MS || v->hung > 0;
}

const char *verdict_nothing_measured(uint64_t requests)
{
    return requests == 0 ? "No requests completed: nothing was measured."
                         : "No request was answered: nothing was measured.";
}

static void describe_condition(struct buf *out, const struct verdict *v, int workers)
{
    const char *who = workers == 1 ? "the worker was" : "the workers were";
    const char *whose = workers == 1 ? "its" : "their";
    char lag[FIGURE_MAX];
    if (v->cpu_share >= 0)
        buf_addf(out, "%s busy %.0f%% of the time", who, 100 * v->cpu_share);
    if (v->loop_lag_p99_ms < 0)
        return;
    buf_adds(out, v->cpu_share >= 0 ? ", and " : "");
    figure_duration_ms(lag, v->loop_lag_p99_ms);
    if (v->loop_lag_p99_ms > VERDICT_LAG_MAX_MS)
        buf_addf(out, "1%% of %s timers ran more than %s late", whose, lag);
    else
        buf_addf(out, "99%% of %s timers ran at most %s late", whose, lag);
}

void verdict_describe(struct buf *out, const struct verdict *v, int workers, int cpus)
{
    if (v->cpu_share < 0 && v->loop_lag_p99_ms < 0) {
        buf_adds(out, "The generator's own load is not known.");
        return;
    }
    if (v->hung > 0) {
        buf_addf(out,
                 "The generator was the limit: %u of %d worker%s hung in a task that never waits. "
                 "Mend the script first.",
                 v->hung, workers, workers == 1 ? "" : "s");
        return;
    }
    buf_adds(out, v->limited ? "The generator was the limit: " : "The figures are the server's: ");
    describe_condition(out, v, workers);
    buf_addch(out, '.');
    if (!v->limited)
        return;
    if (v->cpu_share >= 0 && v->cpu_share < CPU_SHARE_IDLE) {
        buf_adds(out, " Something else kept the CPU from it, and these delays are part of the "
                      "times above: end what runs beside it, or use another machine.");
        return;
    }
    buf_adds(out, " Its own delays are part of the times above: try ");
    if (cpus == 0 || workers < cpus)
        buf_addf(out, "more workers (-t %d), ", workers + 1);
    buf_adds(out, "less load, or another machine.");
}
