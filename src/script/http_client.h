/* A user's HTTP client as its two bindings (requests, responses) share it. */
#pragma once

#include "proto/sse.h"
#include "script/client_box.h"
#include "script/http_hosts.h"

enum { HTTP_EXPECT_MAX = 8, HTTP_STATUS_MESSAGE = 128, HTTP_HEADERS_MAX = 64 };

/* A connection of one user to one origin. */
struct http_link {
    struct http_host *host;    /* borrowed, outlived by the state's hosts */
    struct http1_conn *conn;   /* owned */
    struct http1_defaults own; /* with the user's own headers; valid when has_own */
    bool has_own;
};

struct http_own_header {
    char *name, *value; /* owned */
};

struct http_client {
    struct client_box *box; /* what scripts have of it */
    struct user *user;      /* borrowed, outlives it */
    struct http1_op op;
    struct http1_conn *busy; /* whose operation is pending, or whose ended last */
    struct buf request;      /* the bytes of the current request */
    VEC(struct http_link) links;
    VEC(struct http_own_header) headers; /* user.http:set_header */

    /* The current request. */
    uint32_t series;
    bool record;
    int expect[HTTP_EXPECT_MAX]; /* statuses that are right; none: all below 400 */
    int expect_len;
    char message[HTTP_STATUS_MESSAGE]; /* of a status failure */

    /* Its events, if it asked to see them (lua_http_stream.c). */
    const void *events; /* which function */
    int events_ref;     /* registry reference that keeps it */
    bool streaming;     /* the answer is a stream of events */
    struct sse sse;

    struct http_aside *asides; /* owned: requests in the background */

    /* The last response. */
    uint64_t response; /* its number in the state; 0: none */
    int kept_ref;      /* registry reference: what is kept of the running task's responses */
};

/* A user's client, or NULL when it has made no request yet. */
static inline struct http_client *http_client_of(const struct user *u)
{
    return u->clients[PROTOCOL_HTTP];
}

/* Whether a status is right: one of the n expected or, when there are none, any
 * below 400. If not, writes why. */
bool http_status_good(int status, const int *expected, int n, char why[HTTP_STATUS_MESSAGE]);

/* A string argument or value as a span. */
static inline struct http1_span http_span_at(lua_State *L, int index)
{
    struct http1_span span;
    span.data = lua_tolstring(L, index, &span.len);
    return span;
}

/* The client's link for a URL, or for a path on its class's host, made if need
 * be (http_link.c); the target is left with its path. Valid until the next one is
 * made. Raises when there is none. */
struct http_link *http_link_find(lua_State *L, struct http_client *c, struct http1_span *target);
/* What a request over a link begins with: what its class's share, or what is the
 * user's own, after set_header. */
const struct http1_defaults *http_link_defaults(lua_State *L, struct http_client *c,
                                                struct http_link *link);

/*
 * For bindings that speak a protocol over a user's HTTP client (lua_mcp.c).
 */

/* The box at an argument, whose client is there; else raises. */
struct client_box *http_box_at(lua_State *L, int index);
/* The client's link for a URL, or for a path on its class's host, made if need
 * be; the target is left with its path. Its place in c->links stays its own. */
size_t http_link_index(lua_State *L, struct http_client *c, struct http1_span *target);
/* The first part of requests with these headers and those of the class that they
 * do not replace. */
int http_defaults_with(lua_State *L, const struct http_client *c, const struct http_link *link,
                       const struct http1_header *own, size_t own_len, struct http1_defaults *out,
                       struct err *err);
/* Raises unless the user can wait here. */
void http_check_waits(lua_State *L, const struct user *u);
/* Starts the request in c->request, whose series, record and so on are set; the
 * caller yields. timeout_s 0: the usual one. */
void http_start_request(struct http_client *c, struct http_link *link, double timeout_s);

/* The function on top, which is popped, is to be called with each event of the
 * request that is about to start. */
void http_events_begin(lua_State *L, struct http_client *c);
/* The same where the client has that function already, which it keeps alive: false
 * if it is another. */
bool http_events_again(struct http_client *c, const void *function);
/* Sends a request whose answer nobody waits for, on a connection of its own. */
int http_background(struct http_client *c, const struct http_link *link,
                    const struct http1_defaults *defaults, const struct http1_request *request,
                    double timeout_s, struct err *err);
void http_stream_release(struct http_client *c);
