/*
 * What the target offers over MCP: lists of tools, resources and prompts, and
 * what calling, reading or getting one gives. Writes the members of results;
 * the JSON-RPC around them is mcp.c's. Any thread may call.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

enum mcp_list_id {
    MCP_LIST_TOOLS,
    MCP_LIST_FEDERATED_TOOLS,
    MCP_LIST_RESOURCES,
    MCP_LIST_TEMPLATES, /* none: an empty list */
    MCP_LIST_PROMPTS,
    MCP_LISTS
};

enum { MCP_LIST_ITEMS = 4 };

/* A list, its items written once. */
struct mcp_list {
    const char *key; /* the result's member: "tools" */
    struct buf items[MCP_LIST_ITEMS];
    size_t len;
};

void mcp_lists_init(struct mcp_list lists[MCP_LISTS]);
void mcp_lists_release(struct mcp_list lists[MCP_LISTS]);

/* A page of a list: at most page items (0: all) from where the cursor says
 * (NULL: the first) and, if more follow, nextCursor. False, and nothing
 * written: no cursor of ours. */
bool mcp_list_write(struct json *j, const struct mcp_list *list, size_t page, const char *cursor);

/* Why there is no result; message is a sentence for people. */
struct mcp_failure {
    int code; /* of JSON-RPC */
    char message[256];
};

/* Each writes the members of the result, or returns false with *failure, and
 * then what it has written is void. Arguments may be NULL. */

/* The tool's result is an error (isError) if its arguments were no good. */
bool mcp_run_tool(struct json *j, const char *name, bool federated, const struct cJSON *arguments,
                  int64_t now, bool *is_error, struct mcp_failure *failure);
bool mcp_read_resource(struct json *j, const char *uri, int64_t now, struct mcp_failure *failure);
bool mcp_get_prompt(struct json *j, const char *name, const struct cJSON *arguments,
                    struct mcp_failure *failure);
