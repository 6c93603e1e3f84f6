"""The mcp module against a scripted server: each point of what a correct client does."""

import json
import re
import threading
import time
import unittest

from harness.mcp_peer import (CALL, INITIALIZED, SSE_HEAD, McpCase, Peer, as_events, as_json,
                              chunk, event, result_of, text)
from harness.wire import EndOfScript, repeat, response


class Client(McpCase):
    """Section 2 of the facts, by its numbers."""

    def test_1_initialize(self):
        peer = Peer()
        run, _ = self.run_mcp(peer)
        request, message = peer.messages[0]
        self.assertEqual(message["method"], "initialize", run)
        self.assertEqual(message["params"]["protocolVersion"], "2025-06-18")
        self.assertEqual(message["params"]["capabilities"], {})
        self.assertEqual(message["params"]["clientInfo"]["name"], "inrush")
        self.assertIsNone(request.header("Mcp-Session-Id"))
        for request, _ in peer.messages:
            self.assertEqual(request.header("Accept"), "application/json, text/event-stream")
            self.assertEqual(request.header("Content-Type"), "application/json")
        self.assertRegex(run.stderr, r"ok    MCP initialize  200")
        self.assertRegex(run.stderr, r"ok    MCP greet  200")
        self.assertIn("2 requests, 0 failed", run.stderr)

    def test_2_the_server_chooses_the_version(self):
        peer = Peer()
        peer.initialize = lambda conn, request, message: as_json(
            result_of(message, {**INITIALIZED, "protocolVersion": "2025-03-26"}))
        run, _ = self.run_mcp(peer, protocol="2025-11-25")
        self.assertEqual(peer.messages[0][1]["params"]["protocolVersion"], "2025-11-25")
        self.assertEqual(peer.messages[2][0].header("MCP-Protocol-Version"), "2025-03-26", run)
        self.assertIsNone(peer.messages[2][0].header("Mcp-Session-Id"))

    def test_3_initialized(self):
        peer = Peer()
        run, _ = self.run_mcp(peer)
        self.assertEqual(peer.methods(), ["initialize", "notifications/initialized", "tools/call"],
                         run)
        self.assertNotIn("id", peer.messages[1][1])

    def test_3_initialized_is_refused(self):
        peer = Peer()
        def refuse(conn):
            request = conn.recv_request()
            message = json.loads(request.body)
            conn.send(peer.initialize(conn, request, message) if "id" in message
                      else response(status=500, reason="Oh"))
        run, _ = self.run_mcp(refuse)
        self.assertRegex(run.stdout, r"said\tnil\tHTTP status 500 for notifications/initialized", run)
        self.assertIn("2 requests, 1 failed", run.stderr)

    def test_4_session_and_version_on_every_request(self):
        peer = Peer()
        run, server = self.run_mcp(peer, CALL + " said(user.mcp:list_tools())")
        self.assertEqual(len(peer.messages), 4, run)
        for request, _ in peer.messages[1:]:
            self.assertEqual(request.header("Mcp-Session-Id"), "s-1")
            self.assertEqual(request.header("MCP-Protocol-Version"), "2025-06-18")
        ids = [message["id"] for _, message in peer.messages if "id" in message]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(server.requests[-1].method, "DELETE")

    def test_5_events(self):
        """Everything that may stand in a stream before the answer."""
        def answer(conn, request, message):
            return as_events(
                b"id: 0\ndata:\n\n",  # a priming event
                b": a comment\n\n",
                event({"jsonrpc": "2.0", "method": "notifications/progress",
                       "params": {"progressToken": 1, "progress": 50}}, "id: 1\n"),
                event({"jsonrpc": "2.0", "id": 9999, "result": text("another's")}),
                b"data: " + json.dumps(result_of(message, text("two"))).encode()
                .replace(b', "', b',\ndata: "', 1) + b"\n\n")
        run, _ = self.run_mcp(Peer(answer))
        self.assertRegex(run.stdout, r'said\t.*"two"', run)
        self.assertIn("0 failed", run.stderr)

    def test_5_line_ends_and_cuts(self):
        """CR, LF and CRLF, cut anywhere, with a Content-Length as well as in chunks."""
        for end in (b"\n", b"\r", b"\r\n"):
            for length in (True, False):
                with self.subTest(end=end, length=length):
                    def answer(conn, request, message, end=end, length=length):
                        data = event(result_of(message, text("here"))).replace(b"\n", end)
                        if length:
                            data = response(data, headers=["Content-Type: text/event-stream"])
                        else:
                            data = as_events(*(data[i:i + 7] for i in range(0, len(data), 7)))
                        for at in range(0, len(data), 11):
                            conn.send(data[at:at + 11])
                            conn.sleep(0.0005)
                    run, _ = self.run_mcp(Peer(answer))
                    self.assertRegex(run.stdout, r'said\t.*"here"', run)

    def test_5_a_stream_that_stays_open(self):
        """The answer is the answer, whether or not the server ends the stream."""
        def answer(conn, request, message):
            conn.send(SSE_HEAD + chunk(event(result_of(message, text("here")))))
            conn.server.stopping.wait(20)
            raise EndOfScript
        began = time.monotonic()
        run, server = self.run_mcp(Peer(answer))
        self.assertRegex(run.stdout, r'said\t.*"here"', run)
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn("0 failed", run.stderr)
        self.assertGreaterEqual(server.connections, 2)  # the DELETE came on another

    def test_5_the_server_asks(self):
        """A ping inside the stream, and what we cannot do: the result waits for our answers."""
        answered = threading.Event()
        replies = []
        def answer(conn, request, message):
            conn.send(SSE_HEAD
                      + chunk(event({"jsonrpc": "2.0", "id": "p-1", "method": "ping"}))
                      + chunk(event({"jsonrpc": "2.0", "id": 77, "method": "roots/list"})))
            self.assertTrue(answered.wait(20), "the client never answered")
            conn.send(chunk(event(result_of(message, text("thanks")))) + chunk(b""))
        peer = Peer(answer)
        class Listening(Peer):
            def __call__(self, conn):
                peer(conn)
                for request, message in peer.messages:
                    if "method" not in message and message not in replies:
                        replies.append(message)
                if len(replies) == 2:
                    answered.set()
        run, _ = self.run_mcp(Listening())
        self.assertRegex(run.stdout, r'said\t.*"thanks"', run)
        replies = {reply["id"]: reply for reply in replies}
        self.assertEqual(replies["p-1"]["result"], {})
        self.assertEqual(replies[77]["error"]["code"], -32601)
        self.assertIn("2 requests, 0 failed", run.stderr)
        request = next(r for r, m in peer.messages if m.get("id") == 77)
        self.assertEqual(request.header("Mcp-Session-Id"), "s-1")

    def stream_that_ends(self, on_get, ending=chunk(b""), events=b"id: 41\nretry: 30\ndata:\n\n"):
        def answer(conn, request, message):
            peer.asked = message
            conn.send(SSE_HEAD + chunk(events) + ending)
            if not ending:
                raise EndOfScript
        peer = Peer(answer)
        peer.on_get = lambda conn, request: on_get(conn, request, peer.asked)
        return self.run_mcp(peer)

    def test_5_a_stream_that_ends_early(self):
        for ending in (chunk(b""), b""):
            with self.subTest(ending=ending):
                run, server = self.stream_that_ends(
                    lambda conn, request, asked: as_events(event(result_of(asked, text("late")))),
                    ending)
                self.assertRegex(run.stdout, r'said\t.*"late"', run)
                get = next(r for r in server.requests if r.method == "GET")
                self.assertEqual(get.header("Last-Event-ID"), "41")
                self.assertEqual(get.header("Mcp-Session-Id"), "s-1")
                self.assertEqual(get.header("Accept"), "text/event-stream")
                # One request: its time is from the POST to the answer.
                took = re.search(r"ok    MCP greet  ([\d.]+) ms", run.stderr)
                self.assertGreaterEqual(float(took.group(1)), 30, run)
                self.assertIn("2 requests, 0 failed", run.stderr)

    def test_5_a_stream_that_cannot_be_resumed(self):
        run, _ = self.stream_that_ends(
            lambda conn, request, asked: response(status=405, reason="No"))
        self.assertFails(run, "transport", "the stream ended before its answer: HTTP status 405")
        run, _ = self.stream_that_ends(None, events=b"data:\n\n")
        self.assertFails(run, "protocol", "the stream ended before its answer, and cannot be resumed")
        run, _ = self.stream_that_ends(None, ending=b"", events=b"data:\n\n")
        self.assertFails(run, "transport", "the server closed .*")

    def lost(self, status, body=b""):
        sessions = iter(["s-1", "s-2", "s-3"])
        def answer(conn, request, message):
            if request.header("Mcp-Session-Id") == "s-1":
                return response(body, status, "Lost")
            return as_json(result_of(message, text("again")))
        peer = Peer(answer)
        peer.initialize = lambda conn, request, message: as_json(
            result_of(message, INITIALIZED), [f"Mcp-Session-Id: {next(sessions)}"])
        run, server = self.run_mcp(peer)
        self.assertRegex(run.stdout, r'said\t.*"again"', run)
        self.assertRegex(run.stderr, rf"FAIL  MCP greet  {status}")
        self.assertIn("4 requests, 1 failed", run.stderr)
        self.assertEqual(peer.methods(), [
            "initialize", "notifications/initialized", "tools/call"] * 2, run)
        second = peer.messages[3][0]
        self.assertIsNone(second.header("Mcp-Session-Id"))
        self.assertEqual(server.requests[-1].header("Mcp-Session-Id"), "s-2")
        return run

    def test_6_session_lost(self):
        run = self.lost(404)
        self.assertIn("HTTP status 404: the session is lost; the client begins another", run.stderr)

    def test_6_session_lost_with_400(self):
        self.lost(400, json.dumps({"jsonrpc": "2.0", "id": None, "error": {
            "code": -32000, "message": "Bad Request: No valid session ID provided"}}).encode())
        self.lost(400)

    def test_6_a_bad_request_is_no_lost_session(self):
        peer = Peer(lambda conn, request, message: as_json(
            {"jsonrpc": "2.0", "id": message["id"],
             "error": {"code": -32602, "message": "Invalid params"}}, (), 400, "Bad Request"))
        run, _ = self.run_mcp(peer)
        self.assertFails(run, "http", "HTTP status 400: JSON-RPC -32602: Invalid params")
        self.assertEqual(peer.methods().count("initialize"), 1)

    def test_6_backoff(self):
        """A server that loses every session at once is not spun on."""
        peer = Peer(lambda conn, request, message: response(status=404, reason="Lost"))
        server = self.serve(repeat([peer]))
        path = self.scenario(f"""
            local mcp = require "inrush.mcp"
            local U = inrush.user_class("U", {{}})
            function U.on_start(user)
              user.mcp = mcp.client {{ url = "{server.url}mcp", protocol = "2025-06-18" }}
            end
            U:task("t", function(user) user.mcp:call_tool("greet") end)
            """)
        run = self.load("run", path, "-u", "1", "-d", "2s")
        # 0.05 to 0.1 s, then twice as long each time.
        self.assertLess(peer.methods().count("initialize"), 8, run)
        self.assertGreater(peer.methods().count("initialize"), 2, run)

    def test_7_delete_may_be_refused(self):
        peer = Peer()
        def refuse(conn):
            if conn.buffer[:1] or True:
                request = conn.recv_request()
            if request.method == "DELETE":
                conn.send(response(status=405, reason="Method Not Allowed"))
                return
            message = json.loads(request.body)
            conn.send(response(status=202) if "id" not in message else
                      peer.initialize(conn, request, message)
                      if message["method"] == "initialize"
                      else peer.on_call(conn, request, message))
        run, server = self.run_mcp(refuse)
        self.assertEqual(server.requests[-1].method, "DELETE", run)
        self.assertIn("2 requests, 0 failed, 0 script errors", run.stderr)

    def test_8_pages(self):
        pages = {None: (["a", "b"], "p2"), "p2": (["c"], 'x"\u00e9'), 'x"\u00e9': (["d"], None)}
        def answer(conn, request, message):
            names, following = pages[message["params"].get("cursor")]
            result = {"tools": [{"name": name, "inputSchema": {}} for name in names]}
            if following:
                result["nextCursor"] = following
            return as_json(result_of(message, result))
        run, _ = self.run_mcp(Peer(answer), """
            local names = {}
            for i, tool in ipairs(user.mcp:list_tools()) do names[i] = tool.name end
            print(table.concat(names, " "))""")
        self.assertIn("a b c d\n", run.stdout, run)
        self.assertEqual(run.stderr.count("ok    MCP list_tools"), 3)

    def test_8_pages_that_never_end(self):
        run, _ = self.run_mcp(Peer(lambda conn, request, message: as_json(
            result_of(message, {"tools": [], "nextCursor": "same"}))),
            "said(user.mcp:list_tools())")
        self.assertRegex(run.stdout, r"nextCursor of tools/list leads to the same page\tprotocol", run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
