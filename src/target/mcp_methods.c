/* The methods that clients call, one row each; see mcp_call.h. */
#include "target/mcp_call.h"

#include "target/rpc.h"

#include <cjson/cJSON.h>
#include <string.h>

/* A result that could not be: in the message, not in the HTTP status. */
static void fail_with(struct mcp_call *call, const struct mcp_failure *failure)
{
    /* The stateless era has no code of its own for an unknown resource. */
    int code =
        call->stateless && failure->code == RPC_NO_RESOURCE ? RPC_INVALID_PARAMS : failure->code;
    mcp_call_fail(call, 200, code, "%s", failure->message);
}

static const char *text_param(const struct mcp_call *call, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call->params, key));
}

static void write_server_info(struct json *j)
{
    json_object_begin(j);
    json_field(j, "name", "fast-time-server");
    json_field(j, "title", "inrush serve");
    json_field(j, "version", INRUSH_VERSION);
    json_object_end(j);
}

static void write_capabilities(struct json *j)
{
    static const char *const offered[] = {"tools", "resources", "prompts"};
    json_object_begin(j);
    for (size_t i = 0; i < sizeof(offered) / sizeof(*offered); i++) {
        json_key(j, offered[i]);
        json_object_begin(j);
        json_object_end(j);
    }
    json_object_end(j);
}

static enum mcp_version negotiate(const char *wanted)
{
    for (int v = 0; wanted && v < MCP_2026_07_28; v++) {
        if (strcmp(wanted, mcp_version_names[v]) == 0)
            return (enum mcp_version)v;
    }
    return MCP_2025_11_25;
}

static void answer_initialize(struct mcp_call *call)
{
    const struct mcp_request *r = call->request;
    enum mcp_version version = negotiate(text_param(call, "protocolVersion"));
    struct session session = {.owner = r->owner, .place = r->gateway, .version = (uint8_t)version};
    if (!sessions_open(call->mcp->sessions, &session, r->clock_s, call->answer->session)) {
        mcp_call_fail(call, 503, RPC_REFUSED,
                      "too many sessions: end one, or wait until one expires");
        return;
    }
    call->answer->version = version;
    json_field(&call->json, "protocolVersion", mcp_version_names[version]);
    json_key(&call->json, "capabilities");
    write_capabilities(&call->json);
    json_key(&call->json, "serverInfo");
    write_server_info(&call->json);
}

static void answer_discover(struct mcp_call *call)
{
    json_key(&call->json, "supportedVersions");
    json_array_begin(&call->json);
    json_string(&call->json, mcp_version_names[MCP_2026_07_28]);
    json_array_end(&call->json);
    json_key(&call->json, "capabilities");
    write_capabilities(&call->json);
}

static void answer_ping(struct mcp_call *call)
{
    (void)call;
}

static void answer_list(struct mcp_call *call, enum mcp_list_id id)
{
    const cJSON *cursor = cJSON_GetObjectItemCaseSensitive(call->params, "cursor");
    const char *from = cursor && !cJSON_IsNull(cursor) ? cJSON_GetStringValue(cursor) : NULL;
    bool known = from || !cursor || cJSON_IsNull(cursor);
    if (!known || !mcp_list_write(&call->json, &call->mcp->lists[id], call->mcp->page, from))
        mcp_call_fail(call, 200, RPC_INVALID_PARAMS,
                      "params.cursor is not one that this server gave out");
}

static void answer_tools_list(struct mcp_call *call)
{
    answer_list(call, call->request->gateway ? MCP_LIST_FEDERATED_TOOLS : MCP_LIST_TOOLS);
}

static void answer_resources_list(struct mcp_call *call)
{
    answer_list(call, MCP_LIST_RESOURCES);
}

static void answer_templates_list(struct mcp_call *call)
{
    answer_list(call, MCP_LIST_TEMPLATES);
}

static void answer_prompts_list(struct mcp_call *call)
{
    answer_list(call, MCP_LIST_PROMPTS);
}

/* params.arguments, an object or absent; else the call has failed. */
static bool find_arguments(struct mcp_call *call, const cJSON **arguments)
{
    *arguments = cJSON_GetObjectItemCaseSensitive(call->params, "arguments");
    if (cJSON_IsNull(*arguments))
        *arguments = NULL;
    if (!*arguments || cJSON_IsObject(*arguments))
        return true;
    mcp_call_fail(call, 200, RPC_INVALID_PARAMS, "params.arguments must be an object");
    return false;
}

/* The parameter without which the method means nothing; else the call has failed. */
static const char *need_text(struct mcp_call *call, const char *key)
{
    const char *text = text_param(call, key);
    if (!text)
        mcp_call_fail(call, 200, RPC_INVALID_PARAMS, "params.%s is required and must be a string",
                      key);
    return text;
}

