/*
 * From the text of a message to its answer: what it is, which era it belongs
 * to, and whether it is allowed. mcp_answer reads in that order; the method
 * that answers is mcp_methods.c's.
 */
#include "target/mcp.h"

#include "base/mem.h"
#include "target/mcp_call.h"
#include "target/rpc.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

const char *const mcp_version_names[MCP_VERSIONS] = {
    [MCP_2024_11_05] = "2024-11-05", [MCP_2025_03_26] = "2025-03-26",
    [MCP_2025_06_18] = "2025-06-18", [MCP_2025_11_25] = "2025-11-25",
    [MCP_2026_07_28] = "2026-07-28",
};

struct mcp *mcp_new(const struct mcp_options *options)
{
    struct mcp *mcp = xcalloc(1, sizeof(*mcp));
    mcp_lists_init(mcp->lists);
    mcp->sessions = sessions_new(options->sessions, options->idle_s);
    mcp->page = options->page;
    mcp->strict = options->strict;
    if (options->required_capability)
        mcp->required_capability = xstrdup(options->required_capability);
    return mcp;
}

void mcp_free(struct mcp *mcp)
{
    if (!mcp)
        return;
    mcp_lists_release(mcp->lists);
    sessions_free(mcp->sessions);
    free(mcp->required_capability);
    free(mcp);
}

struct sessions_count mcp_sessions(struct mcp *mcp)
{
    return sessions_count(mcp->sessions);
}

static struct mcp_call call_make(struct mcp *mcp, const struct mcp_request *request,
                                 struct mcp_answer *answer, struct buf *out)
{
    buf_clear(out);
    return (struct mcp_call){
        .mcp = mcp, .request = request, .answer = answer, .json = {.out = out}};
}

static void accept_message(struct mcp_call *call)
{
    call->answer->status = 202;
    buf_clear(call->json.out);
}

/* Whether the message names a session of its place and owner, which then was
 * used; else it has failed. */
static bool check_session(struct mcp_call *call)
{
    const struct mcp_request *r = call->request;
    struct session session;
    if (!r->session) {
        mcp_call_fail(call, 400, RPC_REFUSED,
                      "the header Mcp-Session-Id is missing: initialize gives one");
        return false;
    }
    if (!sessions_find(call->mcp->sessions, r->session, r->clock_s, &session) ||
        session.place != r->gateway) {
        mcp_call_fail(call, 404, RPC_NO_SESSION, "Session not found: initialize again");
        return false;
    }
    if (session.owner != r->owner) {
        mcp_call_fail(call, 403, RPC_REFUSED, "the session belongs to another user");
        return false;
    }
    call->answer->version = (enum mcp_version)session.version;
    call->ready = session.ready;
    return true;
}

static bool is_handshake_version(const char *name)
{
    for (int v = 0; v < MCP_2026_07_28; v++) {
        if (strcmp(name, mcp_version_names[v]) == 0)
            return true;
    }
    return false;
}

/* A message of the stateless era says so, by header or by body; so does one of
 * an era that we do not know. */
static bool is_stateless(const struct mcp_call *call)
{
    const struct mcp_request *r = call->request;
    return !r->gateway && (mcp_stateless_version(call->params) ||
                           (r->version && !is_handshake_version(r->version)));
}

static enum mcp_method notification(const char *name)
{
    return strcmp(name, mcp_method_names[MCP_INITIALIZED]) == 0 ? MCP_INITIALIZED
                                                                : MCP_NOTIFICATION;
}

/* Whether the session may have this message already; else it has failed. */
static bool check_ready(struct mcp_call *call)
{
    enum mcp_method method = call->answer->method;
    if (method == MCP_INITIALIZED)
        sessions_make_ready(call->mcp->sessions, call->request->session);
    if (!call->mcp->strict || call->ready || !call->id || method == MCP_PING)
        return true;
    mcp_call_fail(call, 200, RPC_INVALID_PARAMS,
                  "Received request before initialization was complete");
    return false;
}

