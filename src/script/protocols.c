/* The table of protocols that scripts speak: user.NAME, one row each. */
#include "script/internal.h"

#include <assert.h>

const struct script_protocol script_protocols[] = {
    [PROTOCOL_HTTP] = {"http", http_client_new, http_client_free},
    [PROTOCOL_REDIS] = {"redis", redis_client_new, redis_client_free},
    [PROTOCOL_TCP] = {"tcp", tcp_client_new, tcp_client_free},
    [PROTOCOL_PG] = {"pg", pg_client_new, pg_client_free},
};

const size_t script_protocols_len = sizeof(script_protocols) / sizeof(*script_protocols);

static_assert(sizeof(script_protocols) / sizeof(*script_protocols) <= USER_CLIENTS,
              "raise USER_CLIENTS in script/user.h");
