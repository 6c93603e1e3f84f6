/*
 * A list of ciphers as people write it: OpenSSL's cipher strings for TLS 1.2
 * and the names of TLS 1.3's suites side by side, with ":", "," or spaces
 * between them. OpenSSL takes the two apart, and passes over names that it does
 * not know; here they are errors.
 */
#pragma once

#include "base/err.h"

#include <openssl/types.h>

struct tls_ciphers {
    char *list;   /* for TLS 1.2; owned; NULL: none was named */
    char *suites; /* for TLS 1.3; the same */
};

/* -1 with ERR_CONFIG: a message that follows the option's name. */
int tls_ciphers_read(struct tls_ciphers *c, const char *text, struct err *err);
void tls_ciphers_release(struct tls_ciphers *c);

/* Offers them; where none was named, a context keeps what it has. */
void tls_ciphers_use(const struct tls_ciphers *c, SSL_CTX *ctx);
