/*
 * target/mcp.h on any message. Four lines of headers come first (MCP-Protocol-
 * Version, Mcp-Method, Mcp-Name, Mcp-Session-Id; empty: none), the rest is the
 * body. The session "$" is a live one, "$$" one behind the gateway. Every
 * answer is a message or none, on one line, and says what its status says.
 */
#include "base/mem.h"
#include "target/event_stream.h"
#include "target/mcp.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mcp_answer initialize(struct mcp *mcp, bool gateway, struct buf *out)
{
    static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}";
    struct mcp_request request = {
        .gateway = gateway, .owner = gateway, .body = body, .body_len = sizeof(body) - 1};
    struct mcp_answer answer = mcp_answer(mcp, &request, out);
    assert(answer.status == 200 && answer.session[0]);
    return answer;
}

static void check_body(const struct mcp_answer *answer, const struct buf *out)
{
    if (out->len == 0) {
        assert(answer->status == 202 && !answer->is_error);
        return;
    }
    assert(!memchr(out->data, '\n', out->len));
    cJSON *json = cJSON_ParseWithLength(out->data, out->len);
    assert(cJSON_IsObject(json) && cJSON_HasObjectItem(json, "id"));
    assert(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(json, "jsonrpc")), "2.0") == 0);
    assert(cJSON_HasObjectItem(json, "error") == answer->is_error);
    assert(cJSON_HasObjectItem(json, "result") == !answer->is_error);
    assert(!answer->is_tool_error || !answer->is_error);
    assert(answer->status == 200 || answer->is_error);
    cJSON_Delete(json);
}

static void check_stream(const struct buf *message)
{
    struct buf stream = BUF_INIT;
    event_stream_write(&stream, message->data, message->len, true);
    size_t primer = event_stream_first(stream.data, stream.len);
    assert(event_stream_first(stream.data + primer, stream.len - primer) == stream.len - primer);
    buf_release(&stream);
}

/* Takes a line off the text; NULL when it is empty. */
static const char *take_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return *line ? line : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = BUF_INIT;
    struct mcp *mcp = mcp_new(&(struct mcp_options){
        .sessions = 3, .idle_s = 60, .page = 1, .required_capability = "sampling"});
    struct mcp_answer own = initialize(mcp, false, &out), gateway = initialize(mcp, true, &out);

    char *text = xstrndup((const char *)data, size), *rest = text;
    struct mcp_request request = {.now = 1736937000};
    request.version = take_line(&rest);
    request.method = take_line(&rest);
    request.name = take_line(&rest);
    request.session = take_line(&rest);
    request.body = rest;
    request.body_len = size - (size_t)(rest - text);
    if (request.session && strcmp(request.session, "$") == 0)
        request.session = own.session;
    if (request.session && strcmp(request.session, "$$") == 0) {
        request.session = gateway.session;
        request.gateway = true;
        request.owner = 1;
    }
    struct mcp_answer answer = mcp_answer(mcp, &request, &out);
    check_body(&answer, &out);
    check_stream(&out);
    assert((answer.session[0] != '\0') ==
           (answer.method == MCP_INITIALIZE && answer.status == 200 && !answer.is_error));

    free(text);
    mcp_free(mcp);
    buf_release(&out);
    return 0;
}
