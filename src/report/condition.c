/* See condition.h. */
#include "report/condition.h"

#include "base/clock.h"
#include "base/units.h"
#include "report/figure.h"

#include <math.h>
#include <string.h>

static double share(const struct generator_stats *g, uint64_t ns)
{
    return g->wall_ns > 0 ? (double)ns / (double)g->wall_ns : NAN;
}

static double ms(uint64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

static double known(uint64_t n)
{
    return n > 0 ? (double)n : NAN;
}

void condition_figures(struct condition_figure out[CONDITION_FIGURES],
                       const struct generator_stats *span, const struct generator_stats *so_far)
{
    const struct hist *lag = &span->loop_lag;
    const struct condition_figure all[CONDITION_FIGURES] = {
        {"cpu_share", share(span, span->cpu_ns)},
        {"loop_lag_p99_ms", lag->count > 0 ? hist_percentile(lag, 99) / 1000 : NAN},
        {"loop_lag_max_ms", lag->count > 0 ? (double)lag->max / 1000 : NAN},
        {"script_share", share(span, span->script_ns)},
        {"script_longest_ms", ms(span->script_longest_ns)},
        {"gc_share", share(span, span->gc_ns)},
        {"gc_longest_ms", ms(span->gc_longest_ns)},
        {"memory_most_bytes", known(so_far->memory_most)},
        {"files_most", known(so_far->fds_most)},
        {"files_limit", known(so_far->fds_limit)},
        {"tcp_sockets_most", known(so_far->tcp_sockets_most)},
        {"local_ports", known(so_far->local_ports)},
    };
    memcpy(out, all, sizeof(all));
}

static void describe_scripts(struct buf *out, const struct generator_stats *g)
{
    char text[FIGURE_MAX];
    buf_addf(out, "Scripts took %s of the time,", figure_percent(text, g->script_ns, g->wall_ns));
    buf_addf(out, " at most %s at once", figure_duration_ms(text, ms(g->script_longest_ns)));
    if (g->gc_ns == 0) {
        buf_adds(out, ".");
        return;
    }
    buf_addf(out, "; of it %s was garbage collection,", figure_percent(text, g->gc_ns, g->wall_ns));
    buf_addf(out, " at most %s.", figure_duration_ms(text, ms(g->gc_longest_ns)));
}

static void describe_machine(struct buf *out, const struct generator_stats *g)
{
    char n[UNITS_MAX];
    buf_addf(out, "Memory %s", units_format_bytes(n, (double)g->memory_most));
    if (g->fds_most > 0)
        buf_addf(out, ", files %s", units_format_count(n, g->fds_most));
    if (g->fds_most > 0 && g->fds_limit > 0)
        buf_addf(out, " of %s", units_format_count(n, g->fds_limit));
    if (g->tcp_sockets_most > 0)
        buf_addf(out, ", TCP sockets %s", units_format_count(n, g->tcp_sockets_most));
    if (g->local_ports > 0)
        buf_addf(out, ", local ports %s", units_format_count(n, g->local_ports));
    buf_adds(out, ".");
}

void condition_describe(struct buf *out, const struct generator_stats *g)
{
    if (g->script_ns > 0 && g->wall_ns > 0)
        describe_scripts(out, g);
    if (g->memory_most == 0)
        return;
    buf_adds(out, out->len > 0 ? " " : "");
    describe_machine(out, g);
}
