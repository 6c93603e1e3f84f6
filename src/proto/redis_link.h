/*
 * One connection to Redis as hiredis' asynchronous context drives it, with the
 * context's event hooks on our loop. It adds what that leaves open: commands
 * are written at once rather than at the loop's next turn, a broken connection
 * is told of once and from the loop only, and bytes that nobody asked for are
 * an error rather than a failed assertion inside the library. hiredis writes
 * with write(2): the process must ignore SIGPIPE. Used by redis.c.
 */
#pragma once

#include "base/err.h"
#include "net/dns.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisAsyncContext;
struct redisReply;
struct redis_link;

/* What happens on a link: from the loop, never from inside a redis_link_ call. */
struct redis_link_events {
    /* Connected (0), or not (an errno); then the link is gone when this returns. */
    void (*connected)(struct redis_link *l, int errnum);
    /* The reply to the oldest unanswered command; valid during the call, which
     * may send and close. */
    void (*reply)(struct redis_link *l, const struct redisReply *reply);
    /* What a full socket had left over is written. */
    void (*drained)(struct redis_link *l);
    /* The connection ended; the link is gone when this returns. */
    void (*lost)(struct redis_link *l, const struct err *err);
};

struct redis_link {
    struct redisAsyncContext *ac; /* hiredis frees it; NULL from then on */
    struct ev_loop *loop;         /* borrowed, outlives the link */
    const struct redis_link_events *events;
    void *owner; /* the user's; borrowed */
    ev_io read, write;
    size_t unanswered;      /* commands sent */
    uint64_t first_read_ns; /* since the user last set it to 0 */
    int depth;              /* of our calls into hiredis: it may not be freed under them */
    bool connecting;
    bool unwritten; /* hiredis has bytes that it has not tried to write */
    bool broken;    /* with err; the user has not been told */
    bool closed;    /* the user's no more: nothing is told */
    struct err err;
};

/* Begins to connect; NULL and errno when that fails at once. */
struct redis_link *redis_link_tcp(struct ev_loop *loop, const union dns_address *address,
                                  const struct redis_link_events *events, void *owner);
struct redis_link *redis_link_unix(struct ev_loop *loop, const char *path,
                                   const struct redis_link_events *events, void *owner);
/* Closes at once; no event follows. Harmless for NULL. */
void redis_link_close(struct redis_link *l);

/* Sends one command, laid out as the protocol wants it, with the next flush. */
void redis_link_send(struct redis_link *l, const char *command, size_t len);
/* Writes what was sent, as far as the socket takes it. Inside an event this
 * happens when the event returns. */
void redis_link_flush(struct redis_link *l);
/* Whether some of it has not gone to the kernel. */
static inline bool redis_link_unsent(const struct redis_link *l)
{
    return l->unwritten || ev_is_active(&l->write);
}
