/* How many users are to run: spawned at a rate, in stages, after a change. */
#include "unit.h"

#include "run/crowd.h"

static const struct crowd_change unchanged;

static void test_all_at_once(void **state)
{
    (void)state;
    struct plan plan = {.users = 7};
    assert_int_equal(crowd_at(&plan, &unchanged, 0), 7);
    assert_true(crowd_next(&plan, &unchanged, 0) < 0);
}

/* The n-th user, from 0, comes at n / rate: spread evenly inside each second. */
static void test_spawn_rate(void **state)
{
    (void)state;
    struct plan plan = {.users = 1000, .spawn_rate = 100};
    for (uint32_t n = 0; n < 1000; n++) {
        double due = n / 100.0;
        assert_int_equal(crowd_at(&plan, &unchanged, due), n + 1);
        assert_int_equal(crowd_at(&plan, &unchanged, due + 0.009), n + 1);
    }
    assert_int_equal(crowd_at(&plan, &unchanged, 3600), 1000);
}

/* Whoever sleeps as long as crowd_next says misses no user. */
static void test_next_follows_the_rate(void **state)
{
    (void)state;
    struct plan plan = {.users = 50, .spawn_rate = 7};
    double t = 0;
    uint32_t n = crowd_at(&plan, &unchanged, t);
    assert_int_equal(n, 1);
    for (double wait = crowd_next(&plan, &unchanged, t); wait >= 0;
         wait = crowd_next(&plan, &unchanged, t)) {
        t += wait;
        uint32_t now = crowd_at(&plan, &unchanged, t);
        assert_in_range(now, n, n + 1);
        n = now;
    }
    assert_int_equal(n, 50);
    assert_float_equal(t, 7.0, 1e-6); /* the 50th, index 49, at 49 / 7 */
}

static const struct plan_stage stages[] = {
    {.name = "up", .end_s = 10, .users = 100},
    {.name = "hold", .end_s = 30, .users = 100},
    {.name = "down", .end_s = 40, .users = 20},
};

static void test_stages(void **state)
{
    (void)state;
    struct plan plan = {.users = 100, .stages = stages, .stages_len = 3};
    static const struct {
        double t_s;
        int stage;
        uint32_t users;
    } cases[] = {
        {0, 0, 0},     {0.05, 0, 0}, {0.1, 0, 1},  {5, 0, 50},  {9.99, 0, 99},
        {10, 1, 100},  {20, 1, 100}, {30, 2, 100}, {31, 2, 92}, {35, 2, 60},
        {39.9, 2, 20}, {40, 2, 20},  {99, 2, 20},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(crowd_stage(&plan, cases[i].t_s), cases[i].stage);
        assert_int_equal(crowd_at(&plan, &unchanged, cases[i].t_s), cases[i].users);
    }
}

static void test_a_stage_that_takes_no_time_is_a_step(void **state)
{
    (void)state;
    static const struct plan_stage steps[] = {
        {.name = "step", .end_s = 0, .users = 10},
        {.name = "hold", .end_s = 5, .users = 10},
    };
    struct plan plan = {.users = 10, .stages = steps, .stages_len = 2};
    assert_int_equal(crowd_at(&plan, &unchanged, 0), 10);
}

static void test_without_stages(void **state)
{
    (void)state;
    struct plan plan = {.users = 1};
    assert_int_equal(crowd_stage(&plan, 0), -1);
}

static void test_a_person_changes_it(void **state)
{
    (void)state;
    struct plan plan = {.users = 100, .spawn_rate = 10, .stages = stages, .stages_len = 3};
    struct crowd_change change = {.made = true, .at_s = 20, .before = 100, .users = 130};
    assert_int_equal(crowd_at(&plan, &change, 20), 100);
    assert_int_equal(crowd_at(&plan, &change, 21), 110);
    assert_int_equal(crowd_at(&plan, &change, 30), 130); /* the stages do not go on */
    assert_true(crowd_next(&plan, &change, 21) > 0);
    assert_true(crowd_next(&plan, &change, 25) < 0);

    change = (struct crowd_change){.made = true, .at_s = 30, .before = 130, .users = 0};
    assert_int_equal(crowd_at(&plan, &change, 31), 120);
    assert_int_equal(crowd_at(&plan, &change, 60), 0);

    plan.spawn_rate = 0; /* at once */
    assert_int_equal(crowd_at(&plan, &change, 30), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_spawn_rate),
        cmocka_unit_test(test_next_follows_the_rate),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_a_stage_that_takes_no_time_is_a_step),
        cmocka_unit_test(test_without_stages),
        cmocka_unit_test(test_a_person_changes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
