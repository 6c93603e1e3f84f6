/* One message while it is answered. Private to mcp.c (what the message is, and
 * whether it is allowed), mcp_stateless.c (whether its headers agree) and
 * mcp_methods.c (what it asks for). */
#pragma once

#include "base/json.h"
#include "target/mcp.h"
#include "target/mcp_offers.h"

struct cJSON;

struct mcp {
    struct mcp_list lists[MCP_LISTS];
    struct sessions *sessions; /* owned */
    size_t page;
    bool strict;
    char *required_capability; /* owned; NULL: none */
};

struct mcp_call {
    struct mcp *mcp;
    const struct mcp_request *request;
    struct mcp_answer *answer;
    struct json json;
    const struct cJSON *id;     /* a string or a number; NULL: none that could be used */
    const struct cJSON *params; /* an object; NULL: none */
    const char *method;
    bool stateless;
    bool ready; /* the session's client has said that it is initialized */
};

/* The method of that name; MCP_OTHER: none of a request. */
enum mcp_method mcp_method_find(const char *name);

/* Answers with the method's result or with a failure. */
void mcp_method_answer(struct mcp_call *call, enum mcp_method method);

/* Begins the message "{"jsonrpc":...,"id":...", dropping what was written before. */
void mcp_call_begin(struct mcp_call *call);

/* Makes an error the answer, with status of HTTP. Between begin and end the
 * error's "data" may be written. */
void mcp_call_begin_error(struct mcp_call *call, int status, int code, const char *message);
void mcp_call_end_error(struct mcp_call *call);
void mcp_call_fail(struct mcp_call *call, int status, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether a request or notification of the stateless era is one, as it says in
 * params._meta and again in its headers; else it has failed. */
bool mcp_stateless_check(struct mcp_call *call);
/* What params._meta says about the version, or NULL. */
const char *mcp_stateless_version(const struct cJSON *params);
/* Whether the client of a checked request declares the capability. */
bool mcp_stateless_declares(const struct mcp_call *call, const char *capability);
