/* base/buf.h: growable bytes. */
#include "unit.h"

#include "base/buf.h"

#include <stdlib.h>

static void pieces_add_up(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_adds(&b, "GET ");
    buf_addch(&b, '/');
    buf_add(&b, "a\0b", 3);
    buf_fill(&b, '-', 3);
    buf_addf(&b, "%d%%", 99);
    assert_int_equal(b.len, 14);
    assert_memory_equal(b.data, "GET /a\0b---99%", 14);
    buf_release(&b);
    assert_null(b.data);
}

static void nothing_added_to_nothing_is_nothing(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_add(&b, NULL, 0);
    buf_adds(&b, "");
    buf_drop(&b, 0);
    assert_null(b.data);
    buf_fill(&b, 'x', 0);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_release(&b);
}

static void formatted_text_of_any_length_fits(void **state)
{
    (void)state;
    /* Each length around each capacity, so that the NUL is where it hurts. */
    for (int n = 0; n < 300; n++) {
        struct buf b = BUF_INIT;
        buf_addf(&b, "%*s", n, "");
        buf_addf(&b, "%s", "end");
        assert_int_equal(b.len, n + 3);
        assert_string_equal(buf_cstr(&b) + n, "end");
        buf_release(&b);
    }
}

static void the_terminator_is_outside_the_length(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    for (int i = 0; i < 64; i++)
        buf_addch(&b, 'x'); /* to the brim of the first allocation */
    assert_int_equal(strlen(buf_cstr(&b)), 64);
    assert_int_equal(b.len, 64);
    buf_adds(&b, "yz");
    assert_string_equal(buf_cstr(&b) + 62, "xxyz");
    buf_release(&b);
}

static void dropping_takes_from_the_front(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_adds(&b, "HTTP/1.1 200");
    buf_drop(&b, 9);
    assert_string_equal(buf_cstr(&b), "200");
    buf_drop(&b, 3);
    assert_int_equal(b.len, 0);
    buf_adds(&b, "again");
    assert_string_equal(buf_cstr(&b), "again");
    buf_release(&b);
}

static void detaching_hands_the_bytes_over(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_adds(&b, "mine");
    char *text = buf_detach(&b);
    assert_string_equal(text, "mine");
    assert_null(b.data);
    assert_int_equal(b.cap, 0);
    free(text);

    text = buf_detach(&b);
    assert_string_equal(text, "");
    free(text);
}

static void reserved_room_is_there_and_clearing_keeps_it(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    memset(buf_reserve(&b, 1000), 'r', 1000);
    assert_int_equal(b.len, 0);
    assert_true(b.cap >= 1000);
    b.len = 1000;
    size_t cap = b.cap;
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, cap);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(nothing_added_to_nothing_is_nothing),
        cmocka_unit_test(formatted_text_of_any_length_fits),
        cmocka_unit_test(the_terminator_is_outside_the_length),
        cmocka_unit_test(dropping_takes_from_the_front),
        cmocka_unit_test(detaching_hands_the_bytes_over),
        cmocka_unit_test(reserved_room_is_there_and_clearing_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
