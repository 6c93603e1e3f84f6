/*
 * The requests of a one-off, put together before the run: checked, laid out,
 * and told apart in the statistics. Bytes where nothing changes from one
 * request to the next, templates (run/template.h) where something does.
 */
#pragma once

#include "base/err.h"
#include "base/url.h"
#include "base/vec.h"
#include "proto/http1_request.h"
#include "run/template.h"
#include "stats/catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;
struct net_options;

struct request {
    uint32_t origin; /* index into the origins */
    uint32_t series;
    bool head_request;
    size_t len;
    char *bytes;           /* owned: head and body; NULL with templates */
    struct template *head; /* owned; NULL without templates */
    struct template *body; /* owned; NULL where the body, if any, ends `head` */
    char *method, *name;   /* owned: what requests_name makes the series of */
};

/* Read-only once made; shared by all workers. */
struct requests {
    VEC(struct url) origins; /* only what a connection needs of them counts */
    VEC(struct request) items;
    struct template_files *files; /* owned */
    bool templated;               /* some request has templates */
};

/* What a request is made of; borrowed during the call. URL, header values and,
 * if it says so, the body may hold templates. */
struct request_parts {
    const char *what; /* how errors call the URL: "URL", "urls.txt:3" */
    const char *method;
    const char *url;
    const struct http1_header *headers;
    size_t headers_len;
    const char *body; /* NULL: none */
    size_t body_len;
    bool body_fixed;                  /* it is sent as it is */
    enum template_escape body_escape; /* of its templates otherwise */
};

void requests_init(struct requests *r);
void requests_release(struct requests *r);
int requests_add(struct requests *r, const struct request_parts *parts, struct err *err);

/* Gives every request its series, named by its path as it was written; with
 * the query where two differ in it alone, and the host where there are several.
 * More than REQUESTS_SERIES_MAX share one for each method and host. */
enum { REQUESTS_SERIES_MAX = 200 };
void requests_name(struct requests *r, struct catalog *catalog);

/* Where the connections of one worker go, by origin; owned by the caller. */
struct endpoint *requests_endpoints(const struct requests *r, const struct net_options *options);
void requests_endpoints_free(struct endpoint *endpoints, const struct requests *r);
