/*
 * proto/redis.h against a server that plays a script. Every case counts
 * completions: one for each start, none from inside redis_start.
 */
#include "ops.h"
#include "peer.h"

#include "proto/redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PING_SIZE (sizeof("*1\r\n$4\r\nPING\r\n") - 1)

struct client {
    struct ops ops;
    struct redis_target target;
    struct redis_conn *conn;
    struct redis_request request;
    struct redis_op op;
    int replies;
    bool free_in_complete; /* the connection */
    char last[64];         /* the last reply's text */
};

static void start(struct client *c, double timeout_s)
{
    ops_start(&c->ops, redis_start(c->conn, &c->op, timeout_s));
}

static void got_reply(struct redis_op *op, const redisReply *reply)
{
    struct client *c = op->op.owner;
    assert_true(op->op.pending);
    c->replies++;
    snprintf(c->last, sizeof(c->last), "%s", reply->str != NULL ? reply->str : "");
}

static void complete(struct op *op)
{
    struct client *c = op->owner;
    ops_completed(&c->ops, op);
    if (c->free_in_complete) {
        redis_conn_free(c->conn);
        c->conn = NULL;
    } else if (ops_again(&c->ops)) {
        start(c, 10);
    }
}

static void add_ping(struct client *c)
{
    redis_request_begin(&c->request, 1);
    redis_request_arg(&c->request, "PING", 4);
}

static int setup(void **state)
{
    struct client *c = calloc(1, sizeof(*c));
    ops_init(&c->ops);
    add_ping(c);
    c->op = (struct redis_op){
        .op = {.complete = complete, .owner = c}, .request = &c->request, .reply = got_reply};
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct client *c = *state;
    redis_conn_free(c->conn);
    op_release(&c->op.op);
    ops_release(&c->ops);
    redis_request_release(&c->request);
    redis_target_release(&c->target);
    free(c);
    return 0;
}

/* A connection to a port of loopback; where: what stands behind it in the URL. */
static void aim(struct client *c, const char *userinfo, int port, const char *where)
{
    char url[128];
    struct err err;
    snprintf(url, sizeof(url), "redis://%s127.0.0.1:%d%s", userinfo, port, where);
    assert_int_equal(redis_target_parse(&c->target, url, &err), 0);
    c->conn = redis_conn_new(&c->ops.net, &c->target);
}

static void serve(struct client *c, struct peer *p, void (*script)(struct peer *p))
{
    peer_start(p, script);
    aim(c, "", p->port, "");
}

static void request(struct client *c)
{
    start(c, 10);
    ops_await(&c->ops);
}

#define assert_done(c, text_)                  \
    do {                                       \
        assert_op_succeeded(&(c)->op.op);      \
        assert_string_equal((c)->last, text_); \
    } while (0)

#define assert_failed(c, kind_, message_) assert_op_failed(&(c)->op.op, kind_, message_)

enum { MANY = 1000 };

static void many_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < MANY; i++) {
        peer_read(p, PING_SIZE);
        peer_send(p, "+PONG\r\n");
    }
    peer_until_closed(p);
}

static void a_connection_carries_many_commands(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, many_script);
    c->ops.start_again = MANY - 1;
    start(c, 10);
    loop_until(c->ops.loop, c->ops.completions == MANY);
    assert_done(c, "PONG");
    assert_int_equal(c->op.op.bytes, 7);
    assert_true(c->op.op.start_ns <= c->op.op.sent_ns);
    assert_true(c->op.op.sent_ns <= c->op.op.first_byte_ns);
    assert_int_equal(c->ops.net.connects, 1);
    assert_int_equal(c->ops.net.reconnects, 0);
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
    assert_int_equal(peer.received, MANY * PING_SIZE);
}

static void one_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_until_closed(p);
}

static void freed_by_its_own_completion(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, one_script);
    c->free_in_complete = true;
    request(c);
    assert_done(c, "PONG");
    peer_stop(&peer);
}

static void lost_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_close(p);
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_reset(p);
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_until_closed(p);
}

static void a_lost_connection_is_replaced(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, lost_script);
    request(c);
    assert_failed(c, ERR_CLOSED, "the server closed the connection without a reply");
    assert_int_equal(c->op.op.first_byte_ns, 0);
    request(c);
    assert_failed(c, ERR_RESET, "the server reset the connection without a reply");
    request(c);
    assert_done(c, "PONG");
    assert_int_equal(c->ops.net.connects, 3);
    assert_int_equal(c->ops.net.reconnects, 2);
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
}

