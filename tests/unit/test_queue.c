/* base/queue.h: order, and several producers at once. */
#include "unit.h"

#include "base/queue.h"

#include <sched.h>

struct item {
    struct queue_node node; /* first, so that a node is its item */
    int producer, number;
};

static void what_goes_in_first_comes_out_first(void **state)
{
    (void)state;
    struct queue q;
    struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    queue_init(&q);
    assert_null(queue_pop(&q));
    queue_push(&q, &items[0].node);
    queue_push(&q, &items[1].node);
    assert_ptr_equal(queue_pop(&q), &items[0]);
    queue_push(&q, &items[2].node);
    assert_ptr_equal(queue_pop(&q), &items[1]);
    assert_ptr_equal(queue_pop(&q), &items[2]);
    assert_null(queue_pop(&q));

    queue_push(&q, &items[1].node); /* usable again after running empty */
    assert_ptr_equal(queue_pop(&q), &items[1]);
    assert_null(queue_pop(&q));
    queue_release(&q);
}

enum { PRODUCERS = 4, ITEMS = 5000 };

static struct queue shared;
static struct item items[PRODUCERS][ITEMS];

static void *produce(void *arg)
{
    struct item *mine = arg;
    for (int i = 0; i < ITEMS; i++)
        queue_push(&shared, &mine[i].node);
    return NULL;
}

static void producers_lose_nothing_and_keep_their_order(void **state)
{
    (void)state;
    pthread_t threads[PRODUCERS];
    queue_init(&shared);
    for (int p = 0; p < PRODUCERS; p++) {
        for (int i = 0; i < ITEMS; i++)
            items[p][i] = (struct item){.producer = p, .number = i};
        assert_int_equal(pthread_create(&threads[p], NULL, produce, items[p]), 0);
    }
    int next[PRODUCERS] = {0};
    for (int taken = 0; taken < PRODUCERS * ITEMS;) {
        struct item *item = (struct item *)queue_pop(&shared);
        if (!item) {
            sched_yield();
            continue;
        }
        assert_int_equal(item->number, next[item->producer]);
        next[item->producer]++;
        taken++;
    }
    for (int p = 0; p < PRODUCERS; p++)
        pthread_join(threads[p], NULL);
    assert_null(queue_pop(&shared));
    queue_release(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_first_comes_out_first),
        cmocka_unit_test(producers_lose_nothing_and_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
