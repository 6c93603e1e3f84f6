/*
 * proto/tcp.h against a server that plays a script. Every case counts
 * completions: one for each start, none from inside tcp_start.
 */
#include "ops.h"
#include "peer.h"

#include "base/buf.h"
#include "base/url.h"
#include "proto/tcp.h"

#include <stdlib.h>

struct client {
    struct ops ops;
    struct endpoint to;
    struct tcp_conn *conn;
    struct tcp_op op;
    bool free_in_complete; /* the connection */
    struct buf got;        /* a copy of what was received */
};

static void start(struct client *c, double timeout_s)
{
    ops_start(&c->ops, tcp_start(c->conn, &c->op, timeout_s));
}

static void complete(struct op *op)
{
    struct client *c = op->owner;
    ops_completed(&c->ops, op);
    buf_clear(&c->got);
    buf_add(&c->got, c->op.data, c->op.len);
    if (c->free_in_complete) {
        tcp_conn_free(c->conn);
        c->conn = NULL;
    } else if (ops_again(&c->ops)) {
        start(c, 10);
    }
}

static int setup(void **state)
{
    struct client *c = calloc(1, sizeof(*c));
    ops_init(&c->ops);
    c->to.host = "127.0.0.1";
    c->conn = tcp_conn_new(&c->ops.net, &c->to);
    c->op = (struct tcp_op){
        .op = {.complete = complete, .owner = c},
        .send = "hi\n",
        .send_len = 3,
        .until = TCP_DELIMITER,
        .delimiter = "\r\n",
        .delimiter_len = 2,
        .max = 100,
    };
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct client *c = *state;
    tcp_conn_free(c->conn);
    op_release(&c->op.op);
    ops_release(&c->ops);
    buf_release(&c->got);
    free(c);
    return 0;
}

static void request(struct client *c)
{
    start(c, 10);
    ops_await(&c->ops);
}

static void receive(struct client *c, size_t length)
{
    c->op.send_len = 0;
    c->op.until = TCP_LENGTH;
    c->op.length = length;
    request(c);
}

static void serve(struct client *c, struct peer *p, void (*script)(struct peer *p))
{
    peer_start(p, script);
    c->to.port = p->port;
}

#define assert_done(c, text_)                            \
    do {                                                 \
        assert_op_succeeded(&(c)->op.op);                \
        assert_string_equal(buf_cstr(&(c)->got), text_); \
    } while (0)

#define assert_failed(c, kind_, message_)               \
    do {                                                \
        assert_op_failed(&(c)->op.op, kind_, message_); \
        assert_int_equal((c)->op.len, 0);               \
    } while (0)

enum { MANY = 1000 };

static void many_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < MANY; i++) {
        peer_read(p, 3);
        peer_send(p, "hello\r\n");
    }
    peer_until_closed(p);
}

static void a_connection_carries_many_exchanges(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, many_script);
    c->ops.start_again = MANY - 1;
    start(c, 10);
    loop_until(c->ops.loop, c->ops.completions == MANY);
    assert_done(c, "hello");
    assert_int_equal(c->op.op.bytes, 7);
    assert_int_equal(c->ops.net.connects, 1);
    tcp_disconnect(c->conn);
    peer_stop(&peer);
    assert_int_equal(peer.received, MANY * 3);
}

static void rest_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 3);
    peer_send(p, "\r\r\none\r\ntwothree");
    peer_until_closed(p);
}

/* One read's bytes, by four operations; the later ones are told from the loop. */
static void what_is_left_is_kept(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, rest_script);
    request(c);
    assert_done(c, "\r");
    c->op.send_len = 0;
    request(c);
    assert_done(c, "one");
    receive(c, 3);
    assert_done(c, "two");
    receive(c, 5);
    assert_done(c, "three");
    tcp_disconnect(c->conn);
    peer_stop(&peer);
}

static void ending_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 3);
    peer_send(p, "one\r\ntwo");
    peer_close(p);
    peer_accept(p);
    peer_read(p, 3);
    peer_send(p, "again\r\n");
    peer_until_closed(p);
}

static void what_came_before_the_end_is_kept(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, ending_script);
    request(c);
    assert_done(c, "one");
    receive(c, 2);
    assert_done(c, "tw");
    receive(c, 2);
    assert_int_equal(op_failure(&c->op.op), ERR_CLOSED);
    c->op.send_len = 3;
    c->op.until = TCP_DELIMITER;
    request(c);
    assert_done(c, "again");
    assert_int_equal(c->ops.net.reconnects, 1);
    tcp_disconnect(c->conn);
    peer_stop(&peer);
}

static void freed_by_its_own_completion(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, rest_script);
    c->free_in_complete = true;
    request(c);
    assert_done(c, "\r");
    peer_stop(&peer);
}

static void cancelled_in_every_state(void **state)
{
    struct client *c = *state;
    struct peer peer;
    c->to.port = peer_dead_port();
    start(c, 10); /* connecting */
    tcp_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    request(c);
    assert_int_equal(op_failure(&c->op.op), ERR_REFUSED);
    start(c, 10); /* waiting to retry */
    tcp_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    tcp_cancel(c->conn);

    serve(c, &peer, rest_script);
    request(c);
    c->op.send_len = 0;
    start(c, 10); /* fed: what it asks for is there already */
    tcp_cancel(c->conn);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    peer_stop(&peer);
}

static void deaf_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 3);
    peer_send(p, "hal");
    peer_until_closed(p);
}

static void a_deadline_inside_the_answer(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, deaf_script);
    start(c, 0.05);
    loop_until(c->ops.loop, c->ops.completions == 1);
    assert_int_equal(op_failure(&c->op.op), ERR_TIMEOUT);
    peer_stop(&peer);
}

static void addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"h:1", "127.0.0.1:65535", "tcp://h:1", "tls://h:1", "H:1"};
    static const char *const bad[] = {"",      "h",  "h:",  "h:0",     "h:65536",   "h:1/x",
                                      "u@h:1", ":1", "::1", "tls://h", "http://h:1"};
    struct url url;
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(tcp_address(&url, good[i], &err), 0);
        url_release(&url);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (tcp_address(&url, bad[i], &err) == 0)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(err.kind, ERR_CONFIG);
    }
    assert_int_equal(tcp_address(&url, "[::1]:7000", &err), 0);
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 7000);
    url_release(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CASE(a_connection_carries_many_exchanges),
        CASE(what_is_left_is_kept),
        CASE(what_came_before_the_end_is_kept),
        CASE(freed_by_its_own_completion),
        CASE(cancelled_in_every_state),
        CASE(a_deadline_inside_the_answer),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
