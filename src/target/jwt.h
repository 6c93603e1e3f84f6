/*
 * Checks JSON Web Tokens (RFC 7519) as the gateway's route wants them: signed
 * with HS256, aud "mcpgateway-api", iss "mcpgateway", exp in the future, and
 * nbf, if there, in the past.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct jwt;

/* One thread's. The secret is copied. */
struct jwt *jwt_new(const char *secret);
void jwt_free(struct jwt *jwt);

/* NULL when the token is good: *subject is then a number that stands for its
 * sub (or, without one, its username), never 0. Else why not, for a person. */
const char *jwt_check(struct jwt *jwt, const char *token, int64_t now, uint64_t *subject);
