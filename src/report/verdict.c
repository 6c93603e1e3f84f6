/* The generator's judgement of itself; see verdict.h. */
#include "report/verdict.h"

#include "base/units.h"
#include "report/figure.h"

/* Late although it was not busy: then others were. */
static const double CPU_SHARE_IDLE = 0.50;

void verdict_reach(struct verdict *v, const struct generator_stats *g)
{
    v->cpu_share = g->wall_ns > 0 ? (double)g->cpu_ns / (double)g->wall_ns : -1;
    v->loop_lag_p99_ms = g->loop_lag.count > 0 ? hist_percentile(&g->loop_lag, 99) / 1000 : -1;
    v->script_share = g->wall_ns > 0 ? (double)g->script_ns / (double)g->wall_ns : 0;
    v->script_longest_ms = (double)g->script_longest_ns / 1e6;
    v->system_errors = g->system_errors;
    v->hung = g->hung;
    v->limited = v->cpu_share > VERDICT_CPU_MAX || v->loop_lag_p99_ms > VERDICT_LAG_MAX_MS ||
                 v->hung > 0 || v->system_errors > 0;
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

/* What is in short supply, and what to do. True: that is all to be said. */
static bool describe_shortage(struct buf *out, const struct verdict *v, int workers)
{
    if (v->hung > 0) {
        buf_addf(out,
                 "The generator was the limit: %u of %d worker%s hung in a task that never waits. "
                 "Mend the script first.",
                 v->hung, workers, workers == 1 ? "" : "s");
        return true;
    }
    if (v->system_errors > 0) {
        char n[UNITS_MAX];
        buf_addf(out,
                 "The generator was the limit: this machine refused %s request%s, for want of a "
                 "file or a local port as a rule; the failed requests say why, and what helps.",
                 units_format_count(n, v->system_errors), v->system_errors == 1 ? "" : "s");
        return true;
    }
    return false;
}

/* Whether it was the scripts that computed, or that kept the loops waiting. */
static bool is_the_scripts(const struct verdict *v)
{
    return v->script_share > v->cpu_share / 2 &&
           (v->cpu_share >= CPU_SHARE_IDLE || v->script_longest_ms > v->loop_lag_p99_ms);
}

static void describe_scripts(struct buf *out, const struct verdict *v)
{
    char longest[FIGURE_MAX];
    buf_addf(out, " Its scripts took %.0f%% of the time, the longest %s without waiting.",
             100 * v->script_share, figure_duration_ms(longest, v->script_longest_ms));
}

void verdict_describe(struct buf *out, const struct verdict *v, int workers, int cpus)
{
    if (v->cpu_share < 0 && v->loop_lag_p99_ms < 0) {
        buf_adds(out, "The generator's own load is not known.");
        return;
    }
    if (describe_shortage(out, v, workers))
        return;
    buf_adds(out, v->limited ? "The generator was the limit: " : "The figures are the server's: ");
    describe_condition(out, v, workers);
    buf_addch(out, '.');
    if (!v->limited)
        return;
    if (is_the_scripts(v)) {
        describe_scripts(out, v);
    } else if (v->cpu_share >= 0 && v->cpu_share < CPU_SHARE_IDLE) {
        buf_adds(out, " Something else kept the CPU from it, and these delays are part of the "
                      "times above: end what runs beside it, or use another machine.");
        return;
    }
    buf_adds(out, " Its own delays are part of the times above: try ");
    if (cpus == 0 || workers < cpus)
        buf_addf(out, "more workers (-t %d), ", workers + 1);
    buf_adds(out, "less load, or another machine.");
}

void verdict_of_run(struct verdict *v, struct buf *out, const struct report_run *run,
                    const struct stats *stats, uint64_t requests)
{
    verdict_reach(v, &stats->generator);
    if (report_answered(stats) > 0)
        verdict_describe(out, v, run->workers, run->cpus);
    else
        buf_adds(out, verdict_nothing_measured(requests));
}