/* A request or, without an id, a notification. */
static void answer_method(struct mcp_call *call)
{
    struct mcp_answer *answer = call->answer;
    const char *version = call->request->version;
    answer->method = call->id ? mcp_method_find(call->method) : notification(call->method);
    call->stateless = is_stateless(call);
    if (call->stateless) {
        answer->version = MCP_2026_07_28;
        if (!mcp_stateless_check(call))
            return;
    } else if (answer->method != MCP_INITIALIZE) {
        /* As servers of those eras say it, by which clients of all eras know them. */
        if (version && !is_handshake_version(version)) {
            mcp_call_fail(call, 400, RPC_REFUSED, "Unsupported protocol version: %.100s", version);
            return;
        }
        if (!check_session(call) || !check_ready(call))
            return;
    }
    if (call->id)
        mcp_method_answer(call, answer->method);
    else
        accept_message(call);
}

/* An id comes back as it was: a string, or a number that a double can hold. */
static bool is_usable_id(const cJSON *id)
{
    const double max = 9007199254740991; /* 2^53 - 1: the next one may be another, rounded */
    return cJSON_IsString(id) ||
           (cJSON_IsNumber(id) && id->valuedouble >= -max && id->valuedouble <= max &&
            id->valuedouble == (double)(int64_t)id->valuedouble);
}

static void invalid(struct mcp_call *call, const char *why)
{
    mcp_call_fail(call, 400, RPC_INVALID_REQUEST, "Invalid Request: %s", why);
}

static void answer_message(struct mcp_call *call, const cJSON *message)
{
    const cJSON *jsonrpc = cJSON_GetObjectItemCaseSensitive(message, "jsonrpc");
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(message, "method");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(message, "params");
    if (cJSON_IsArray(message)) {
        invalid(call, "batches are not supported");
        return;
    }
    if (is_usable_id(id))
        call->id = id;
    if (!cJSON_IsObject(message)) {
        invalid(call, "the message must be an object");
    } else if (!cJSON_IsString(jsonrpc) || strcmp(jsonrpc->valuestring, "2.0") != 0) {
        invalid(call, "jsonrpc must be \"2.0\"");
    } else if (id && !call->id) {
        invalid(call, "id must be a string or an integer");
    } else if (!method && id &&
               (cJSON_HasObjectItem(message, "result") || cJSON_HasObjectItem(message, "error"))) {
        if (check_session(call)) /* an answer to us, who asked nothing */
            accept_message(call);
    } else if (!cJSON_IsString(method)) {
        invalid(call, "method must be a string");
    } else if (params && !cJSON_IsObject(params)) {
        invalid(call, "params must be an object");
    } else {
        call->params = params;
        call->method = cJSON_GetStringValue(method);
        answer_method(call);
    }
}

/* The whole text as JSON, or NULL. */
static cJSON *parse(const char *text, size_t len)
{
    const char *end;
    cJSON *json = len > 0 ? cJSON_ParseWithLengthOpts(text, len, &end, false) : NULL;
    if (!json)
        return NULL;
    while (end < text + len && strchr(" \t\r\n", *end) && *end != '\0')
        end++;
    if (end == text + len)
        return json;
    cJSON_Delete(json);
    return NULL;
}

struct mcp_answer mcp_answer(struct mcp *mcp, const struct mcp_request *request, struct buf *out)
{
    struct mcp_answer answer = {.method = MCP_OTHER};
    struct mcp_call call = call_make(mcp, request, &answer, out);
    cJSON *message = parse(request->body, request->body_len);
    if (message)
        answer_message(&call, message);
    else
        mcp_call_fail(&call, 400, RPC_PARSE_ERROR, "Parse error: the body is not JSON");
    cJSON_Delete(message);
    return answer;
}

struct mcp_answer mcp_end_session(struct mcp *mcp, const struct mcp_request *request,
                                  struct buf *out)
{
    struct mcp_answer answer = {.method = MCP_OTHER};
    struct mcp_call call = call_make(mcp, request, &answer, out);
    if (check_session(&call)) {
        sessions_close(mcp->sessions, request->session);
        answer.status = 200;
    }
    return answer;
}

void mcp_refuse(struct buf *out, const char *message)
{
    struct mcp_answer answer;
    struct mcp_call call = call_make(NULL, NULL, &answer, out);
    mcp_call_fail(&call, 0, RPC_REFUSED, "%s", message);
}
