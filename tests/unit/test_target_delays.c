/* target/delays.h: what waits comes out by due time, and not before. */
#include "unit.h"

#include "target/delays.h"

#include "base/rng.h"

/* Stands for the connection number n; never followed. */
static struct MHD_Connection *number(uintptr_t n)
{
    return (struct MHD_Connection *)n;
}

static void empty(void **state)
{
    (void)state;
    struct delays d = {0};
    assert_true(delays_next_ns(&d) == UINT64_MAX);
    assert_null(delays_take(&d, 0));
    assert_null(delays_take(&d, UINT64_MAX));
    delays_release(&d);
}

static void not_before_due(void **state)
{
    (void)state;
    struct delays d = {0};
    delays_add(&d, 200, number(2));
    delays_add(&d, 100, number(1));
    assert_true(delays_next_ns(&d) == 100);
    assert_null(delays_take(&d, 99));
    assert_ptr_equal(delays_take(&d, 100), number(1));
    assert_null(delays_take(&d, 199));
    assert_ptr_equal(delays_take(&d, 5000), number(2));
    assert_null(delays_take(&d, 5000));
    delays_release(&d);
}

static void any_order_comes_out_sorted(void **state)
{
    (void)state;
    enum { N = 10000 };
    struct delays d = {0};
    struct rng rng;
    rng_init(&rng, 1, 0);
    for (int round = 0; round < 3; round++) {
        uint64_t added = 0, taken = 0, last = 0;
        for (int i = 0; i < N; i++) {
            uint64_t due = (uint64_t)rng_range(&rng, 1, round == 0 ? 3 : 1000000);
            delays_add(&d, due, number(due));
            added += due;
        }
        for (int i = 0; i < N; i++) {
            uint64_t due = delays_next_ns(&d);
            assert_true(due >= last);
            assert_ptr_equal(delays_take(&d, due), number(due));
            taken += due;
            last = due;
        }
        assert_true(taken == added);
        assert_null(delays_take(&d, UINT64_MAX));
    }
    delays_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(not_before_due),
        cmocka_unit_test(any_order_comes_out_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
