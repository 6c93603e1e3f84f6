/*
 * proto/http1.h against a server that plays a script. Every case counts
 * completions: one for each start, none from inside http1_start.
 */
#include "loop.h"
#include "peer.h"

#include "base/buf.h"
#include "proto/http1.h"

#include <stdlib.h>

#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define HELLO   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

struct client {
    struct ev_loop *loop;
    struct net net;
    struct endpoint origin;
    struct http1_conn *conn;
    struct http1_op op;
    bool inside_start;
    int starts, completions;
    int start_again;       /* as often, from inside complete */
    bool free_in_complete; /* the connection */
    struct buf head, body; /* copies of the last answer's */
};

static void start(struct client *c, double timeout_s)
{
    c->starts++;
    c->inside_start = true;
    http1_start(c->conn, &c->op, timeout_s);
    c->inside_start = false;
}

static void complete(struct op *op)
{
    struct client *c = op->owner;
    assert_false(c->inside_start);
    assert_false(op->pending);
    c->completions++;
    assert_int_equal(c->completions, c->starts);
    assert_true(op->end_ns >= op->start_ns);
    assert_true(op->first_byte_ns <= op->end_ns);
    buf_clear(&c->head);
    buf_clear(&c->body);
    if (op->err == NULL && c->op.keep_body) {
        buf_add(&c->head, c->op.head, c->op.head_len);
        buf_add(&c->body, c->op.body, c->op.body_len);
    }
    if (c->free_in_complete) {
        http1_conn_free(c->conn);
        c->conn = NULL;
    } else if (c->start_again > 0) {
        c->start_again--;
        start(c, 10);
    }
}

static int setup(void **state)
{
    struct client *c = calloc(1, sizeof(*c));
    c->loop = ev_loop_new(EVFLAG_AUTO);
    net_init(&c->net, c->loop);
    c->origin.host = "127.0.0.1";
    c->conn = http1_conn_new(&c->net, &c->origin);
    c->op = (struct http1_op){.op = {.complete = complete, .owner = c},
                              .request = REQUEST,
                              .request_len = strlen(REQUEST),
                              .keep_body = true};
    *state = c;
    return 0;
}

/* Whatever happened in a case, no operation may complete twice. */
static int teardown(void **state)
{
    struct client *c = *state;
    http1_conn_free(c->conn);
    op_release(&c->op.op);
    loop_turn(c->loop);
    assert_int_equal(c->completions, c->starts);
    net_release(&c->net);
    ev_loop_destroy(c->loop);
    buf_release(&c->head);
    buf_release(&c->body);
    free(c);
    return 0;
}

static void request_with(struct client *c, double timeout_s)
{
    start(c, timeout_s);
    loop_until(c->loop, c->completions == c->starts);
}

static void request(struct client *c)
{
    request_with(c, 10);
}

static void serve(struct client *c, struct peer *p, void (*script)(struct peer *p))
{
    peer_start(p, script);
    c->origin.port = p->port;
}

#define assert_done(c, status_, body_)                       \
    do {                                                     \
        if ((c)->op.op.err != NULL)                          \
            fail_msg("failed: %s", op_message(&(c)->op.op)); \
        assert_int_equal((c)->op.status, status_);           \
        assert_string_equal(buf_cstr(&(c)->body), body_);    \
    } while (0)

#define assert_failed(c, kind_, message_)                       \
    do {                                                        \
        assert_string_equal(op_message(&(c)->op.op), message_); \
        assert_int_equal(op_failure(&(c)->op.op), kind_);       \
        assert_null((c)->op.body);                              \
    } while (0)

/* Answers */

static void hello_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

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
    c->start_again = MANY - 1;
    start(c, 10);
    loop_until(c->loop, c->completions == MANY);
    assert_done(c, 200, "hello");
    assert_int_equal(c->net.connects, 1);
    assert_int_equal(c->net.reconnects, 0);
    http1_disconnect(c->conn);
    peer_stop(&peer);
    assert_int_equal(peer.received, MANY * strlen(REQUEST));
}

static const char *answer; /* for the scripts below */

static void answer_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_until_closed(p);
}

static void one_answer(struct client *c, const char *text)
{
    struct peer peer;
    answer = text;
    serve(c, &peer, answer_script);
    request(c);
    http1_disconnect(c->conn);
    peer_stop(&peer);
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
            assert_int_equal(c->completions, c->starts - 1);
            peer_go(&peer);
            loop_until(c->loop, c->op.op.bytes == n);
        }
        loop_until(c->loop, c->completions == c->starts);
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
    loop_until(c->loop, c->op.op.bytes == strlen(answer) - 4);
    peer_go(&peer);
    loop_until(c->loop, c->completions == 1);
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

/* Several requests at once */

enum { BATCH = 3 };

