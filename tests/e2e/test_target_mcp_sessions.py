"""The target's MCP server: sessions, and the era without them."""

import base64
import time
import unittest

from harness import mcp
from harness.mcp import message
from harness.target_mcp_case import GATEWAY, McpCase


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
