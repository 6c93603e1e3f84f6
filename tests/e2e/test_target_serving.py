"""inrush serve: connections, counts, errors and latency as asked for, start and end."""

import collections
import concurrent.futures
import http.client
import resource
import selectors
import signal
import socket
import time
import unittest

from harness import case, tool
from harness.target import Target
from harness.target_case import PATHS, ROUTES, TargetCase, ask, conversion, error


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
    unittest.main(verbosity=2)
