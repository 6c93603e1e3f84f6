/* target/sessions.h: their life, their limit, and many threads at once. */
#include "unit.h"

#include "target/sessions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const struct session plain = {.owner = 0x123456789ABCDEF0, .place = 1, .version = 3};

static bool is_there(struct sessions *s, const char *id, uint32_t now_s)
{
    struct session found;
    return sessions_find(s, id, now_s, &found);
}

static void a_life(void **state)
{
    (void)state;
    struct sessions *s = sessions_new(10, 60);
    char id[SESSION_ID_MAX];
    struct session found;
    assert_true(sessions_open(s, &plain, 5, id));
    assert_int_equal(strlen(id), SESSION_ID_MAX - 1);
    assert_int_equal(strspn(id, "0123456789abcdef"), SESSION_ID_MAX - 1);
    assert_true(sessions_find(s, id, 5, &found));
    assert_true(found.owner == plain.owner && found.place == 1 && found.version == 3);
    assert_false(found.ready);
    sessions_make_ready(s, "");
    sessions_make_ready(s, id);
    assert_true(sessions_find(s, id, 5, &found) && found.ready);
    assert_true(sessions_close(s, id));
    assert_false(is_there(s, id, 5));
    assert_false(sessions_close(s, id));
    struct sessions_count count = sessions_count(s);
    assert_true(count.opened == 1 && count.closed == 1 && count.expired == 0);
    sessions_free(s);
    sessions_free(NULL);
}

static void a_slot_has_many_lives(void **state)
{
    (void)state;
    enum { LIVES = 100 };
    struct sessions *s = sessions_new(1, 60);
    char ids[LIVES][SESSION_ID_MAX];
    for (int i = 0; i < LIVES; i++) {
        struct session found;
        assert_true(sessions_open(s, &plain, 0, ids[i]));
        assert_true(sessions_find(s, ids[i], 0, &found) && !found.ready);
        sessions_make_ready(s, ids[i]);
        if (i > 0)
            sessions_make_ready(s, ids[i - 1]);
        assert_true(sessions_find(s, ids[i], 0, &found) && found.ready);
        for (int k = 0; k < i; k++)
            assert_false(is_there(s, ids[k], 0) || sessions_close(s, ids[k]));
        assert_true(sessions_close(s, ids[i]));
    }
    sessions_free(s);
}

static void malformed_ids(void **state)
{
    (void)state;
    struct sessions *s = sessions_new(2, 60);
    char id[SESSION_ID_MAX], other[SESSION_ID_MAX + 1];
    assert_true(sessions_open(s, &plain, 0, id));
    static const char *const cases[] = {
        "",
        "x",
        "000000000000000000000000",
        "000000010000000000000000",
        "000000020000000000000001",
        "ffffffffffffffffffffffff",
        "00000000000000000000000g",
        "-0000000000000000000000a",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_false(is_there(s, cases[i], 0) || sessions_close(s, cases[i]));
    /* Another secret, too short, too long. */
    memcpy(other, id, sizeof(id));
    other[20] = id[20] == '0' ? '1' : '0';
    assert_false(is_there(s, other, 0));
    memcpy(other, id, sizeof(id));
    other[23] = '\0';
    assert_false(is_there(s, other, 0));
    snprintf(other, sizeof(other), "%s0", id);
    assert_false(is_there(s, other, 0));
    assert_true(is_there(s, id, 0));
    sessions_free(s);
}

static void idle_sessions_expire(void **state)
{
    (void)state;
    struct sessions *s = sessions_new(10, 60);
    char used[SESSION_ID_MAX], idle[SESSION_ID_MAX];
    assert_true(sessions_open(s, &plain, 100, used));
    assert_true(sessions_open(s, &plain, 100, idle));
    for (uint32_t now = 100; now <= 400; now += 60)
        assert_true(is_there(s, used, now));
    assert_false(is_there(s, idle, 400));
    assert_false(is_there(s, idle, 100)); /* it does not come back */
    assert_true(is_there(s, used, 460));
    assert_false(is_there(s, used, 521));
    assert_int_equal(sessions_count(s).expired, 2);
    sessions_free(s);
}

static void room_is_made_by_those_that_expired(void **state)
{
    (void)state;
    struct sessions *s = sessions_new(3, 60);
    char ids[4][SESSION_ID_MAX];
    for (int i = 0; i < 3; i++)
        assert_true(sessions_open(s, &plain, (uint32_t)i * 50, ids[i]));
    assert_false(sessions_open(s, &plain, 60, ids[3]));
    assert_true(sessions_open(s, &plain, 61, ids[3])); /* the first has expired */
    assert_false(sessions_open(s, &plain, 61, ids[0]));
    assert_true(is_there(s, ids[1], 61) && is_there(s, ids[2], 61) && is_there(s, ids[3], 61));
    assert_true(sessions_open(s, &plain, 500, ids[0]) && sessions_open(s, &plain, 500, ids[1]) &&
                sessions_open(s, &plain, 500, ids[2]));
    assert_false(sessions_open(s, &plain, 500, ids[3]));
    struct sessions_count count = sessions_count(s);
    assert_true(count.opened == 7 && count.closed == 0 && count.expired == 4);
    sessions_free(s);
}

enum { THREADS = 4, ROUNDS = 20000, ROOM = 6 };

struct worker {
    struct sessions *sessions;
    uint64_t owner;
    char *shared; /* an id that every worker closes */
    _Atomic int *closed;
    int mistakes;
};

/* Opens, finds and closes sessions of its own, in slots that all fight for. */
static void *work(void *arg)
{
    struct worker *w = arg;
    struct session mine = {.owner = w->owner, .place = (uint8_t)(w->owner & 1), .version = 2};
    if (sessions_close(w->sessions, w->shared))
        atomic_fetch_add(w->closed, 1);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char id[SESSION_ID_MAX];
        struct session found = {0};
        if (!sessions_open(w->sessions, &mine, i, id))
            continue;
        w->mistakes += !sessions_find(w->sessions, id, i, &found) || found.ready;
        sessions_make_ready(w->sessions, id);
        w->mistakes += !sessions_find(w->sessions, id, i, &found) || !found.ready ||
                       found.owner != mine.owner || found.place != mine.place;
        w->mistakes += !sessions_close(w->sessions, id);
        w->mistakes += sessions_find(w->sessions, id, i, &found);
    }
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    struct sessions *s = sessions_new(ROOM, 1 << 30);
    char shared[SESSION_ID_MAX];
    _Atomic int closed = 0;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    assert_true(sessions_open(s, &plain, 0, shared));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){s, (uint64_t)i + 1, shared, &closed, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].mistakes, 0);
    }
    assert_int_equal(closed, 1);
    struct sessions_count count = sessions_count(s);
    assert_true(count.opened == THREADS * ROUNDS + 1 && count.closed == count.opened);
    for (int i = 0; i < ROOM; i++)
        assert_true(sessions_open(s, &plain, 0, shared));
    assert_false(sessions_open(s, &plain, 0, shared));
    sessions_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life),
        cmocka_unit_test(a_slot_has_many_lives),
        cmocka_unit_test(malformed_ids),
        cmocka_unit_test(idle_sessions_expire),
        cmocka_unit_test(room_is_made_by_those_that_expired),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
