/* base/rng.h: seeds, ranges, and that draws are spread as they should. */
#include "unit.h"

#include "base/rng.h"

#include <math.h>

static void the_same_seed_draws_the_same(void **state)
{
    (void)state;
    struct rng a, b;
    rng_init(&a, 42, 3);
    rng_init(&b, 42, 3);
    for (int i = 0; i < 1000; i++)
        assert_true(rng_u64(&a) == rng_u64(&b));
}

/* The outputs of the authors' xoshiro256plusplus.c from the state {1, 2, 3, 4}. */
static void the_generator_is_the_published_one(void **state)
{
    (void)state;
    struct rng rng = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {
        UINT64_C(41943041),
        UINT64_C(58720359),
        UINT64_C(3588806011781223),
        UINT64_C(3591011842654386),
    };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_true(rng_u64(&rng) == expected[i]);
}

static void near_seeds_and_streams_share_nothing(void **state)
{
    (void)state;
    enum { SIDE = 20 };
    uint64_t first[SIDE * SIDE];
    for (uint64_t seed = 0; seed < SIDE; seed++) {
        for (uint64_t stream = 0; stream < SIDE; stream++) {
            struct rng rng;
            rng_init(&rng, seed, stream);
            first[seed * SIDE + stream] = rng_u64(&rng);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        for (size_t k = 0; k < i; k++)
            assert_true(first[i] != first[k]);
}

static void a_double_is_below_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, 0);
    double sum = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double x = rng_double(&rng);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    /* 5 standard errors of the mean of a uniform variable */
    assert_true(fabs(sum / N - 0.5) < 5 / sqrt(12.0 * N));

    struct rng ones = {{UINT64_MAX, 0, 0, 0}};
    assert_true(rng_double(&ones) < 1);
}

static void a_range_has_both_its_ends_evenly(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7, 0);
    enum { N = 70000, SIDES = 7 };
    int seen[SIDES] = {0};
    for (int i = 0; i < N; i++) {
        int64_t x = rng_range(&rng, -3, 3);
        assert_true(x >= -3 && x <= 3);
        seen[x + 3]++;
    }
    double chi2 = 0;
    for (int i = 0; i < SIDES; i++)
        chi2 += pow(seen[i] - (double)N / SIDES, 2) / ((double)N / SIDES);
    assert_true(chi2 < 22.5); /* 6 degrees of freedom, p = 0.001 */
}

static void extreme_ranges_work(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 0, 0);
    int negative = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(rng_range(&rng, 5, 5) == 5);
        assert_true(rng_range(&rng, INT64_MAX, INT64_MAX) == INT64_MAX);
        assert_true(rng_range(&rng, INT64_MIN, INT64_MIN + 1) <= INT64_MIN + 1);
        negative += rng_range(&rng, INT64_MIN, INT64_MAX) < 0;
        assert_true(rng_range(&rng, INT64_MIN, INT64_MAX - 1) < INT64_MAX);
    }
    assert_in_range(negative, 400, 600);
}

static void between_stays_between(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 9, 0);
    for (int i = 0; i < 10000; i++) {
        double x = rng_between(&rng, 0.1, 0.5);
        assert_true(x >= 0.1 && x <= 0.5);
        assert_true(rng_between(&rng, 2, 2) == 2);
    }
}

static void the_system_gives_different_seeds(void **state)
{
    (void)state;
    assert_true(rng_system_seed() != rng_system_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_draws_the_same),
        cmocka_unit_test(the_generator_is_the_published_one),
        cmocka_unit_test(near_seeds_and_streams_share_nothing),
        cmocka_unit_test(a_double_is_below_one),
        cmocka_unit_test(a_range_has_both_its_ends_evenly),
        cmocka_unit_test(extreme_ranges_work),
        cmocka_unit_test(between_stays_between),
        cmocka_unit_test(the_system_gives_different_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
