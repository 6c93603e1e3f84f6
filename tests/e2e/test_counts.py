"""Counts are exact: what was asked for, what the server saw and what the report says."""

import time
import unittest

from harness.case import Case, OK
from harness.nginx import Nginx
from harness.wire import answer, recv_request, response, send, wait_closed


class TestOneOff(Case):
    def exactly(self, connections, threads, requests):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-c", connections, "-t", threads, "-n", requests, server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)
        self.assertEqual(server.request_count, requests, run)
        self.assertEqual(run.json["totals"]["bytes"], requests * len(response(b"ok")))
        self.assertLessEqual(server.connections, connections)
        return server

    def test_one(self):
        self.exactly(1, 1, 1)

    def test_one_connection(self):
        self.assertEqual(self.exactly(1, 1, 500).connections, 1)

    def test_uneven_shares(self):
        self.exactly(7, 2, 1001)

    def test_fewer_requests_than_connections(self):
        self.assertLessEqual(self.exactly(50, 2, 9).connections, 50)

    def test_fewer_connections_than_threads(self):
        self.exactly(1, 2, 20)

    def test_against_nginx(self):
        with Nginx() as nginx:
            run = self.load("-c", "32", "-n", "20k", nginx.url)
            self.assertTotals(run, 20000, 0)
            self.assertEqual(nginx.requests(), 20000)

    def test_thousands_of_connections(self):
        """They begin a few at a time: some are done before others have begun."""
        with Nginx(connections=4096) as nginx:
            run = self.load("-c", "3000", "-n", "3001", nginx.url)
            self.assertTotals(run, 3001, 0)
            self.assertEqual(nginx.requests(), 3001)
            run = self.load("-c", "3000", "-d", "300ms", nginx.url)
            self.assertEqual(run.json["notes"], [], run)

    def test_failures_count_as_requests(self):
        server = self.serve(*answer(response(b"", 500, "Oops")))
        run = self.load("-c", "3", "-n", "50", server.url)
        self.assertTotals(run, 50, 50)
        self.assertEqual(server.request_count, 50)

    def test_a_duration_loses_only_what_was_in_flight(self):
        with Nginx() as nginx:
            run = self.load("-c", "8", "-d", "500ms", nginx.url)
            self.assertStatus(run, OK)
            self.assertEqual(run.json["totals"]["failures"], 0, run)
            over = nginx.requests() - run.json["totals"]["requests"]
            cancelled = run.json["generator"]["cancelled"]
            self.assertTrue(0 <= over <= cancelled <= 8, f"{over} more reached the server: {run}")

    def test_what_a_server_owes_at_the_end_is_said(self):
        """No figure has the times of requests that a server which hangs never answers."""
        server = self.serve(recv_request(), send(response(b"ok")), recv_request(), wait_closed())
        begun = time.monotonic()
        running = self.start("-c", "1", "-T", "10m", "--repeat-until-interrupted", server.url)
        self.wait_until(lambda: server.request_count == 2, running)
        # Longer than the first answer can have taken.
        time.sleep(time.monotonic() - begun)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, OK)
        self.assertTotals(run, 1, 0)
        generator = run.json["generator"]
        self.assertEqual(generator["cancelled"], 1, run)
        self.assertGreater(generator["cancelled_longest_ms"], run.json["totals"]["latency_ms"]["max"])
        self.assertSays(run, "when the run ended 1 request had no answer yet", "not in these figures")


class TestScenario(Case):
    def test_every_request_is_in_the_report(self):
        """Running tasks finish when the run ends, so both sides count the same."""
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.between(0.001, 0.02) })
            U:task("a", { weight = 3 }, function(user) user.http:get("/a") end)
            U:task("b", {}, function(user)
                user.http:get("/b")
                user.http:post("/c", { body = "x" })
            end)
            """)
        with Nginx(access_log=True) as nginx:
            run = self.load("run", path, "--host", nginx.origin, "-u", "20", "-r", "1000",
                            "-d", "1s")
            self.assertStatus(run, OK)
            self.assertEqual(run.json["totals"]["failures"], 0, run)
            seen = {}
            for line in nginx.log_lines():
                _, method, uri, _ = line.split(" ")
                seen[method, uri] = seen.get((method, uri), 0) + 1
        told = {(s["type"], s["name"]): s["requests"] for s in run.json["series"]}
        self.assertEqual(told, seen, run)
        self.assertEqual(told["GET", "/b"], told["POST", "/c"], run)

    def test_users_are_split_by_weight(self):
        path = self.scenario("""
            for name, weight in pairs { Heavy = 10, Light = 1 } do
                local U = inrush.user_class(name, { weight = weight, wait = inrush.constant(60) })
                U:task("t", {}, function(user) user.http:get("/" .. name) end)
            end
            """)
        with Nginx() as nginx:
            run = self.load("run", path, "--host", nginx.origin, "-u", "110", "-r", "1000",
                            "-d", "1s")
        told = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(told, {"/Heavy": 100, "/Light": 10}, run)

    def test_tasks_keep_their_weights_in_every_state(self):
        """pairs() has another order in every Lua state; weights go by name all the same."""
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.002) })
            for name, weight in pairs { a = 1, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0 } do
                U:task(name, { weight = weight }, function(user) user.http:get("/" .. name) end)
            end
            """)
        with Nginx() as nginx:
            for _ in range(5):
                run = self.load("run", path, "--host", nginx.origin, "-u", "4", "-d", "100ms")
                self.assertEqual([s["name"] for s in run.json["series"]], ["/a"], run)

    def test_fixed_counts_come_before_weights(self):
        path = self.scenario("""
            local A = inrush.user_class("A", { fixed_count = 3, wait = inrush.constant(60) })
            A:task("t", {}, function(user) user.http:get("/A") end)
            local B = inrush.user_class("B", { weight = 5, wait = inrush.constant(60) })
            B:task("t", {}, function(user) user.http:get("/B") end)
            """)
        with Nginx() as nginx:
            run = self.load("run", path, "--host", nginx.origin, "-u", "10", "-r", "1000",
                            "-d", "1s")
        told = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(told, {"/A": 3, "/B": 7}, run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
