/* net/stream.h and net/connect.h: connecting, the race of addresses, reading,
 * writing, ends, and the seam for a handshake. */
#include "loop.h"
#include "peer.h"

#include "net/dns.h"
#include "net/stream.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

struct client {
    struct ev_loop *loop;
    struct net net;
    struct endpoint to;
    struct stream stream;
    bool inside_call; /* of stream_...: no event may come */
    int connected, failed, ended, drained;
    struct err err;
    size_t received;
    char data[256]; /* the first of it */
    bool release_on_data;
};

static void on_connected(struct stream *s, const struct err *err)
{
    struct client *c = s->owner;
    assert_false(c->inside_call);
    if (err != NULL) {
        assert_int_equal(s->state, STREAM_CLOSED);
        c->failed++;
        c->err = *err;
    } else {
        assert_int_equal(s->state, STREAM_OPEN);
        c->connected++;
    }
}

static void on_data(struct stream *s, char *data, size_t len)
{
    struct client *c = s->owner;
    assert_false(c->inside_call);
    for (size_t i = 0; i < len && c->received + i < sizeof(c->data) - 1; i++)
        c->data[c->received + i] = data[i];
    c->received += len;
    memset(data, 0, len); /* it is ours for now */
    if (c->release_on_data)
        stream_release(s);
}

static void on_ended(struct stream *s, const struct err *err)
{
    struct client *c = s->owner;
    assert_false(c->inside_call);
    assert_int_equal(s->state, STREAM_CLOSED);
    c->ended++;
    c->err.kind = ERR_NONE;
    if (err != NULL)
        c->err = *err;
}

static void on_drained(struct stream *s)
{
    struct client *c = s->owner;
    assert_false(c->inside_call);
    c->drained++;
}

static const struct stream_events events = {on_connected, on_data, on_ended, on_drained};

static int setup(void **state)
{
    struct client *c = calloc(1, sizeof(*c));
    c->loop = ev_loop_new(EVFLAG_AUTO);
    net_init(&c->net, c->loop);
    stream_init(&c->stream, &c->net, &events, c);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct client *c = *state;
    stream_release(&c->stream);
    net_release(&c->net);
    ev_loop_destroy(c->loop);
    free(c);
    return 0;
}

static void begin_connect(struct client *c, const char *host, int port)
{
    c->inside_call = true;
    c->to = (struct endpoint){.host = host, .port = port};
    stream_connect(&c->stream, &c->to);
    c->inside_call = false;
}

static void opened_or_not(struct client *c)
{
    loop_until(c->loop, c->connected || c->failed);
}

static void connect_to(struct client *c, const char *host, int port)
{
    begin_connect(c, host, port);
    opened_or_not(c);
}

static bool write_n(struct client *c, const char *data, size_t len)
{
    c->inside_call = true;
    bool all = stream_write(&c->stream, data, len);
    c->inside_call = false;
    return all;
}

static void echo_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 5);
    peer_send(p, "world");
    peer_close(p);
}

static void it_connects_writes_reads_and_ends(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, echo_script);
    connect_to(c, "127.0.0.1", peer.port);
    assert_int_equal(c->connected, 1);
    assert_int_equal(c->net.connects, 1);
    assert_true(write_n(c, "hello", 5));
    loop_until(c->loop, c->ended);
    assert_string_equal(c->data, "world");
    assert_int_equal(c->err.kind, ERR_NONE);
    assert_int_equal(c->drained, 0);
    peer_stop(&peer);
}

static void it_can_be_released_by_its_own_event(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, echo_script);
    connect_to(c, "127.0.0.1", peer.port);
    c->release_on_data = true;
    write_n(c, "hello", 5);
    loop_until(c->loop, c->received == 5);
    peer_stop(&peer);
    loop_turn(c->loop);
    assert_int_equal(c->ended, 0);
}

static void refused_is_said_of_host_and_port(void **state)
{
    struct client *c = *state;
    char want[64];
    int port = peer_dead_port();
    connect_to(c, "127.0.0.1", port);
    assert_int_equal(c->failed, 1);
    assert_int_equal(c->err.kind, ERR_REFUSED);
    snprintf(want, sizeof(want), "connection refused by 127.0.0.1:%d", port);
    assert_string_equal(c->err.message, want);
    assert_int_equal(c->net.connects, 0);
}

