"""The target's MCP server: handshake, methods, and what is malformed."""

import datetime
import json
import time
import unittest

from harness import mcp
from harness.mcp import message
from harness.target_mcp_case import CHECK, McpCase


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