/* Whether the client can do what the server may ask of it; else the call has failed. */
static bool has_capability(struct mcp_call *call)
{
    const char *name = call->mcp->required_capability;
    if (!call->stateless || !name || mcp_stateless_declares(call, name))
        return true;
    mcp_call_begin_error(call, 400, RPC_MISSING_CAPABILITY,
                         "the client does not declare a capability that "
                         "this method needs");
    json_key(&call->json, "data");
    json_object_begin(&call->json);
    json_key(&call->json, "requiredCapabilities");
    json_object_begin(&call->json);
    json_key(&call->json, name);
    json_object_begin(&call->json);
    json_object_end(&call->json);
    json_object_end(&call->json);
    json_object_end(&call->json);
    mcp_call_end_error(call);
    return false;
}

static void answer_tools_call(struct mcp_call *call)
{
    const cJSON *arguments;
    struct mcp_failure failure;
    const char *name = has_capability(call) ? need_text(call, "name") : NULL;
    if (name && find_arguments(call, &arguments) &&
        !mcp_run_tool(&call->json, name, call->request->gateway, arguments, call->request->now,
                      &call->answer->is_tool_error, &failure))
        fail_with(call, &failure);
}

static void answer_resources_read(struct mcp_call *call)
{
    struct mcp_failure failure;
    const char *uri = need_text(call, "uri");
    if (uri && !mcp_read_resource(&call->json, uri, call->request->now, &failure))
        fail_with(call, &failure);
}

static void answer_prompts_get(struct mcp_call *call)
{
    const cJSON *arguments;
    struct mcp_failure failure;
    const char *name = need_text(call, "name");
    if (name && find_arguments(call, &arguments) &&
        !mcp_get_prompt(&call->json, name, arguments, &failure))
        fail_with(call, &failure);
}

/* Lists, reads and discovery say how long they may be kept. */
enum { HANDSHAKE = 1, STATELESS = 2, CACHEABLE = 4 };

static const struct {
    void (*answer)(struct mcp_call *call); /* writes the members of the result, or fails */
    unsigned flags;
} methods[MCP_METHODS] = {
    [MCP_INITIALIZE] = {answer_initialize, HANDSHAKE},
    [MCP_DISCOVER] = {answer_discover, STATELESS | CACHEABLE},
    [MCP_PING] = {answer_ping, HANDSHAKE},
    [MCP_TOOLS_LIST] = {answer_tools_list, HANDSHAKE | STATELESS | CACHEABLE},
    [MCP_TOOLS_CALL] = {answer_tools_call, HANDSHAKE | STATELESS},
    [MCP_RESOURCES_LIST] = {answer_resources_list, HANDSHAKE | STATELESS | CACHEABLE},
    [MCP_TEMPLATES_LIST] = {answer_templates_list, HANDSHAKE | STATELESS | CACHEABLE},
    [MCP_RESOURCES_READ] = {answer_resources_read, HANDSHAKE | STATELESS | CACHEABLE},
    [MCP_PROMPTS_LIST] = {answer_prompts_list, HANDSHAKE | STATELESS | CACHEABLE},
    [MCP_PROMPTS_GET] = {answer_prompts_get, HANDSHAKE | STATELESS},
};

const char *const mcp_method_names[MCP_METHODS] = {
    [MCP_INITIALIZE] = "initialize",
    [MCP_DISCOVER] = "server/discover",
    [MCP_PING] = "ping",
    [MCP_TOOLS_LIST] = "tools/list",
    [MCP_TOOLS_CALL] = "tools/call",
    [MCP_RESOURCES_LIST] = "resources/list",
    [MCP_TEMPLATES_LIST] = "resources/templates/list",
    [MCP_RESOURCES_READ] = "resources/read",
    [MCP_PROMPTS_LIST] = "prompts/list",
    [MCP_PROMPTS_GET] = "prompts/get",
    [MCP_INITIALIZED] = "notifications/initialized",
    [MCP_NOTIFICATION] = "(other notification)",
    [MCP_OTHER] = "(other)",
};

enum mcp_method mcp_method_find(const char *name)
{
    for (int i = 0; i < MCP_INITIALIZED; i++) {
        if (strcmp(name, mcp_method_names[i]) == 0)
            return (enum mcp_method)i;
    }
    return MCP_OTHER;
}

/* What every result of the stateless era says about itself. */
static void write_stateless_members(struct json *j, unsigned flags)
{
    json_field(j, "resultType", "complete");
    if (flags & CACHEABLE) {
        json_key(j, "ttlMs");
        json_int(j, 0);
        json_field(j, "cacheScope", "private");
    }
    json_key(j, "_meta");
    json_object_begin(j);
    json_key(j, "io.modelcontextprotocol/serverInfo");
    write_server_info(j);
    json_object_end(j);
}

void mcp_method_answer(struct mcp_call *call, enum mcp_method method)
{
    struct json *j = &call->json;
    if (!(methods[method].flags & (call->stateless ? STATELESS : HANDSHAKE))) {
        mcp_call_fail(call, call->stateless ? 404 : 200, RPC_METHOD_NOT_FOUND,
                      "Method %.100s not found", call->method);
        return;
    }
    call->answer->status = 200;
    mcp_call_begin(call);
    json_key(j, "result");
    json_object_begin(j);
    methods[method].answer(call);
    if (call->answer->is_error)
        return;
    if (call->stateless)
        write_stateless_members(j, methods[method].flags);
    json_object_end(j);
    json_object_end(j);
}
