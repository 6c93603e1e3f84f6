/* See generator.h. */
#include "stats/generator.h"

void generator_stats_init(struct generator_stats *g)
{
    *g = (struct generator_stats){.cpu_ns = 0};
    hist_init(&g->loop_lag);
}

void generator_stats_release(struct generator_stats *g)
{
    hist_release(&g->loop_lag);
}

void generator_stats_clear(struct generator_stats *g)
{
    struct hist loop_lag = g->loop_lag;
    hist_clear(&loop_lag);
    *g = (struct generator_stats){.loop_lag = loop_lag};
}

#define ADD(field)  (dst->field += src->field)
#define MOST(field) (dst->field = src->field > dst->field ? src->field : dst->field)

void generator_stats_merge(struct generator_stats *dst, const struct generator_stats *src)
{
    hist_merge(&dst->loop_lag, &src->loop_lag);
    ADD(cpu_ns);
    ADD(wall_ns);
    ADD(script_ns);
    MOST(script_longest_ns);
    ADD(gc_ns);
    MOST(gc_longest_ns);
    MOST(lua_bytes_most);
    ADD(connects);
    ADD(reconnects);
    ADD(tasks);
    ADD(cancelled);
    MOST(cancelled_longest_ns);
    ADD(system_errors);
    ADD(hung);
    MOST(fds_most);
    MOST(fds_limit);
    MOST(tcp_sockets_most);
    MOST(local_ports);
    MOST(memory_most);
}
