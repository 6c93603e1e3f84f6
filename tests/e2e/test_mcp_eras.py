"""The mcp module: headers, the stateless era, and finding out which era a server is of."""

import json
import unittest

from harness.case import series
from harness.mcp_peer import CALL, McpCase, Peer, as_json, result_of, text
from harness.wire import repeat, response


class Eras(McpCase):
    # Headers.

    def test_headers(self):
        peer = Peer()
        self.run_mcp(peer, options='headers = { Authorization = "Bearer t", accept = "x/y" }')
        for request, _ in peer.messages:
            self.assertEqual(request.header("Authorization"), "Bearer t")
            self.assertEqual([v for k, v in request.headers if k.lower() == "accept"], ["x/y"])

    def test_headers_from_a_function(self):
        peer = Peer()
        run, server = self.run_mcp(peer, CALL + CALL, """headers = (function()
            local n = 0
            return function()
              n = n + 1
              return { Authorization = "Bearer " .. n, ["X-Odd"] = n % 2 == 1 and "odd" or nil }
            end
          end)()""")
        given = [r.header("Authorization") for r in server.requests]
        self.assertEqual(given, [f"Bearer {n}" for n in range(1, len(given) + 1)], run)
        odd = [r.header("X-Odd") for r in server.requests]
        self.assertEqual(odd[:4], ["odd", None, "odd", None])

    def test_headers_that_are_wrong_at_first(self):
        """A script may catch the error; the next request has what is right then."""
        for wrong in ('"none"', "{ [1] = 2 }", "{ [\"X-Y\"] = {} }"):
            with self.subTest(wrong=wrong):
                run, _ = self.run_mcp(self.stateless(), 'print(pcall(function() ' + CALL + ' end)) ' + CALL,
                                      f"""headers = (function()
                                        local first = true
                                        return function()
                                          local given = first and {wrong} or {{}}
                                          first = false
                                          return given
                                        end
                                      end)()""", protocol="2026-07-28")
                self.assertRegex(run.stdout, r"false\t.*headers", run)
                self.assertRegex(run.stdout, r'said\t.*"hello"')

    def test_type(self):
        run, _ = self.run_mcp(Peer(), options='type = "GW-MCP"')
        self.assertIn("ok    GW-MCP initialize", run.stderr, run)
        self.assertIn("ok    GW-MCP greet", run.stderr)

    # The stateless era.

    def stateless(self, answer=None):
        """A server that wants everything of the newest era, and only that."""
        problems = []
        def serve(conn):
            request = conn.recv_request()
            message = json.loads(request.body)
            meta = message.get("params", {}).get("_meta", {})
            prefix = "io.modelcontextprotocol/"
            if meta.get(prefix + "protocolVersion") != "2026-07-28":
                conn.send(as_json({"jsonrpc": "2.0", "id": message["id"], "error": {
                    "code": -32022, "message": "Unsupported protocol version",
                    "data": {"supported": ["2026-07-28"]}}}, (), 400, "Bad Request"))
                return
            for good in (request.header("MCP-Protocol-Version") == "2026-07-28",
                         request.header("Mcp-Method") == message["method"],
                         meta.get(prefix + "clientCapabilities") == {},
                         meta.get(prefix + "clientInfo", {}).get("name") == "inrush",
                         request.header("Mcp-Session-Id") is None, request.method == "POST"):
                problems.append(None if good else request.head)
            self.seen.append((request, message))
            conn.send(answer(conn, request, message) if answer else as_json(
                result_of(message, {**text("hello"), "resultType": "complete"})))
        self.seen = []
        self.problems = problems
        return serve

    def check_stateless(self, run):
        self.assertTrue(self.problems, run)
        self.assertEqual([p for p in self.problems if p], [], run)

    def test_stateless(self):
        for protocol in ("auto", "2026-07-28"):
            run, _ = self.run_mcp(self.stateless(), protocol=protocol)
            self.check_stateless(run)
            self.assertRegex(run.stdout, r'said\t.*"hello"')
            self.assertIn("1 request, 0 failed", run.stderr)

    def test_stateless_names(self):
        run, _ = self.run_mcp(self.stateless(), """
            user.mcp:call_tool("greet")
            user.mcp:call_tool("gr\\195\\169et")
            user.mcp:call_tool("=?base64?eA==?=")
            user.mcp:read_resource("time://current/world")
            user.mcp:get_prompt("compare", { a = "b" })
            user.mcp:list_tools()""", protocol="auto")
        self.check_stateless(run)
        self.assertEqual([request.header("Mcp-Name") for request, _ in self.seen],
                         ["greet", "=?base64?Z3LDqWV0?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?=",
                          "time://current/world", "compare", None])
        self.assertEqual(self.seen[4][1]["params"]["arguments"], {"a": "b"})

    def test_input_required(self):
        run, _ = self.run_mcp(self.stateless(lambda conn, request, message: as_json(
            result_of(message, {"resultType": "input_required", "inputRequests": {}}))),
            protocol="auto")
        self.assertFails(run, "protocol", "the result is not complete: input_required")

    def test_stateless_errors(self):
        for code in (-32020, -32021):
            run, _ = self.run_mcp(self.stateless(lambda conn, request, message, code=code: as_json(
                {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": "no"}},
                (), 400, "Bad Request")), protocol="auto")
            self.assertFails(run, "http", f"HTTP status 400: JSON-RPC {code}: no")

    def test_stateless_first_answer_is_an_error(self):
        """An error that says nothing about the era, from a server of the newest one."""
        run, _ = self.run_mcp(self.stateless(lambda conn, request, message: as_json(
            {"jsonrpc": "2.0", "id": message["id"],
             "error": {"code": -32602, "message": "Unknown tool"}})), protocol="auto")
        self.assertFails(run, "rpc", "JSON-RPC -32602: Unknown tool")
        self.check_stateless(run)

    # Detection.

    def strict(self, refuse):
        """A server of the handshake era that refuses what comes without a session."""
        peer = Peer(lambda conn, request, message: as_json(result_of(message, text("hello")))
                    if request.header("Mcp-Session-Id") else refuse(message))
        return peer

    def test_fallback(self):
        refusals = {
            "400": lambda message: response(b"Bad Request", 400, "Bad Request"),
            "400 with an error": lambda message: as_json(
                {"jsonrpc": "2.0", "id": None, "error": {
                    "code": -32000, "message": "Server not initialized"}}, (), 400, "Bad"),
            "200 with an error": lambda message: as_json(
                {"jsonrpc": "2.0", "id": message["id"], "error": {
                    "code": -32600, "message": "not initialized"}}),
            "200 as ever": lambda message: as_json(result_of(message, text("old"))),
            "a list of older versions": lambda message: as_json(
                {"jsonrpc": "2.0", "id": message["id"], "error": {
                    "code": -32022, "message": "no", "data": {"supported": ["2025-06-18"]}}},
                (), 400, "Bad"),
            "404": lambda message: response(status=404, reason="No"),
        }
        for name, refuse in refusals.items():
            with self.subTest(name):
                peer = self.strict(refuse)
                run, _ = self.run_mcp(peer, CALL + CALL, protocol="auto")
                self.assertEqual(run.stdout.count('"hello"'), 2, run)
                self.assertEqual(peer.methods(), [
                    "tools/call", "initialize", "notifications/initialized", "tools/call",
                    "tools/call"])
                self.assertEqual(peer.messages[1][1]["params"]["protocolVersion"], "2025-11-25")
                self.assertIn("3 requests, 0 failed", run.stderr)

    def test_the_era_is_remembered(self):
        """One probe in each worker, however many users."""
        peer = self.strict(lambda message: response(status=400, reason="Bad Request"))
        server = self.serve(repeat([peer]))
        path = self.scenario(f"""
            local mcp = require "inrush.mcp"
            local U = inrush.user_class("U", {{ wait = inrush.constant(0.01) }})
            function U.on_start(user) user.mcp = mcp.client {{ url = "{server.url}mcp" }} end
            U:task("t", function(user) user.mcp:call_tool("greet") end)
            """)
        run = self.load("run", path, "-u", "8", "-r", "10", "-d", "1500ms", "-t", "1")
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        probes = [r for r, m in peer.messages if m.get("method") == "tools/call"
                  and r.header("MCP-Protocol-Version") == "2026-07-28"]
        self.assertEqual(len(probes), 1, run)
        self.assertEqual(series(run, "initialize", "MCP")["requests"], 8)

    def test_nothing_is_learnt_from_trouble(self):
        """401, 503 and the like are the failure of the request; the next one asks again."""
        for status in (401, 403, 429, 503):
            with self.subTest(status=status):
                count = []
                peer = self.strict(lambda message: response(status=400, reason="Bad Request"))
                def first(conn, peer=peer, count=count, status=status):
                    count.append(1)
                    if len(count) == 1:
                        conn.recv_request()
                        conn.send(response(status=status, reason="No"))
                    else:
                        peer(conn)
                run, _ = self.run_mcp(first, CALL + CALL, protocol="auto")
                self.assertRegex(run.stdout, rf"said\tnil\tHTTP status {status}", run)
                self.assertRegex(run.stdout, r'said\t.*"hello"')
                self.assertIn("3 requests, 1 failed", run.stderr)

    def test_trouble_before_a_server_of_the_stateless_era(self):
        """What is asked after trouble is as complete as what was asked before it."""
        trouble, methods = [response(status=503, reason="No")], []
        def serve(conn):
            request = conn.recv_request()
            message = json.loads(request.body)
            methods.append(request.header("Mcp-Method"))
            if trouble:
                conn.send(trouble.pop())
            elif methods[-1] is None:
                conn.send(as_json({"jsonrpc": "2.0", "id": message["id"], "error": {
                    "code": -32020, "message": "no Mcp-Method"}}, (), 400, "Bad Request"))
            else:
                conn.send(as_json(result_of(message, {**text("hello"),
                                                      "resultType": "complete"})))
        run, _ = self.run_mcp(serve, """
            said(user.mcp:call_tool("greet"))
            said(user.mcp:call_tool("another"))
            said(user.mcp:call_tool("third"))""", protocol="auto")
        self.assertEqual(methods, ["tools/call"] * 3, run)
        self.assertIn("3 requests, 1 failed", run.stderr)

    def test_refused_connection(self):
        run = self.run_url("http://127.0.0.1:1/mcp", CALL, protocol="auto")
        self.assertFails(run, "transport", "connection refused.*|.*refused.*")


if __name__ == "__main__":
    unittest.main(verbosity=2)
