/* proto/http1.h: several requests sent at once. */
#include "http1_client.h"

enum { BATCH = 3 };

static struct http1_batch batch;
static const bool batch_heads[BATCH] = {false, true, false};
static struct buf batch_log; /* "200 hello; " for each answer but the last */

static void answered_in_batch(struct http1_op *op)
{
    struct client *c = op->op.owner;
    assert_true(op->op.pending);
    assert_true(op->op.end_ns >= op->op.first_byte_ns);
    assert_int_equal(c->ops.completions, c->ops.starts - 1);
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
        assert_int_equal(c->ops.completions, 0);
        peer_go(&peer);
        loop_until(c->ops.loop, before + c->op.op.bytes == n || batch.answered != done_before);
        if (batch.answered != done_before)
            before = n;
    }
    loop_until(c->ops.loop, c->ops.completions == 1);
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
    loop_until(c->ops.loop, c->op.op.bytes == 20);
    peer_go(&peer);
    loop_until(c->ops.loop, c->ops.completions == 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pipelined_answers_come_in_order),
        TEST(pipelined_answers_may_be_split_anywhere),
        TEST(pipelined_answers_behind_half_a_head),
        TEST(a_batch_cut_short_says_how_far_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
