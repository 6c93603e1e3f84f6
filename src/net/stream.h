/*
 * A byte stream to one endpoint: connect, read, write, close, in the event
 * loop. The transport is a row of four operations (a bare socket, TLS), so that
 * what stands above knows none of them.
 *
 * Writing happens at once from the caller, usually in one system call; the
 * read watcher stays armed for the connection's whole life. So the steady
 * state is one write, one read and a share of one epoll_wait per request.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "net/endpoint.h"
#include "net/net.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connector;
struct stream;

/* What happens on a stream; called from the loop only, never from inside a
 * stream_ call. Any of them may close the stream, or release and free it. */
struct stream_events {
    /* Connected (err NULL), or every address failed (the stream is closed;
     * the message names the endpoint and the last address's error). */
    void (*connected)(struct stream *s, const struct err *err);
    /* Bytes arrived; they are net's scratch, valid during the call and the
     * callee's to change. */
    void (*data)(struct stream *s, char *data, size_t len);
    /* The stream ended: err NULL for an orderly end of the peer's side, else
     * ERR_RESET and the like. The stream is closed already. */
    void (*ended)(struct stream *s, const struct err *err);
    /* A write that could not be finished at once is finished. */
    void (*drained)(struct stream *s);
};

struct stream_ops {
    /* After the connect; 1 done, 0 wants more events (want_write says
     * which), -1 failed. NULL: nothing to do. */
    int (*handshake)(struct stream *s, bool *want_write, struct err *err);
    /* Like recv and send: bytes, 0 (read: end of stream), -1 with errno. What a
     * read finds wrong above the socket is EPROTO, and said in *err. Bytes that
     * a read leaves in the transport raise io_read again. */
    ssize_t (*read)(struct stream *s, void *data, size_t len, struct err *err);
    ssize_t (*write)(struct stream *s, const void *data, size_t len);
    /* Before the socket is closed; NULL: nothing to do. */
    void (*close)(struct stream *s);
};

extern const struct stream_ops stream_tcp;
extern const struct stream_ops stream_tls;

enum stream_state { STREAM_CLOSED, STREAM_CONNECTING, STREAM_HANDSHAKE, STREAM_OPEN };

struct stream {
    struct net *net;                    /* borrowed, outlived by the worker */
    const struct stream_ops *ops;       /* by the endpoint, from stream_connect on */
    const struct endpoint *to;          /* borrowed, outlives the stream */
    const struct stream_events *events; /* borrowed, static */
    void *owner;                        /* the user's; borrowed */
    struct connector *connector;        /* owned; while connecting */
    void *transport;                    /* the ops' own, from the handshake to close; or NULL */
    uint64_t phase_ns;                  /* since when it connects, or shakes hands */
    ev_io io_read, io_write;
    int fd; /* -1 while closed */
    enum stream_state state : 8;
    int failed_write;  /* errno of a write, until the reading side has run dry too */
    struct buf unsent; /* what a full socket buffer left over; empty in steady state */
    size_t written;    /* of unsent */
};

void stream_init(struct stream *s, struct net *net, const struct stream_events *events,
                 void *owner);
/* Closes and frees; safe in any state. */
void stream_release(struct stream *s);

/* Begins to connect a closed stream; `connected` comes later. */
void stream_connect(struct stream *s, const struct endpoint *to);

/* What a stream does that is not open yet, for "timed out while ...": looking
 * up a name, connecting, agreeing on TLS, and with whom. Into buf; returns it. */
enum { STREAM_OPENING_MAX = ENDPOINT_NAME_MAX + 40 };
const char *stream_opening(char buf[STREAM_OPENING_MAX], const struct stream *s);

/* Sends len bytes on an open stream. True: all went to the kernel. False: the
 * rest is kept and sent when it can be; `drained` follows, or, if the stream
 * broke, `ended` when what the peer sent before has been read. */
bool stream_write(struct stream *s, const void *data, size_t len);

/* Closes at once; no event follows. */
void stream_close(struct stream *s);
