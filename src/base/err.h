/*
 * Errors: a kind, which programs and statistics tell apart, and a message,
 * which a person reads. The lowest layer that knows what happened fills one
 * in; the top layer prints it.
 *
 * A function that can fail returns 0, or -1 with *err filled. A message says
 * what, where and what to do, has no trailing full stop or newline, and is
 * kept free of per-request detail (ports, counters) so that equal failures
 * group together in the report.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,

    /* The person's side: nothing was measured, exit status 1. */
    ERR_USAGE,  /* the command line is wrong */
    ERR_CONFIG, /* a scenario, option value or file is wrong */
    ERR_SYSTEM, /* the machine refused: file descriptors, memory, disk, ports */

    /* What can become of a request: these are the report's failure kinds. */
    ERR_DNS,         /* the host name has no address */
    ERR_REFUSED,     /* nobody listens there */
    ERR_UNREACHABLE, /* no route, or the network is down */
    ERR_RESET,       /* the peer reset the connection */
    ERR_CLOSED,      /* the peer closed before the answer was complete */
    ERR_TIMEOUT,     /* the operation's deadline passed */
    ERR_TLS,         /* handshake or verification failed */
    ERR_PROTOCOL,    /* the peer's bytes are not the protocol */
    ERR_STATUS,      /* a complete answer with an unwanted status */
    ERR_CHECK,       /* a check of the script failed it */
    ERR_SCRIPT,      /* the script raised an error */
    ERR_CANCELLED,   /* we gave it up: the run ended */
};

enum { ERR_KINDS = ERR_CANCELLED + 1 };

struct err {
    enum err_kind kind;
    char message[512]; /* NUL-terminated; a longer text is cut with "..." */
};

/* Fills err (which may be NULL) and returns -1, so that "return err_set(...)"
 * reads well. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Makes a message that repeats foreign text safe for a terminal and for lines:
 * control characters become '?'. */
void err_printable(struct err *err);

/* Puts "fmt: " before the message that err already has; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* err_set with ": <text of errnum>" appended; the kind follows from errnum
 * (ECONNREFUSED: ERR_REFUSED, ECONNRESET and EPIPE: ERR_RESET, ETIMEDOUT:
 * ERR_TIMEOUT, EHOSTUNREACH and ENETUNREACH: ERR_UNREACHABLE, others:
 * ERR_SYSTEM). */
int err_errno(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The short name that the statistics and the JSON use: "refused", "timeout"... */
const char *err_kind_name(enum err_kind kind);

/* Whether a request that failed so never got a whole answer: it was refused,
 * cut off, timed out... */
bool err_kind_unanswered(enum err_kind kind);
