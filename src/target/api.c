#include "target/api.h"

#include "base/json.h"
#include "base/mem.h"
#include "target/instant.h"
#include "target/offers.h"
#include "target/zone.h"

#include <cjson/cJSON.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *status_text(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Request Entity Too Large";
    default:
        assert(status == 500);
        return "Internal Server Error";
    }
}

int api_error(struct buf *out, int status, const char *message)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "error", status_text(status));
    json_field(&j, "message", message);
    json_key(&j, "code");
    json_int(&j, status);
    json_object_end(&j);
    return status;
}

/* 400 with "what: value". */
static int bad_value(struct buf *out, const char *what, const char *value)
{
    char *message = xasprintf("%s: %s", what, value);
    api_error(out, 400, message);
    free(message);
    return 400;
}

static int answer_time(struct buf *out, const char *name, int64_t now)
{
    const struct zone *zone = zone_find(name);
    if (!zone)
        return bad_value(out, "Invalid timezone", name);
    struct zone_local local = zone_at(zone, now);
    char text[INSTANT_MAX];
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "time", instant_format(text, now, local.offset));
    json_field(&j, "timezone", name);
    json_key(&j, "unix");
    json_int(&j, now);
    json_field(&j, "utc", instant_format(text, now, 0));
    json_object_end(&j);
    return 200;
}

static int answer_info(struct buf *out, const char *name, int64_t now)
{
    if (!*name)
        return api_error(out, 400, "Timezone not specified");
    const struct zone *zone = zone_find(name);
    if (!zone)
        return bad_value(out, "Invalid timezone", name);
    struct zone_local local = zone_at(zone, now);
    char offset[OFFSET_MAX], text[INSTANT_MAX];
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "name", name);
    json_field(&j, "offset", offset_format(offset, local.offset));
    json_field(&j, "current_time", instant_format(text, now, local.offset));
    json_key(&j, "is_dst");
    json_bool(&j, local.dst);
    json_field(&j, "abbreviation", local.abbreviation);
    json_object_end(&j);
    return 200;
}

/* A member that must be a string; "" when absent or null. False: of another type. */
static bool string_member(const cJSON *object, const char *key, const char **value)
{
    const cJSON *member = cJSON_GetObjectItem(object, key);
    *value = "";
    if (!member || cJSON_IsNull(member))
        return true;
    if (!cJSON_IsString(member))
        return false;
    *value = member->valuestring;
    return true;
}

static int convert(struct buf *out, const char *time, const char *from, const char *to)
{
    int64_t at;
    if (!instant_parse(time, &at))
        return bad_value(out, "Invalid time format", time);
    const struct zone *from_zone = zone_find(from);
    if (!from_zone)
        return bad_value(out, "Invalid source timezone", from);
    const struct zone *to_zone = zone_find(to);
    if (!to_zone)
        return bad_value(out, "Invalid target timezone", to);
    char text[INSTANT_MAX];
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "original_time", instant_format(text, at, zone_at(from_zone, at).offset));
    json_field(&j, "from_timezone", from);
    json_field(&j, "converted_time", instant_format(text, at, zone_at(to_zone, at).offset));
    json_field(&j, "to_timezone", to);
    json_key(&j, "unix");
    json_int(&j, at);
    json_object_end(&j);
    return 200;
}

static int answer_convert(struct buf *out, const char *body, size_t body_len)
{
    cJSON *root = body_len > 0 ? cJSON_ParseWithLength(body, body_len) : NULL;
    const char *time, *from, *to;
    int status;
    if (cJSON_IsObject(root) && string_member(root, "time", &time) &&
        string_member(root, "from_timezone", &from) && string_member(root, "to_timezone", &to))
        status = convert(out, time, from, to);
    else
        status = api_error(out, 400, "Invalid request body");
    cJSON_Delete(root);
    return status;
}

