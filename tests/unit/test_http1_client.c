/* proto/http1.h: answers, whole and in pieces. */
#include "http1_client.h"

static void an_answer_arrives_with_its_times(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, hello_script);
    uint64_t before = clock_ns();
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->op.op.bytes, strlen(HELLO));
    assert_true(before <= c->op.op.start_ns);
    assert_true(c->op.op.start_ns < c->op.op.sent_ns);
    assert_true(c->op.op.sent_ns < c->op.op.first_byte_ns);
    assert_true(c->op.op.end_ns <= clock_ns());
    struct http1_span value;
    struct http1_span head = {buf_cstr(&c->head), c->head.len};
    assert_true(http1_header_find(head, "content-length", &value));
    assert_memory_equal(value.data, "5", 1);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

enum { MANY = 1000 };

static void many_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < MANY; i++) {
        peer_request(p);
        peer_send(p, HELLO);
    }
    peer_until_closed(p);
}

static void a_connection_carries_many_requests(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, many_script);
    c->ops.start_again = MANY - 1;
    start(c, 10);
    loop_until(c->ops.loop, c->ops.completions == MANY);
    assert_done(c, 200, "hello");
    assert_int_equal(c->ops.net.connects, 1);
    assert_int_equal(c->ops.net.reconnects, 0);
    http1_disconnect(c->conn);
    peer_stop(&peer);
    assert_int_equal(peer.received, MANY * strlen(REQUEST));
}

static void chunks_are_joined(void **state)
{
    struct client *c = *state;
    one_answer(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\n1;x=y\r\n,\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
    assert_done(c, 200, "hello, world");
    assert_int_equal(c->op.body_len, 12);
}

static void interim_answers_are_passed_over(void **state)
{
    struct client *c = *state;
    one_answer(c, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" HELLO);
    assert_done(c, 200, "hello");
    assert_int_equal(c->op.op.bytes, strlen(answer));
}

static void no_body_where_there_is_none(void **state)
{
    struct client *c = *state;
    one_answer(c, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
    assert_done(c, 204, "");
    c->op.head_request = true;
    one_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    assert_done(c, 200, "");
}

static void an_unwanted_body_is_counted_only(void **state)
{
    struct client *c = *state;
    c->op.keep_body = false;
    one_answer(c, HELLO);
    assert_int_equal(op_failure(&c->op.op), ERR_NONE);
    assert_int_equal(c->op.body_len, 5);
    assert_null(c->op.body);
    assert_null(c->op.head);
}

static void dripping_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    for (const char *at = answer; *at != '\0'; at++) {
        peer_wait(p);
        peer_send_n(p, at, 1);
    }
    peer_close(p);
}

/* The client has seen each byte before the next is sent. */
static void any_split_gives_the_same_answer(void **state)
{
    struct client *c = *state;
    static const char *const answers[] = {
        HELLO,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    };
    for (size_t i = 0; i < ARRAY_LEN(answers) * 2; i++) {
        struct peer peer;
        answer = answers[i / 2];
        c->op.keep_body = i % 2 == 0;
        serve(c, &peer, dripping_script);
        start(c, 10);
        for (size_t n = 1; n <= strlen(answer); n++) {
            assert_int_equal(c->ops.completions, c->ops.starts - 1);
            peer_go(&peer);
            loop_until(c->ops.loop, c->op.op.bytes == n);
        }
        ops_await(&c->ops);
        assert_done(c, 200, c->op.keep_body ? "hello" : "");
        assert_int_equal(c->op.body_len, 5);
        http1_disconnect(c->conn);
        peer_stop(&peer);
    }
}

static void two_parts_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    size_t first = strlen(answer) - 4;
    peer_wait(p);
    peer_send_n(p, answer, first);
    peer_wait(p);
    peer_send(p, answer + first);
    peer_until_closed(p);
}

/* The rest of a head, then head and part of a body in one read: the answer
 * settles behind the interim head that the buffer began with. */
static void a_head_and_half_a_body_in_one_read(void **state)
{
    struct client *c = *state;
    struct peer peer;
    answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    serve(c, &peer, two_parts_script);
    start(c, 10);
    peer_go(&peer);
    loop_until(c->ops.loop, c->op.op.bytes == strlen(answer) - 4);
    peer_go(&peer);
    loop_until(c->ops.loop, c->ops.completions == 1);
    assert_done(c, 200, "hello");
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

enum { LARGE = 3 << 20 };

static void large_script(struct peer *p)
{
    char *body = xmalloc(LARGE);
    for (int i = 0; i < LARGE; i++)
        body[i] = (char)('a' + i % 23);
    peer_accept(p);
    for (int round = 0; round < 2; round++) {
        peer_request(p);
        peer_send(p, "HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n");
        peer_send_n(p, body, LARGE);
    }
    peer_until_closed(p);
    free(body);
}

static void a_large_body_comes_whole(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, large_script);
    for (int round = 0; round < 2; round++) {
        c->op.keep_body = round == 0;
        request(c);
        assert_int_equal(op_failure(&c->op.op), ERR_NONE);
        assert_int_equal(c->op.body_len, LARGE);
        for (size_t i = 0; i < c->body.len; i++)
            if (c->body.data[i] != (char)('a' + i % 23))
                fail_msg("byte %zu is wrong", i);
        assert_int_equal(c->body.len, round == 0 ? LARGE : 0);
    }
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

static void endless_script(struct peer *p)
{
    static char chunk[1 << 20];
    peer_accept(p);
    peer_request(p);
    peer_send(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n");
    while (send(p->fd, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0)
        p->received++;
}

static void a_body_has_a_limit(void **state)
{
    struct client *c = *state;
    one_answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n");
    assert_failed(c, ERR_PROTOCOL, "the response body is larger than 64 MiB");
    assert_int_equal(c->op.status, 200);

    struct peer peer;
    serve(c, &peer, endless_script);
    request(c);
    assert_failed(c, ERR_PROTOCOL, "the response body is larger than 64 MiB");
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_arrives_with_its_times),
        TEST(a_connection_carries_many_requests),
        TEST(chunks_are_joined),
        TEST(interim_answers_are_passed_over),
        TEST(no_body_where_there_is_none),
        TEST(an_unwanted_body_is_counted_only),
        TEST(any_split_gives_the_same_answer),
        TEST(a_head_and_half_a_body_in_one_read),
        TEST(a_large_body_comes_whole),
        TEST(a_body_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
