"""`inrush serve`: every route, every error, what it counts, and under load."""

import collections
import concurrent.futures
import datetime
import http.client
import json
import resource
import selectors
import signal
import socket
import time
import unittest
import urllib.parse
import zoneinfo

from harness import case, tool
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


class Routes(TargetCase):
    def now_is(self, seconds):
        self.assertLessEqual(abs(seconds - time.time()), 60)

    def test_time(self):
        for path, zone in [("/api/v1/time", "UTC"),
                           ("/api/v1/time?timezone=", "UTC"),
                           ("/api/v1/time/", "UTC"),
                           ("/api/v1/time/UTC", "UTC"),
                           ("/api/v1/time?timezone=Asia/Tokyo", "Asia/Tokyo"),
                           ("/api/v1/time?timezone=Asia%2FTokyo&x=1", "Asia/Tokyo"),
                           ("/api/v1/time/Asia/Tokyo", "Asia/Tokyo"),
                           ("/api/v1/time/Asia%2FTokyo", "Asia/Tokyo"),
                           ("/api/v1/time?timezone=America/Argentina/Buenos_Aires",
                            "America/Argentina/Buenos_Aires")]:
            with self.subTest(path):
                answer = self.assertJson(self.get(path))
                self.assertEqual(list(answer), ["time", "timezone", "unix", "utc"])
                self.assertEqual(answer["timezone"], zone)
                self.now_is(answer["unix"])
                there = datetime.datetime.fromtimestamp(answer["unix"], zoneinfo.ZoneInfo(zone))
                self.assertEqual(answer["time"], there.isoformat().replace("+00:00", "Z"))
                utc = datetime.datetime.fromtimestamp(answer["unix"], datetime.timezone.utc)
                self.assertEqual(answer["utc"], utc.isoformat().replace("+00:00", "Z"))

    def test_bad_zones(self):
        for zone in ["Mars/Olympus", "utc", "../../etc/passwd", "+05:00", "America", "zone.tab",
                     "a b", "caf\u00e9", "x" * 3000]:
            with self.subTest(zone[:20]):
                quoted = urllib.parse.quote(zone)
                for path in [f"/api/v1/time?timezone={quoted}", f"/api/v1/time/{quoted}",
                             f"/api/v1/timezones/{quoted}/info"]:
                    answer = self.get(path)
                    self.assertEqual(self.assertJson(answer, 400),
                                     json.loads(error(400, f"Invalid timezone: {zone}")))
        self.assertError(self.get("/api/v1/timezones//info"), 400, "Timezone not specified")

    def test_bytes_that_are_no_utf8(self):
        answer = self.assertJson(self.get("/api/v1/time?timezone=%ff%fe"), 400)
        self.assertEqual(answer["message"], "Invalid timezone: \ufffd\ufffd")

    def test_check_value(self):
        answer = self.ask("POST", "/api/v1/convert",
                          conversion("2025-01-15T10:30:00Z", "America/New_York", "Asia/Tokyo"))
        self.assertJson(answer)
        self.assertEqual(answer.body, '{"original_time":"2025-01-15T05:30:00-05:00",'
                                      '"from_timezone":"America/New_York",'
                                      '"converted_time":"2025-01-15T19:30:00+09:00",'
                                      '"to_timezone":"Asia/Tokyo","unix":1736937000}')

    def test_bad_conversions(self):
        when = "2025-01-15T10:30:00Z"
        for body, message in [(b"", "Invalid request body"),
                              (b"no json", "Invalid request body"),
                              (b'{"time":"2025', "Invalid request body"),
                              (b"[1]", "Invalid request body"),
                              (b'{"time":5}', "Invalid request body"),
                              (b"\x00\xff\xfe", "Invalid request body"),
                              (b"[" * 100000, "Invalid request body"),
                              (b"{}", "Invalid time format: "),
                              (conversion("soon", "UTC", "UTC"), "Invalid time format: soon"),
                              (conversion("2025-02-29 00:00:00", "UTC", "UTC"),
                               "Invalid time format: 2025-02-29 00:00:00"),
                              (conversion(when, "Mars", "UTC"), "Invalid source timezone: Mars"),
                              (conversion(when, "UTC", "Mars"), "Invalid target timezone: Mars")]:
            with self.subTest(body[:40]):
                self.assertError(self.ask("POST", "/api/v1/convert", body), 400, message)

    def test_every_zone_agrees_with_zoneinfo(self):
        """Winter, summer, a change, the 19th century, and beyond tzdata's tables."""
        utc = datetime.timezone.utc
        instants = [datetime.datetime(*at, tzinfo=utc) for at in [
            (1850, 1, 1), (1943, 7, 1), (1971, 12, 31, 23, 59, 59), (2025, 1, 15, 10, 30),
            (2025, 3, 9, 7), (2025, 7, 15), (2025, 10, 26, 0, 59, 59), (2037, 12, 1),
            (2038, 7, 1), (2064, 10, 26, 1), (2500, 4, 1), (3456, 7, 1), (9998, 2, 1)]]
        zones = sorted(zoneinfo.available_timezones())
        self.assertGreater(len(zones), 400)
        for name in zones:
            zone = zoneinfo.ZoneInfo(name)
            for at in instants:
                there = at.astimezone(zone)
                offset = int(there.utcoffset().total_seconds())
                minutes = abs(offset) // 60  # RFC 3339 has no seconds of an offset
                shown = "Z" if not minutes else \
                    f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
                answer = self.ask("POST", "/api/v1/convert", conversion(
                    at.strftime("%Y-%m-%dT%H:%M:%SZ"), "UTC", name))
                self.assertEqual(json.loads(answer.body)["converted_time"],
                                 there.strftime("%Y-%m-%dT%H:%M:%S") + shown, name)

    def test_timezones(self):
        answer = self.assertJson(self.get("/api/v1/timezones"))
        self.assertEqual(list(answer), ["count", "timezones"])
        self.assertEqual(answer["count"], 48)
        self.assertEqual(len(set(answer["timezones"])), 48)
        self.assertLessEqual(set(answer["timezones"]), zoneinfo.available_timezones())
        asia = self.assertJson(self.get("/api/v1/timezones?filter=ASIA/T"))
        self.assertEqual(asia, {"count": 2, "timezones": ["Asia/Tehran", "Asia/Tokyo"]})
        self.assertEqual(self.assertJson(self.get("/api/v1/timezones?filter="))["count"], 48)
        self.assertEqual(self.get("/api/v1/timezones?filter=nowhere").body,
                         '{"count":0,"timezones":[]}')

    def test_info(self):
        for name in ["UTC", "America/New_York", "Australia/Sydney", "Asia/Kathmandu"]:
            answer = self.assertJson(self.get(f"/api/v1/timezones/{name}/info"))
            self.assertEqual(list(answer),
                             ["name", "offset", "current_time", "is_dst", "abbreviation"])
            there = datetime.datetime.fromisoformat(answer["current_time"].replace("Z", "+00:00"))
            self.now_is(there.timestamp())
            there = there.astimezone(zoneinfo.ZoneInfo(name))
            minutes = int(there.utcoffset().total_seconds()) // 60
            sign = "-" if minutes < 0 else "+"
            self.assertEqual(answer["offset"], f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}")
            self.assertEqual(answer["is_dst"], bool(there.dst()))
            self.assertEqual((answer["name"], answer["abbreviation"]), (name, there.tzname()))

    def test_resources_and_prompts(self):
        answer = self.assertJson(self.get("/api/v1/resources"))
        self.assertEqual(list(answer), ["count", "resources"])
        self.assertEqual((answer["count"], len(answer["resources"])), (4, 4))
        for resource_ in answer["resources"]:
            self.assertEqual(list(resource_), ["uri", "name", "description", "mime_type"])
        self.assertEqual([r["uri"] for r in answer["resources"]],
                         ["timezone://info", "time://current/world", "time://formats",
                          "time://business-hours"])
        answer = self.assertJson(self.get("/api/v1/prompts"))
        self.assertEqual(list(answer), ["count", "prompts"])
        self.assertEqual([p["name"] for p in answer["prompts"]],
                         ["compare_timezones", "schedule_meeting", "convert_time_detailed"])
        for prompt in answer["prompts"]:
            self.assertEqual(list(prompt), ["name", "description", "arguments"])
            for argument in prompt["arguments"]:
                self.assertEqual(list(argument), ["name", "description", "required"])
                self.assertIsInstance(argument["required"], bool)

    def test_health_and_version(self):
        answer = self.assertJson(self.get("/health"))
        self.assertEqual(list(answer), ["status", "uptime_seconds"])
        self.assertEqual(answer["status"], "healthy")
        self.assertIsInstance(answer["uptime_seconds"], int)
        self.assertEqual(list(self.assertJson(self.get("/version"))),
                         ["name", "version", "mcp_version"])

    def test_unknown_paths(self):
        for path in ["/", "/nope", "/api/v1", "/api/v1/timezones/UTC", "/health/", "//health",
                     "/api/v1/convert/x"]:
            for method in ["GET", "POST", "DELETE"]:
                answer = self.ask(method, path)
                self.assertEqual((answer.status, answer.body), (404, "404 page not found\n"), path)
                self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))

    def test_wrong_methods(self):
        for path in PATHS:
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]:
                answer = self.ask(method, path, "{}")
                self.assertError(answer, 405, "Method not allowed")
                self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        for method in ["GET", "PUT", "DELETE"]:
            answer = self.ask(method, "/api/v1/convert")
            self.assertError(answer, 405, "Method not allowed")
            self.assertEqual(answer.headers["Allow"], "POST")

    def test_head(self):
        for path in PATHS:
            expected = self.get(path)
            answer = self.ask("HEAD", path)
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertEqual(answer.headers["Content-Length"], expected.headers["Content-Length"])
        self.assertEqual(self.ask("HEAD", "/nope").status, 404)
        self.assertEqual(self.ask("HEAD", "/api/v1/convert").status, 405)


