"""`inrush serve` over MCP: both eras, sessions, event streams, the gateway's route, counts."""

import base64
import concurrent.futures
import datetime
import http.client
import json
import re
import socket
import time
import unittest

from harness import case, mcp, tool
from harness.mcp import message
from harness.target import Target

CHECK = {"time": "2025-01-15T10:30:00Z", "source_timezone": "America/New_York",
         "target_timezone": "Asia/Tokyo"}
GATEWAY = f"/servers/{mcp.SERVER_ID}/mcp"


class McpCase(case.Case):
    options = ()

    def setUp(self):
        super().setUp()
        self.target = self.enterContext(Target(*self.options))
        self.connection = self.connect()

    def connect(self):
        connection = self.target.connect()
        self.addCleanup(connection.close)
        return connection

    def post(self, body, path="/mcp", **headers):
        return mcp.post(self.connection, body, path, **headers)

    def open(self, version="2025-06-18", path="/mcp", **headers):
        """A session's id."""
        answer = mcp.initialize(self.connection, version, path, **headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.headers["Mcp-Session-Id"]

    def stateless(self, method, params=None, **meta):
        body = mcp.stateless(method, params, **meta)
        return self.post(body, **mcp.stateless_headers(body))

    def assertResult(self, answer, id_=1):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        body = json.loads(answer.body)
        self.assertEqual(list(body), ["jsonrpc", "id", "result"], answer)
        self.assertEqual((body["jsonrpc"], body["id"]), ("2.0", id_))
        return body["result"]

    def assertError(self, answer, status, code, words="", id_=1):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        body = json.loads(answer.body)
        self.assertEqual(list(body), ["jsonrpc", "id", "error"], answer)
        self.assertEqual((body["jsonrpc"], body["id"], body["error"]["code"]), ("2.0", id_, code))
        self.assertIn(words, body["error"]["message"])
        return body["error"]

    def methods(self):
        return {m["method"]: (m["requests"], m["errors"], m["tool_errors"])
                for m in self.target.stats()["mcp"]["methods"]}


class Handshake(McpCase):
    def test_every_version(self):
        for version in mcp.HANDSHAKE:
            for path in ["/http", "/mcp"]:
                answer = mcp.initialize(self.connection, version, path)
                result = self.assertResult(answer)
                self.assertEqual(result["protocolVersion"], version)
                self.assertEqual(set(result["capabilities"]), {"tools", "resources", "prompts"})
                self.assertEqual(set(result["serverInfo"]), {"name", "title", "version"})
                session = answer.headers["Mcp-Session-Id"]
                self.assertRegex(session, r"^[0-9a-f]{24}$")
                answer = self.post(message("notifications/initialized", id_=None), path,
                                   Mcp_Session_Id=session, MCP_Protocol_Version=version)
                self.assertEqual((answer.status, answer.body), (202, ""))
                self.assertNotIn("Content-Type", answer.headers)
                answer = self.post(message("ping"), path, Mcp_Session_Id=session,
                                   MCP_Protocol_Version=version)
                self.assertEqual(self.assertResult(answer), {})

    def test_unknown_versions_get_our_newest_with_a_handshake(self):
        for version in ["2099-01-01", "1.0", "", mcp.STATELESS, None, 5]:
            result = self.assertResult(mcp.initialize(self.connection, version))
            self.assertEqual(result["protocolVersion"], "2025-11-25")
        self.assertEqual(self.assertResult(self.post(message("initialize")))["protocolVersion"],
                         "2025-11-25")

    def test_requests_do_not_wait_for_the_notification(self):
        """As mcp-go."""
        answer = self.post(message("tools/list"), Mcp_Session_Id=self.open())
        self.assertEqual(len(self.assertResult(answer)["tools"]), 2)

    def test_ids_come_back(self):
        session = self.open()
        for id_ in [0, -7, 2**53 - 1, 1 - 2**53, "a", "", "\u00e9\u0001\"", "x" * 5000]:
            answer = self.post(message("ping", id_=id_), Mcp_Session_Id=session)
            self.assertResult(answer, id_)

    def test_version_of_a_later_request(self):
        session = self.open("2025-06-18")
        for version in mcp.HANDSHAKE + [None]:
            answer = self.post(message("ping"), Mcp_Session_Id=session,
                               MCP_Protocol_Version=version)
            self.assertResult(answer)
        self.assertError(self.post(message("ping"), Mcp_Session_Id=session,
                                   MCP_Protocol_Version="2099-01-01"), 400, -32022)

    def test_lenient_about_accept(self):
        session = self.open()
        for accept in [None, "", "application/json", "*/*", "text/html", "application/*"]:
            self.assertResult(self.post(message("ping"), Mcp_Session_Id=session, Accept=accept))

    def test_content_type(self):
        for kind in ["application/json; charset=utf-8", "application/json;x", "Application/JSON"]:
            self.assertResult(self.post(message("initialize"), Content_Type=kind))
        for kind in [None, "text/plain", "application/jsonx", ""]:
            self.assertError(self.post(message("initialize"), Content_Type=kind), 415, -32000,
                             "Content-Type must be application/json", id_=None)


class Sessions(McpCase):
    def test_missing_and_unknown(self):
        for body in [message("ping"), message("tools/list"), message("nothing"),
                     message("notifications/initialized", id_=None)]:
            id_ = body.get("id")
            self.assertError(self.post(body), 400, -32000, "Mcp-Session-Id", id_)
            for session in ["x", "", "0" * 24, "f" * 24, "0" * 8 + "1" * 16, "0" * 1000]:
                self.assertError(self.post(body, Mcp_Session_Id=session), 404, -32001, "", id_)

    def test_delete(self):
        for path in ["/http", "/mcp"]:
            session, other = self.open(), self.open()
            gone = {"Mcp-Session-Id": session}
            answer = mcp.ask(self.connection, "DELETE", path, headers=gone)
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertError(self.post(message("ping"), Mcp_Session_Id=session), 404, -32001)
            self.assertEqual(mcp.ask(self.connection, "DELETE", path, headers=gone).status, 404)
            self.assertEqual(mcp.ask(self.connection, "DELETE", path).status, 400)
            self.assertResult(self.post(message("ping"), Mcp_Session_Id=other))
            self.assertError(self.post(message("ping"), Mcp_Session_Id=session), 404, -32001)

    def test_other_methods(self):
        for method in ["GET", "HEAD", "PUT", "OPTIONS"]:
            for path in ["/http", "/mcp", GATEWAY]:
                answer = mcp.ask(self.connection, method, path)
                self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST, DELETE"))
        for path in ["/http/", "/mcp/", "/mcpx", "/servers//mcpx", "/servers/mcp"]:
            self.assertEqual(self.post(message("initialize"), path).status, 404, path)

    def test_ids_differ(self):
        ids = [self.open() for _ in range(500)]
        self.assertEqual(len(set(ids)), 500)
        self.assertEqual(len({id_[8:] for id_ in ids}), 500)


class SessionLimit(McpCase):
    options = ("--session-limit", "3")

    def test_limit(self):
        sessions = [self.open() for _ in range(3)]
        for _ in range(2):
            answer = mcp.initialize(self.connection)
            self.assertError(answer, 503, -32000, "too many sessions")
            self.assertNotIn("Mcp-Session-Id", answer.headers)
        mcp.ask(self.connection, "DELETE", "/mcp", headers={"Mcp-Session-Id": sessions[1]})
        self.assertNotIn(self.open(), sessions)
        self.assertEqual(mcp.initialize(self.connection).status, 503)
        self.assertEqual(self.target.stats()["mcp"]["sessions"],
                         {"opened": 4, "closed": 1, "expired": 0, "open": 3})


class SessionIdle(McpCase):
    IDLE_S = 3  # longer than a machine stands still between two requests
    options = ("--session-idle", f"{IDLE_S}s", "--session-limit", "2")

    def test_expiry(self):
        first, second = self.open(), self.open()
        ping = {"body": message("ping"), "Mcp_Session_Id": first}
        began = time.monotonic()
        while time.monotonic() - began < self.IDLE_S + 1.5:  # used, so it lives
            self.assertResult(self.post(**ping))
            time.sleep(0.05)
        third = self.open()  # in the place of the second
        self.assertError(self.post(message("ping"), Mcp_Session_Id=second), 404, -32001)
        self.assertResult(self.post(**ping))
        self.assertResult(self.post(message("ping"), Mcp_Session_Id=third))
        time.sleep(self.IDLE_S + 1.5)  # it counts whole seconds
        self.assertError(self.post(**ping), 404, -32001)
        self.assertEqual(self.target.stats()["mcp"]["sessions"],
                         {"opened": 3, "closed": 0, "expired": 2, "open": 1})


class Methods(McpCase):
    """What methods answer, in a session and without."""

    def setUp(self):
        super().setUp()
        self.session = self.open()

    def call(self, method, params=None, stateless=False):
        if stateless:
            return self.stateless(method, params)
        return self.post(message(method, params), Mcp_Session_Id=self.session)

    def both(self, method, params=None):
        """The result in a session; that of the stateless era must say the same and more."""
        result = self.assertResult(self.call(method, params))
        other = self.assertResult(self.call(method, params, stateless=True))
        self.assertEqual(other.pop("resultType"), "complete")
        self.assertEqual(list(other.pop("_meta")), [mcp.META + "serverInfo"])
        if method not in ("tools/call", "prompts/get"):
            self.assertEqual((other.pop("ttlMs"), other.pop("cacheScope")), (0, "private"))
        self.assertEqual(result, other)
        return result

    def test_tools_list(self):
        tools = self.both("tools/list")["tools"]
        self.assertEqual([t["name"] for t in tools], ["get_system_time", "convert_time"])
        self.assertEqual([t["inputSchema"]["required"] for t in tools],
                         [[], ["time", "source_timezone", "target_timezone"]])
        for t in tools:
            self.assertEqual(list(t), ["name", "description", "inputSchema", "annotations"])
            self.assertEqual(t["inputSchema"]["type"], "object")
            self.assertLessEqual(set(t["inputSchema"]["required"]),
                                 set(t["inputSchema"]["properties"]))

    def said(self, name, arguments=None, is_error=False):
        params = {"name": name}
        if arguments is not None:
            params["arguments"] = arguments
        for stateless in [False, True]:
            result = self.assertResult(self.call("tools/call", params, stateless))
            self.assertEqual(result.get("isError", False), is_error, result)
            self.assertEqual([list(part) for part in result["content"]], [["type", "text"]])
        return result["content"][0]["text"]

    def test_get_system_time(self):
        for arguments in [None, {}, {"timezone": "UTC"}, {"timezone": ""}, {"timezone": None},
                          {"timezone": "Asia/Tokyo"}]:
            text = self.said("get_system_time", arguments)
            zone = (arguments or {}).get("timezone") or "UTC"
            self.assertTrue(text.endswith("+09:00" if zone == "Asia/Tokyo" else "Z"), text)
            at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
            self.assertLessEqual(abs(at.timestamp() - time.time()), 60)

    def test_convert_time(self):
        self.assertEqual(self.said("convert_time", CHECK), "2025-01-15T19:30:00+09:00")
        self.assertEqual(self.said("convert_time", {**CHECK, "time": "2025-07-01 00:00:00",
                                                    "target_timezone": "UTC"}),
                         "2025-07-01T00:00:00Z")

    def test_bad_arguments_are_the_tools_errors(self):
        for name, arguments, text in [
                ("get_system_time", {"timezone": "Mars"}, "Invalid timezone: Mars"),
                ("get_system_time", {"timezone": 5}, "timezone must be a string"),
                ("convert_time", None, "time is required"),
                ("convert_time", {}, "time is required"),
                ("convert_time", {"time": "x"}, "source_timezone is required"),
                ("convert_time", {**CHECK, "time": None}, "time is required"),
                ("convert_time", {**CHECK, "time": ["x"]}, "time must be a string"),
                ("convert_time", {**CHECK, "time": "soon"}, "Invalid time format: soon"),
                ("convert_time", {**CHECK, "source_timezone": "Mars"},
                 "Invalid source timezone: Mars"),
                ("convert_time", {**CHECK, "target_timezone": "M\u00e9"},
                 "Invalid target timezone: M\u00e9")]:
            with self.subTest(name, arguments=arguments):
                self.assertEqual(self.said(name, arguments, is_error=True), text)

    def test_bad_calls(self):
        for params, words in [({"name": "nothing"}, "tool 'nothing' not found"),
                              ({"name": "fast-time-convert-time"}, "not found"),
                              ({}, "params.name is required"),
                              ({"name": 5}, "params.name is required"),
                              ({"name": "convert_time", "arguments": [1]},
                               "params.arguments must be an object")]:
            answer = self.call("tools/call", params)
            self.assertError(answer, 200, -32602, words)
        answer = self.stateless("tools/call", {"name": "nothing"})
        self.assertError(answer, 200, -32602, "tool 'nothing' not found")
        self.assertError(self.call("tools/call"), 200, -32602, "params.name is required")

    def test_resources(self):
        resources = self.both("resources/list")["resources"]
        self.assertEqual([r["uri"] for r in resources],
                         ["timezone://info", "time://current/world", "time://formats",
                          "time://business-hours"])
        for resource in resources:
            for stateless in [False, True]:
                result = self.assertResult(self.call("resources/read", {"uri": resource["uri"]},
                                                     stateless))
                content, = result["contents"]
                self.assertEqual((content["uri"], content["mimeType"]),
                                 (resource["uri"], resource["mimeType"]))
                self.assertIsInstance(json.loads(content["text"]), dict)
        self.assertEqual(self.both("resources/templates/list"), {"resourceTemplates": []})
        missing = {"uri": "time://nothing"}
        self.assertError(self.call("resources/read", missing), 200, -32002, "time://nothing")
        self.assertError(self.call("resources/read", missing, True), 200, -32602, "time://nothing")
        self.assertError(self.call("resources/read"), 200, -32602, "params.uri")

    def test_prompts(self):
        prompts = self.both("prompts/list")["prompts"]
        self.assertEqual([p["name"] for p in prompts],
                         ["compare_timezones", "schedule_meeting", "convert_time_detailed"])
        arguments = {"timezones": "Asia/Tokyo,UTC"}
        result = self.both("prompts/get", {"name": "compare_timezones", "arguments": arguments})
        said, = result["messages"]
        self.assertEqual((said["role"], said["content"]["type"]), ("user", "text"))
        self.assertIn("timezones: Asia/Tokyo,UTC\n", said["content"]["text"])
        for params, words in [({"name": "compare_timezones"}, "argument timezones is required"),
                              ({"name": "compare_timezones", "arguments": {"timezones": 1}},
                               "argument timezones must be a string"),
                              ({"name": "nothing"}, "prompt 'nothing' not found"),
                              ({}, "params.name")]:
            self.assertError(self.call("prompts/get", params), 200, -32602, words)

    def test_unknown_methods(self):
        for method in ["nothing", "", "tools/List", "logging/setLevel", "x" * 500]:
            self.assertError(self.call(method), 200, -32601, "not found")
        self.assertError(self.call("server/discover"), 200, -32601)

    def test_answers_and_notifications_are_accepted(self):
        for body in [message("notifications/cancelled", {"requestId": 1}, None),
                     message("nothing", id_=None),
                     {"jsonrpc": "2.0", "id": 5, "result": {}},
                     {"jsonrpc": "2.0", "id": 5, "error": {"code": 1, "message": "x"}}]:
            answer = self.post(body, Mcp_Session_Id=self.session)
            self.assertEqual((answer.status, answer.body), (202, ""), body)

    def test_no_page(self):
        for cursor in ["", "0", "1", "x", 5, {}]:
            self.assertError(self.call("tools/list", {"cursor": cursor}), 200, -32602, "cursor")
        self.assertEqual(len(self.both("tools/list", {"cursor": None})["tools"]), 2)


class Pages(McpCase):
    options = ("--list-page", "3")

    def test_pages(self):
        session = self.open()
        for method, key, sizes in [("tools/list", "tools", [2]),
                                   ("resources/list", "resources", [3, 1]),
                                   ("prompts/list", "prompts", [3])]:
            found, params = [], {}
            while True:
                result = self.assertResult(self.post(message(method, params),
                                                     Mcp_Session_Id=session))
                found.append(len(result[key]))
                if "nextCursor" not in result:
                    break
                params = {"cursor": result["nextCursor"]}
            self.assertEqual(found, sizes)
        for cursor in ["0", "1", "4", "6", "03", "x", ""]:
            self.assertError(self.post(message("resources/list", {"cursor": cursor}),
                                       Mcp_Session_Id=session), 200, -32602, "cursor")


class Malformed(McpCase):
    def test_no_json(self):
        for body in [b"", b"{", b"no", b"{} x", b'{"a":1}{"b":2}', b"\x00", b"\xff\xfe",
                     b'{"jsonrpc":"2.0","id":1,"method":"ping"', b"[" * 100000,
                     b'{"a":' * 50000, b'"' + b"x" * 500000, b'{"id":1}\x00']:
            with self.subTest(body[:40]):
                self.assertError(self.post(body), 400, -32700, "not JSON", id_=None)

    def test_no_message(self):
        for body, words, id_ in [
                (b"[]", "batches", None), (b'[{"jsonrpc":"2.0","id":1}]', "batches", None),
                (b"1", "object", None), (b'"x"', "object", None), (b"null", "object", None),
                (b"{}", "jsonrpc", None), (b'{"jsonrpc":2.0,"id":1}', "jsonrpc", 1),
                (b'{"jsonrpc":"1.0","id":"a","method":"ping"}', "jsonrpc", "a"),
                (b'{"jsonrpc":"2.0"}', "method", None),
                (b'{"jsonrpc":"2.0","id":1}', "method", 1),
                (b'{"jsonrpc":"2.0","id":1,"method":5}', "method", 1),
                (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', "id", None),
                (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "id", None),
                (b'{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', "id", None),
                (b'{"jsonrpc":"2.0","id":1e300,"method":"ping"}', "id", None),
                (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', "id", None),
                (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', "params", 1),
                (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', "params", 1)]:
            with self.subTest(body):
                self.assertError(self.post(body), 400, -32600, words, id_)

    def test_bytes_that_are_no_utf8(self):
        session = self.open()
        body = b'{"jsonrpc":"2.0","id":"\xff","method":"\xfe\xfe"}'
        self.assertError(self.post(body, Mcp_Session_Id=session), 200, -32601, "\ufffd\ufffd",
                         "\ufffd")

    def test_big(self):
        session = self.open()
        zone = "x" * 1000000
        result = self.assertResult(self.post(
            message("tools/call", {"name": "get_system_time", "arguments": {"timezone": zone}}),
            Mcp_Session_Id=session))
        self.assertEqual(result["content"][0]["text"], f"Invalid timezone: {zone}")
        body = message("tools/call", {"name": "get_system_time",
                                      "arguments": {"timezone": "x" * (1 << 20)}})
        self.assertEqual(self.post(body, Mcp_Session_Id=session).status, 413)
        self.assertResult(self.post(message("ping"), Mcp_Session_Id=session))


class Stateless(McpCase):
    def test_no_session(self):
        answer = self.stateless("tools/list")
        self.assertEqual(self.assertResult(answer)["resultType"], "complete")
        self.assertNotIn("Mcp-Session-Id", answer.headers)
        self.assertEqual(self.target.stats()["mcp"]["sessions"]["opened"], 0)

    def test_discover(self):
        result = self.assertResult(self.stateless("server/discover"))
        self.assertEqual(result["supportedVersions"], [mcp.STATELESS])
        self.assertEqual(set(result["capabilities"]), {"tools", "resources", "prompts"})

    def test_methods_of_the_handshake(self):
        for method in ["initialize", "ping", "nothing"]:
            self.assertError(self.stateless(method), 404, -32601)

    def test_notification(self):
        body = mcp.stateless("notifications/cancelled", {"requestId": 1}, id_=None)
        answer = self.post(body, **mcp.stateless_headers(body))
        self.assertEqual((answer.status, answer.body), (202, ""))

    def test_header_mismatch(self):
        for method, params in [("tools/list", {}),
                               ("tools/call", {"name": "get_system_time"}),
                               ("prompts/get", {"name": "nothing"}),
                               ("resources/read", {"uri": "time://formats"})]:
            body = mcp.stateless(method, params)
            headers = mcp.stateless_headers(body)
            for name in headers:
                for value in [None, "other", "", headers[name] + " x"]:
                    with self.subTest(method, header=name, value=value):
                        answer = self.post(body, **{**headers, name: value})
                        self.assertError(answer, 400, -32020, name.replace("_", "-"))
        body = mcp.stateless("tools/list")
        self.assertError(self.post(body, MCP_Protocol_Version="2025-11-25",
                                   Mcp_Method="tools/list"), 400, -32020)

    def test_encoded_names(self):
        name = "caf\u00e9 \u2603"
        body = mcp.stateless("tools/call", {"name": name})
        headers = mcp.stateless_headers(body)
        encoded = base64.b64encode(name.encode()).decode()
        headers["Mcp_Name"] = f"=?base64?{encoded}?="
        self.assertError(self.post(body, **headers), 200, -32602, name)  # no such tool, but it fits
        for wrong in [f"=?base64?{encoded[4:]}?=", "=?base64?!!?=", "=?base64??=", "=?base64?="]:
            self.assertError(self.post(body, **{**headers, "Mcp_Name": wrong}), 400, -32020)

    def test_envelope(self):
        for meta, words in [({"clientCapabilities": None}, "clientCapabilities"),
                            ({"clientCapabilities": []}, "clientCapabilities"),
                            ({"clientCapabilities": "x"}, "clientCapabilities")]:
            self.assertError(self.stateless("tools/list", **meta), 400, -32602, words)
        self.assertResult(self.stateless("tools/list", clientInfo=None))
        for body in [message("tools/list"), message("tools/list", {}),
                     message("tools/list", {"_meta": {}}), message("tools/list", {"_meta": 5}),
                     message("tools/list", {"_meta": {mcp.META + "protocolVersion": 5}})]:
            answer = self.post(body, MCP_Protocol_Version=mcp.STATELESS, Mcp_Method="tools/list")
            self.assertError(answer, 400, -32602, "protocolVersion")

    def test_unsupported_version(self):
        for version in ["2099-01-01", "x", *mcp.HANDSHAKE]:
            error = self.assertError(self.stateless("tools/list", version=version), 400, -32022)
            self.assertEqual(error["data"], {"supported": [mcp.STATELESS], "requested": version})


class RequiredCapability(McpCase):
    options = ("--require-capability", "sampling")

    def test_missing_capability(self):
        params = {"name": "get_system_time"}
        for declared in [{}, {"roots": {}}, {"sampling": True}]:
            error = self.assertError(
                self.stateless("tools/call", params, clientCapabilities=declared), 400, -32021)
            self.assertEqual(error["data"], {"requiredCapabilities": {"sampling": {}}})
        self.assertResult(self.stateless("tools/call", params,
                                         clientCapabilities={"sampling": {}}))
        self.assertResult(self.stateless("tools/list"))
        self.assertResult(self.post(message("tools/call", params), Mcp_Session_Id=self.open()))


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
    unittest.main()
