/*
 * Every request by itself, for --log-requests: kept beside the statistics of an
 * interval and on the way to the main thread with them, so none is missing and
 * no worker ever writes a file. Sums do not keep them: only a struct stats that
 * was told to by stats_keep_requests.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

struct sample;

struct logged_request {
    uint64_t end_ns; /* clock_ns() when it completed */
    uint64_t response_ns;
    uint64_t service_ns;    /* 0 without has_service */
    uint64_t first_byte_ns; /* 0: not measured */
    uint64_t bytes;
    uint32_t series;
    uint32_t user;    /* of the worker's connections, or of all users, from 1; 0: not known */
    uint32_t message; /* of a failure: where in `texts` it begins, NUL-terminated */
    int status;       /* 0: none */
    enum err_kind error;
    int worker; /* from 1; 0 until it is merged */
    bool has_service, warmup;
};

struct request_log {
    VEC(struct logged_request) items; /* a worker's in order of completion */
    struct buf texts;
};

struct request_log *request_log_new(void);
void request_log_free(struct request_log *log);
void request_log_clear(struct request_log *log);
void request_log_add(struct request_log *log, const struct sample *sample);
/* Adds those of a worker's interval. */
void request_log_merge(struct request_log *dst, const struct request_log *src, int worker,
                       bool warmup);
/* Of a failed request. */
const char *request_log_message(const struct request_log *log,
                                const struct logged_request *request);
