/* The error codes of JSON-RPC 2.0 and of MCP. */
#pragma once

enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,

    /* The handshake eras. */
    RPC_REFUSED = -32000, /* the HTTP status says why */
    RPC_NO_SESSION = -32001,
    RPC_NO_RESOURCE = -32002,

    /* The stateless era; all of them with status 400. */
    RPC_HEADER_MISMATCH = -32020,
    RPC_MISSING_CAPABILITY = -32021,
    RPC_UNSUPPORTED_VERSION = -32022,
};
