/* stats/catalog.h: numbers for names, from one thread and from several. */
#include "unit.h"

#include "base/log.h"
#include "stats/catalog.h"

#include <pthread.h>
#include <stdio.h>

static uint32_t intern(struct catalog *c, const char *type, const char *name)
{
    return catalog_intern(c, type, strlen(type), name, strlen(name));
}

static void a_name_keeps_its_number(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    assert_int_equal(catalog_len(c), 0);
    assert_int_equal(intern(c, "GET", "/a"), 0);
    assert_int_equal(intern(c, "GET", "/b"), 1);
    assert_int_equal(intern(c, "POST", "/a"), 2);
    assert_int_equal(intern(c, "GET", "/a"), 0);
    assert_int_equal(intern(c, "POST", "/a"), 2);
    assert_int_equal(catalog_len(c), 3);
    struct catalog_entry entry = catalog_get(c, 2);
    assert_string_equal(entry.type, "POST");
    assert_string_equal(entry.name, "/a");
    catalog_free(c);
    catalog_free(NULL);
}

static void type_and_name_do_not_run_together(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    uint32_t a = intern(c, "GET", "x"), b = intern(c, "GE", "Tx"), d = intern(c, "", "GETx");
    assert_true(a != b && b != d && a != d);
    catalog_free(c);
}

static void lengths_are_obeyed(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    uint32_t a = catalog_intern(c, "GET!", 3, "/abc", 2);
    assert_string_equal(catalog_get(c, a).type, "GET");
    assert_string_equal(catalog_get(c, a).name, "/a");
    assert_int_equal(intern(c, "GET", "/a"), a);
    assert_int_not_equal(intern(c, "GET", "/ab"), a);
    assert_int_not_equal(intern(c, "GET", ""), a);
    /* a NUL ends a name, whatever the length says */
    assert_int_equal(catalog_intern(c, "GET", 3, "/a\0b", 4), a);
    catalog_free(c);
}

static void count_line(void *arg, int after)
{
    *(int *)arg += after;
}

static void what_overflows_shares_one_series(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    char name[40];
    for (int i = 0; i < CATALOG_MAX - 1; i++) {
        snprintf(name, sizeof(name), "/item/%d", i);
        assert_int_equal(intern(c, "GET", name), i);
    }
    assert_int_equal(catalog_len(c), CATALOG_MAX - 1);

    int warnings = 0;
    log_set_hook(count_line, &warnings);
    uint32_t other = intern(c, "GET", "/one/too/many");
    assert_int_equal(other, CATALOG_MAX - 1);
    assert_string_equal(catalog_get(c, other).type, "");
    assert_string_equal(catalog_get(c, other).name, "(other)");
    assert_int_equal(intern(c, "POST", "/another"), other);
    assert_int_equal(intern(c, "", "(other)"), other);
    assert_int_equal(catalog_len(c), CATALOG_MAX);
    log_set_hook(NULL, NULL);
    assert_int_equal(warnings, 1);

    for (int i = 0; i < CATALOG_MAX - 1; i++) { /* those before keep theirs */
        snprintf(name, sizeof(name), "/item/%d", i);
        assert_int_equal(intern(c, "GET", name), i);
        assert_string_equal(catalog_get(c, (uint32_t)i).name, name);
    }
    catalog_free(c);
}

enum { THREADS = 4, NAMES = 500, ROUNDS = 5 };

struct visitor {
    struct catalog *catalog;
    int start;
    uint32_t ids[NAMES];
    const char *wrong; /* what went wrong, or NULL */
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < NAMES; i++) {
            int n = (v->start + i) % NAMES; /* each begins elsewhere, so that all race */
            char name[40];
            snprintf(name, sizeof(name), "/item/%d", n);
            uint32_t id = intern(v->catalog, "GET", name);
            if (round > 0 && id != v->ids[n])
                v->wrong = "the number of a name changed";
            v->ids[n] = id;
            if (strcmp(catalog_get(v->catalog, id).name, name) != 0)
                v->wrong = "a number leads to another name";
        }
    }
    return NULL;
}

static void threads_agree_on_the_numbers(void **state)
{
    (void)state;
    static struct visitor visitors[THREADS];
    pthread_t threads[THREADS];
    struct catalog *c = catalog_new();
    for (int t = 0; t < THREADS; t++) {
        visitors[t] = (struct visitor){.catalog = c, .start = t * NAMES / THREADS};
        assert_int_equal(pthread_create(&threads[t], NULL, visit, &visitors[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        if (visitors[t].wrong)
            fail_msg("%s", visitors[t].wrong);
    }
    assert_int_equal(catalog_len(c), NAMES);
    for (int t = 1; t < THREADS; t++)
        assert_memory_equal(visitors[t].ids, visitors[0].ids, sizeof(visitors[0].ids));
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_keeps_its_number),
        cmocka_unit_test(type_and_name_do_not_run_together),
        cmocka_unit_test(lengths_are_obeyed),
        cmocka_unit_test(what_overflows_shares_one_series),
        cmocka_unit_test(threads_agree_on_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
