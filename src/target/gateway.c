#include "target/gateway.h"

#include "base/json.h"
#include "base/mem.h"
#include "target/jwt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct gateway {
    struct jwt *jwt; /* owned */
    char *server_id; /* owned */
};

struct gateway *gateway_new(const char *jwt_secret, const char *server_id)
{
    struct gateway *g = xcalloc(1, sizeof(*g));
    g->jwt = jwt_new(jwt_secret);
    g->server_id = xstrdup(server_id);
    return g;
}

void gateway_free(struct gateway *g)
{
    if (!g)
        return;
    jwt_free(g->jwt);
    free(g->server_id);
    free(g);
}

static int refuse(struct buf *out, int status, const char *why)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "detail", why);
    json_object_end(&j);
    return status;
}

int gateway_check(struct gateway *g, const char *authorization, const char *server,
                  size_t server_len, int64_t now, uint64_t *owner, struct buf *out)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return refuse(out, 401, "Authorization required: a JWT as Bearer token");
    const char *why = jwt_check(g->jwt, authorization + sizeof(scheme) - 1, now, owner);
    if (why)
        return refuse(out, 401, why);
    if (server_len != strlen(g->server_id) || memcmp(server, g->server_id, server_len) != 0)
        return refuse(out, 404, "Server not found");
    return 200;
}
