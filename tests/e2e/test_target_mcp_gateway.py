"""The target's MCP server: streams of events, the gateway's route, counts and faults."""

import concurrent.futures
import json
import socket
import time
import unittest

from harness import case, mcp, tool
from harness.mcp import message
from harness.target import Target
from harness.target_mcp_case import CHECK, GATEWAY, McpCase


class EventStreams(McpCase):
    def stream(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
        return mcp.events(answer.body)

    def test_every_version(self):
        for version in mcp.HANDSHAKE:
            answer = mcp.initialize(self.connection, version, Accept="text/event-stream")
            *priming, event = self.stream(answer)
            self.assertEqual(json.loads(event["data"])["result"]["protocolVersion"], version)
            session = answer.headers["Mcp-Session-Id"]
            answer = self.post(message("ping"), Mcp_Session_Id=session, Accept="text/event-stream")
            *priming, event = self.stream(answer)
            self.assertEqual(event, {"event": "message", "id": "1",
                                     "data": '{"jsonrpc":"2.0","id":1,"result":{}}'})
            self.assertEqual(priming, [{"id": "0", "data": ""}] if version == "2025-11-25" else [])
            answer = self.post(message("notifications/initialized", id_=None),
                               Mcp_Session_Id=session, Accept="text/event-stream")
            self.assertEqual((answer.status, answer.body), (202, ""))

    def test_stateless(self):
        body = mcp.stateless("tools/list")
        answer = self.post(body, **mcp.stateless_headers(body), Accept="text/event-stream")
        event, = self.stream(answer)
        self.assertEqual(json.loads(event["data"])["result"]["resultType"], "complete")

    def test_which_the_client_names_first(self):
        session = self.open()
        for accept, streams in [("text/event-stream", True), ("TEXT/Event-Stream;q=1", True),
                                ("text/event-stream, application/json", True),
                                ("text/html,text/event-stream", True), (mcp.BOTH, False),
                                ("*/*, text/event-stream", False), ("text/event-streams", False)]:
            answer = self.post(message("ping"), Mcp_Session_Id=session, Accept=accept)
            self.assertEqual(answer.headers["Content-Type"] == "text/event-stream", streams, accept)

    def test_refusals_are_json(self):
        answer = self.post(message("ping"), Mcp_Session_Id="x", Accept="text/event-stream")
        self.assertError(answer, 404, -32001)
        answer = self.post(b"{", Accept="text/event-stream")
        self.assertError(answer, 400, -32700, id_=None)

    def test_big(self):
        zone = "\u2603" * 100000
        answer = self.post(
            message("tools/call", {"name": "get_system_time", "arguments": {"timezone": zone}}),
            Mcp_Session_Id=self.open("2025-11-25"), Accept="text/event-stream")
        _, event = self.stream(answer)
        self.assertEqual(json.loads(event["data"])["result"]["content"][0]["text"],
                         f"Invalid timezone: {zone}")

    def test_http_1_0(self):
        """No chunks there: the stream ends with the connection."""
        body = json.dumps(message("initialize"))
        with socket.create_connection(("127.0.0.1", self.target.port), tool.TIMEOUT) as sock:
            sock.sendall(f"POST /mcp HTTP/1.0\r\nContent-Type: application/json\r\n"
                         f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
                         f"{body}".encode())
            answer = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
        head, _, stream = answer.partition("\r\n\r\n")
        self.assertNotIn("chunked", head)
        self.assertEqual([set(event) for event in mcp.events(stream)],
                         [{"id", "data"}, {"event", "id", "data"}])


class EagerStreams(McpCase):
    options = ("--sse",)

    def test_whenever_accepted(self):
        session = self.open()
        for accept, streams in [(mcp.BOTH, True), ("text/event-stream", True),
                                ("application/json", False), (None, False), ("*/*", False)]:
            answer = self.post(message("ping"), Mcp_Session_Id=session, Accept=accept)
            self.assertEqual(answer.headers["Content-Type"] == "text/event-stream", streams, accept)


class Strict(McpCase):
    options = ("--strict",)

    def test_accept(self):
        for accept in [None, "", "*/*", "application/json", "text/event-stream", "text/html"]:
            answer = mcp.initialize(self.connection, Accept=accept)
            self.assertError(answer, 406, -32000, "Not Acceptable", id_=None)
        for accept in [mcp.BOTH, "text/event-stream;q=1 ,  Application/JSON;q=2"]:
            self.assertEqual(mcp.initialize(self.connection, Accept=accept).status, 200)

    def test_initialized_comes_first(self):
        session = {"Mcp_Session_Id": self.open()}
        other = {"Mcp_Session_Id": self.open()}
        self.assertResult(self.post(message("ping"), **session))
        self.assertError(self.post(message("tools/list"), **session), 200, -32602, "before")
        for name in ["notifications/cancelled", "notifications/initialized"]:
            self.assertError(self.post(message("tools/list"), **session), 200, -32602, "before")
            self.assertEqual(self.post(message(name, id_=None), **session).status, 202)
        self.assertResult(self.post(message("tools/list"), **session))
        self.assertError(self.post(message("tools/list"), **other), 200, -32602, "before")
        self.assertEqual(self.stateless("tools/list").status, 200)


class Gateway(McpCase):
    def ask(self, body, token=None, path=GATEWAY, **headers):
        return self.post(body, path, Authorization="Bearer " + (token or mcp.token()), **headers)

    def open_there(self, token=None):
        answer = self.ask(message("initialize"), token)
        self.assertEqual(answer.status, 200, answer)
        return answer.headers["Mcp-Session-Id"]

    def test_tools(self):
        session = self.open_there()
        tools = self.assertResult(self.ask(message("tools/list"), Mcp_Session_Id=session))["tools"]
        self.assertEqual([t["name"] for t in tools],
                         ["fast-time-get-system-time", "fast-time-convert-time"])
        result = self.assertResult(self.ask(
            message("tools/call", {"name": "fast-time-convert-time", "arguments": CHECK}),
            Mcp_Session_Id=session))
        self.assertEqual(result["content"][0]["text"], "2025-01-15T19:30:00+09:00")
        self.assertError(self.ask(message("tools/call", {"name": "convert_time"}),
                                  Mcp_Session_Id=session), 200, -32602, "not found")

    def assertRefused(self, answer, status, words):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertIn(words, json.loads(answer.body)["detail"])

    def test_tokens(self):
        now = int(time.time())
        good = mcp.token()
        for claims in [{}, {"aud": ["other", "mcpgateway-api"]}, {"username": None},
                       {"sub": None}, {"nbf": now - 10}, {"jti": "x", "token_use": "session"}]:
            self.assertResult(self.ask(message("initialize"), mcp.token(**claims)))
        for token, words in [
                (mcp.token(exp=now - 1), "expired"), (mcp.token(exp=None), "no expiry"),
                (mcp.token(exp="soon"), "no expiry"), (mcp.token(nbf=now + 1000), "not valid yet"),
                (mcp.token(aud="other"), "audience"), (mcp.token(aud=None), "audience"),
                (mcp.token(aud=[]), "audience"), (mcp.token(iss="other"), "issuer"),
                (mcp.token(iss=None), "issuer"), (mcp.token(sub=None, username=None), "subject"),
                (mcp.token("wrong"), "signature"), (good[:-4] + "AAAA", "signature"),
                (good[:-4], "signature"), (good + "!", "signature"),
                (mcp.token(header={"alg": "none"}), "HS256"),
                (mcp.token(header={"alg": "HS512"}), "HS256"),
                (good.rsplit(".", 1)[0], "Not a JSON Web Token"),
                (good.rsplit(".", 1)[0] + ".", "signature"),
                (good + ".x", "Not a JSON Web Token"), ("x", "Not a JSON Web Token"),
                ("..", "Not a JSON Web Token"), ("x" * 5000, "Not a JSON Web Token")]:
            with self.subTest(token[-60:], words=words):
                answer = self.ask(message("initialize"), token)
                self.assertRefused(answer, 401, words)
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        for authorization in [None, "", "Bearer", "Basic " + good, good]:
            answer = self.post(message("initialize"), GATEWAY, Authorization=authorization)
            self.assertRefused(answer, 401, "JWT")

    def test_unknown_server(self):
        for server in ["x", mcp.SERVER_ID + "0", mcp.SERVER_ID[1:], "", "a/b"]:
            self.assertRefused(self.ask(message("initialize"), path=f"/servers/{server}/mcp"), 404,
                               "Server not found")
        self.assertRefused(self.post(message("initialize"), "/servers/x/mcp"), 401, "JWT")

    def test_sessions_have_owners(self):
        mine, theirs = mcp.token(sub="me"), mcp.token(sub="them")
        session = self.open_there(mine)
        self.assertResult(self.ask(message("ping"), mcp.token(sub="me", x=1),
                                   Mcp_Session_Id=session))
        self.assertError(self.ask(message("ping"), theirs, Mcp_Session_Id=session), 403, -32000)
        headers = {"Mcp-Session-Id": session, "Authorization": "Bearer " + theirs}
        self.assertEqual(mcp.ask(self.connection, "DELETE", GATEWAY, headers=headers).status, 403)
        headers["Authorization"] = "Bearer " + mine
        self.assertEqual(mcp.ask(self.connection, "DELETE", GATEWAY, headers=headers).status, 200)
        self.assertError(self.ask(message("ping"), mine, Mcp_Session_Id=session), 404, -32001)

    def test_sessions_have_places(self):
        self.assertError(self.ask(message("ping"), Mcp_Session_Id=self.open()), 404, -32001)
        self.assertError(self.post(message("ping"), Mcp_Session_Id=self.open_there()), 404, -32001)

    def test_no_stateless_era(self):
        """It is refused as a server refuses it that has never heard of it."""
        body = mcp.stateless("tools/list")
        answer = self.ask(body, **mcp.stateless_headers(body))
        self.assertError(answer, 400, -32000, "Unsupported protocol version")
        result = self.assertResult(self.ask(message("initialize", {
            "protocolVersion": mcp.STATELESS})))
        self.assertEqual(result["protocolVersion"], "2025-11-25")


class GatewayOptions(McpCase):
    options = ("--jwt-secret", "s" * 40, "--server-id", "mine", "--token", "t")

    def test_options(self):
        good = "Bearer " + mcp.token("s" * 40)
        for path, authorization, status in [("/servers/mine/mcp", good, 200),
                                            ("/servers/mine/mcp", "Bearer " + mcp.token(), 401),
                                            ("/servers/mine/mcp", "Bearer t", 401),
                                            (GATEWAY, good, 404), ("/mcp", good, 401),
                                            ("/mcp", "Bearer t", 200), ("/mcp", None, 401)]:
            answer = self.post(message("initialize"), path, Authorization=authorization)
            self.assertEqual(answer.status, status, (path, authorization))


class Counts(McpCase):
    def test_every_message_is_counted(self):
        session = self.open()
        with_session = {"Mcp_Session_Id": session}
        self.post(message("notifications/initialized", id_=None), "/http", **with_session)
        self.post(message("notifications/cancelled", id_=None), "/http", **with_session)
        self.post(message("ping"), "/http", **with_session)
        for name, arguments in [("convert_time", CHECK), ("convert_time", {}), ("nothing", {})]:
            self.post(message("tools/call", {"name": name, "arguments": arguments}), "/http",
                      **with_session)
        self.post(message("tools/list"))  # no session
        self.post(message("nothing"), **with_session)
        self.post(b"{")
        self.stateless("tools/list")
        self.stateless("ping")
        self.post(message("initialize"), Content_Type="text/plain")
        self.post(message("initialize"), GATEWAY)
        mcp.ask(self.connection, "DELETE", "/mcp", headers={"Mcp-Session-Id": session})
        mcp.ask(self.connection, "DELETE", "/mcp", headers={"Mcp-Session-Id": session})
        mcp.ask(self.connection, "GET", "/mcp")

        self.assertEqual(self.methods(), {
            "initialize": (1, 0, 0), "notifications/initialized": (1, 0, 0),
            "(other notification)": (1, 0, 0), "ping": (2, 1, 0), "tools/call": (3, 1, 1),
            "tools/list": (2, 1, 0), "(other)": (2, 2, 0)})
        stats = self.target.stats()
        routes = {r["route"]: (r["requests"], r["status"]) for r in stats["routes"]
                  if r["requests"]}
        self.assertEqual(routes, {
            "POST /http": (6, {"200": 4, "202": 2}),
            "POST /mcp": (8, {"200": 3, "400": 2, "404": 1, "405": 1, "415": 1}),
            "DELETE /mcp": (2, {"200": 1, "404": 1}),
            "POST /servers/{id}/mcp": (1, {"401": 1})})
        self.assertEqual((stats["requests"], stats["responses"]), (17, 17))
        status, stderr = self.target.stop()
        self.assertEqual(status, 0, stderr)
        table = [line.split() for line in stderr.splitlines() if line.startswith("tools/")]
        self.assertEqual(table, [["tools/list", "2", "1", "0"], ["tools/call", "3", "1", "1"]])

    def test_many_clients(self):
        """Sessions of all threads at once, each ended; every answer is right, every count exact."""
        clients, calls = 40, 25

        def client(_):
            connection = self.target.connect()
            session = mcp.initialize(connection).headers["Mcp-Session-Id"]
            texts = set()
            for i in range(calls):
                answer = mcp.post(connection, message("tools/call", {
                    "name": "convert_time", "arguments": CHECK}, i), Mcp_Session_Id=session,
                    Accept=mcp.BOTH if i % 2 else "text/event-stream")
                body = answer.body if i % 2 else mcp.events(answer.body)[-1]["data"]
                body = json.loads(body)
                assert body["id"] == i, body
                texts.add(body["result"]["content"][0]["text"])
            other = self.target.connect()  # likely another thread of the server
            headers = {"Mcp-Session-Id": session}
            statuses = [mcp.ask(other, "DELETE", "/mcp", headers=headers).status,
                        mcp.post(connection, message("ping"), Mcp_Session_Id=session).status]
            connection.close()
            other.close()
            return texts, statuses

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for texts, statuses in pool.map(client, range(clients)):
                self.assertEqual(texts, {"2025-01-15T19:30:00+09:00"})
                self.assertEqual(statuses, [200, 404])
        self.assertEqual(self.methods(), {"initialize": (clients, 0, 0),
                                          "tools/call": (clients * calls, 0, 0),
                                          "ping": (clients, clients, 0)})
        self.assertEqual(self.target.stats()["mcp"]["sessions"],
                         {"opened": clients, "closed": clients, "expired": 0, "open": 0})
        status, stderr = self.target.stop()
        self.assertEqual(status, 0, stderr)
        self.assertNotIn("Sanitizer", stderr)


class Faults(case.Case):
    def test_error_rate(self):
        with Target("--error-rate", "100%") as target:
            connection = target.connect()
            for path in ["/http", "/mcp", GATEWAY]:
                answer = mcp.initialize(connection, path=path)
                self.assertEqual(answer.status, 500)
                self.assertIn("Injected by --error-rate", answer.body)
            connection.close()
            self.assertEqual(target.stats()["mcp"], {
                "sessions": {"opened": 0, "closed": 0, "expired": 0, "open": 0}, "methods": []})

    def test_latency(self):
        with Target("--latency", "30ms") as target:
            connection = target.connect()
            for accept in [mcp.BOTH, "text/event-stream"]:
                began = time.monotonic()
                self.assertEqual(mcp.initialize(connection, Accept=accept).status, 200)
                self.assertGreaterEqual(time.monotonic() - began, 0.030)
            connection.close()

    def test_bad_options(self):
        for args, words in [(["--session-limit", "0"], ["session-limit"]),
                            (["--session-limit", "1G"], ["session-limit"]),
                            (["--session-idle", "100ms"], ["session-idle"]),
                            (["--list-page", "0"], ["list-page"])]:
            with self.subTest(args):
                self.assertUsageError(self.tool("serve", "--port", 0, *args), *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
