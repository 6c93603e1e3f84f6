/*
 * Who may use the route of the MCP gateway: /servers/{id}/mcp wants a JWT (see
 * jwt.h) as its bearer, and knows one server.
 */
#pragma once

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

struct gateway;

/* One thread's. The strings are copied. */
struct gateway *gateway_new(const char *jwt_secret, const char *server_id);
void gateway_free(struct gateway *g);

/* 200, and *owner, when a request may pass. Else 401 (no or no good token) or
 * 404 (another server), and {"detail":"why"} appended to out. authorization is
 * the header's value or NULL; the server's id is not NUL-terminated. */
int gateway_check(struct gateway *g, const char *authorization, const char *server,
                  size_t server_len, int64_t now, uint64_t *owner, struct buf *out);
