/*
 * The HTTP client alone, for callgrind: N requests over C connections in one
 * loop, no Lua, no statistics.
 *
 *     gcc -std=gnu11 -O2 -flto -g -D_GNU_SOURCE -DINRUSH_VERSION='"x"' -Isrc -o bench \
 *         tests/bench/bench_http1_client.c src/net/*.c src/proto/http1*.c src/base/*.c -lev -lm
 *     valgrind --tool=callgrind ./bench URL REQUESTS CONNECTIONS
 *
 * Prints counts only. Instructions per request are the difference of two runs
 * divided by the difference of their REQUESTS: 1,010 against nginx's "hello"
 * over 10 connections (gcc 12, Debian 12).
 */
#include "base/mem.h"
#include "base/url.h"
#include "proto/http1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct ev_loop *loop;
    uint64_t to_start, pending, done, failed, bytes;
};

struct user {
    struct http1_op op;
    struct http1_conn *conn;
    struct bench *bench;
};

static void start(struct user *u)
{
    u->bench->to_start--;
    u->bench->pending++;
    http1_start(u->conn, &u->op, 10);
}

static void complete(struct op *op)
{
    struct user *u = op->owner;
    struct bench *b = u->bench;
    b->pending--;
    b->done++;
    b->bytes += op->bytes;
    if (op->err != NULL || u->op.status != 200) {
        if (b->failed++ == 0)
            fprintf(stderr, "first failure: %d %s\n", u->op.status, op_message(op));
    }
    if (b->to_start > 0)
        start(u);
    else if (b->pending == 0)
        ev_break(b->loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
    struct err err;
    struct url url;
    if (argc != 4) {
        fprintf(stderr, "usage: %s URL REQUESTS CONNECTIONS\n", argv[0]);
        return 1;
    }
    if (url_parse(&url, argv[1], &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    struct bench b = {.loop = ev_loop_new(EVFLAG_AUTO), .to_start = strtoull(argv[2], NULL, 10)};
    size_t n = strtoul(argv[3], NULL, 10);
    char *request =
        xasprintf("GET %s HTTP/1.1\r\nHost: %s:%d\r\n\r\n", url.target, url.host, url.port);
    struct endpoint origin = {.host = url.host, .port = url.port};
    struct net net;
    net_init(&net, b.loop);

    struct user *users = xcalloc(n, sizeof(*users));
    for (size_t i = 0; i < n && b.to_start > 0; i++) {
        struct user *u = &users[i];
        u->bench = &b;
        u->conn = http1_conn_new(&net, &origin);
        u->op = (struct http1_op){.op = {.complete = complete, .owner = u},
                                  .request = request,
                                  .request_len = strlen(request)};
        start(u);
    }
    ev_run(b.loop, 0);
    for (size_t i = 0; i < n; i++)
        http1_conn_free(users[i].conn);
    op_release(&users[i].op.op);
    printf("requests %llu failed %llu bytes %llu connects %llu\n", (unsigned long long)b.done,
           (unsigned long long)b.failed, (unsigned long long)b.bytes,
           (unsigned long long)net.connects);
    net_release(&net);
    ev_loop_destroy(b.loop);
    free(users);
    free(request);
    url_release(&url);
    return b.failed > 0;
}
