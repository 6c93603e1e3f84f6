/*
 * The stateless era: what a request says about itself, once for the server in
 * params._meta and once for intermediaries in its headers.
 */
#include "target/mcp_call.h"

#include "target/base64.h"
#include "target/rpc.h"

#include <cjson/cJSON.h>
#include <string.h>

#define META "io.modelcontextprotocol/"

static const cJSON *meta_member(const cJSON *params, const char *key)
{
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(params, "_meta");
    return cJSON_GetObjectItemCaseSensitive(meta, key);
}

const char *mcp_stateless_version(const cJSON *params)
{
    return cJSON_GetStringValue(meta_member(params, META "protocolVersion"));
}

bool mcp_stateless_declares(const struct mcp_call *call, const char *capability)
{
    const cJSON *declared = meta_member(call->params, META "clientCapabilities");
    return cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(declared, capability));
}

static bool mismatch(struct mcp_call *call, const char *header, const char *given,
                     const char *expected)
{
    if (given)
        mcp_call_fail(call, 400, RPC_HEADER_MISMATCH,
                      "header %s is '%.100s', but the body says '%.100s'", header, given, expected);
    else
        mcp_call_fail(call, 400, RPC_HEADER_MISMATCH,
                      "header %s is missing; the body says '%.100s'", header, expected);
    return false;
}

/* What a header carries: itself, or what "=?base64?...?=" encodes. */
static bool header_says(const char *header, const char *expected)
{
    static const char prefix[] = "=?base64?", suffix[] = "?=";
    size_t len = strlen(header), around = sizeof(prefix) - 1 + sizeof(suffix) - 1;
    if (len < around || strncmp(header, prefix, sizeof(prefix) - 1) != 0 ||
        strcmp(header + len - (sizeof(suffix) - 1), suffix) != 0)
        return strcmp(header, expected) == 0;
    struct buf text = BUF_INIT;
    bool same = base64_decode(&text, header + sizeof(prefix) - 1, len - around) &&
                text.len == strlen(expected) &&
                (text.len == 0 || memcmp(text.data, expected, text.len) == 0);
    buf_release(&text);
    return same;
}

/* The parameter that Mcp-Name repeats, or NULL. */
static const char *name_of(const struct mcp_call *call)
{
    const char *key;
    if (strcmp(call->method, "tools/call") == 0 || strcmp(call->method, "prompts/get") == 0)
        key = "name";
    else if (strcmp(call->method, "resources/read") == 0)
        key = "uri";
    else
        return NULL;
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call->params, key));
}

static void refuse_version(struct mcp_call *call, const char *version)
{
    struct json *j = &call->json;
    mcp_call_begin_error(call, 400, RPC_UNSUPPORTED_VERSION, "Unsupported protocol version");
    json_key(j, "data");
    json_object_begin(j);
    json_key(j, "supported");
    json_array_begin(j);
    json_string(j, mcp_version_names[MCP_2026_07_28]);
    json_array_end(j);
    json_field(j, "requested", version);
    json_object_end(j);
    mcp_call_end_error(call);
}

/* At least one of body and header names a version, or the request were of another era. */
static bool check_version(struct mcp_call *call)
{
    const char *given = call->request->version;
    const char *version = mcp_stateless_version(call->params);
    if (version && (!given || strcmp(given, version) != 0))
        return mismatch(call, "MCP-Protocol-Version", given, version);
    if (strcmp(given, mcp_version_names[MCP_2026_07_28]) != 0)
        refuse_version(call, given);
    else if (!version)
        mcp_call_fail(call, 400, RPC_INVALID_PARAMS,
                      "params._meta must have " META "protocolVersion, a string");
    else
        return true;
    return false;
}

bool mcp_stateless_check(struct mcp_call *call)
{
    const struct mcp_request *r = call->request;
    if (!check_version(call))
        return false;
    if (!cJSON_IsObject(meta_member(call->params, META "clientCapabilities"))) {
        mcp_call_fail(call, 400, RPC_INVALID_PARAMS,
                      "params._meta must have " META "clientCapabilities, an object");
        return false;
    }
    if (!r->method || strcmp(r->method, call->method) != 0)
        return mismatch(call, "Mcp-Method", r->method, call->method);
    const char *name = name_of(call);
    if (name && (!r->name || !header_says(r->name, name)))
        return mismatch(call, "Mcp-Name", r->name, name);
    return true;
}
