/* target/api.h and target/routes.h: what each route answers, byte for byte. */
#include "unit.h"

#include "target/api.h"

#include <stdio.h>

enum { NOW = 1736937000 }; /* 2025-01-15T10:30:00Z */

/* The answer of "GET path?query" (query: the parameter's value) or of a POST. */
static int ask(struct buf *out, const char *path, const char *query, const char *body)
{
    struct api_request request = {
        .query = query,
        .body = body,
        .body_len = body ? strlen(body) : 0,
        .now = NOW,
        .uptime_s = 61,
    };
    request.route =
        route_find(path, body ? "POST" : "GET", &request.variable, &request.variable_len);
    buf_clear(out);
    return api_answer(&request, out);
}

/* The answer is 200 and begins so. */
static void check_start(const char *path, const char *start)
{
    struct buf out = BUF_INIT;
    assert_int_equal(ask(&out, path, NULL, NULL), 200);
    assert_true(out.len > strlen(start));
    out.len = strlen(start);
    assert_string_equal(buf_cstr(&out), start);
    buf_release(&out);
}

static void check(const char *path, const char *query, const char *body, int status,
                  const char *answer)
{
    struct buf out = BUF_INIT;
    assert_int_equal(ask(&out, path, query, body), status);
    assert_string_equal(buf_cstr(&out), answer);
    buf_release(&out);
}

static void times(void **state)
{
    (void)state;
    static const char utc[] = "{\"time\":\"2025-01-15T10:30:00Z\",\"timezone\":\"UTC\","
                              "\"unix\":1736937000,\"utc\":\"2025-01-15T10:30:00Z\"}";
    static const char paris[] = "{\"time\":\"2025-01-15T11:30:00+01:00\","
                                "\"timezone\":\"Europe/Paris\",\"unix\":1736937000,"
                                "\"utc\":\"2025-01-15T10:30:00Z\"}";
    check("/api/v1/time", NULL, NULL, 200, utc);
    check("/api/v1/time", "", NULL, 200, utc);
    check("/api/v1/time", "UTC", NULL, 200, utc);
    check("/api/v1/time/", NULL, NULL, 200, utc);
    check("/api/v1/time/UTC", NULL, NULL, 200, utc);
    check("/api/v1/time", "Europe/Paris", NULL, 200, paris);
    check("/api/v1/time/", "Europe/Paris", NULL, 200, paris);
    check("/api/v1/time/Europe/Paris", "Asia/Tokyo", NULL, 200, paris);
    check("/api/v1/time", "Mars/X", NULL, 400,
          "{\"error\":\"Bad Request\",\"message\":\"Invalid timezone: Mars/X\",\"code\":400}");
    check("/api/v1/time/a\"b", NULL, NULL, 400,
          "{\"error\":\"Bad Request\",\"message\":\"Invalid timezone: a\\\"b\",\"code\":400}");
}

static void infos(void **state)
{
    (void)state;
    check("/api/v1/timezones/America/New_York/info", NULL, NULL, 200,
          "{\"name\":\"America/New_York\",\"offset\":\"-5:00\","
          "\"current_time\":\"2025-01-15T05:30:00-05:00\",\"is_dst\":false,"
          "\"abbreviation\":\"EST\"}");
    check("/api/v1/timezones/Australia/Sydney/info", NULL, NULL, 200,
          "{\"name\":\"Australia/Sydney\",\"offset\":\"+11:00\","
          "\"current_time\":\"2025-01-15T21:30:00+11:00\",\"is_dst\":true,"
          "\"abbreviation\":\"AEDT\"}");
    check("/api/v1/timezones/Nowhere/info", NULL, NULL, 400,
          "{\"error\":\"Bad Request\",\"message\":\"Invalid timezone: Nowhere\",\"code\":400}");
    check("/api/v1/timezones//info", NULL, NULL, 400,
          "{\"error\":\"Bad Request\",\"message\":\"Timezone not specified\",\"code\":400}");
}

