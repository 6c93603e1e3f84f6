"""The mcp module against scripted servers: each way in which one can go wrong."""

import re
import time
import unittest

from harness.case import failure_count, failures
from harness.mcp_peer import (CALL, SSE_HEAD, McpCase, Peer, as_events, as_json, chunk, event,
                              result_of, text)
from harness.wire import EndOfScript, repeat, response, set_reset_on_close


class Failures(McpCase):
    """Point 9 of the facts, the four kinds; and all that can be wrong with an answer or a call."""

    def test_9_transport(self):
        def answer(conn, request, message):
            set_reset_on_close(conn.sock)
            raise EndOfScript
        run, _ = self.run_mcp(Peer(answer))
        self.assertFails(run, "transport", "the server reset the connection.*")

    def test_9_status(self):
        for status, said in ((401, "the server wants a valid token.*Authorization.*"),
                             (403, "the token, or this session, may not do that"),
                             (406, "the server refuses the Accept header.*"),
                             (503, "the server is overloaded or full.*client:close.*"),
                             (500, None)):
            with self.subTest(status=status):
                run, _ = self.run_mcp(Peer(lambda conn, request, message, status=status:
                                           response(b"no", status, "No")))
                self.assertFails(run, "http",
                                 f"HTTP status {status}" + (f": {said}" if said else ""))

    def test_9_status_404_without_a_session(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: response(status=404, reason="No"),
                                   session=None))
        self.assertFails(run, "http", "HTTP status 404: no MCP server at this path: check the url")

    def test_9_status_of_initialize(self):
        for status in (401, 403, 404, 406, 429, 503):
            with self.subTest(status=status):
                peer = Peer()
                peer.initialize = lambda conn, request, message, status=status: response(
                    status=status, reason="No")
                run, _ = self.run_mcp(peer)
                self.assertRegex(run.stdout, rf"said\tnil\tHTTP status {status}.*\thttp\n", run)
                self.assertRegex(run.stderr, rf"FAIL  MCP initialize  {status}")
                self.assertIn("1 request, 1 failed, 0 script errors", run.stderr)

    def test_9_rpc_error(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_json(
            {"jsonrpc": "2.0", "id": message["id"],
             "error": {"code": -32602, "message": "Unknown tool: greet", "data": {"a": 1}}})))
        self.assertFails(run, "rpc", "JSON-RPC -32602: Unknown tool: greet")

    def test_9_tool_error(self):
        answer = lambda conn, request, message: as_json(
            result_of(message, {**text("Invalid timezone: X\nmore"), "isError": True}))
        run, _ = self.run_mcp(Peer(answer))
        self.assertFails(run, "tool", "tool error: Invalid timezone: X")
        run, _ = self.run_mcp(
            Peer(answer), 'said(user.mcp:call_tool("greet", {}, { allow_error = true }))')
        self.assertRegex(run.stdout, r'said\t\{.*"isError":true', run)
        self.assertIn("0 failed", run.stderr)

    def test_retry_after(self):
        """429 with Retry-After: the next request waits that long."""
        times = []
        def answer(conn, request, message):
            times.append(time.monotonic())
            if len(times) == 1:
                return response(b"slow down", 429, "Too Many", ["Retry-After: 1"])
            return as_json(result_of(message, text("ok")))
        run, _ = self.run_mcp(Peer(answer), CALL + "\n" + CALL)
        self.assertRegex(run.stdout, r"HTTP status 429: too many requests.*\thttp", run)
        self.assertGreaterEqual(times[1] - times[0], 0.95)
        self.assertIn("3 requests, 1 failed", run.stderr)

    def test_the_end_of_the_run_waits_for_no_retry(self):
        server = self.serve(repeat([Peer(lambda conn, request, message: response(
            b"slow down", 429, "Too Many", ["Retry-After: 3600"]))]))
        path = self.scenario(f"""
            local mcp = require "inrush.mcp"
            local U = inrush.user_class("U", {{}})
            function U.on_start(user)
              user.mcp = mcp.client {{ url = "{server.url}mcp", protocol = "2025-06-18" }}
            end
            U:task("t", function(user)
              user.mcp:list_tools()
              user.mcp:list_tools()
            end)
            """)
        run = self.load("run", path, "-u", "1", "-d", "1s", "--stop-timeout", "1h")
        requests = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(requests["list_tools"], 2, run)

    def test_not_json(self):
        for body, kind in ((b"<html>", "text/html"), (b'{"jsonrpc":', "application/json"),
                           (b"[1, 2", "application/json"), (b'"text"', "application/json"),
                           (b'{"a":1}\0', "application/json"), (b"[" * 5000, "application/json")):
            with self.subTest(body=body[:10]):
                run, _ = self.run_mcp(Peer(lambda conn, request, message, body=body, kind=kind:
                                           response(body, headers=[f"Content-Type: {kind}"])))
                self.assertFails(run, "protocol", rf"the answer is not JSON-RPC \({kind}\)")

    def test_event_that_is_not_json(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_events(b"data: {oh\n\n")))
        self.assertFails(run, "protocol", "an event of the answer is not JSON")

    def test_no_answer(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: response(status=202)))
        self.assertFails(run, "protocol", "HTTP status 202 without an answer")
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_json(
            {"jsonrpc": "2.0", "id": message["id"]})))
        self.assertFails(run, "protocol", "the answer has neither a result nor an error")

    def test_answer_to_another_id(self):
        wrong = lambda message: {"jsonrpc": "2.0", "id": message["id"] + 1, "result": text("x")}
        for wrap in (as_json, lambda message: as_events(event(message))):
            run, _ = self.run_mcp(Peer(lambda conn, request, message, wrap=wrap:
                                       wrap(wrong(message))))
            self.assertFails(run, "protocol", "the server answered another request than this one")

    def test_batch_answer(self):
        """Servers of 2025-03-26 may answer with a list."""
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_json(
            [{"jsonrpc": "2.0", "method": "notifications/x"}, result_of(message, text("in a list"))])))
        self.assertRegex(run.stdout, r'said\t.*"in a list"', run)

    def test_a_result_of_10_mb(self):
        big = "0123456789abcdef" * (10 * 65536)
        for wrap in (as_json, lambda message: as_events(event(message))):
            run, _ = self.run_mcp(Peer(lambda conn, request, message, wrap=wrap:
                                       wrap(result_of(message, text(big)))), """
                local result = user.mcp:call_tool("greet")
                print("length", #result.content[1].text)""")
            self.assertIn(f"length\t{len(big)}", run.stdout, run)
            self.assertIn("0 failed", run.stderr)

    def test_timeout(self):
        def answer(conn, request, message):
            conn.send(SSE_HEAD + chunk(b": still here\n\n"))
            conn.server.stopping.wait(20)
            raise EndOfScript
        run, _ = self.run_mcp(Peer(answer),
                              'said(user.mcp:call_tool("greet", {}, { timeout = 0.2 }))')
        self.assertFails(run, "transport", "timed out after 0.2s reading the response")

    def test_unicode_and_null(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_json(
            b'{"jsonrpc" : "2.0",\n "id":%d, "result":{"content":[{"type":"text","text":'
            b'"\\u00e9\\ud83d\\ude00\\n\\"\\/\\\\"}],"n":[null,true,false,-1.5e3,12345678901234567890]}}'
            % message["id"])), """
            local result = user.mcp:call_tool("greet", { quote = '"\\\\\\n\\1é', list = { 1, 2.5, "x" },
              nothing = cjson.null, yes = true, deep = { a = { b = {} } }, big = 2^53, half = 0.1 })
            print("text", result.content[1].text)
            print("list", cjson.encode(result.n))""")
        self.assertIn('text\t\u00e9\U0001f600\n"/\\', run.stdout, run)
        self.assertIn("list\t[null,true,false,-1500,1.2345678901235e+19]", run.stdout)

    def test_arguments(self):
        peer = Peer()
        self.run_mcp(peer, """
            user.mcp:call_tool("greet", { quote = '"\\\\\\n\\1é', list = { 1, 2.5, "x" },
              nothing = cjson.null, yes = true, deep = { a = { b = {} } }, big = 2^53, half = 0.1 })
            user.mcp:call_tool("greet")""")
        self.assertEqual(peer.messages[2][1]["params"], {"name": "greet", "arguments": {
            "quote": '"\\\n\1\u00e9', "list": [1, 2.5, "x"], "nothing": None, "yes": True,
            "deep": {"a": {"b": {}}}, "big": 2 ** 53, "half": 0.1}})
        self.assertEqual(peer.messages[3][1]["params"], {"name": "greet", "arguments": {}})

    def test_what_json_cannot_hold(self):
        for value, why in (("print", r"a function \(in 'x'\)"), ("0/0", "a number that is none"),
                           ("math.huge", "infinity"), ("{ 1, a = 2 }", "a table with list items"),
                           ("{ [5] = 1 }", "a table with list items"),
                           ("(function() local t = {} t.t = t return t end)()",
                            "nested more than 200 deep, or within itself")):
            with self.subTest(value=value):
                run, _ = self.run_mcp(Peer(), f'user.mcp:call_tool("greet", {{ x = {value} }})')
                self.assertRegex(run.stderr, r"scenario\.lua:\d+: .*cannot be JSON: .*" + why, run)
                self.assertIn("1 script error", run.stderr)

    def test_wrong_calls(self):
        for call, why in (
                ("user.mcp:call_tool()", "call_tool takes a tool's name first, not nil"),
                ('user.mcp:call_tool("a", { 1, 2 })', "a table of names and values, not a list"),
                ('user.mcp:call_tool("a", {}, { tiemout = 1 })', "did you mean 'timeout'"),
                ('user.mcp:call_tool("a", {}, { name = 1 })', "name must be a string"),
                ('mcp.client {}', "mcp.client needs a url"),
                ('mcp.client { url = "http://x", protocol = "2025" }', "unknown protocol '2025'"),
                ('mcp.client { url = "x" }', "a whole URL, not 'x'"),
                ('mcp.client { url = "http://x", headrs = {} }', "did you mean 'headers'"),
                ("user.mcp:read_resource(7)", "read_resource takes a uri, not 7")):
            with self.subTest(call=call):
                run, _ = self.run_mcp(Peer(), call)
                self.assertRegex(run.stderr, rf"scenario\.lua:\d+: .*{re.escape(why)}", run)
        path = self.scenario('require("inrush.mcp").client { url = "http://x" }')
        self.assertUsageError(self.tool("check", path), "mcp.client works only inside a task")

    def test_failures_group(self):
        def answer(conn, request, message):
            number = message["id"] % 3
            if number == 0:
                return as_json(result_of(message, {**text("bad zone"), "isError": True}))
            if number == 1:
                return response(b"", 503, "Busy")
            return as_json({"jsonrpc": "2.0", "id": message["id"],
                            "error": {"code": -32603, "message": "Internal error"}})
        server = self.serve(repeat([Peer(answer)]))
        path = self.scenario(f"""
            local mcp = require "inrush.mcp"
            local U = inrush.user_class("U", {{ wait = inrush.constant(0.005) }})
            function U.on_start(user)
              user.mcp = mcp.client {{ url = "{server.url}mcp", protocol = "2025-06-18" }}
            end
            U:task("t", function(user) user.mcp:call_tool("greet") end)
            """)
        run = self.load("run", path, "-u", "3", "-d", "500ms")
        self.assertEqual(set(failures(run)), {
            "tool error: bad zone", "JSON-RPC -32603: Internal error",
            "HTTP status 503: the server is overloaded or full; a session is ended with "
            "client:close()"}, run)
        self.assertGreater(failure_count(run, "status"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