class Connections(TargetCase):
    def raw(self, data):
        """Sends bytes after which the server closes; everything it says until then."""
        with socket.create_connection(("127.0.0.1", self.target.port), tool.TIMEOUT) as sock:
            sock.sendall(data)
            received = b""
            while chunk := sock.recv(65536):
                received += chunk
            return received

    def test_keeps_alive(self):
        for _ in range(100):
            for path in PATHS:
                self.assertEqual(self.get(path).status, 200)
            for path, status in [("/nope", 404), ("/api/v1/time/X", 400)]:
                self.assertEqual(self.get(path).status, status)
            self.assertEqual(self.ask("PUT", "/health", b"x" * 1000).status, 405)
        self.assertEqual(self.target.stats()["connections"]["opened"], 2)

    def test_closes_when_asked(self):
        answer = self.raw(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b"HTTP/1.1 200 OK", answer)
        self.assertIn(b"Connection: close", answer)

    def test_http_1_0(self):
        self.assertIn(b" 200 OK", self.raw(b"GET /health HTTP/1.0\r\n\r\n"))

    def test_pipelining(self):
        one = b"GET /version HTTP/1.1\r\nHost: x\r\n"
        answers = self.raw((one + b"\r\n") * 49 + one + b"Connection: close\r\n\r\n")
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK"), 50)

    def test_body_in_pieces(self):
        body = conversion("2025-01-15T10:30:00Z", "UTC", "Asia/Tokyo").encode()
        chunks = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"
        answer = self.raw(b"POST /api/v1/convert HTTP/1.1\r\nHost: x\r\n"
                          b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
        self.assertIn(b"19:30:00+09:00", answer)

    def test_huge_bodies(self):
        """Up to 1 MiB is read; beyond it is answered 413, the connection kept."""
        padded = conversion("2025-01-15T10:30:00Z", "UTC", "UTC").ljust(1 << 20)
        self.assertEqual(self.ask("POST", "/api/v1/convert", padded).status, 200)
        for size in [(1 << 20) + 1, 20 << 20]:
            answer = self.ask("POST", "/api/v1/convert", b" " * size)
            self.assertError(answer, 413, "Request body larger than 1 MiB")
        chunked = iter([b"x" * 500000] * 5)
        self.connection.request("POST", "/api/v1/convert", chunked, encode_chunked=True,
                                headers={"Transfer-Encoding": "chunked"})
        answer = self.connection.getresponse()
        answer.read()
        self.assertEqual(answer.status, 413)
        self.assertEqual(self.get("/health").status, 200)
        self.assertEqual(self.target.stats()["connections"]["opened"], 2)

    def test_what_is_not_http(self):
        """Dropped, and no request."""
        for data in [b"\x00" * 1000, b"GET\r\n\r\n", b"hello\n" * 100, b"GET /" + b"a" * 100000,
                     b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\n"]:
            with socket.create_connection(("127.0.0.1", self.target.port), tool.TIMEOUT) as sock:
                try:
                    sock.sendall(data)
                except OSError:
                    pass  # closed before it was told everything
        self.assertEqual(self.get("/health").status, 200)
        self.assertEqual(self.target.stats()["status"], {"200": 1})


class Counts(TargetCase):
    def test_nothing_yet(self):
        stats = self.target.stats()
        self.assertEqual([r["route"] for r in stats["routes"]], ROUTES)
        self.assertEqual((stats["requests"], stats["responses"], stats["status"]), (0, 0, {}))

    def test_every_request_is_counted_once(self):
        asked = []
        for path in PATHS:
            asked += [("GET", path, 200)] * 3 + [("HEAD", path, 200), ("PUT", path, 405)]
        asked += [("GET", "/api/v1/time/X", 400), ("GET", "/nope", 404), ("GET", "/", 404),
                  ("POST", "/api/v1/convert", 400)]
        for method, path, status in asked:
            self.assertEqual(self.ask(method, path).status, status)
        stats = self.target.stats()
        expected = collections.Counter(str(status) for _, _, status in asked)
        self.assertEqual(stats["status"], expected)
        self.assertEqual((stats["requests"], stats["responses"]), (len(asked), len(asked)))
        routes = {r["route"]: (r["requests"], r["status"]) for r in stats["routes"]}
        self.assertEqual(routes["GET /health"], (5, {"200": 4, "405": 1}))
        self.assertEqual(routes["GET /api/v1/time/{timezone}"], (6, {"200": 4, "400": 1, "405": 1}))
        self.assertEqual(routes["POST /api/v1/convert"], (1, {"400": 1}))
        self.assertEqual(routes["(unknown path)"], (2, {"404": 2}))
        self.assertEqual(stats["requests"], sum(requests for requests, _ in routes.values()))

    def test_table_at_the_end(self):
        for _ in range(1234):
            self.get("/health")
        self.get("/nope")
        self.target.stats()
        lines = [line.split() for line in self.assertStopsWell().splitlines()]
        self.assertEqual(lines, [["served", "requests", "200", "404"],
                                 ["GET", "/health", "1,234", "1,234", "0"],
                                 ["(unknown", "path)", "1", "0", "1"],
                                 ["total", "1,235", "1,234", "1"]])

    def test_500_connections(self):
        def load(_):
            connection = self.target.connect()
            statuses = [ask(connection, "GET", PATHS[i % len(PATHS)]).status for i in range(20)]
            connection.close()
            return statuses

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            statuses = [s for many in pool.map(load, range(500)) for s in many]
        self.assertEqual(statuses, [200] * 10000)
        stats = self.target.stats()
        self.assertEqual((stats["requests"], stats["status"]), (10000, {"200": 10000}))
        self.assertEqual(stats["connections"]["opened"], 501)


class Token(TargetCase):
    options = ("--token", "s3cret")

    def test_bearer(self):
        self.assertEqual(self.get("/api/v1/time", Authorization="Bearer s3cret").status, 200)
        for headers, text in [({}, "Authorization required\n"),
                              ({"Authorization": "Basic s3cret"}, "Invalid authorization format\n"),
                              ({"Authorization": "Bearer wrong"}, "Invalid token\n"),
                              ({"Authorization": "Bearer "}, "Invalid token\n")]:
            for path in ["/api/v1/time", "/nope"]:
                answer = self.get(path, **headers)
                self.assertEqual((answer.status, answer.body), (401, text))
                self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
                self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Bearer"))
        for path in ["/health", "/version", "/stats"]:
            self.assertEqual(self.get(path).status, 200)


def count_errors(target, requests, workers=4):
    """How many of so many requests are answered 500."""
    def load(n):
        connection = target.connect()
        count = sum(ask(connection, "GET", "/health").status == 500 for _ in range(n))
        connection.close()
        return count

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(load, [requests // workers] * workers))


class ErrorRate(case.Case):
    def test_all(self):
        with Target("--error-rate", "100%") as target:
            connection = target.connect()
            for path in PATHS + ["/nope"]:
                answer = ask(connection, "GET", path)
                self.assertEqual((answer.status, answer.body),
                                 (500, error(500, "Injected by --error-rate")))
            self.assertEqual(ask(connection, "GET", "/stats").status, 200)
            connection.close()
            self.assertEqual(target.stats()["status"], {"500": len(PATHS) + 1})

    def test_a_share_that_the_seed_decides(self):
        """The n-th request's fate is the seed's, whichever thread or connection brings it."""
        def errors(seed, threads, workers):
            with Target("--error-rate", "10%", "--seed", seed, "--threads", threads) as target:
                count = count_errors(target, 4000, workers)
                self.assertEqual(target.stats()["status"], {"200": 4000 - count, "500": count})
                return count

        first = errors(7, threads=2, workers=4)
        self.assertEqual(errors(7, threads=2, workers=4), first)
        self.assertEqual(errors(7, threads=1, workers=1), first)
        self.assertTrue(300 < first < 500, first)  # 400 and 5 standard deviations

    def test_none(self):
        with Target("--error-rate", "0") as target:
            self.assertEqual(count_errors(target, 200), 0)


class Latency(case.Case):
    def elapsed(self, connection, path="/health"):
        began = time.monotonic()
        ask(connection, "GET", path)
        return time.monotonic() - began

    def test_never_earlier(self):
        with Target("--latency", "20ms..40ms") as target:
            connection = target.connect()
            for _ in range(20):
                self.assertGreaterEqual(self.elapsed(connection), 0.020)
            answer = ask(connection, "POST", "/api/v1/convert",
                         conversion("2025-01-15T10:30:00Z", "UTC", "Asia/Tokyo"))
            self.assertIn("19:30:00+09:00", answer.body)
            connection.close()

    def test_stats_are_not_delayed(self):
        with Target("--latency", "1h") as target:
            waiting = target.connect()
            waiting.request("GET", "/health")
            self.wait_until(lambda: target.stats()["requests"] == 1)
            stats = target.stats()
            self.assertEqual((stats["requests"], stats["responses"]), (1, 0))
            status, stderr = target.stop()  # does not wait for it
            self.assertEqual(status, 0, stderr)
            waiting.close()

    def test_a_client_that_leaves_while_it_waits(self):
        with Target("--latency", "50ms") as target:
            for _ in range(100):
                leaving = target.connect()
                leaving.request("GET", "/health")
                leaving.close()
            self.wait_until(lambda: target.stats()["connections"]["open"] == 1)
            connection = target.connect()
            self.assertEqual(ask(connection, "GET", "/health").status, 200)
            connection.close()
            status, stderr = target.stop()
            self.assertEqual(status, 0, stderr)

    def test_10000_connections(self):
        """All open at once, each asking twice, with 50 ms before every answer."""
        count = 10000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

        def low_soft_limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

        request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        with Target("--latency", "50ms", limits=low_soft_limit) as target, \
                selectors.DefaultSelector() as selector:
            for _ in range(count):
                sock = socket.create_connection(("127.0.0.1", target.port), tool.TIMEOUT)
                self.addCleanup(sock.close)
                selector.register(sock, selectors.EVENT_READ, 2)
            self.wait_until(lambda: target.stats()["connections"]["open"] == count + 1)
            for key in list(selector.get_map().values()):
                key.fileobj.sendall(request)
            left = 2 * count
            deadline = time.monotonic() + tool.TIMEOUT
            while left and time.monotonic() < deadline:
                for key, _ in selector.select(1):
                    answer = key.fileobj.recv(65536)
                    self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
                    self.assertTrue(answer.endswith(b"}"), answer)
                    left -= 1
                    if key.data > 1:
                        key.fileobj.sendall(request)
                    selector.modify(key.fileobj, selectors.EVENT_READ, key.data - 1)
            self.assertEqual(left, 0)
            self.assertEqual(target.stats()["status"], {"200": 2 * count})
            status, stderr = target.stop()
            self.assertEqual(status, 0, stderr)
            self.assertNotIn("at most", stderr)


class Start(case.Case):
    def test_port_in_use(self):
        with Target() as target:
            run = self.tool("serve", "--port", target.port)
            self.assertUsageError(run, f"port {target.port} on 127.0.0.1 is in use", "--port")
            self.assertEqual(run.stdout, "")

    def test_bad_options(self):
        for args, words in [(["--latency", "20ms.."], ["expected a duration", "20ms..", "^"]),
                            (["--latency", "5ms,2:1s"], ["a share lies between"]),
                            (["--error-rate", "2"], ["2"]),
                            (["--port", "99999"], ["99999"]),
                            (["--bind", "203.0.113.1"], ["no address 203.0.113.1"]),
                            (["--bind", "nowhere.invalid"], ["nowhere.invalid"])]:
            with self.subTest(args):
                self.assertUsageError(self.tool("serve", "--port", 0, *args), *words)

    def test_too_few_files(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))

        with Target(limits=few_files) as target:
            status, stderr = target.stop()
        self.assertEqual(status, 0, stderr)
        self.assertIn("at most 936 connections at once: 10000 need 10064 open files", stderr)

    def test_signals(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with Target() as target:
                idle = target.connect()
                idle.connect()
                status, stderr = target.stop(number)
                self.assertEqual(status, 0, stderr)
                idle.close()

    def test_ipv6(self):
        with Target("--bind", "::1") as target:
            self.assertEqual(target.url, f"http://[::1]:{target.port}")
            connection = http.client.HTTPConnection("::1", target.port, timeout=tool.TIMEOUT)
            self.assertEqual(ask(connection, "GET", "/health").status, 200)
            connection.close()


if __name__ == "__main__":
    unittest.main()
