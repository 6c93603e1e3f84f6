/*
 * Name resolution that never blocks the loop: getaddrinfo in a thread of its
 * own, answers handed back through the loop. Answers are kept for 60 s per
 * resolver (one worker); a numeric address is answered at once, without the
 * thread.
 */
#pragma once

#include "base/err.h"

#include <ev.h>
#include <stddef.h>
#include <sys/socket.h>

/* The addresses of a host, IPv6 before IPv4, in the system's order otherwise;
 * at most DNS_ADDRESSES. */
enum { DNS_ADDRESSES = 8 };

struct dns_addresses {
    struct sockaddr_storage items[DNS_ADDRESSES];
    socklen_t lens[DNS_ADDRESSES];
    int len;
};

struct resolver;

struct dns_query {
    /* Called once from the loop, unless dns_cancel came first; addresses is
     * valid during the call; len 0 means failed with err (ERR_DNS, naming the
     * host). */
    void (*done)(struct dns_query *q, const struct dns_addresses *addresses, const struct err *err);
    struct dns_query *next;    /* the resolver's */
    struct dns_request *request; /* the resolver's; NULL while not pending */
};

struct resolver *resolver_new(struct ev_loop *loop, struct err *err);
void resolver_free(struct resolver *r);

/* Looks a host up. 1: *out is filled at once (numeric or kept) and done will
 * not be called; 0: done will be called later. */
int dns_resolve(struct resolver *r, struct dns_query *q, const char *host, int port,
                struct dns_addresses *out);
void dns_cancel(struct resolver *r, struct dns_query *q);

/* Blocking, for start-up code outside any loop: the same answer. */
int dns_resolve_now(const char *host, int port, struct dns_addresses *out, struct err *err);
/* Drops the kept answer for a host, so that the next connect asks again. */
void dns_forget(struct resolver *r, const char *host);
