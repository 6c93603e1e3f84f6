/* The lists of mcp_offers.h: written once, then joined. */
#include "target/mcp_offers.h"

#include "target/offers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void write_input_schema(struct json *j, const struct offer_tool *tool)
{
    size_t len = offer_arguments_len(tool->arguments);
    json_object_begin(j);
    json_field(j, "type", "object");
    json_key(j, "properties");
    json_object_begin(j);
    for (size_t i = 0; i < len; i++) {
        json_key(j, tool->arguments[i].name);
        json_object_begin(j);
        json_field(j, "type", "string");
        json_field(j, "description", tool->arguments[i].description);
        json_object_end(j);
    }
    json_object_end(j);
    json_key(j, "required");
    json_array_begin(j);
    for (size_t i = 0; i < len; i++) {
        if (tool->arguments[i].required)
            json_string(j, tool->arguments[i].name);
    }
    json_array_end(j);
    json_object_end(j);
}

static void write_hint(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

static void write_tool(struct json *j, const struct offer_tool *tool, bool federated)
{
    json_object_begin(j);
    json_field(j, "name", federated ? tool->federated : tool->name);
    json_field(j, "description", tool->description);
    json_key(j, "inputSchema");
    write_input_schema(j, tool);
    json_key(j, "annotations");
    json_object_begin(j);
    json_field(j, "title", tool->title);
    write_hint(j, "readOnlyHint", true);
    write_hint(j, "destructiveHint", false);
    write_hint(j, "idempotentHint", true);
    write_hint(j, "openWorldHint", false);
    json_object_end(j);
    json_object_end(j);
}

static void write_resource(struct json *j, const struct offer_resource *resource)
{
    json_object_begin(j);
    json_field(j, "uri", resource->uri);
    json_field(j, "name", resource->name);
    json_field(j, "description", resource->description);
    json_field(j, "mimeType", resource->mime_type);
    json_object_end(j);
}

static void write_prompt(struct json *j, const struct offer_prompt *prompt)
{
    size_t len = offer_arguments_len(prompt->arguments);
    json_object_begin(j);
    json_field(j, "name", prompt->name);
    json_field(j, "description", prompt->description);
    json_key(j, "arguments");
    json_array_begin(j);
    for (size_t i = 0; i < len; i++) {
        json_object_begin(j);
        json_field(j, "name", prompt->arguments[i].name);
        json_field(j, "description", prompt->arguments[i].description);
        json_key(j, "required");
        json_bool(j, prompt->arguments[i].required);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

/* A writer of the list's next item. */
static struct json next_item(struct mcp_list *list)
{
    assert(list->len < MCP_LIST_ITEMS);
    struct json j;
    json_init(&j, &list->items[list->len++], false);
    return j;
}

void mcp_lists_init(struct mcp_list lists[MCP_LISTS])
{
    static const char *const keys[MCP_LISTS] = {
        [MCP_LIST_TOOLS] = "tools",         [MCP_LIST_FEDERATED_TOOLS] = "tools",
        [MCP_LIST_RESOURCES] = "resources", [MCP_LIST_TEMPLATES] = "resourceTemplates",
        [MCP_LIST_PROMPTS] = "prompts",
    };
    memset(lists, 0, MCP_LISTS * sizeof(*lists));
    for (int i = 0; i < MCP_LISTS; i++)
        lists[i].key = keys[i];
    for (int i = 0; i < OFFER_TOOLS; i++) {
        struct json own = next_item(&lists[MCP_LIST_TOOLS]);
        struct json federated = next_item(&lists[MCP_LIST_FEDERATED_TOOLS]);
        write_tool(&own, &offer_tools[i], false);
        write_tool(&federated, &offer_tools[i], true);
    }
    for (int i = 0; i < OFFER_RESOURCES; i++) {
        struct json j = next_item(&lists[MCP_LIST_RESOURCES]);
        write_resource(&j, &offer_resources[i]);
    }
    for (int i = 0; i < OFFER_PROMPTS; i++) {
        struct json j = next_item(&lists[MCP_LIST_PROMPTS]);
        write_prompt(&j, &offer_prompts[i]);
    }
}

void mcp_lists_release(struct mcp_list lists[MCP_LISTS])
{
    for (int i = 0; i < MCP_LISTS; i++) {
        for (size_t k = 0; k < lists[i].len; k++)
            buf_release(&lists[i].items[k]);
    }
}

/* A cursor is the number of the item to begin with, as we wrote it. */
static bool parse_cursor(const char *cursor, size_t page, size_t len, size_t *start)
{
    *start = 0;
    if (!cursor)
        return true;
    for (size_t i = page; page > 0 && i < len; i += page) {
        char text[24];
        snprintf(text, sizeof(text), "%zu", i);
        *start = i;
        if (strcmp(cursor, text) == 0)
            return true;
    }
    return false;
}

bool mcp_list_write(struct json *j, const struct mcp_list *list, size_t page, const char *cursor)
{
    size_t start;
    if (!parse_cursor(cursor, page, list->len, &start))
        return false;
    size_t end = page > 0 && list->len - start > page ? start + page : list->len;
    json_key(j, list->key);
    json_array_begin(j);
    for (size_t i = start; i < end; i++)
        json_raw(j, list->items[i].data, list->items[i].len);
    json_array_end(j);
    if (end < list->len) {
        char next[24];
        snprintf(next, sizeof(next), "%zu", end);
        json_field(j, "nextCursor", next);
    }
    return true;
}
