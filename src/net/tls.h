/*
 * TLS on OpenSSL 3: what is trusted, shown and offered (a configuration, of a
 * run or of a user class), and TLS to one name (a target, of one endpoint).
 * stream_tls.c speaks it.
 *
 * Certificates are verified, chain and name, unless the configuration says
 * otherwise. Sessions are resumed: a target keeps the last one that its server
 * gave.
 */
#pragma once

#include "base/err.h"

#include <openssl/types.h>
#include <stdbool.h>

struct tls_options {
    const char *prefix; /* of the options' names in messages: "--", or "tls." */
    bool insecure;      /* any certificate will do */
    bool no_resume;     /* every handshake is a full one */
    const char *cacert; /* PEM file of certificates to trust; NULL: the system's authorities */
    const char *cert;   /* PEM file to show to servers, with its chain; or NULL */
    const char *key;    /* PEM file of its private key; NULL: in cert */
    const char *sni;    /* to ask for and to verify instead of the host; or NULL */
    const char *min;    /* "1.2" or "1.3"; NULL: 1.2 */
    const char *max;    /* the same; NULL: 1.3 */
    /* The only ones to offer, in OpenSSL's words, TLS 1.3's among them; or NULL. */
    const char *ciphers;
};

struct tls_config;
struct tls_target;

/* Reads the files and checks everything; NULL and ERR_CONFIG naming the option
 * and what is wrong. o is used during the call only. Read-only afterwards, for
 * any thread. */
struct tls_config *tls_config_new(const struct tls_options *o, struct err *err);
/* Every target must be gone. */
void tls_config_free(struct tls_config *config);

/* TLS to a host (name or address), offering a protocol (ALPN; NULL: none). Of
 * one thread, with a context of its own. config is borrowed. */
struct tls_target *tls_target_new(const struct tls_config *config, const char *host,
                                  const char *protocol);
void tls_target_free(struct tls_target *t);

/* A connection to it, not begun yet; owned by the caller, before the target goes. */
SSL *tls_target_connection(struct tls_target *t);
/* What its certificate must be for. */
const char *tls_target_name(const struct tls_target *t);