static void what_fails_at_once_is_told_later(void **state)
{
    struct client *c = *state;
    connect_to(c, "255.255.255.255",
               80); /* TCP has no broadcast: ENETUNREACH from connect itself */
    assert_int_equal(c->failed, 1);
    assert_int_equal(c->err.kind, ERR_UNREACHABLE);
    assert_contains(c->err.message, "255.255.255.255:80");
}

static void a_name_without_address_fails_as_dns(void **state)
{
    struct client *c = *state;
    connect_to(c, "no such name", 80);
    assert_int_equal(c->failed, 1);
    assert_int_equal(c->err.kind, ERR_DNS);
    assert_contains(c->err.message, "no such name");
}

static void what_it_waits_for_is_told(void **state)
{
    struct client *c = *state;
    char text[STREAM_OPENING_MAX];
    begin_connect(c, "no such name", 80);
    assert_string_equal(stream_opening(text, &c->stream), "looking up the address of no such name");
    stream_close(&c->stream);
    begin_connect(c, "::1", peer_dead_port());
    c->to.port = 81;
    assert_string_equal(stream_opening(text, &c->stream), "connecting to [::1]:81");
    c->stream.state = STREAM_HANDSHAKE;
    assert_string_equal(stream_opening(text, &c->stream), "agreeing on TLS with [::1]:81");
}

static void out_of_descriptors_names_the_limit(void **state)
{
    struct client *c = *state;
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3; /* all that are open stay so */
    setrlimit(RLIMIT_NOFILE, &none);
    connect_to(c, "127.0.0.1", 9);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(c->failed, 1);
    assert_int_equal(c->err.kind, ERR_SYSTEM);
    assert_contains(c->err.message, "too many open files (the limit is 3;");
}

static void accept_script(struct peer *p)
{
    peer_accept(p);
    peer_until_closed(p);
}

static void localhost_falls_back_to_ipv4(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, accept_script); /* on 127.0.0.1 only */
    connect_to(c, "localhost", peer.port);
    assert_int_equal(c->connected, 1);
    stream_close(&c->stream);
    peer_stop(&peer);
}

static void an_address_that_hangs_is_passed_by(void **state)
{
    struct client *c = *state;
    struct peer peer;
    int hold[PEER_HOLD], port = 0;
    peer_deaf(AF_INET6, &port, hold);
    peer_start_at(&peer, port, accept_script);
    uint64_t start = clock_ns();
    connect_to(c, "localhost", port);
    assert_int_equal(c->connected, 1);
    assert_true(clock_ns() - start >= 250 * NS_PER_MS);
    assert_int_equal(c->net.connects, 1);
    stream_close(&c->stream);
    peer_stop(&peer);
    peer_deaf_end(hold);
}

static void closing_while_it_connects_is_silent(void **state)
{
    struct client *c = *state;
    int hold[PEER_HOLD], port = 0;
    peer_deaf(AF_INET, &port, hold);
    begin_connect(c, "127.0.0.1", port);
    loop_turn(c->loop);
    stream_close(&c->stream);
    assert_int_equal(c->stream.state, STREAM_CLOSED);
    begin_connect(c, "no such name", port);
    stream_close(&c->stream);
    begin_connect(c, "255.255.255.255", port);
    stream_close(&c->stream);
    loop_turn(c->loop);
    loop_turn(c->loop);
    assert_int_equal(c->connected + c->failed + c->ended, 0);
    peer_deaf_end(hold);
}

static void late_reader_script(struct peer *p)
{
    peer_accept(p);
    peer_wait(p);
    peer_until_closed(p);
}

static void a_write_that_does_not_fit_is_finished_later(void **state)
{
    struct client *c = *state;
    struct peer peer;
    enum { SIZE = 24 << 20 };
    char *data = calloc(1, SIZE);
    peer_start(&peer, late_reader_script);
    connect_to(c, "127.0.0.1", peer.port);
    assert_false(write_n(c, data, SIZE));
    assert_false(write_n(c, "behind it", 9));
    loop_turn(c->loop);
    assert_int_equal(c->drained, 0);
    peer_go(&peer);
    loop_until(c->loop, c->drained);
    assert_null(c->stream.unsent.data);
    stream_close(&c->stream);
    peer_stop(&peer);
    assert_int_equal(peer.received, SIZE + 9);
    assert_int_equal(c->drained, 1);
    free(data);
}

