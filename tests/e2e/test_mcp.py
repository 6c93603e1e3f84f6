"""The mcp module against scripted servers: each point of what a correct client does,
and each way in which a server can go wrong."""

import json
import re
import threading
import time
import unittest

from harness.case import Case, failure_count, failures, series
from harness.wire import EndOfScript, repeat, response, set_reset_on_close

INITIALIZED = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
               "serverInfo": {"name": "scripted", "version": "1"}}


def result_of(request, result):
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def text(value):
    return {"content": [{"type": "text", "text": value}]}


def as_json(message, headers=(), status=200, reason="OK"):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return response(body, status, reason, ["Content-Type: application/json", *headers])


def event(message, more=""):
    return f"{more}event: message\ndata: {json.dumps(message)}\n\n".encode()


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


SSE_HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")


def as_events(*events):
    """A whole stream, closed in order."""
    return SSE_HEAD + b"".join(chunk(e) for e in events) + chunk(b"")


class Peer:
    """A server of the handshake era. Methods of a case replace what it does: on_call(conn,
    request, message) answers everything but the handshake."""

    def __init__(self, on_call=None, session="s-1"):
        self.on_call = on_call or (lambda conn, request, message: as_json(
            result_of(message, text("hello"))))
        self.session = session
        self.initialize = lambda conn, request, message: as_json(
            result_of(message, INITIALIZED),
            [f"Mcp-Session-Id: {self.session}"] if self.session else [])
        self.on_get = lambda conn, request: response(status=405, reason="Method Not Allowed")
        self.messages = []  # of POSTs, as (request, message)

    def __call__(self, conn):
        request = conn.recv_request()
        if request.method == "DELETE":
            conn.send(response())
            return
        if request.method == "GET":
            answer = self.on_get(conn, request)
        else:
            message = json.loads(request.body)
            self.messages.append((request, message))
            method = message.get("method")
            if method == "initialize":
                answer = self.initialize(conn, request, message)
            elif "id" not in message or "method" not in message:
                answer = response(status=202, reason="Accepted")
            else:
                answer = self.on_call(conn, request, message)
        if answer is not None:
            conn.send(answer)

    def methods(self):
        return [message.get("method") for _, message in self.messages]


CALL = 'said(user.mcp:call_tool("greet", { name = "x" }))'


class Mcp(Case):
    def run_mcp(self, peer, body=CALL, options="", **keywords):
        """Runs a task once; peer: what each connection repeats."""
        server = self.serve(repeat([peer]))
        return self.run_url(server.url + "mcp", body, options, **keywords), server

    def run_url(self, url, body=CALL, options="", protocol="2025-06-18", args=()):
        path = self.scenario(f"""
            local mcp = require "inrush.mcp"
            local cjson = require "cjson"
            local U = inrush.user_class("U", {{}})
            function U.on_start(user)
              user.mcp = mcp.client {{ url = "{url}", protocol = "{protocol}", {options} }}
            end
            function U.on_stop(user) user.mcp:close() end
            local function said(result, why)
              print("said", result and cjson.encode(result), tostring(why), why and why.kind)
              return result
            end
            U:task("t", function(user)
              {body}
            end)
            """)
        return self.tool("check", path, *args)

    def assertFails(self, run, kind, message):
        """One request failed: the failure that the script got, and the recorded one."""
        self.assertRegex(run.stdout, rf"said\tnil\t{message}\t{kind}\n", run)
        self.assertRegex(run.stderr, rf"FAIL  MCP greet .*: {message}", run)
        self.assertRegex(run.stderr, r"inrush: 1 task, \d+ requests?, 1 failed, 0 script errors")

    # Section 2 of the facts, by its numbers.

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

    # Point 9, the four kinds of failure; and everything that can be wrong with an answer.

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

    # A run.

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
