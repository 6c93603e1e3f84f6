#include "target/mcp_call.h"

#include <cjson/cJSON.h>
#include <stdarg.h>

void mcp_call_begin(struct mcp_call *call)
{
    struct json *j = &call->json;
    buf_clear(j->out);
    json_init(j, j->out, false);
    json_object_begin(j);
    json_field(j, "jsonrpc", "2.0");
    json_key(j, "id");
    if (!call->id)
        json_null(j);
    else if (cJSON_IsString(call->id))
        json_string(j, call->id->valuestring);
    else
        json_int(j, (int64_t)call->id->valuedouble);
}

void mcp_call_begin_error(struct mcp_call *call, int status, int code, const char *message)
{
    struct json *j = &call->json;
    call->answer->status = status;
    call->answer->is_error = true;
    mcp_call_begin(call);
    json_key(j, "error");
    json_object_begin(j);
    json_key(j, "code");
    json_int(j, code);
    json_field(j, "message", message);
}

void mcp_call_end_error(struct mcp_call *call)
{
    json_object_end(&call->json);
    json_object_end(&call->json);
}

void mcp_call_fail(struct mcp_call *call, int status, int code, const char *fmt, ...)
{
    struct buf message = BUF_INIT;
    va_list args;
    va_start(args, fmt);
    buf_addv(&message, fmt, args);
    va_end(args);
    mcp_call_begin_error(call, status, code, buf_cstr(&message));
    mcp_call_end_error(call);
    buf_release(&message);
}
