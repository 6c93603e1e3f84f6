/* proto/http1.h: how connections end, and what becomes of the request on them. */
#include "http1_client.h"

static const char *const close_answers[] = {
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    HELLO,
    HELLO,
};

static void close_script(struct peer *p)
{
    for (int i = 0; i < 4; i++) {
        peer_accept(p);
        peer_request(p);
        peer_send(p, close_answers[i]);
        peer_until_closed(p);
    }
}

static void connection_close_is_honoured(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, close_script);
    for (int i = 0; i < 4; i++) {
        c->op.close_after = i >= 2;
        request(c);
        assert_done(c, 200, "hello");
        assert_int_equal(c->ops.net.connects, i + 1);
        /* One that we closed ourselves was not lost. */
        assert_int_equal(c->ops.net.reconnects, i <= 2 ? i : 2);
    }
    peer_stop(&peer);
}

static void half_close_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    shutdown(p->fd, SHUT_WR);
    peer_until_closed(p);
    peer_tell(p);
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

static void an_idle_connection_that_ends_is_replaced(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, half_close_script);
    request(c);
    assert_done(c, 200, "hello");
    loop_until(c->ops.loop, peer_told(&peer));
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->ops.net.connects, 2);
    assert_int_equal(c->ops.net.reconnects, 1);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

static void chatty_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_wait(p);
    peer_send(p, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    peer_until_closed(p);
    peer_tell(p);
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

static void bytes_that_nobody_asked_for_close_an_idle_connection(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, chatty_script);
    request(c);
    peer_go(&peer);
    loop_until(c->ops.loop, peer_told(&peer));
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->ops.net.reconnects, 1);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

static void surplus_fails_the_answer_it_came_with(void **state)
{
    struct client *c = *state;
    one_answer(c, HELLO "x");
    assert_failed(c, ERR_PROTOCOL, "the server sent more bytes than Content-Length promised");
    one_answer(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx");
    assert_failed(c, ERR_PROTOCOL, "the server sent more bytes after the last chunk");
    one_answer(c, "HTTP/1.1 204 No Content\r\n\r\nx");
    assert_failed(c, ERR_PROTOCOL, "the server sent more bytes although its answer has no body");
}

static void garbage_is_a_protocol_error(void **state)
{
    struct client *c = *state;
    one_answer(c, "SSH-2.0-OpenSSH_9.2\r\n");
    assert_int_equal(op_failure(&c->op.op), ERR_PROTOCOL);
    assert_int_equal(c->op.status, 0);
}

static void cut_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_close(p);
}

static void cut_short(struct client *c, const char *text)
{
    struct peer peer;
    answer = text;
    serve(c, &peer, cut_script);
    request(c);
    peer_stop(&peer);
}

static void closing_too_early_says_where(void **state)
{
    struct client *c = *state;
    cut_short(c, "");
    assert_failed(c, ERR_CLOSED, "the server closed the connection without an answer");
    assert_int_equal(c->op.op.first_byte_ns, 0);
    cut_short(c, "HTTP/1.1 200 OK\r\nConte");
    assert_failed(c, ERR_CLOSED, "the server closed the connection inside the response header");
    cut_short(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
    assert_failed(c, ERR_CLOSED, "the server closed the connection inside the response body");
    assert_int_equal(c->op.status, 200);
    cut_short(c, "HTTP/1.1 200 OK\r\n\r\nall until the end");
    assert_done(c, 200, "all until the end");
}

static void reset_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_wait(p);
    peer_reset(p);
}

static void a_reset_says_where(void **state)
{
    struct client *c = *state;
    static const char *const answers[][2] = {
        {"", "the server reset the connection without an answer"},
        {"HTTP/1.1 200", "the server reset the connection inside the response header"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
         "the server reset the connection inside the response body"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end",
         "the server reset the connection inside the response body"},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct peer peer;
        answer = answers[i][0];
        serve(c, &peer, reset_script);
        start(c, 10);
        loop_until(c->ops.loop, c->op.op.bytes == strlen(answer));
        peer_go(&peer);
        ops_await(&c->ops);
        assert_failed(c, ERR_RESET, answers[i][1]);
        peer_stop(&peer);
    }
}

/* Large requests */

static void post_script(struct peer *p)
{
    peer_accept(p);
    peer_wait(p);
    peer_request(p);
    peer_read(p, POST_BODY);
    peer_send(p, HELLO);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

static void a_large_request_goes_out_whole(void **state)
{
    struct client *c = *state;
    struct peer peer;
    char *large = post(c);
    serve(c, &peer, post_script);
    start(c, 10);
    loop_until(c->ops.loop, c->ops.net.connects == 1);
    loop_turn(c->ops.loop);
    assert_int_equal(c->op.op.sent_ns, 0);
    peer_go(&peer);
    loop_until(c->ops.loop, c->ops.completions == 1);
    assert_done(c, 200, "hello");
    assert_true(c->op.op.sent_ns > c->op.op.start_ns);
    assert_true(c->op.op.sent_ns <= c->op.op.first_byte_ns);
    c->op.request = REQUEST;
    c->op.request_len = strlen(REQUEST);
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->ops.net.connects, 1);
    http1_disconnect(c->conn);
    peer_stop(&peer);
    free(large);
}

static void early_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    peer_until_closed(p);
    peer_accept(p);
    peer_request(p);
    peer_send(p, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    peer_close(p); /* with bytes unread: a reset follows the answer */
}

static void an_answer_before_the_request_is_sent_counts(void **state)
{
    struct client *c = *state;
    struct peer peer;
    char *large = post(c);
    serve(c, &peer, early_script);
    for (int i = 0; i < 2; i++) {
        request(c);
        assert_done(c, 413, "no");
        assert_int_equal(c->op.op.sent_ns, 0);
        assert_int_equal(c->ops.net.connects,
                         i + 1); /* the rest of it cannot be left out otherwise */
    }
    peer_stop(&peer);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connection_close_is_honoured),
        TEST(an_idle_connection_that_ends_is_replaced),
        TEST(bytes_that_nobody_asked_for_close_an_idle_connection),
        TEST(surplus_fails_the_answer_it_came_with),
        TEST(garbage_is_a_protocol_error),
        TEST(closing_too_early_says_where),
        TEST(a_reset_says_where),
        TEST(a_large_request_goes_out_whole),
        TEST(an_answer_before_the_request_is_sent_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
