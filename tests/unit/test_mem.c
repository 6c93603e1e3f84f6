/* base/mem.h, base/vec.h: allocation that cannot fail, and arrays on it. */
#include "unit.h"

#include "base/mem.h"
#include "base/vec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void copies_are_terminated(void **state)
{
    (void)state;
    char *whole = xstrdup("scenario");
    char *part = xstrndup("scenario", 3);
    char *nothing = xstrndup(NULL, 0);
    char *made = xasprintf("%d users, %s", 1000, "go");
    assert_string_equal(whole, "scenario");
    assert_string_equal(part, "sce");
    assert_string_equal(nothing, "");
    assert_string_equal(made, "1000 users, go");
    free(whole);
    free(part);
    free(nothing);
    free(made);
}

static void zero_bytes_are_an_allocation(void **state)
{
    (void)state;
    void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    free(a);
    free(b);
    free(c);
}

/* Runs fn in a child with its stderr shut and tells whether it came back. */
static int survives(void (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        fn();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static volatile size_t too_much = SIZE_MAX / 4;

static void exhaust_malloc(void)
{
    free(xmalloc(too_much));
}

static void exhaust_calloc(void)
{
    free(xcalloc(too_much, 16));
}

static void exhaust_vec(void)
{
    VEC(uint64_t) v = VEC_INIT;
    vec_reserve(&v, too_much);
    vec_release(&v);
}

static void running_out_ends_the_process(void **state)
{
    (void)state;
    assert_false(survives(exhaust_malloc));
    assert_false(survives(exhaust_calloc));
    assert_false(survives(exhaust_vec));
}

static void a_vec_keeps_its_items_while_it_grows(void **state)
{
    (void)state;
    VEC(int) v = VEC_INIT;
    for (int i = 0; i < 1000; i++)
        vec_push(&v, i * i);
    assert_int_equal(v.len, 1000);
    assert_true(v.cap >= 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v.items[i], i * i);

    size_t cap = v.cap;
    vec_clear(&v);
    assert_int_equal(v.len, 0);
    vec_push(&v, 5);
    assert_int_equal(v.cap, cap);
    vec_release(&v);
    assert_null(v.items);
    assert_int_equal(v.cap, 0);
}

static void an_added_item_is_zeroed_even_where_one_was_before(void **state)
{
    (void)state;
    struct pair {
        int a;
        const char *b;
    };
    VEC(struct pair) v = VEC_INIT;
    vec_push(&v, ((struct pair){7, "seven"}));
    vec_clear(&v);
    struct pair *p = vec_add(&v);
    assert_int_equal(p->a, 0);
    assert_null(p->b);
    assert_ptr_equal(p, &v.items[0]);
    assert_int_equal(v.len, 1);
    vec_release(&v);
}

static void reserving_leaves_the_length(void **state)
{
    (void)state;
    VEC(char) v = VEC_INIT;
    vec_reserve(&v, 100);
    assert_int_equal(v.len, 0);
    assert_true(v.cap >= 100);
    char *items = v.items;
    for (int i = 0; i < 100; i++)
        vec_push(&v, 'x');
    assert_ptr_equal(v.items, items);
    vec_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(zero_bytes_are_an_allocation),
        cmocka_unit_test(running_out_ends_the_process),
        cmocka_unit_test(a_vec_keeps_its_items_while_it_grows),
        cmocka_unit_test(an_added_item_is_zeroed_even_where_one_was_before),
        cmocka_unit_test(reserving_leaves_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
