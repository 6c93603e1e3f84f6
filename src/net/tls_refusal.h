/* Why a server's certificate is refused, and which option helps. */
#pragma once

#include "base/err.h"

#include <openssl/types.h>

/* Fills err (ERR_TLS) after a handshake of which SSL_get_verify_result is not
 * X509_V_OK; name: that was to be in the certificate. Returns -1. */
int tls_refusal(const SSL *ssl, const char *name, struct err *err);
