/* What target.c (start and stop), server.c (a serving thread) and exchange*.c
 * (one request) share. Private to them. */
#pragma once

#include "base/buf.h"
#include "target/delays.h"
#include "target/gateway.h"
#include "target/mcp.h"
#include "target/sheet.h"
#include "target/target.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Answers that are the same for every request, made once. */
enum fixed_reply {
    REPLY_NOT_FOUND,
    REPLY_USE_GET,
    REPLY_USE_POST,
    REPLY_USE_MCP,
    REPLY_TOO_LARGE,
    REPLY_INJECTED,
    REPLY_NO_TOKEN,
    REPLY_NO_BEARER,
    REPLY_WRONG_TOKEN,
    FIXED_REPLIES
};

/* A serving thread: its own libmicrohttpd daemon on the shared listening
 * socket, and nothing that another thread writes. */
struct server {
    struct target *target;     /* borrowed, outlives its servers */
    struct MHD_Daemon *daemon; /* owned; NULL: not started */
    pthread_t thread;
    bool has_thread;
    struct delays delays;
    struct gateway *gateway; /* owned */
    struct buf scratch;      /* the body being written */
    struct sheet sheet;
};

struct target {
    /* Constant while it serves. */
    int port;
    char *url;   /* owned */
    char *token; /* owned; NULL: none wanted */
    struct latency latency;
    double error_rate;
    uint64_t seed;
    struct mcp *mcp; /* owned */
    bool event_streams, strict;
    char *jwt_secret, *server_id; /* owned; the gateway's */
    bool has_fate;                /* latency or errors: each request draws its own */
    uint64_t started_ns;
    struct MHD_Response *fixed[FIXED_REPLIES]; /* owned */
    struct MHD_Response *constants[ROUTES];    /* owned; NULL where answers vary */
    struct server *servers;                    /* owned */
    unsigned servers_len;

    int stop_fd;             /* owned; an eventfd, readable once the servers have to end */
    _Atomic uint64_t serial; /* of the next request that draws a fate */
};

/* A daemon on listen_fd, which it then owns, with at most so many connections,
 * and a thread that runs it until stop_fd is readable. */
int server_start(struct server *s, struct target *t, int listen_fd, unsigned connections,
                 struct err *err);
/* Joins the thread; stop_fd is readable. A server that did not start is fine. */
void server_join(struct server *s);
/* Closes its connections, after every server was joined. */
void server_release(struct server *s);

void exchange_make_replies(struct target *t);
void exchange_free_replies(struct target *t);

/* libmicrohttpd's callbacks; cls is the struct server. */
enum MHD_Result exchange_on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_len, void **state);
void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode how);
