/* run/pacer.h: every arrival starts once, waits for somebody, or is dropped; and
 * the counts say which. No test depends on how fast the machine is. */
#include "loop.h"

#include "run/pacer.h"
#include "stats/arrivals.h"

#include <stdlib.h>

/* A place where arrivals are served: so many at once. */
struct place {
    struct ev_loop *loop;
    struct alarms *alarms;
    struct stats *stats;
    struct schedule schedule;
    struct pacer pacer;
    int free; /* servers that are free */
    int begun;
    int at_once;   /* so many end inside begin, as a task that waits for nothing */
    uint32_t more; /* so many begin with each one that begins */
    bool taking;   /* they begin later */
    int early, out_of_order;
    uint64_t last_ns;
};

static enum pacer_answer begin(struct pacer *p, uint64_t due_ns)
{
    struct place *at = p->owner;
    if (at->free == 0)
        return PACER_NOBODY;
    at->begun++;
    p->begun_more = at->more;
    at->early += clock_ns() < due_ns;
    at->out_of_order += due_ns < at->last_ns;
    at->last_ns = due_ns;
    if (at->at_once > 0) {
        at->at_once--;
        pacer_go_on(p); /* somebody is free again, at once */
    } else {
        at->free--;
    }
    return at->taking ? PACER_TAKEN : PACER_BEGUN;
}

static struct place *place_new(struct schedule schedule, int servers)
{
    struct place *at = calloc(1, sizeof(*at));
    at->loop = ev_loop_new(EVFLAG_AUTO);
    at->alarms = alarms_new(at->loop);
    at->stats = stats_new();
    at->schedule = schedule;
    at->free = servers;
    at->pacer.begin = begin;
    at->pacer.owner = at;
    struct share share;
    share_init(&share, &at->schedule, 0, 1, 0);
    pacer_init(&at->pacer, at->alarms, &at->stats, 3, &share);
    return at;
}

static void place_free(struct place *at)
{
    pacer_stop(&at->pacer);
    stats_free(at->stats);
    alarms_free(at->alarms);
    ev_loop_destroy(at->loop);
    free(at);
}

static void check_counts(const struct place *at, uint64_t due, uint64_t started, uint64_t late,
                         uint64_t dropped)
{
    const struct arrival_stats *all = &at->stats->arrivals;
    assert_int_equal(at->stats->class_arrivals.len, 4);
    const struct arrival_stats *class = &at->stats->class_arrivals.items[3];
    const struct arrival_stats *both[] = {all, class};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(both[i]->due, due);
        assert_int_equal(both[i]->started, started);
        assert_int_equal(both[i]->late, late);
        assert_int_equal(both[i]->dropped, dropped);
        assert_int_equal(both[i]->lag.count, started);
    }
    assert_int_equal(at->begun, started);
    assert_int_equal(at->early, 0);
    assert_int_equal(at->out_of_order, 0);
}

static void all_start(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {5000, 5000}, .count = 300}, 1000);
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    pacer_count(&at->pacer);
    pacer_stop(&at->pacer);
    check_counts(at, 300, 300, 0, 0);
    place_free(at);
}

static void those_without_a_server_wait_in_order(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e6, 1e6}, .count = 100}, 10);
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, at->begun == 10 && at->pacer.waiting);
    pacer_count(&at->pacer);
    loop_turn(at->loop); /* nobody is free: nothing happens */
    assert_int_equal(at->begun, 10);
    while (!pacer_is_done(&at->pacer)) {
        at->free++;
        pacer_go_on(&at->pacer);
        loop_turn(at->loop);
    }
    pacer_stop(&at->pacer);
    check_counts(at, 100, 100, 90, 0);
    place_free(at);
}

static void those_that_never_start_are_dropped(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e6, 1e6}, .count = 100}, 10);
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, at->pacer.waiting);
    uint64_t end = clock_ns() + NS_PER_MS; /* all are due by then */
    loop_until(at->loop, clock_ns() > end);
    at->free += 5;
    pacer_go_on(&at->pacer);
    pacer_stop(&at->pacer);
    pacer_stop(&at->pacer); /* harmless */
    at->free = 100;
    pacer_go_on(&at->pacer);
    pacer_go_on_soon(&at->pacer);
    loop_turn(at->loop);
    check_counts(at, 100, 15, 5, 85);
    place_free(at);
}

