/* Calls of tools; see mcp_offers.h. */
#include "target/mcp_offers.h"

#include "target/instant.h"
#include "target/offers.h"
#include "target/rpc.h"
#include "target/zone.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* What a tool says: a time, or what is wrong with its arguments. */
struct outcome {
    struct buf text;
    bool is_error;
};

static void complain(struct outcome *o, const char *what, const char *value)
{
    o->is_error = true;
    buf_adds(&o->text, what);
    buf_adds(&o->text, value);
}

/* The named argument, fallback if it is absent; NULL, and a complaint, if it is
 * no string, or absent without a fallback. */
static const char *text_argument(struct outcome *o, const cJSON *arguments, const char *name,
                                 const char *fallback)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(arguments, name);
    if (cJSON_IsString(value))
        return value->valuestring;
    if (value && !cJSON_IsNull(value))
        complain(o, name, " must be a string");
    else if (!fallback)
        complain(o, name, " is required");
    else
        return fallback;
    return NULL;
}

static const struct zone *find_zone(struct outcome *o, const char *what, const char *name)
{
    const struct zone *zone = zone_find(name);
    if (!zone)
        complain(o, what, name);
    return zone;
}

static void say_instant(struct outcome *o, int64_t at, const struct zone *zone)
{
    char text[INSTANT_MAX];
    buf_adds(&o->text, instant_format(text, at, zone_at(zone, at).offset));
}

static void get_system_time(struct outcome *o, const cJSON *arguments, int64_t now)
{
    const char *name = text_argument(o, arguments, "timezone", "UTC");
    const struct zone *zone = name ? find_zone(o, "Invalid timezone: ", name) : NULL;
    if (zone)
        say_instant(o, now, zone);
}

static void convert_time(struct outcome *o, const cJSON *arguments)
{
    const char *time = text_argument(o, arguments, "time", NULL);
    const char *source = time ? text_argument(o, arguments, "source_timezone", NULL) : NULL;
    const char *target = source ? text_argument(o, arguments, "target_timezone", NULL) : NULL;
    if (!target)
        return;
    const struct zone *from = find_zone(o, "Invalid source timezone: ", source);
    const struct zone *to = from ? find_zone(o, "Invalid target timezone: ", target) : NULL;
    int64_t at;
    if (!to)
        return;
    if (instant_parse(time, &at))
        say_instant(o, at, to);
    else
        complain(o, "Invalid time format: ", time);
}

static void write_outcome(struct json *j, const struct outcome *o)
{
    json_key(j, "content");
    json_array_begin(j);
    json_object_begin(j);
    json_field(j, "type", "text");
    json_key(j, "text");
    json_string_n(j, o->text.data, o->text.len);
    json_object_end(j);
    json_array_end(j);
    if (o->is_error) {
        json_key(j, "isError");
        json_bool(j, true);
    }
}

static int find_tool(const char *name, bool federated)
{
    for (int i = 0; i < OFFER_TOOLS; i++) {
        if (strcmp(name, federated ? offer_tools[i].federated : offer_tools[i].name) == 0)
            return i;
    }
    return -1;
}

bool mcp_run_tool(struct json *j, const char *name, bool federated, const cJSON *arguments,
                  int64_t now, bool *is_error, struct mcp_failure *failure)
{
    struct outcome o = {BUF_INIT, false};
    switch (find_tool(name, federated)) {
    case TOOL_GET_SYSTEM_TIME:
        get_system_time(&o, arguments, now);
        break;
    case TOOL_CONVERT_TIME:
        convert_time(&o, arguments);
        break;
    default:
        failure->code = RPC_INVALID_PARAMS;
        snprintf(failure->message, sizeof(failure->message), "tool '%.100s' not found", name);
        return false;
    }
    write_outcome(j, &o);
    *is_error = o.is_error;
    buf_release(&o.text);
    return true;
}