static void conversions(void **state)
{
    (void)state;
    static const char good[] =
        "{\"original_time\":\"2025-01-15T05:30:00-05:00\",\"from_timezone\":\"America/New_York\","
        "\"converted_time\":\"2025-01-15T19:30:00+09:00\",\"to_timezone\":\"Asia/Tokyo\","
        "\"unix\":1736937000}";
    static const char *const bodies[] = {
        "{\"time\":\"2025-01-15T10:30:00Z\",\"from_timezone\":\"America/New_York\","
        "\"to_timezone\":\"Asia/Tokyo\"}",
        " { \"to_timezone\" : \"Asia\\/Tokyo\", \"extra\": [1,2], \"time\":\"2025-01-15 "
        "10:30:00\",\n"
        " \"from_timezone\":\"America/New_\\u0059ork\" } ",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        check("/api/v1/convert", NULL, bodies[i], 200, good);
    check("/api/v1/convert", NULL, "{\"time\":\"2025-07-15T10:30:00Z\",\"to_timezone\":null}", 200,
          "{\"original_time\":\"2025-07-15T10:30:00Z\",\"from_timezone\":\"\","
          "\"converted_time\":\"2025-07-15T10:30:00Z\",\"to_timezone\":\"\",\"unix\":1752575400}");
}

static void bad_conversions(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
    } cases[] = {
        {NULL, "Invalid request body"},
        {"", "Invalid request body"},
        {"time=now", "Invalid request body"},
        {"{\"time\":", "Invalid request body"},
        {"[]", "Invalid request body"},
        {"\"2025-01-15T10:30:00Z\"", "Invalid request body"},
        {"{\"time\":1736937000}", "Invalid request body"},
        {"{\"time\":\"2025-01-15T10:30:00Z\",\"from_timezone\":[\"UTC\"]}", "Invalid request body"},
        {"{}", "Invalid time format: "},
        {"{\"time\":\"soon\"}", "Invalid time format: soon"},
        {"{\"time\":\"2025-02-30T00:00:00Z\"}", "Invalid time format: 2025-02-30T00:00:00Z"},
        {"{\"time\":\"2025-01-15T10:30:00Z\",\"from_timezone\":\"X/Y\",\"to_timezone\":\"Z\"}",
         "Invalid source timezone: X/Y"},
        {"{\"time\":\"2025-01-15T10:30:00Z\",\"from_timezone\":\"UTC\",\"to_timezone\":\"Z\"}",
         "Invalid target timezone: Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[256];
        snprintf(answer, sizeof(answer),
                 "{\"error\":\"Bad Request\",\"message\":\"%s\",\"code\":400}", cases[i].message);
        check("/api/v1/convert", NULL, cases[i].body, 400, answer);
    }
}

static void lists(void **state)
{
    (void)state;
    check_start("/api/v1/timezones", "{\"count\":48,\"timezones\":[\"UTC\",");
    check_start("/api/v1/resources", "{\"count\":4,\"resources\":[{\"uri\":\"timezone://info\",");
    check_start("/api/v1/prompts", "{\"count\":3,\"prompts\":[{\"name\":\"compare_timezones\",");
    check("/api/v1/timezones", "asia/t", NULL, 200,
          "{\"count\":2,\"timezones\":[\"Asia/Tehran\",\"Asia/Tokyo\"]}");
    check("/api/v1/timezones", "no such", NULL, 200, "{\"count\":0,\"timezones\":[]}");
    check("/health", NULL, NULL, 200, "{\"status\":\"healthy\",\"uptime_seconds\":61}");
    check("/version", NULL, NULL, 200,
          "{\"name\":\"inrush\",\"version\":\"" INRUSH_VERSION "\",\"mcp_version\":\"1.0\"}");
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum route route;
        const char *variable;
    } cases[] = {
        {"/api/v1/time", ROUTE_TIME, ""},
        {"/api/v1/time/", ROUTE_TIME_IN_ZONE, ""},
        {"/api/v1/time/Asia/Tokyo", ROUTE_TIME_IN_ZONE, "Asia/Tokyo"},
        {"/api/v1/timezones", ROUTE_TIMEZONES, ""},
        {"/api/v1/timezones/UTC/info", ROUTE_TIMEZONE_INFO, "UTC"},
        {"/api/v1/timezones/America/Argentina/Buenos_Aires/info", ROUTE_TIMEZONE_INFO,
         "America/Argentina/Buenos_Aires"},
        {"/api/v1/timezones/info", ROUTE_UNKNOWN, ""},
        {"/api/v1/timezones/UTC", ROUTE_UNKNOWN, ""},
        {"/api/v1/timezones/", ROUTE_UNKNOWN, ""},
        {"/api/v1/times", ROUTE_UNKNOWN, ""},
        {"/api/v1/convert", ROUTE_CONVERT, ""},
        {"/api/v1/convert/", ROUTE_UNKNOWN, ""},
        {"/health", ROUTE_HEALTH, ""},
        {"/Health", ROUTE_UNKNOWN, ""},
        {"/health/", ROUTE_UNKNOWN, ""},
        {"/", ROUTE_UNKNOWN, ""},
        {"", ROUTE_UNKNOWN, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *variable;
        size_t len;
        assert_int_equal(route_find(cases[i].path, "GET", &variable, &len), cases[i].route);
        assert_int_equal(len, strlen(cases[i].variable));
        assert_true(len == 0 || memcmp(variable, cases[i].variable, len) == 0);
    }
    assert_true(route_takes(ROUTE_HEALTH, "GET"));
    assert_true(route_takes(ROUTE_HEALTH, "HEAD"));
    assert_false(route_takes(ROUTE_HEALTH, "POST"));
    assert_true(route_takes(ROUTE_CONVERT, "POST"));
    assert_false(route_takes(ROUTE_CONVERT, "HEAD"));
    assert_false(route_takes(ROUTE_UNKNOWN, "GET"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),           cmocka_unit_test(infos), cmocka_unit_test(conversions),
        cmocka_unit_test(bad_conversions), cmocka_unit_test(lists), cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
