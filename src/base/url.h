/*
 * URLs as a load generator needs them: split, checked, ready for a socket
 * and a request line (RFC 3986; an IPv6 host stands in brackets in the text
 * and without them in host). No reference resolution, no normalisation: what
 * the person wrote is what the server gets, except that characters that may
 * not stand in a request line (spaces, controls, non-ASCII) are an error that
 * shows their percent-encoding.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct url {
    char *scheme;   /* lower case; owned, as all of these */
    char *userinfo; /* "user:password" as written, or NULL */
    char *host;     /* lower case, without brackets */
    int port;       /* as written, or the scheme's own; 0 where it has none */
    bool port_given;
    char *unix_path; /* of the socket that stands for host and port, or NULL */
    char *target;    /* path and query, at least "/"; the fragment is dropped */
};

/* Parses an absolute URL. A text without scheme ("localhost:8080/x") is taken
 * as http. "unix:/path.sock:/target" (nginx's form; without ":/target" it is
 * "/") is http to localhost over a unix socket. Known default ports: http 80, https 443, redis 6379, rediss 6379,
 * postgres and postgresql 5432. */
int url_parse(struct url *url, const char *text, struct err *err);
void url_release(struct url *url);

/* Whether a text is meant as a unix socket: it begins with "unix:". */
bool url_is_unix(const char *text);

/* "host:port" for messages and series, brackets put back; "host" alone when
 * the port is the scheme's own. Owned by the caller. */
char *url_authority(const struct url *url);
/* The whole URL again, with a password replaced by "***". Owned by the caller. */
char *url_redacted(const struct url *url);
