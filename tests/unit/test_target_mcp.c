/* target/mcp.h: answers byte for byte. test_target_mcp.py tries what can go wrong. */
#include "unit.h"

#include "target/mcp.h"

enum { NOW = 1736937000 }; /* 2025-01-15T10:30:00Z */

#define META                                                                 \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define SERVER_INFO                                                                                \
    "{\"name\":\"fast-time-server\",\"title\":\"inrush serve\",\"version\":\"" INRUSH_VERSION "\"" \
    "}"

struct fixture {
    struct mcp *mcp;
    struct buf out;
    char session[SESSION_ID_MAX];
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){
        .mcp = mcp_new(&(struct mcp_options){.sessions = 10, .idle_s = 60, .page = 0})};
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    mcp_free(f->mcp);
    buf_release(&f->out);
    return 0;
}

static struct mcp_answer ask(struct fixture *f, const char *body, struct mcp_request request)
{
    request.body = body;
    request.body_len = strlen(body);
    request.now = NOW;
    return mcp_answer(f->mcp, &request, &f->out);
}

static void check(struct fixture *f, const char *body, int status, enum mcp_method method,
                  const char *expected)
{
    struct mcp_answer answer = ask(f, body, (struct mcp_request){.session = f->session});
    assert_string_equal(buf_cstr(&f->out), expected);
    assert_int_equal(answer.status, status);
    assert_int_equal(answer.method, method);
    assert_true(answer.session[0] == '\0');
    assert_int_equal(answer.is_error, strstr(expected, "\"error\":") != NULL);
    assert_int_equal(answer.is_tool_error, strstr(expected, "\"isError\":true") != NULL);
}

static void open_session(struct fixture *f)
{
    struct mcp_answer answer = ask(f,
                                   "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
                                   "\"params\":{\"protocolVersion\":\"2025-03-26\"}}",
                                   (struct mcp_request){0});
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.method, MCP_INITIALIZE);
    assert_int_equal(answer.version, MCP_2025_03_26);
    assert_string_equal(buf_cstr(&f->out),
                        "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":"
                        "\"2025-03-26\",\"capabilities\":{\"tools\":{},\"resources\":{},"
                        "\"prompts\":{}},\"serverInfo\":" SERVER_INFO "}}");
    memcpy(f->session, answer.session, sizeof(f->session));
}

static void handshake(void **state)
{
    struct fixture *f = *state;
    open_session(f);
    check(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 202, MCP_INITIALIZED,
          "");
    check(f, " {\"id\":\"a\",\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\r\n", 200, MCP_PING,
          "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}");
    check(f,
          "{\"jsonrpc\":\"2.0\",\"id\":-1,\"method\":\"tools/call\",\"params\":{\"name\":"
          "\"get_system_time\",\"arguments\":{\"timezone\":\"Europe/Paris\"}}}",
          200, MCP_TOOLS_CALL,
          "{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":{\"content\":[{\"type\":\"text\","
          "\"text\":\"2025-01-15T11:30:00+01:00\"}]}}");
    check(f,
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
          "\"convert_time\",\"arguments\":{\"time\":\"x\"}}}",
          200, MCP_TOOLS_CALL,
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
          "\"text\":\"source_timezone is required\"}],\"isError\":true}}");
    check(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}", 200, MCP_OTHER,
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,"
          "\"message\":\"Method nothing not found\"}}");
    check(f, "{", 400, MCP_OTHER,
          "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
          "\"message\":\"Parse error: the body is not JSON\"}}");
    struct mcp_request end = {.session = f->session};
    assert_int_equal(mcp_end_session(f->mcp, &end, &f->out).status, 200);
    assert_int_equal(f->out.len, 0);
    check(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 404, MCP_PING,
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32001,"
          "\"message\":\"Session not found: initialize again\"}}");
}

static void stateless(void **state)
{
    struct fixture *f = *state;
    struct mcp_request request = {
        .version = "2026-07-28", .method = "tools/call", .name = "get_system_time"};
    struct mcp_answer answer = ask(f,
                                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                                   "\"params\":{\"name\":\"get_system_time\"," META "}}",
                                   request);
    assert_string_equal(buf_cstr(&f->out),
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
                        "\"text\":\"2025-01-15T10:30:00Z\"}],\"resultType\":\"complete\","
                        "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" SERVER_INFO "}}}");
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.version, MCP_2026_07_28);
}

static void a_session_is_its_owners(void **state)
{
    struct fixture *f = *state;
    static const char initialize[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}";
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    struct mcp_request mine = {.gateway = true, .owner = 1};
    struct mcp_answer opened = ask(f, initialize, mine);
    mine.session = opened.session;
    struct mcp_request theirs = mine, elsewhere = mine;
    theirs.owner = 2;
    elsewhere.gateway = false;
    assert_int_equal(ask(f, ping, mine).status, 200);
    assert_int_equal(ask(f, ping, theirs).status, 403);
    assert_int_equal(ask(f, ping, elsewhere).status, 404);
    mine.clock_s = 61;
    assert_int_equal(ask(f, ping, mine).status, 404);
}

static void refusal(void **state)
{
    struct fixture *f = *state;
    mcp_refuse(&f->out, "no");
    assert_string_equal(buf_cstr(&f->out), "{\"jsonrpc\":\"2.0\",\"id\":null,"
                                           "\"error\":{\"code\":-32000,\"message\":\"no\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(stateless, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_is_its_owners, setup, teardown),
        cmocka_unit_test_setup_teardown(refusal, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
