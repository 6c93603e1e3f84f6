"""The test case of `inrush serve`: one target, and what is asked of it."""

import collections
import json

from harness import case
from harness.target import Target

Answer = collections.namedtuple("Answer", "status headers body")

ROUTES = ["GET /api/v1/time", "GET /api/v1/time/{timezone}", "POST /api/v1/convert",
          "GET /api/v1/timezones", "GET /api/v1/timezones/{timezone}/info",
          "GET /api/v1/resources", "GET /api/v1/prompts", "POST /http", "DELETE /http",
          "POST /mcp", "DELETE /mcp", "POST /servers/{id}/mcp", "DELETE /servers/{id}/mcp",
          "GET /health", "GET /version",
          "(unknown path)"]

PATHS = ["/api/v1/time", "/api/v1/time/UTC", "/api/v1/timezones", "/api/v1/timezones/UTC/info",
         "/api/v1/resources", "/api/v1/prompts", "/health", "/version"]


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return Answer(answer.status, answer.headers, answer.read().decode())


def error(status, message):
    names = {400: "Bad Request", 405: "Method Not Allowed", 413: "Request Entity Too Large",
             500: "Internal Server Error"}
    return json.dumps({"error": names[status], "message": message, "code": status},
                      separators=(",", ":"))


def conversion(at, source, target):
    return json.dumps({"time": at, "from_timezone": source, "to_timezone": target})


class TargetCase(case.Case):
    options = ()

    def setUp(self):
        super().setUp()
        self.target = self.enterContext(Target(*self.options))
        self.connection = self.target.connect()
        self.addCleanup(self.connection.close)

    def ask(self, method, path, body=None, headers=None):
        return ask(self.connection, method, path, body, headers)

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def assertJson(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return json.loads(answer.body)

    def assertError(self, answer, status, message):
        self.assertJson(answer, status)
        self.assertEqual(answer.body, error(status, message))

    def assertStopsWell(self):
        status, stderr = self.target.stop()
        self.assertEqual(status, 0, stderr)
        self.assertNotIn("Sanitizer", stderr)
        return stderr
