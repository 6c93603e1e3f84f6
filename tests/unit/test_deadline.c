/* net/deadline.h: never early, in order enough, cancellable from anywhere. */
#include "loop.h"

#include "net/deadline.h"

#include <stdlib.h>

struct timed {
    struct deadline deadline;
    struct wheel *wheel;
    int fired;
    bool early;
};

struct wheel {
    struct ev_loop *loop;
    struct deadlines *deadlines;
    int fired;
    struct deadline *cancel_next; /* what the next one to fire cancels */
    struct timed *arm_next;       /* what the next one to fire arms */
};

static void expired(struct deadline *d)
{
    struct timed *t = (struct timed *)(void *)d;
    struct wheel *w = t->wheel;
    assert_false(deadline_armed(d));
    t->fired++;
    t->early = clock_ns() < d->at_ns;
    w->fired++;
    deadline_cancel(w->deadlines, d); /* harmless */
    if (w->cancel_next != NULL) {
        deadline_cancel(w->deadlines, w->cancel_next);
        w->cancel_next = NULL;
    }
    if (w->arm_next != NULL) {
        struct timed *next = w->arm_next;
        w->arm_next = NULL;
        deadline_arm(w->deadlines, &next->deadline, clock_ns());
    }
}

static int setup(void **state)
{
    struct wheel *w = calloc(1, sizeof(*w));
    w->loop = ev_loop_new(EVFLAG_AUTO);
    w->deadlines = deadlines_new(w->loop);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct wheel *w = *state;
    deadlines_free(w->deadlines);
    ev_loop_destroy(w->loop);
    free(w);
    return 0;
}

static void arm(struct wheel *w, struct timed *t, uint64_t at_ns)
{
    *t = (struct timed){.deadline.expired = expired, .wheel = w};
    deadline_arm(w->deadlines, &t->deadline, at_ns);
}

static void each_fires_once_and_not_early(void **state)
{
    struct wheel *w = *state;
    enum { N = 500 };
    static struct timed t[N];
    uint64_t now = clock_ns();
    for (int i = 0; i < N; i++)
        arm(w, &t[i], now + (uint64_t)(i * 7919 % 200) * NS_PER_MS + (uint64_t)i);
    loop_until(w->loop, w->fired == N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(t[i].fired, 1);
        assert_false(t[i].early);
    }
}

static void a_time_already_past_fires_from_the_loop(void **state)
{
    struct wheel *w = *state;
    struct timed t[2];
    arm(w, &t[0], 1);
    arm(w, &t[1], clock_ns());
    assert_int_equal(w->fired, 0);
    loop_until(w->loop, w->fired == 2);
}

static void a_cancelled_one_never_fires(void **state)
{
    struct wheel *w = *state;
    struct timed gone, same_tick, later;
    uint64_t at = clock_ns() + 20 * NS_PER_MS;
    arm(w, &gone, at);
    arm(w, &same_tick, at);
    arm(w, &later, at + 40 * NS_PER_MS);
    deadline_cancel(w->deadlines, &gone.deadline);
    assert_false(deadline_armed(&gone.deadline));
    loop_until(w->loop, later.fired);
    assert_int_equal(same_tick.fired, 1);
    assert_int_equal(gone.fired, 0);
}

static void one_that_fires_may_cancel_another_due_with_it(void **state)
{
    struct wheel *w = *state;
    struct timed first, second;
    uint64_t at = clock_ns() + 10 * NS_PER_MS;
    arm(w, &first, at);
    arm(w, &second, at);
    w->cancel_next = &second.deadline;
    loop_until(w->loop, first.fired);
    assert_false(deadline_armed(&second.deadline));
    loop_turn(w->loop);
    assert_int_equal(second.fired, 0);
}

static void one_that_fires_may_arm_the_next(void **state)
{
    struct wheel *w = *state;
    struct timed first, second = {.deadline.expired = expired, .wheel = w};
    arm(w, &first, clock_ns());
    w->arm_next = &second;
    loop_until(w->loop, second.fired);
    assert_int_equal(first.fired, 1);
}

/* One turn of the wheel is 4 s; what lies beyond shares slots with the near. */
static void one_beyond_a_turn_is_passed_over(void **state)
{
    struct wheel *w = *state;
    struct timed near, far;
    uint64_t at = clock_ns() + 20 * NS_PER_MS;
    arm(w, &far, at + UINT64_C(1024) * DEADLINE_TICK_MS * NS_PER_MS);
    arm(w, &near, at);
    loop_until(w->loop, near.fired);
    assert_int_equal(far.fired, 0);
    assert_true(deadline_armed(&far.deadline));
    deadline_cancel(w->deadlines, &far.deadline);
}

static void one_beyond_a_turn_comes_in_its_time(void **state)
{
    struct wheel *w = *state;
    struct timed far;
    arm(w, &far, clock_ns() + UINT64_C(1030) * DEADLINE_TICK_MS * NS_PER_MS);
    loop_until(w->loop, far.fired);
    assert_false(far.early);
}

/* Requests that are answered in time: arm, cancel, arm, with others waiting. */
static void arming_and_cancelling_leaves_the_others_alone(void **state)
{
    struct wheel *w = *state;
    struct timed waits, busy;
    arm(w, &waits, clock_ns() + 30 * NS_PER_MS);
    for (int i = 0; !waits.fired; i++) {
        arm(w, &busy, clock_ns() + NS_PER_S + (uint64_t)(i % 9000) * NS_PER_MS);
        if (i % 100 == 0)
            ev_run(w->loop, EVRUN_NOWAIT);
        assert_int_equal(busy.fired, 0);
        deadline_cancel(w->deadlines, &busy.deadline);
    }
    assert_false(waits.early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_fires_once_and_not_early, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_already_past_fires_from_the_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_one_never_fires, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_fires_may_cancel_another_due_with_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_that_fires_may_arm_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(one_beyond_a_turn_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(one_beyond_a_turn_comes_in_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(arming_and_cancelling_leaves_the_others_alone, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
