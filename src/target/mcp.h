/*
 * The Model Context Protocol over Streamable HTTP, from a request's parts to an
 * answer's: https://modelcontextprotocol.io/specification. Knows neither
 * sockets nor libmicrohttpd. Any thread may call.
 *
 * Eras with a handshake: initialize opens a session, which every later message
 * names; DELETE ends it. As mcp-go, on which fast-time is built, it does not
 * insist on notifications/initialized before other requests, unless strict.
 * The stateless era: every request says in params._meta what the handshake
 * settled, and repeats in its headers what intermediaries look at.
 *
 * Behind the gateway tools have their federated names, a session is its
 * owner's alone, and there is no stateless era.
 */
#pragma once

#include "base/buf.h"
#include "target/sessions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mcp;

struct mcp_options {
    uint32_t sessions; /* at once */
    uint32_t idle_s;   /* a session lives so long without a message */
    size_t page;       /* items of a list's page; 0: all */
    bool strict;       /* notifications/initialized must come before other requests but ping */
    const char *required_capability; /* of the stateless era's clients that call tools; NULL: none;
                                        borrowed */
};

struct mcp *mcp_new(const struct mcp_options *options);
void mcp_free(struct mcp *mcp);

enum mcp_version {
    MCP_2024_11_05,
    MCP_2025_03_26,
    MCP_2025_06_18,
    MCP_2025_11_25,
    MCP_2026_07_28, /* the stateless era */
    MCP_VERSIONS
};

extern const char *const mcp_version_names[MCP_VERSIONS];

/* What is told apart in the counts. */
enum mcp_method {
    MCP_INITIALIZE,
    MCP_DISCOVER,
    MCP_PING,
    MCP_TOOLS_LIST,
    MCP_TOOLS_CALL,
    MCP_RESOURCES_LIST,
    MCP_TEMPLATES_LIST,
    MCP_RESOURCES_READ,
    MCP_PROMPTS_LIST,
    MCP_PROMPTS_GET,
    MCP_INITIALIZED,
    MCP_NOTIFICATION, /* any other */
    MCP_OTHER,        /* an unknown method, or no message at all */
    MCP_METHODS
};

extern const char *const mcp_method_names[MCP_METHODS];

/* A message; all borrowed for the call, NULL: no such header. */
struct mcp_request {
    bool gateway;
    uint64_t owner; /* whose the message is; 0 but behind the gateway */
    const char *body;
    size_t body_len;
    const char *session; /* Mcp-Session-Id */
    const char *version; /* MCP-Protocol-Version */
    const char *method;  /* Mcp-Method */
    const char *name;    /* Mcp-Name */
    int64_t now;         /* seconds since the Unix epoch */
    uint32_t clock_s;    /* seconds on a clock that does not go back */
};

struct mcp_answer {
    int status; /* of HTTP; 202 has no body */
    enum mcp_method method;
    bool is_error;                /* the body is a JSON-RPC error */
    bool is_tool_error;           /* a result with isError */
    enum mcp_version version;     /* what the body speaks */
    char session[SESSION_ID_MAX]; /* the new session's, for Mcp-Session-Id; "": none */
};

/* Answers a POST. The body replaces what is in out: one JSON-RPC message without
 * a line break, or nothing. */
struct mcp_answer mcp_answer(struct mcp *mcp, const struct mcp_request *request, struct buf *out);

/* Answers a DELETE: looks at gateway, owner and session only. */
struct mcp_answer mcp_end_session(struct mcp *mcp, const struct mcp_request *request,
                                  struct buf *out);

/* Writes an error that no message caused: "Content-Type must be ...". */
void mcp_refuse(struct buf *out, const char *message);

struct sessions_count mcp_sessions(struct mcp *mcp);
