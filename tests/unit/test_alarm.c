/* net/alarm.h: never early, in order, movable and cancellable from anywhere. */
#include "loop.h"

#include "net/alarm.h"

#include <stdlib.h>

enum { MANY = 500 };

struct clockwork {
    struct ev_loop *loop;
    struct alarms *alarms;
    struct alarm items[MANY];
    int rung, early, out_of_order;
    uint64_t last_ns;
    struct alarm *cancel_next; /* what the next one to ring cancels */
    int again;                 /* so often a ringing one sets itself into the past */
};

static void ring(struct alarm *a)
{
    struct clockwork *c = a->owner;
    assert_false(alarm_is_set(a));
    c->rung++;
    c->early += clock_ns() < a->at_ns;
    c->out_of_order += a->at_ns < c->last_ns;
    c->last_ns = a->at_ns;
    alarm_cancel(c->alarms, a); /* harmless */
    if (c->cancel_next) {
        alarm_cancel(c->alarms, c->cancel_next);
        c->cancel_next = NULL;
    }
    if (c->again > 0) {
        c->again--;
        alarm_set(c->alarms, a, a->at_ns);
    }
}

static int setup(void **state)
{
    struct clockwork *c = calloc(1, sizeof(*c));
    c->loop = ev_loop_new(EVFLAG_AUTO);
    c->alarms = alarms_new(c->loop);
    for (int i = 0; i < MANY; i++)
        c->items[i] = (struct alarm){.ring = ring, .owner = c};
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct clockwork *c = *state;
    alarms_free(c->alarms);
    ev_loop_destroy(c->loop);
    free(c);
    return 0;
}

static void all_ring_in_order_and_never_early(void **state)
{
    struct clockwork *c = *state;
    uint64_t now = clock_ns();
    for (uint64_t i = 0; i < MANY; i++)
        alarm_set(c->alarms, &c->items[i], now + (i * 7919 % MANY) * 20000);
    loop_until(c->loop, c->rung == MANY);
    assert_int_equal(c->early, 0);
    assert_int_equal(c->out_of_order, 0);
}

static void moved_and_cancelled(void **state)
{
    struct clockwork *c = *state;
    uint64_t now = clock_ns(), far = now + 3600 * NS_PER_S;
    for (int i = 0; i < MANY; i++)
        alarm_set(c->alarms, &c->items[i], i % 2 ? now + (uint64_t)i * 10000 : far + (uint64_t)i);
    for (int i = 0; i < MANY; i += 4) /* a quarter comes nearer */
        alarm_set(c->alarms, &c->items[i], now + (uint64_t)i * 10000);
    for (int i = 1; i < MANY; i += 4) /* a quarter goes away */
        alarm_set(c->alarms, &c->items[i], far);
    for (int i = 3; i < MANY; i += 8) /* an eighth is cancelled */
        alarm_cancel(c->alarms, &c->items[i]);
    int expected = 0;
    for (int i = 0; i < MANY; i++)
        expected += alarm_is_set(&c->items[i]) && c->items[i].at_ns < far;
    assert_int_equal(expected, MANY / 4 + MANY / 8);
    loop_until(c->loop, c->rung == expected);
    loop_turn(c->loop);
    assert_int_equal(c->rung, expected);
    assert_int_equal(c->early, 0);
    assert_int_equal(c->out_of_order, 0);
    for (int i = 0; i < MANY; i++)
        alarm_cancel(c->alarms, &c->items[i]);
}

static void one_may_cancel_another_that_is_due(void **state)
{
    struct clockwork *c = *state;
    alarm_set(c->alarms, &c->items[0], 1);
    alarm_set(c->alarms, &c->items[1], 2);
    c->cancel_next = &c->items[1];
    loop_until(c->loop, c->rung > 0);
    loop_turn(c->loop);
    assert_int_equal(c->rung, 1);
    assert_false(alarm_is_set(&c->items[1]));
}

static void one_that_is_always_due_lets_the_loop_run(void **state)
{
    struct clockwork *c = *state;
    c->again = 1000 * 1000;
    alarm_set(c->alarms, &c->items[0], 0);
    loop_turn(c->loop);
    assert_true(c->again > 0);
    loop_turn(c->loop);
    c->again = 0;
    loop_until(c->loop, !alarm_is_set(&c->items[0]));
    assert_int_equal(c->early, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_ring_in_order_and_never_early, setup, teardown),
        cmocka_unit_test_setup_teardown(moved_and_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(one_may_cancel_another_that_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_always_due_lets_the_loop_run, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