static void freed_when_the_connection_was_lost(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, lost_script);
    aim(c, "", peer.port, "");
    c->free_in_complete = true;
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_CLOSED);
    for (int i = 0; i < 2; i++) {
        c->conn = redis_conn_new(&c->ops.net, &c->target);
        request(c);
    }
    assert_done(c, "PONG");
    peer_stop(&peer);
}

static void silent_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_wait(p);
    peer_send_n(p, "+LATE\r\n", 7);
    peer_until_closed(p);
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_until_closed(p);
}

static void a_late_reply_is_nobodys(void **state)
{
    struct client *c = *state;
    struct peer peer;
    signal(SIGPIPE, SIG_IGN); /* the late reply, after the client has closed */
    serve(c, &peer, silent_script);
    start(c, 0.02);
    loop_until(c->ops.loop, c->ops.completions == 1);
    assert_failed(c, ERR_TIMEOUT, "timed out after 0.02s waiting for the reply");
    peer_go(&peer);
    request(c);
    assert_done(c, "PONG");
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
}

static void cancelled_in_every_state(void **state)
{
    struct client *c = *state;
    struct peer peer;
    aim(c, "", peer_dead_port(), "");
    start(c, 10); /* connecting */
    redis_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_REFUSED);
    start(c, 10); /* waiting to retry */
    redis_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    redis_cancel(c->conn);
    redis_conn_free(c->conn);
    redis_target_release(&c->target);

    serve(c, &peer, one_script);
    request(c);
    start(c, 10); /* waiting for a reply */
    redis_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    peer_stop(&peer);
}

static void surplus_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n+PONG\r\n");
    peer_until_closed(p);
}

static void more_than_was_asked_for(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, surplus_script);
    request(c);
    assert_failed(c, ERR_PROTOCOL, "the server sent more than it was asked for");
    assert_int_equal(c->replies, 0);
    peer_stop(&peer);
}

static void unasked_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_wait(p);
    peer_send(p, "+UNASKED\r\n");
    peer_tell(p);
    peer_until_closed(p);
    peer_accept(p);
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_until_closed(p);
}

static void bytes_between_commands_end_the_connection(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, unasked_script);
    request(c);
    peer_go(&peer);
    loop_until(c->ops.loop, peer_told(&peer));
    loop_turn(c->ops.loop);
    request(c);
    assert_done(c, "PONG");
    assert_int_equal(c->ops.net.reconnects, 1);
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
}

static void pipeline_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 3 * PING_SIZE);
    peer_send(p, "+A\r\n-ERR no\r\n");
    peer_wait(p);
    peer_send(p, "+C\r\n");
    peer_until_closed(p);
}

static void a_pipeline_ends_with_its_last_reply(void **state)
{
    struct client *c = *state;
    struct peer peer;
    add_ping(c);
    add_ping(c);
    serve(c, &peer, pipeline_script);
    start(c, 10);
    loop_until(c->ops.loop, c->replies == 2);
    assert_int_equal(c->ops.completions, 0);
    peer_go(&peer);
    loop_until(c->ops.loop, c->ops.completions == 1);
    assert_failed(c, ERR_STATUS, "ERR no");
    assert_string_equal(c->last, "C");
    assert_int_equal(c->op.op.bytes, strlen("+A\r\n-ERR no\r\n+C\r\n"));
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
}

#define GREETING "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"

static void greeting_script(struct peer *p)
{
    static const char *const answers[] = {"-ERR no\r\n-NOAUTH\r\n", "+OK\r\n-ERR range\r\n",
                                          "+OK\r\n+OK\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        peer_accept(p);
        peer_read(p, sizeof(GREETING) - 1);
        peer_send(p, answers[i]);
        if (i < 2)
            peer_until_closed(p);
    }
    peer_read(p, PING_SIZE);
    peer_send(p, "+PONG\r\n");
    peer_until_closed(p);
}

static void not_let_in(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, greeting_script);
    aim(c, ":pw@", peer.port, "/2");
    request(c);
    assert_failed(c, ERR_STATUS, "AUTH: ERR no; check user and password in the Redis URL");
    request(c);
    assert_failed(c, ERR_STATUS, "SELECT 2: ERR range");
    request(c);
    assert_done(c, "PONG");
    assert_int_equal(c->op.op.bytes, 7);
    redis_conn_free(c->conn);
    c->conn = NULL;
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CASE(a_connection_carries_many_commands),
        CASE(freed_by_its_own_completion),
        CASE(a_lost_connection_is_replaced),
        CASE(freed_when_the_connection_was_lost),
        CASE(a_late_reply_is_nobodys),
        CASE(cancelled_in_every_state),
        CASE(more_than_was_asked_for),
        CASE(bytes_between_commands_end_the_connection),
        CASE(a_pipeline_ends_with_its_last_reply),
        CASE(not_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