static struct http1_batch batch;
static const bool batch_heads[BATCH] = {false, true, false};
static struct buf batch_log; /* "200 hello; " for each answer but the last */

static void answered_in_batch(struct http1_op *op)
{
    struct client *c = op->op.owner;
    assert_true(op->op.pending);
    assert_true(op->op.end_ns >= op->op.first_byte_ns);
    assert_int_equal(c->completions, c->starts - 1);
    assert_memory_equal(op->head, "HTTP/1.1 ", 9);
    buf_addf(&batch_log, "%d %.*s (%u); ", op->status, (int)op->body_len, op->body ? op->body : "",
             (unsigned)op->op.bytes);
}

static void begin_batch(struct client *c)
{
    batch =
        (struct http1_batch){.requests = BATCH, .heads = batch_heads, .answer = answered_in_batch};
    c->op.batch = &batch;
    c->op.request = REQUEST REQUEST REQUEST;
    c->op.request_len = 3 * strlen(REQUEST);
    buf_clear(&batch_log);
}

static void batch_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < BATCH; i++)
        peer_request(p);
    for (const char *at = answer; *at != '\0'; at++) {
        peer_wait(p);
        peer_send_n(p, at, 1);
    }
    peer_until_closed(p);
}

static void all_at_once_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < BATCH; i++)
        peer_request(p);
    peer_send(p, answer);
    peer_until_closed(p);
}

#define HEAD_ONLY "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"
#define IN_CHUNKS \
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
#define BATCH_LOG "200 hello (43); 204  (46); "

static void pipelined_answers_come_in_order(void **state)
{
    struct client *c = *state;
    struct peer peer;
    begin_batch(c);
    answer = HELLO HEAD_ONLY IN_CHUNKS;
    serve(c, &peer, all_at_once_script);
    request(c);
    assert_done(c, 201, "hello");
    assert_string_equal(buf_cstr(&batch_log), BATCH_LOG);
    assert_int_equal(batch.answered, BATCH - 1);
    assert_int_equal(c->op.op.bytes, strlen(IN_CHUNKS));
    http1_disconnect(c->conn);
    peer_stop(&peer);
    buf_release(&batch_log);
}

static void pipelined_answers_may_be_split_anywhere(void **state)
{
    struct client *c = *state;
    struct peer peer;
    begin_batch(c);
    answer = HELLO HEAD_ONLY IN_CHUNKS;
    serve(c, &peer, batch_script);
    start(c, 10);
    for (size_t n = 1, before = 0; n <= strlen(answer); n++) {
        uint32_t done_before = batch.answered;
        assert_int_equal(c->completions, 0);
        peer_go(&peer);
        loop_until(c->loop, before + c->op.op.bytes == n || batch.answered != done_before);
        if (batch.answered != done_before)
            before = n;
    }
    loop_until(c->loop, c->completions == 1);
    assert_done(c, 201, "hello");
    assert_string_equal(buf_cstr(&batch_log), BATCH_LOG);
    http1_disconnect(c->conn);
    peer_stop(&peer);
    buf_release(&batch_log);
}

static void two_reads_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < BATCH; i++)
        peer_request(p);
    peer_send_n(p, answer, 20);
    peer_wait(p);
    peer_send(p, answer + 20);
    peer_until_closed(p);
}

/* The second read holds the rest of one answer, a whole one, and half a third. */
static void pipelined_answers_behind_half_a_head(void **state)
{
    struct client *c = *state;
    struct peer peer;
    begin_batch(c);
    answer = HELLO HEAD_ONLY HELLO;
    serve(c, &peer, two_reads_script);
    start(c, 10);
    loop_until(c->loop, c->op.op.bytes == 20);
    peer_go(&peer);
    loop_until(c->loop, c->completions == 1);
    assert_done(c, 200, "hello");
    assert_string_equal(buf_cstr(&batch_log), BATCH_LOG);
    http1_disconnect(c->conn);
    peer_stop(&peer);
    buf_release(&batch_log);
}

static void batch_cut_script(struct peer *p)
{
    peer_accept(p);
    for (int i = 0; i < BATCH; i++)
        peer_request(p);
    peer_send(p, answer);
    peer_close(p);
}

static void a_batch_cut_short_says_how_far_it_came(void **state)
{
    struct client *c = *state;
    static const struct {
        const char *answer, *message;
        uint32_t answered;
    } cases[] = {
        {HELLO, "the server closed the connection without an answer", 1},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello" HELLO,
         "the server ended the connection before all pipelined requests were answered", 1},
        {"HTTP/1.1 200 OK\r\n\r\nhello",
         "the server ended the connection before all pipelined requests were answered", 1},
        {HELLO HEAD_ONLY HELLO "x", "the server sent more bytes than Content-Length promised", 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer peer;
        begin_batch(c);
        answer = cases[i].answer;
        serve(c, &peer, batch_cut_script);
        request(c);
        assert_failed(c, i < 3 ? ERR_CLOSED : ERR_PROTOCOL, cases[i].message);
        assert_int_equal(batch.answered, cases[i].answered);
        peer_stop(&peer);
    }
    buf_release(&batch_log);
}