static void reset_script(struct peer *p)
{
    peer_accept(p);
    peer_wait(p);
    peer_send(p, "last words");
    peer_wait(p);
    peer_reset(p);
}

static void a_reset_ends_it(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, reset_script);
    connect_to(c, "127.0.0.1", peer.port);
    peer_go(&peer);
    loop_until(c->loop, c->received == 10);
    peer_go(&peer);
    loop_until(c->loop, c->ended);
    assert_int_equal(c->err.kind, ERR_RESET);
    peer_stop(&peer);
}

/* The peer's last words and its reset are both there before the client looks:
 * the write fails, yet what was said is heard before the end. */
static void a_failed_write_ends_it_after_what_was_sent(void **state)
{
    struct client *c = *state;
    struct peer peer;
    peer_start(&peer, reset_script);
    connect_to(c, "127.0.0.1", peer.port);
    peer_go(&peer);
    peer_go(&peer);
    peer_stop(&peer);
    struct pollfd gone = {.fd = c->stream.fd};
    assert_int_equal(poll(&gone, 1, 10000), 1);
    assert_true(gone.revents & POLLHUP);
    assert_false(write_n(c, "hello", 5));
    assert_false(write_n(c, "hello", 5));
    loop_until(c->loop, c->ended);
    assert_string_equal(c->data, "last words");
    assert_int_equal(c->err.kind, ERR_RESET);
    assert_int_equal(c->drained, 0);
}

/* A transport with a handshake: the client says "?", the server "!". */
static struct {
    bool said;
    int closed;
} shaking;

static int shake(struct stream *s, bool *want_write, struct err *err)
{
    char answer;
    if (!shaking.said) {
        *want_write = true;
        shaking.said = send(s->fd, "?", 1, MSG_NOSIGNAL) == 1;
    }
    ssize_t n = recv(s->fd, &answer, 1, 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n != 1 || answer != '!')
        return err_set(err, ERR_TLS, "bad handshake");
    return 1;
}

static void shaken_close(struct stream *s)
{
    (void)s;
    shaking.closed++;
}

static void handshake_script(struct peer *p)
{
    peer_accept(p);
    peer_read(p, 1);
    peer_send(p, "!");
    peer_accept(p);
    peer_read(p, 1);
    peer_send(p, "x");
}

static void a_transport_may_shake_hands_first(void **state)
{
    struct client *c = *state;
    struct peer peer;
    struct stream_ops ops = stream_tcp;
    ops.handshake = shake;
    ops.close = shaken_close;
    shaking.said = false;
    shaking.closed = 0;
    peer_start(&peer, handshake_script);
    begin_connect(c, "127.0.0.1", peer.port);
    c->stream.ops = &ops; /* in place of what the endpoint asks for */
    opened_or_not(c);
    assert_int_equal(c->connected, 1);
    stream_close(&c->stream);
    assert_int_equal(shaking.closed, 1);

    c->connected = 0;
    shaking.said = false;
    begin_connect(c, "127.0.0.1", peer.port);
    c->stream.ops = &ops;
    opened_or_not(c);
    assert_int_equal(c->failed, 1);
    assert_int_equal(c->err.kind, ERR_TLS);
    assert_int_equal(shaking.closed, 2);
    assert_int_equal(c->net.connects, 1);
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_connects_writes_reads_and_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(it_can_be_released_by_its_own_event, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_is_said_of_host_and_port, setup, teardown),
        cmocka_unit_test_setup_teardown(what_fails_at_once_is_told_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_without_address_fails_as_dns, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_waits_for_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_descriptors_names_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(localhost_falls_back_to_ipv4, setup, teardown),
        cmocka_unit_test_setup_teardown(an_address_that_hangs_is_passed_by, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_while_it_connects_is_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_that_does_not_fit_is_finished_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reset_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_ends_it_after_what_was_sent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_transport_may_shake_hands_first, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
