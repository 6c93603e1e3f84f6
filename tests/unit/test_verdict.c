/* report/verdict.h: when the generator was the limit, and what it says then. */
#include "unit.h"

#include "base/clock.h"
#include "report/verdict.h"

enum { WORKERS = 2, CPUS = 4 };

/* Ten seconds of two workers: shares of CPU and scripts, how late timers were. */
static void fill(struct generator_stats *g, double cpu, double script, uint64_t lag_ms)
{
    generator_stats_init(g);
    g->wall_ns = 20 * NS_PER_S;
    g->cpu_ns = (uint64_t)(cpu * 20e9);
    g->script_ns = (uint64_t)(script * 20e9);
    g->script_longest_ns = 150 * NS_PER_MS;
    for (int i = 0; i < 1000; i++)
        hist_record(&g->loop_lag, lag_ms * 1000);
}

/* Judges it, and that the sentences have the words. */
static void check(struct generator_stats *g, bool limited, const char *words)
{
    struct verdict v;
    struct buf text = BUF_INIT;
    verdict_reach(&v, g);
    assert_int_equal(v.limited, limited);
    verdict_describe(&text, &v, WORKERS, CPUS);
    if (!strstr(buf_cstr(&text), words))
        fail_msg("'%s' is not in: %s", words, buf_cstr(&text));
    buf_release(&text);
    generator_stats_release(g);
}

static void figures_of_a_rested_generator_are_the_servers(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.3, 0.2, 1);
    check(&g, false, "The figures are the server's: the workers were busy 30% of the time");
    fill(&g, 0.9, 0.2, 9);
    check(&g, false, "The figures are the server's");
}

static void a_busy_generator_is_the_limit(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.95, 0.1, 1);
    check(&g, true, "busy 95% of the time");
    fill(&g, 0.95, 0.1, 1);
    check(&g, true, "try more workers (-t 3), less load, or another machine.");
}

static void a_late_generator_is_the_limit(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.2, 0.01, 300);
    check(&g, true, "Something else kept the CPU from it");
}

static void scripts_that_compute_are_named(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.95, 0.8, 1);
    check(&g, true, "Its scripts took 80% of the time, the longest 150 ms without waiting.");
    /* and those that block, computing nothing */
    fill(&g, 0.01, 0.8, 100);
    check(&g, true, "Its scripts took 80% of the time");
}

static void want_of_files_or_ports_is_the_limit(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.1, 0, 1);
    g.system_errors = 1;
    check(&g, true, "this machine refused 1 request, for want of a file or a local port as a rule");
    fill(&g, 0.1, 0, 1);
    g.system_errors = 1200;
    check(&g, true, "this machine refused 1,200 requests");
}

static void a_hung_worker_is_the_limit(void **state)
{
    (void)state;
    struct generator_stats g;
    fill(&g, 0.5, 0, 1);
    g.hung = 1;
    check(&g, true, "1 of 2 workers hung in a task that never waits");
}

static void what_was_most_stays_the_most(void **state)
{
    (void)state;
    struct generator_stats a, b;
    fill(&a, 0.5, 0.1, 1);
    fill(&b, 0.5, 0.1, 1);
    b.script_longest_ns *= 2;
    b.fds_most = 7;
    b.system_errors = 3;
    generator_stats_merge(&a, &b);
    assert_int_equal(a.script_longest_ns, 300 * NS_PER_MS);
    assert_int_equal(a.script_ns, 4 * NS_PER_S);
    assert_int_equal(a.fds_most, 7);
    assert_int_equal(a.system_errors, 3);
    assert_int_equal(a.loop_lag.count, 2000);
    generator_stats_clear(&a);
    assert_true(a.script_longest_ns == 0 && a.fds_most == 0 && a.loop_lag.count == 0);
    generator_stats_release(&a);
    generator_stats_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_a_rested_generator_are_the_servers),
        cmocka_unit_test(a_busy_generator_is_the_limit),
        cmocka_unit_test(a_late_generator_is_the_limit),
        cmocka_unit_test(scripts_that_compute_are_named),
        cmocka_unit_test(want_of_files_or_ports_is_the_limit),
        cmocka_unit_test(a_hung_worker_is_the_limit),
        cmocka_unit_test(what_was_most_stays_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