/* Ends of a connection */

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
        assert_int_equal(c->net.connects, i + 1);
        /* One that we closed ourselves was not lost. */
        assert_int_equal(c->net.reconnects, i <= 2 ? i : 2);
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
    loop_until(c->loop, peer_told(&peer));
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->net.connects, 2);
    assert_int_equal(c->net.reconnects, 1);
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
    loop_until(c->loop, peer_told(&peer));
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->net.reconnects, 1);
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
        loop_until(c->loop, c->op.op.bytes == strlen(answer));
        peer_go(&peer);
        loop_until(c->loop, c->completions == c->starts);
        assert_failed(c, ERR_RESET, answers[i][1]);
        peer_stop(&peer);
    }
}

/* Large requests */

enum { POST_BODY = 16 << 20 };

static char *post(struct client *c)
{
    struct buf b = BUF_INIT;
    buf_addf(&b, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", POST_BODY);
    buf_fill(&b, 'x', POST_BODY);
    c->op.request_len = b.len;
    return (char *)(c->op.request = buf_detach(&b));
}

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
    loop_until(c->loop, c->net.connects == 1);
    loop_turn(c->loop);
    assert_int_equal(c->op.op.sent_ns, 0);
    peer_go(&peer);
    loop_until(c->loop, c->completions == 1);
    assert_done(c, 200, "hello");
    assert_true(c->op.op.sent_ns > c->op.op.start_ns);
    assert_true(c->op.op.sent_ns <= c->op.op.first_byte_ns);
    c->op.request = REQUEST;
    c->op.request_len = strlen(REQUEST);
    request(c);
    assert_done(c, 200, "hello");
    assert_int_equal(c->net.connects, 1);
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
        assert_int_equal(c->net.connects, i + 1); /* the rest of it cannot be left out otherwise */
    }
    peer_stop(&peer);
    free(large);
}

/* Deadlines */

static void silent_script(struct peer *p)
{
    peer_accept(p);
    peer_request(p);
    peer_send(p, answer);
    peer_until_closed(p);
    peer_accept(p);
    peer_request(p);
    peer_send(p, HELLO);
    peer_until_closed(p);
}

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

static void deaf_script(struct peer *p)
{
    peer_accept(p);
    peer_wait(p);
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
    loop_until(c->loop, c->op.op.sent_ns > 0);
    loop_turn(c->loop);
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
    assert_int_equal(c->net.reconnects, 0);
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
    loop_until(c->loop, c->op.op.sent_ns > 0);
    http1_cancel(c->conn);
    assert_int_equal(c->completions, 1);
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
    assert_int_equal(c->completions, 1);
    peer_deaf_end(hold);

    c->origin.port = peer_dead_port();
    request(c);
    start(c, 10); /* waits before it tries again */
    assert_int_equal(c->op.op.start_ns, 0);
    http1_cancel(c->conn);
    assert_int_equal(c->completions, 3);
    assert_failed(c, ERR_CANCELLED, "cancelled");
    assert_true(c->op.op.start_ns > 0);
}

static void freeing_cancels(void **state)
{
    struct client *c = *state;
    struct peer peer;
    serve(c, &peer, deaf_script);
    start(c, 10);
    loop_until(c->loop, c->op.op.sent_ns > 0);
    http1_conn_free(c->conn);
    c->conn = NULL;
    assert_int_equal(c->completions, 1);
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
    c->conn = http1_conn_new(&c->net, &c->origin);
    request_with(c, 10); /* refused */
    assert_int_equal(op_failure(&c->op.op), ERR_REFUSED);
    c->conn = http1_conn_new(&c->net, &c->origin);
    serve(c, &peer, deaf_script);
    request_with(c, 0.02);
    assert_int_equal(op_failure(&c->op.op), ERR_TIMEOUT);
    peer_go(&peer);
    peer_stop(&peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(pipelined_answers_come_in_order),
        TEST(pipelined_answers_may_be_split_anywhere),
        TEST(pipelined_answers_behind_half_a_head),
        TEST(a_batch_cut_short_says_how_far_it_came),
        TEST(connection_close_is_honoured),
        TEST(an_idle_connection_that_ends_is_replaced),
        TEST(bytes_that_nobody_asked_for_close_an_idle_connection),
        TEST(surplus_fails_the_answer_it_came_with),
        TEST(garbage_is_a_protocol_error),
        TEST(closing_too_early_says_where),
        TEST(a_reset_says_where),
        TEST(a_large_request_goes_out_whole),
        TEST(an_answer_before_the_request_is_sent_counts),
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
