/*
 * What one typical nginx reply (7 fields, 221 bytes of head) costs the
 * parser, and one GET the request builder: user-space instructions under
 * callgrind, no wall clock. Each runs 1,000 times; divide what it counts by that.
 *
 *     gcc -std=gnu11 -O2 -g -DNDEBUG -D_GNU_SOURCE -DINRUSH_VERSION='"x"' -Isrc \
 *         tests/bench/bench_http1_parser.c src/proto/http1_[chpr]*.c \
 *         src/base/{buf,err,mem}.c -o build/bench_http1_parser
 *     valgrind --tool=callgrind --toggle-collect=measure_parse build/bench_http1_parser
 *     valgrind --tool=callgrind --toggle-collect=measure_request build/bench_http1_parser
 */
#include "proto/http1_parser.h"
#include "proto/http1_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char reply[] = "HTTP/1.1 200 OK\r\n"
                            "Server: nginx/1.22.1\r\n"
                            "Date: Wed, 15 Jan 2025 10:30:00 GMT\r\n"
                            "Content-Type: application/json\r\n"
                            "Content-Length: 45\r\n"
                            "Last-Modified: Tue, 14 Jan 2025 08:00:00 GMT\r\n"
                            "Connection: keep-alive\r\n"
                            "ETag: \"6786168f-2d\"\r\n"
                            "\r\n"
                            "{\"status\":\"healthy\",\"uptime_seconds\":1234567}";

__attribute__((noipa)) static size_t measure_parse(struct http1_span in)
{
    struct http1_parser p;
    struct http1_span part;
    struct err err;
    size_t body = 0;
    http1_parser_init(&p, false);
    for (;;) {
        switch (http1_parser_next(&p, &in, &part, &err)) {
        case HTTP1_HEAD:
            break;
        case HTTP1_BODY:
            body += part.len;
            break;
        case HTTP1_DONE:
            return body;
        default:
            return 0;
        }
    }
}

__attribute__((noipa)) static size_t measure_request(struct buf *out,
                                                     const struct http1_defaults *defaults)
{
    struct http1_request req = {.method = {"GET", 3}, .target = {"/api/v1/time?timezone=UTC", 25}};
    struct err err;
    buf_clear(out);
    return http1_request_add(out, defaults, &req, &err) < 0 ? 0 : out->len;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1000;
    struct http1_defaults defaults;
    struct buf out = BUF_INIT;
    struct err err;
    size_t sum = 0;
    if (http1_defaults_init(&defaults, "localhost:8888", NULL, 0, &err) < 0)
        return 1;
    for (int i = 0; i < n; i++) {
        sum += measure_parse((struct http1_span){reply, sizeof(reply) - 1});
        sum += measure_request(&out, &defaults);
    }
    http1_defaults_release(&defaults);
    buf_release(&out);
    return sum == 0;
}