static void answer_timezones(struct buf *out, const char *filter)
{
    const char *listed[ZONE_LISTED];
    size_t n = 0;
    for (size_t i = 0; i < ZONE_LISTED; i++) {
        if (!filter || strcasestr(zone_listed[i], filter))
            listed[n++] = zone_listed[i];
    }
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_key(&j, "count");
    json_uint(&j, n);
    json_key(&j, "timezones");
    json_array_begin(&j);
    for (size_t i = 0; i < n; i++)
        json_string(&j, listed[i]);
    json_array_end(&j);
    json_object_end(&j);
}

static void answer_resources(struct buf *out)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_key(&j, "count");
    json_uint(&j, OFFER_RESOURCES);
    json_key(&j, "resources");
    json_array_begin(&j);
    for (size_t i = 0; i < OFFER_RESOURCES; i++) {
        json_object_begin(&j);
        json_field(&j, "uri", offer_resources[i].uri);
        json_field(&j, "name", offer_resources[i].name);
        json_field(&j, "description", offer_resources[i].description);
        json_field(&j, "mime_type", offer_resources[i].mime_type);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

static void write_prompt(struct json *j, const struct offer_prompt *prompt)
{
    json_object_begin(j);
    json_field(j, "name", prompt->name);
    json_field(j, "description", prompt->description);
    json_key(j, "arguments");
    json_array_begin(j);
    size_t len = offer_arguments_len(prompt->arguments);
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

static void answer_prompts(struct buf *out)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_key(&j, "count");
    json_uint(&j, OFFER_PROMPTS);
    json_key(&j, "prompts");
    json_array_begin(&j);
    for (size_t i = 0; i < OFFER_PROMPTS; i++)
        write_prompt(&j, &offer_prompts[i]);
    json_array_end(&j);
    json_object_end(&j);
}

static void answer_health(struct buf *out, uint64_t uptime_s)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "status", "healthy");
    json_key(&j, "uptime_seconds");
    json_uint(&j, uptime_s);
    json_object_end(&j);
}

static void answer_version(struct buf *out)
{
    struct json j;
    json_init(&j, out, false);
    json_object_begin(&j);
    json_field(&j, "name", "inrush");
    json_field(&j, "version", INRUSH_VERSION);
    json_field(&j, "mcp_version", "1.0");
    json_object_end(&j);
}

const char *api_query_name(enum route route)
{
    switch (route) {
    case ROUTE_TIME:
    case ROUTE_TIME_IN_ZONE: /* for "/api/v1/time/" */
        return "timezone";
    case ROUTE_TIMEZONES:
        return "filter";
    default:
        return NULL;
    }
}

bool api_is_constant(enum route route, const char *query)
{
    return (route == ROUTE_TIMEZONES && !query) || route == ROUTE_RESOURCES ||
           route == ROUTE_PROMPTS || route == ROUTE_VERSION;
}

/* UTC when no zone is given, be it by no text or by an empty one. */
static const char *zone_or_utc(const char *name)
{
    return name && *name ? name : "UTC";
}

static int answer_zone_in_path(const struct api_request *r, struct buf *out)
{
    char *name = xstrndup(r->variable, r->variable_len);
    int status = r->route == ROUTE_TIMEZONE_INFO
                     ? answer_info(out, name, r->now)
                     : answer_time(out, *name ? name : zone_or_utc(r->query), r->now);
    free(name);
    return status;
}

int api_answer(const struct api_request *r, struct buf *out)
{
    switch (r->route) {
    case ROUTE_TIME:
        return answer_time(out, zone_or_utc(r->query), r->now);
    case ROUTE_TIME_IN_ZONE:
    case ROUTE_TIMEZONE_INFO:
        return answer_zone_in_path(r, out);
    case ROUTE_CONVERT:
        return answer_convert(out, r->body, r->body_len);
    case ROUTE_TIMEZONES:
        answer_timezones(out, r->query);
        return 200;
    case ROUTE_RESOURCES:
        answer_resources(out);
        return 200;
    case ROUTE_PROMPTS:
        answer_prompts(out);
        return 200;
    case ROUTE_HEALTH:
        answer_health(out, r->uptime_s);
        return 200;
    case ROUTE_VERSION:
        answer_version(out);
        return 200;
    default:
        break;
    }
    assert(!"a route without an answer");
    return 500;
}
