"""A scripted MCP server, and the case that runs the mcp module against it."""

import json

from harness.case import Case
from harness.wire import repeat, response

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


class McpCase(Case):
    """Runs one task of a user with an MCP client, against a Peer."""

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
