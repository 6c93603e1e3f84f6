/* What the fast-time server offers beside its routes: the same tables for
 * REST (api.c) and MCP (mcp_*.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct offer_argument {
    const char *name, *description;
    bool required;
};

enum { OFFER_ARGUMENTS = 4 };

struct offer_tool {
    const char *name;
    const char *federated; /* its name behind the gateway */
    const char *title, *description;
    struct offer_argument arguments[OFFER_ARGUMENTS]; /* up to the first without a name */
};

struct offer_resource {
    const char *uri, *name, *description, *mime_type;
};

struct offer_prompt {
    const char *name, *description;
    struct offer_argument arguments[OFFER_ARGUMENTS]; /* up to the first without a name */
};

enum offer_tool_id { TOOL_GET_SYSTEM_TIME, TOOL_CONVERT_TIME, OFFER_TOOLS };
enum offer_resource_id {
    RESOURCE_INFO,
    RESOURCE_WORLD,
    RESOURCE_FORMATS,
    RESOURCE_BUSINESS_HOURS,
    OFFER_RESOURCES
};
enum { OFFER_PROMPTS = 3 };

extern const struct offer_tool offer_tools[OFFER_TOOLS];
extern const struct offer_resource offer_resources[OFFER_RESOURCES];
extern const struct offer_prompt offer_prompts[OFFER_PROMPTS];

/* How many of the arguments there are. */
size_t offer_arguments_len(const struct offer_argument arguments[OFFER_ARGUMENTS]);