static void stopping_starts_what_is_due_and_can(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e6, 1e6}, .count = 100}, 60);
    pacer_start(&at->pacer, clock_ns() - NS_PER_S, 0); /* the loop never ran */
    pacer_stop(&at->pacer);
    check_counts(at, 100, 60, 0, 40);
    place_free(at);
}

static void what_ends_at_once_does_not_nest(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e6, 1e6}, .count = 5000}, 1);
    at->at_once = 5000;
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    pacer_stop(&at->pacer);
    check_counts(at, 5000, 5000, 0, 0);
    place_free(at);
}

static void those_that_begin_together_are_all_counted(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1000, 1000}, .count = 8}, 2);
    at->more = 2;
    uint64_t start_ns = clock_ns();
    pacer_start(&at->pacer, start_ns, 0);
    assert_int_equal(pacer_left(&at->pacer), 8);
    loop_until(at->loop, at->pacer.waiting); /* the third has nobody */
    assert_int_equal(at->begun, 2);
    assert_int_equal(pacer_left(&at->pacer), 2);
    at->free++;
    pacer_go_on(&at->pacer);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    assert_int_equal(pacer_left(&at->pacer), 0);
    pacer_stop(&at->pacer);
    assert_int_equal(at->begun, 3);
    assert_int_equal(at->last_ns - start_ns, 6 * NS_PER_MS); /* the third is due with number 6 */
    assert_int_equal(at->stats->arrivals.due, 8);
    assert_int_equal(at->stats->arrivals.started, 8);
    assert_int_equal(at->stats->arrivals.dropped, 0);
    place_free(at);
}

static void what_was_due_before_it_began_is_passed_over(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {100, 100}, .end_s = 10}, 1000);
    uint64_t now = clock_ns();
    pacer_start(&at->pacer, now - 10 * NS_PER_S, now - 5 * NS_PER_S);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    pacer_stop(&at->pacer);
    check_counts(at, 500, 500, 0, 0);
    place_free(at);
}

static void what_was_taken_starts_later_or_is_dropped(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e6, 1e6}, .count = 100}, 200);
    at->taking = true;
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    for (int i = 0; i < 70; i++)
        pacer_taken_begun(&at->pacer, 1000);
    pacer_stop(&at->pacer);
    pacer_taken_begun(&at->pacer, 1000); /* too late */
    at->begun = 70;
    check_counts(at, 100, 70, 0, 30);
    place_free(at);
}

static void a_pause_stands_still(void **state)
{
    (void)state;
    struct place *at = place_new((struct schedule){.rate = {1e5, 1e5}, .count = 100}, 100);
    at->free = 10;
    pacer_start(&at->pacer, clock_ns(), 0);
    loop_until(at->loop, at->pacer.waiting);
    pacer_pause(&at->pacer, true);
    uint64_t due = at->pacer.due, end = clock_ns() + 5 * NS_PER_MS;
    at->free = 100;
    pacer_go_on(&at->pacer);
    loop_until(at->loop, clock_ns() > end);
    pacer_count(&at->pacer);
    assert_int_equal(at->pacer.due, due);
    assert_int_equal(at->begun, 10);
    pacer_pause(&at->pacer, false);
    loop_until(at->loop, pacer_is_done(&at->pacer));
    pacer_stop(&at->pacer);
    assert_int_equal(at->stats->arrivals.due, 100);
    assert_int_equal(at->stats->arrivals.started, 100);
    assert_int_equal(at->stats->arrivals.dropped, 0);
    place_free(at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_start),
        cmocka_unit_test(those_without_a_server_wait_in_order),
        cmocka_unit_test(those_that_never_start_are_dropped),
        cmocka_unit_test(stopping_starts_what_is_due_and_can),
        cmocka_unit_test(what_ends_at_once_does_not_nest),
        cmocka_unit_test(those_that_begin_together_are_all_counted),
        cmocka_unit_test(what_was_due_before_it_began_is_passed_over),
        cmocka_unit_test(what_was_taken_starts_later_or_is_dropped),
        cmocka_unit_test(a_pause_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
