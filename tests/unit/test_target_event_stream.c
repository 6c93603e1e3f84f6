/* target/event_stream.h: who gets a stream, and what is in it. */
#include "unit.h"

#include "target/event_stream.h"

static void wanted(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        bool wanted, eagerly;
    } cases[] = {
        {NULL, false, false},
        {"", false, false},
        {",;, ;", false, false},
        {"text/event-stream", true, true},
        {" ,\ttext/event-stream", true, true},
        {"Text/Event-Stream;q=0.5", true, true},
        {"text/event-stream, application/json", true, true},
        {"application/json, text/event-stream", false, true},
        {"application/json;a=b,text/event-stream", false, true},
        {"*/*,text/event-stream", false, true},
        {"application/*,text/event-stream", false, true},
        {"text/html,text/event-stream", true, true},
        {"text/event-streams", false, false},
        {"text/event-strea", false, false},
        {"application/json", false, false},
        {"*/*", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (event_stream_is_wanted(cases[i].accept, false) != cases[i].wanted ||
            event_stream_is_wanted(cases[i].accept, true) != cases[i].eagerly)
            fail_msg("wrong about \"%s\"", cases[i].accept ? cases[i].accept : "(null)");
    }
}

static void both_accepted(void **state)
{
    (void)state;
    assert_true(event_stream_or_json_is_accepted("application/json, text/event-stream"));
    assert_true(event_stream_or_json_is_accepted("TEXT/event-stream;q=1,\tapplication/json ;q=0"));
    static const char *const cases[] = {NULL,
                                        "",
                                        "*/*",
                                        "application/json",
                                        "text/event-stream",
                                        "application/json2, text/event-stream",
                                        "text/event-stream;application/json"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_false(event_stream_or_json_is_accepted(cases[i]));
}

static void events(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    event_stream_write(&out, "{}", 2, false);
    assert_string_equal(buf_cstr(&out), "event: message\nid: 1\ndata: {}\n\n");
    assert_int_equal(event_stream_first(out.data, out.len), out.len);
    buf_clear(&out);
    event_stream_write(&out, "{}", 2, true);
    assert_string_equal(buf_cstr(&out), "id: 0\ndata: \n\nevent: message\nid: 1\ndata: {}\n\n");
    assert_int_equal(event_stream_first(out.data, out.len), strlen("id: 0\ndata: \n\n"));
    assert_int_equal(event_stream_first("id: 0\n", 6), 6);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wanted),
        cmocka_unit_test(both_accepted),
        cmocka_unit_test(events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
