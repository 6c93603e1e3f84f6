/* Contents of resources, messages of prompts; see mcp_offers.h. */
#include "target/mcp_offers.h"

#include "target/instant.h"
#include "target/offers.h"
#include "target/rpc.h"
#include "target/zone.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static void write_info(struct json *j, int64_t now)
{
    json_key(j, "timezones");
    json_array_begin(j);
    for (int i = 0; i < ZONE_LISTED; i++) {
        const struct zone *zone = zone_find(zone_listed[i]);
        if (!zone)
            continue;
        struct zone_local local = zone_at(zone, now);
        char offset[OFFSET_MAX];
        json_object_begin(j);
        json_field(j, "name", zone_listed[i]);
        json_field(j, "offset", offset_format(offset, local.offset));
        json_field(j, "abbreviation", local.abbreviation);
        json_key(j, "is_dst");
        json_bool(j, local.dst);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_world(struct json *j, int64_t now)
{
    static const char *const cities[][2] = {
        {"New York", "America/New_York"}, {"Los Angeles", "America/Los_Angeles"},
        {"London", "Europe/London"},      {"Paris", "Europe/Paris"},
        {"Dubai", "Asia/Dubai"},          {"Mumbai", "Asia/Kolkata"},
        {"Singapore", "Asia/Singapore"},  {"Tokyo", "Asia/Tokyo"},
        {"Sydney", "Australia/Sydney"},
    };
    char text[INSTANT_MAX];
    json_field(j, "utc", instant_format(text, now, 0));
    json_key(j, "times");
    json_object_begin(j);
    for (size_t i = 0; i < sizeof(cities) / sizeof(*cities); i++) {
        const struct zone *zone = zone_find(cities[i][1]);
        if (zone)
            json_field(j, cities[i][0], instant_format(text, now, zone_at(zone, now).offset));
    }
    json_object_end(j);
}

static void write_formats(struct json *j)
{
    json_key(j, "input");
    json_array_begin(j);
    json_string(j, "2025-01-15T10:30:00Z");
    json_string(j, "2025-01-15T10:30:00+09:00");
    json_string(j, "2025-01-15 10:30:00");
    json_array_end(j);
    json_field(j, "output", "RFC 3339");
}

static void write_business_hours(struct json *j)
{
    static const char *const regions[][3] = {
        {"North America", "09:00-17:00", "Monday-Friday"},
        {"Europe", "09:00-17:30", "Monday-Friday"},
        {"Middle East", "08:00-17:00", "Sunday-Thursday"},
        {"India", "09:30-18:30", "Monday-Friday"},
        {"Japan", "09:00-18:00", "Monday-Friday"},
        {"Australia", "09:00-17:00", "Monday-Friday"},
    };
    json_key(j, "regions");
    json_object_begin(j);
    for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++) {
        json_key(j, regions[i][0]);
        json_object_begin(j);
        json_field(j, "hours", regions[i][1]);
        json_field(j, "days", regions[i][2]);
        json_object_end(j);
    }
    json_object_end(j);
}

static void write_resource(struct buf *out, int id, int64_t now)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    switch (id) {
    case RESOURCE_INFO:
        write_info(&j, now);
        break;
    case RESOURCE_WORLD:
        write_world(&j, now);
        break;
    case RESOURCE_FORMATS:
        write_formats(&j);
        break;
    default:
        write_business_hours(&j);
    }
    json_object_end(&j);
}

bool mcp_read_resource(struct json *j, const char *uri, int64_t now, struct mcp_failure *failure)
{
    int id = 0;
    while (id < OFFER_RESOURCES && strcmp(uri, offer_resources[id].uri) != 0)
        id++;
    if (id == OFFER_RESOURCES) {
        failure->code = RPC_NO_RESOURCE;
        snprintf(failure->message, sizeof(failure->message), "resource '%.100s' not found", uri);
        return false;
    }
    struct buf text = BUF_INIT;
    write_resource(&text, id, now);
    json_key(j, "contents");
    json_array_begin(j);
    json_object_begin(j);
    json_field(j, "uri", uri);
    json_field(j, "mimeType", offer_resources[id].mime_type);
    json_key(j, "text");
    json_string_n(j, text.data, text.len);
    json_object_end(j);
    json_array_end(j);
    buf_release(&text);
    return true;
}

/* The prompt's sentence and the arguments that were given. */
static bool write_message(struct buf *out, const struct offer_prompt *prompt,
                          const cJSON *arguments, struct mcp_failure *failure)
{
    size_t len = offer_arguments_len(prompt->arguments);
    buf_adds(out, prompt->description);
    buf_adds(out, ".\n");
    for (size_t i = 0; i < len; i++) {
        const struct offer_argument *argument = &prompt->arguments[i];
        const cJSON *given = cJSON_GetObjectItemCaseSensitive(arguments, argument->name);
        if (cJSON_IsString(given)) {
            buf_addf(out, "%s: ", argument->name);
            buf_adds(out, given->valuestring);
            buf_addch(out, '\n');
        } else if (given || argument->required) {
            failure->code = RPC_INVALID_PARAMS;
            snprintf(failure->message, sizeof(failure->message), "argument %s %s", argument->name,
                     given ? "must be a string" : "is required");
            return false;
        }
    }
    return true;
}

static void write_messages(struct json *j, const struct offer_prompt *prompt,
                           const struct buf *message)
{
    json_field(j, "description", prompt->description);
    json_key(j, "messages");
    json_array_begin(j);
    json_object_begin(j);
    json_field(j, "role", "user");
    json_key(j, "content");
    json_object_begin(j);
    json_field(j, "type", "text");
    json_key(j, "text");
    json_string_n(j, message->data, message->len);
    json_object_end(j);
    json_object_end(j);
    json_array_end(j);
}

bool mcp_get_prompt(struct json *j, const char *name, const cJSON *arguments,
                    struct mcp_failure *failure)
{
    const struct offer_prompt *prompt = offer_prompts;
    while (prompt < offer_prompts + OFFER_PROMPTS && strcmp(name, prompt->name) != 0)
        prompt++;
    if (prompt == offer_prompts + OFFER_PROMPTS) {
        failure->code = RPC_INVALID_PARAMS;
        snprintf(failure->message, sizeof(failure->message), "prompt '%.100s' not found", name);
        return false;
    }
    struct buf message = BUF_INIT;
    bool good = write_message(&message, prompt, arguments, failure);
    if (good)
        write_messages(j, prompt, &message);
    buf_release(&message);
    return good;
}
