/*
 * --connect-to: connections meant for one host and port made to another, as
 * curl has it. What is sent (Host, the name that TLS asks for) stays.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

struct connect_rule {
    char *host;      /* for this host, lower case; NULL: for any; owned, as all strings */
    int port;        /* and this port; 0: any */
    char *to_host;   /* there; NULL: the host stays */
    int to_port;     /* and there; 0: the port stays */
    char *unix_path; /* or to this unix socket; NULL: none */
};

struct connect_rules {
    VEC(struct connect_rule) items; /* the first that matches counts */
};

/* Adds the rule "HOST:PORT:ADDRESS:PORT", where each of the four may be empty
 * and an IPv6 address stands in brackets, "HOST:PORT:unix:/path", or
 * "unix:/path" for all connections; -1 with ERR_USAGE: what is wrong with it. */
int connect_rules_add(struct connect_rules *rules, const char *text, struct err *err);
void connect_rules_release(struct connect_rules *rules);

/* The rule for a host (lower case) and port, or NULL. */
const struct connect_rule *connect_rules_match(const struct connect_rules *rules, const char *host,
                                               int port);
