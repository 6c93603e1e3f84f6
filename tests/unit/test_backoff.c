/* net/backoff.h: how long is waited, and who is not waited for at the end. */
#include "loop.h"

#include "base/clock.h"
#include "net/backoff.h"

struct waiter {
    struct backoff backoff;
    int due;
    bool wait_again;
};

struct fixture {
    struct ev_loop *loop;
    struct net net;
    struct waiter waiters[3];
};

static void on_due(struct backoff *b)
{
    struct waiter *w = b->owner;
    w->due++;
    if (w->wait_again) {
        w->wait_again = false;
        backoff_failed(b);
        backoff_wait(b);
    }
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.loop = ev_loop_new(EVFLAG_AUTO);
    net_init(&f.net, f.loop);
    for (int i = 0; i < 3; i++)
        backoff_init(&f.waiters[i].backoff, &f.net, on_due, &f.waiters[i]);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        backoff_stop(&f->waiters[i].backoff);
    assert_null(f->net.waiting);
    net_release(&f->net);
    ev_loop_destroy(f->loop);
    return 0;
}

/* How long is to be waited now, in milliseconds. */
static double wait_ms(const struct backoff *b, uint64_t failed_ns)
{
    return (double)(b->retry_ns - failed_ns) / (double)NS_PER_MS;
}

static void waits_grow_to_a_second(void **state)
{
    struct fixture *f = *state;
    struct backoff *b = &f->waiters[0].backoff;
    assert_true(backoff_is_over(b, clock_ns()));
    double most_ms = 10;
    for (int i = 0; i < 12; i++) {
        uint64_t now_ns = clock_ns();
        backoff_failed(b);
        assert_true(wait_ms(b, now_ns) >= most_ms / 2);
        assert_true(b->retry_ns <= clock_ns() + (uint64_t)(most_ms * (double)NS_PER_MS));
        assert_false(backoff_is_over(b, now_ns));
        most_ms = most_ms * 2 < 1000 ? most_ms * 2 : 1000;
    }
    backoff_connected(b);
    assert_true(backoff_is_over(b, clock_ns()));
    backoff_failed(b);
    assert_true(b->retry_ns <= clock_ns() + 10 * NS_PER_MS);
}

static void a_rate_waits_for_nothing(void **state)
{
    struct fixture *f = *state;
    f->net.paced = true;
    for (int i = 0; i < 12; i++)
        backoff_failed(&f->waiters[0].backoff);
    assert_true(backoff_is_over(&f->waiters[0].backoff, clock_ns()));
    f->net.paced = false;
}

static void due_is_called_when_it_is_over(void **state)
{
    struct fixture *f = *state;
    struct waiter *w = &f->waiters[0];
    backoff_failed(&w->backoff);
    backoff_wait(&w->backoff);
    loop_until(f->loop, w->due == 1);
    assert_true(backoff_is_over(&w->backoff, clock_ns()));
    assert_null(f->net.waiting);
}

static void what_is_stopped_is_never_due(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        backoff_failed(&f->waiters[i].backoff);
        backoff_wait(&f->waiters[i].backoff);
    }
    backoff_stop(&f->waiters[1].backoff); /* from the middle */
    backoff_stop(&f->waiters[1].backoff);
    loop_until(f->loop, f->waiters[0].due == 1 && f->waiters[2].due == 1);
    assert_int_equal(f->waiters[1].due, 0);
    backoff_raise(&f->waiters[1].backoff);
    backoff_stop(&f->waiters[1].backoff);
    ev_run(f->loop, EVRUN_NOWAIT);
    assert_int_equal(f->waiters[1].due, 0);
}

static void nobody_is_waited_for_at_the_end(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        for (int failures = 0; failures < 10; failures++)
            backoff_failed(&f->waiters[i].backoff);
        backoff_wait(&f->waiters[i].backoff);
    }
    f->waiters[1].wait_again = true;
    backoff_hurry(&f->net);
    assert_int_equal(f->waiters[0].due, 0); /* from the loop only */
    ev_run(f->loop, EVRUN_NOWAIT);
    assert_int_equal(f->waiters[0].due, 1);
    assert_int_equal(f->waiters[1].due, 1);
    assert_true(f->waiters[1].backoff.retry_ns <= clock_ns() + 10 * NS_PER_MS);
    loop_until(f->loop, f->waiters[1].due == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waits_grow_to_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rate_waits_for_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(due_is_called_when_it_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_stopped_is_never_due, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_waited_for_at_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
