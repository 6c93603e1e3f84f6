/* What target.c (start and stop) and exchange.c (one request) share. Private
 * to the two. */
#pragma once

#include "target/delay.h"
#include "target/tally.h"
#include "target/target.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Answers that are the same for every request, made once. */
enum fixed_reply {
    REPLY_NOT_FOUND,
    REPLY_USE_GET,
    REPLY_USE_POST,
    REPLY_TOO_LARGE,
    REPLY_INJECTED,
    REPLY_NO_TOKEN,
    REPLY_NO_BEARER,
    REPLY_WRONG_TOKEN,
    FIXED_REPLIES
};

struct target {
    /* Constant while it serves. */
    struct MHD_Daemon *daemon; /* owned */
    int port;
    char *url;   /* owned */
    char *token; /* owned; NULL: none wanted */
    struct latency latency;
    double error_rate;
    uint64_t seed;
    bool has_fate; /* latency or errors: each request draws its own */
    uint64_t started_ns;
    struct delay *delay;                       /* owned; NULL without latency */
    struct MHD_Response *fixed[FIXED_REPLIES]; /* owned */
    struct MHD_Response *constants[ROUTES];    /* owned; NULL where answers vary */

    /* Written by the serving threads. */
    struct tally tally;
    _Atomic uint64_t serial; /* of the next request that draws a fate */
};

void exchange_make_replies(struct target *t);
void exchange_free_replies(struct target *t);

/* libmicrohttpd's callbacks; cls is the struct target. */
enum MHD_Result exchange_on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_len, void **state);
void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode how);
