"""The test case of the target's MCP server."""

import json

from harness import case, mcp
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
