/* run/plan.h: who runs where. */
#include "unit.h"

#include "base/mem.h"
#include "run/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct class_spec {
    double weight;
    uint32_t fixed_count;
    bool left_out;
};

static struct plan make_plan(struct scenario *scenario, uint32_t users, int workers,
                             const struct class_spec *specs, size_t n)
{
    memset(scenario, 0, sizeof(*scenario));
    for (size_t i = 0; i < n; i++) {
        struct scenario_class *class = vec_add(&scenario->classes);
        class->name = xasprintf("class%zu", i);
        class->weight = specs[i].weight;
        class->fixed_count = specs[i].fixed_count;
        class->selected = !specs[i].left_out;
    }
    struct plan plan = {.users = users, .workers = workers, .scenario = scenario};
    plan_order(&plan);
    return plan;
}

static void release(struct plan *plan, struct scenario *scenario)
{
    plan_release(plan);
    scenario_release(scenario);
}

static void weights_10_and_1_split_909_to_91(void **state)
{
    (void)state;
    struct scenario scenario;
    struct plan plan =
        make_plan(&scenario, 1000, 2, (struct class_spec[]){{.weight = 10}, {.weight = 1}}, 2);
    assert_int_equal(plan_class_users(&plan, 0), 909);
    assert_int_equal(plan_class_users(&plan, 1), 91);
    release(&plan, &scenario);
}

static void the_baseline_splits_as_its_weights(void **state)
{
    (void)state;
    const struct class_spec specs[] = {{.weight = 10}, {.weight = 1}, {.weight = 1},
                                       {.weight = 1},  {.weight = 1}, {.weight = 1}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 60, 2, specs, 6);
    assert_int_equal(plan_class_users(&plan, 0), 40);
    for (size_t i = 1; i < 6; i++)
        assert_int_equal(plan_class_users(&plan, i), 4);
    release(&plan, &scenario);

    plan = make_plan(&scenario, 1000, 3, specs, 6);
    assert_int_equal(plan_class_users(&plan, 0), 667);
    for (size_t i = 1; i < 6; i++)
        assert_in_range(plan_class_users(&plan, i), 66, 67);
    release(&plan, &scenario);
}

/* At every moment of the ramp no class is a whole user away from its share. */
static void the_mix_follows_the_weights_at_every_moment(void **state)
{
    (void)state;
    const struct class_spec specs[] = {{.weight = 5}, {.weight = 2.5}, {.weight = 0.5}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 500, 2, specs, 3);
    uint32_t count[3] = {0};
    for (uint32_t i = 0; i < plan.users; i++) {
        count[plan.order[i].class]++;
        for (size_t c = 0; c < 3; c++) {
            double share = specs[c].weight / 8 * (i + 1);
            assert_true(fabs(count[c] - share) < 1.5);
        }
    }
    release(&plan, &scenario);
}

static void fixed_counts_come_first_and_are_exact(void **state)
{
    (void)state;
    const struct class_spec specs[] = {
        {.weight = 3}, {.weight = 1, .fixed_count = 2}, {.weight = 1}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 10, 1, specs, 3);
    assert_int_equal(plan.order[0].class, 1);
    assert_int_equal(plan.order[1].class, 1);
    assert_int_equal(plan_class_users(&plan, 1), 2);
    assert_int_equal(plan_class_users(&plan, 0), 6);
    assert_int_equal(plan_class_users(&plan, 2), 2);
    release(&plan, &scenario);

    plan = make_plan(&scenario, 1, 1, specs, 3); /* fewer users than the fixed count */
    assert_int_equal(plan.users, 1);
    assert_int_equal(plan_class_users(&plan, 1), 1);
    release(&plan, &scenario);
}

static void only_fixed_counts_leave_no_further_users(void **state)
{
    (void)state;
    const struct class_spec specs[] = {{.fixed_count = 3}, {.fixed_count = 1}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 100, 2, specs, 2);
    assert_int_equal(plan.users, 4);
    release(&plan, &scenario);
}

static void what_is_not_selected_or_weightless_does_not_run(void **state)
{
    (void)state;
    const struct class_spec specs[] = {
        {.weight = 1, .left_out = true}, {.weight = 0}, {.weight = 1}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 7, 2, specs, 3);
    assert_int_equal(plan_class_users(&plan, 2), 7);
    release(&plan, &scenario);
}

/* Weights 1:1 on two workers must not put a class on each. */
static void workers_share_every_class(void **state)
{
    (void)state;
    const struct class_spec specs[] = {{.weight = 1}, {.weight = 1}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 40, 2, specs, 2);
    int count[2][2] = {{0}};
    for (uint32_t i = 0; i < plan.users; i++)
        count[plan.order[i].class][plan.order[i].worker]++;
    for (int c = 0; c < 2; c++)
        for (int w = 0; w < 2; w++)
            assert_int_equal(count[c][w], 10);
    release(&plan, &scenario);
}

static void classes_with_arrivals_have_no_part_in_the_order(void **state)
{
    (void)state;
    static const struct class_spec specs[] = {{1, 0, false}, {1, 0, false}, {0, 3, false}};
    struct scenario scenario;
    struct plan plan = make_plan(&scenario, 10, 2, specs, ARRAY_LEN(specs));
    assert_int_equal(plan_arrival_users(&plan), 0);
    plan.arrivals = xcalloc(ARRAY_LEN(specs), sizeof(*plan.arrivals));
    plan.arrivals[0] = (struct plan_arrivals){.open = true, .max_users = 40};
    free(plan.order);
    plan_order(&plan);
    assert_int_equal(plan_class_users(&plan, 0), 0);
    assert_int_equal(plan_class_users(&plan, 1), 7);
    assert_int_equal(plan_class_users(&plan, 2), 3);
    assert_int_equal(plan_arrival_users(&plan), 40);

    /* When nobody is left to wait there are no users. */
    plan.arrivals[1] = (struct plan_arrivals){.open = true, .max_users = 2};
    scenario.classes.items[2].selected = false;
    free(plan.order);
    plan_order(&plan);
    assert_int_equal(plan.users, 0);
    assert_int_equal(plan_arrival_users(&plan), 42);
    release(&plan, &scenario);
}

static void too_few_descriptors_are_said_with_the_number_needed(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);

    struct err err = {0};
    assert_int_equal(plan_check_fds(100, 2, &err), 0); /* raises the soft limit */
    struct rlimit now;
    getrlimit(RLIMIT_NOFILE, &now);
    assert_true(now.rlim_cur >= 100);

    assert_int_equal(plan_check_fds(UINT32_MAX, 2, &err), -1);
    assert_int_equal(err.kind, ERR_SYSTEM);
    assert_non_null(strstr(err.message, "4294967295 connections need 4294967343"));
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_10_and_1_split_909_to_91),
        cmocka_unit_test(the_baseline_splits_as_its_weights),
        cmocka_unit_test(the_mix_follows_the_weights_at_every_moment),
        cmocka_unit_test(fixed_counts_come_first_and_are_exact),
        cmocka_unit_test(only_fixed_counts_leave_no_further_users),
        cmocka_unit_test(what_is_not_selected_or_weightless_does_not_run),
        cmocka_unit_test(workers_share_every_class),
        cmocka_unit_test(classes_with_arrivals_have_no_part_in_the_order),
        cmocka_unit_test(too_few_descriptors_are_said_with_the_number_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
