/*
 * Name resolution that never blocks the loop: getaddrinfo in a thread of its
 * own, made on first need, answers handed back through the loop. Answers are
 * kept for 60 s per resolver (one worker), and everybody who asks for the same
 * host meanwhile shares one look-up. A numeric address is answered at once,
 * without the thread, and so are localhost and *.localhost (RFC 6761 6.3: ::1,
 * then 127.0.0.1, whatever interfaces there are).
 */
#pragma once

#include "base/err.h"

#include <ev.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* The addresses of a host, IPv6 before IPv4, in the system's order otherwise;
 * at most DNS_ADDRESSES. */
enum { DNS_ADDRESSES = 8 };

union dns_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct dns_addresses {
    union dns_address items[DNS_ADDRESSES];
    int len;
};

/* The size that connect wants of it. */
static inline socklen_t dns_address_len(const union dns_address *a)
{
    return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

struct resolver;

struct dns_query {
    /* Set by the asker. done is called once from the loop, unless dns_cancel
     * came first; addresses is valid during the call; len 0 means failed with
     * err (ERR_DNS, naming the host), which is NULL otherwise. */
    void (*done)(struct dns_query *q, const struct dns_addresses *addresses, const struct err *err);
    void *owner; /* borrowed */

    /* The resolver's. */
    struct dns_query *next;
    struct dns_request *request; /* NULL while not pending */
    int port;
};

struct resolver *resolver_new(struct ev_loop *loop);
/* No query may be pending. Does not wait for a look-up that hangs. */
void resolver_free(struct resolver *r);

/* Looks a host up. 1: *out is filled at once (numeric or kept) and done will
 * not be called; 0: done will be called later. host is copied. */
int dns_resolve(struct resolver *r, struct dns_query *q, const char *host, int port,
                struct dns_addresses *out);
/* Harmless when not pending. */
void dns_cancel(struct resolver *r, struct dns_query *q);

/* For a host none of whose addresses answered: drops the kept answer so that
 * the next connect asks again, unless it is less than 1 s old. */
void dns_forget(struct resolver *r, const char *host);
