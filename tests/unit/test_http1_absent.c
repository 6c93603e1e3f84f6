/* proto/http1.h: servers that are late or not there, and operations given up. */
#include "http1_client.h"

/* Deadlines */

static void a_deadline_ends_the_operation_and_its_connection(void **state)
{
    struct client *c = *state;
    static const char *const answers[][2] = {
        {"", "timed out after 0.05s waiting for the response"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
         "timed out after 0.05s reading the response"},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct peer peer;
        answer = answers[i][0];
        serve(c, &peer, silent_script);
        request_with(c, 0.05);
        assert_failed(c, ERR_TIMEOUT, answers[i][1]);
        assert_true(c->op.op.end_ns - c->op.op.start_ns >= 50 * NS_PER_MS);
        request(c); /* gets its own answer, on its own connection */
        assert_done(c, 200, "hello");
        http1_disconnect(c->conn);
        peer_stop(&peer);
        assert_int_equal(peer.accepted, 2);
    }
}

static void a_deadline_covers_sending(void **state)
{
    struct client *c = *state;
    struct peer peer;
    char *large = post(c);
    serve(c, &peer, deaf_script);
    request_with(c, 0.05);
    assert_failed(c, ERR_TIMEOUT, "timed out after 0.05s while sending the request");
    peer_go(&peer);
    peer_stop(&peer);
    free(large);
}

static void a_deadline_covers_connecting(void **state)
{
    struct client *c = *state;
    int hold[PEER_HOLD];
    char want[100];
    peer_deaf(AF_INET, &c->origin.port, hold);
    request_with(c, 0.05);
    snprintf(want, sizeof(want), "timed out after 0.05s while connecting to 127.0.0.1:%d",
             c->origin.port);
    assert_failed(c, ERR_TIMEOUT, want);
    assert_int_equal(c->op.op.sent_ns, 0);
    peer_deaf_end(hold);
}

static void without_a_timeout_it_waits(void **state)
{
    struct client *c = *state;
    struct peer peer;
    answer = "";
    serve(c, &peer, silent_script);
    start(c, 0);
    loop_until(c->ops.loop, c->op.op.sent_ns > 0);
    loop_turn(c->ops.loop);
    assert_true(c->op.op.pending);
    assert_false(deadline_armed(&c->op.op.deadline));
    http1_cancel(c->conn);
    request(c);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

/* Servers that are not there */

static void a_dead_server_is_not_spun_on_and_may_come_back(void **state)
{
    struct client *c = *state;
    struct peer peer;
    char want[100];
    c->origin.port = peer_dead_port();
    snprintf(want, sizeof(want), "connection refused by 127.0.0.1:%d", c->origin.port);
    uint64_t wait_ns = 0, failed_ns = 0;
    for (int i = 0; i < 5; i++) {
        request(c);
        assert_failed(c, ERR_REFUSED, want);
        /* Each wait is between half and all of 10, 20, 40, 80 ms. */
        assert_true(c->op.op.start_ns >= failed_ns + wait_ns / 2);
        failed_ns = c->op.op.end_ns;
        wait_ns = (10 * NS_PER_MS) << i;
    }
    peer_start_at(&peer, c->origin.port, hello_script);
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->ops.net.reconnects, 0);
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

static void a_name_without_address_fails_as_dns(void **state)
{
    struct client *c = *state;
    c->origin.host = "no such name";
    c->origin.port = 80;
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_DNS);
    assert_contains(op_message(&c->op.op), "no such name");
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_DNS);
}

static void dying_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_request(p);
    close(p->listener);
    p->listener = -1;
    peer_reset(p);
}

static void a_server_that_dies_under_a_request_fails_it_once(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, dying_script);
    request(c);
    request(c);
    assert_failed(c, ERR_RESET, "the server reset the connection without an answer");
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_REFUSED);
    peer_stop(&peer);
}

/* Cancelling and freeing */

static void cancelling_completes_at_once(void **state)
{
    struct client *c = *state;
    struct peer peer;
    http1_cancel(c->conn); /* harmless */

    answer = "";
    serve(c, &peer, silent_script);
    start(c, 10);
    loop_until(c->ops.loop, c->op.op.sent_ns > 0);
    http1_cancel(c->conn);
    assert_int_equal(c->ops.completions, 1);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    request(c);
    assert_done(c, 200, "hello");
    http1_disconnect(c->conn);
    peer_stop(&peer);
}

static void cancelling_works_before_there_is_a_connection(void **state)
{
    struct client *c = *state;
    int hold[PEER_HOLD];
    peer_deaf(AF_INET, &c->origin.port, hold);
    start(c, 10);
    http1_cancel(c->conn);
    assert_int_equal(c->ops.completions, 1);
    peer_deaf_end(hold);

    c->origin.port = peer_dead_port();
    request(c);
    start(c, 10); /* waits before it tries again */
    assert_int_equal(c->op.op.start_ns, 0);
    http1_cancel(c->conn);
    assert_int_equal(c->ops.completions, 3);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    assert_true(c->op.op.start_ns > 0);
}

static void freeing_cancels(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, deaf_script);
    start(c, 10);
    loop_until(c->ops.loop, c->op.op.sent_ns > 0);
    http1_conn_free(c->conn);
    c->conn = NULL;
    assert_int_equal(c->ops.completions, 1);
    assert_int_equal(op_failure(&c->op.op), ERR_CANCELLED);
    peer_go(&peer);
    peer_stop(&peer);
}

static void the_connection_may_be_freed_on_completion(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, hello_script);
    c->free_in_complete = true;
    request(c);
    assert_done(c, 200, "hello");
    peer_stop(&peer);
    c->conn = http1_conn_new(&c->ops.net, &c->origin);
    request_with(c, 10); /* refused */
    assert_int_equal(op_failure(&c->op.op), ERR_REFUSED);
    c->conn = http1_conn_new(&c->ops.net, &c->origin);
    serve(c, &peer, deaf_script);
    request_with(c, 0.02);
    assert_int_equal(op_failure(&c->op.op), ERR_TIMEOUT);
    peer_go(&peer);
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deadline_ends_the_operation_and_its_connection),
        TEST(a_deadline_covers_sending),
        TEST(a_deadline_covers_connecting),
        TEST(without_a_timeout_it_waits),
        TEST(a_dead_server_is_not_spun_on_and_may_come_back),
        TEST(a_name_without_address_fails_as_dns),
        TEST(a_server_that_dies_under_a_request_fails_it_once),
        TEST(cancelling_completes_at_once),
        TEST(cancelling_works_before_there_is_a_connection),
        TEST(freeing_cancels),
        TEST(the_connection_may_be_freed_on_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
