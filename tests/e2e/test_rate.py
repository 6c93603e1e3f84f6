"""Constant and ramping rates: what was due, what started, and what it cost to wait.

Nothing here depends on how fast the machine is: a slow one makes requests late,
never fewer, and every bound on a time is one that waiting cannot undercut.
"""

import time
import unittest

from harness.case import Case, INTERRUPTED, NOTHING, OK
from harness.wire import answer, recv_request, response, wait_closed


def hang():
    """A script: takes requests and never answers."""
    return [recv_request(), wait_closed()]


class Stall:
    """Answers at once, but for the time that follows its n-th request."""

    def __init__(self, at_request, seconds):
        self.at_request, self.seconds = at_request, seconds

    def __call__(self, conn):
        while True:
            conn.recv_request()
            if conn.server.request_count == self.at_request:
                conn.sleep(self.seconds)
            conn.send(response(b"ok"))


class TestOpen(Case):
    def assertArrivals(self, run, **expected):
        arrivals = run.json["arrivals"]
        self.assertEqual({k: arrivals[k] for k in expected}, expected, str(run))
        self.assertEqual(arrivals["started"] + arrivals["dropped"], arrivals["due"], str(run))
        self.assertEqual(arrivals["lag_ms"]["count"] if arrivals["started"] else 0,
                         arrivals["started"], str(run))

    def test_an_exact_number(self):
        server = self.serve(*answer(response(b"ok")))
        for rate, options in (("500", []), ("30k/m", []), ("500", ["-t", "1"]),
                              ("500", ["--closed"]), ("500", ["--closed", "-t", "3"])):
            with self.subTest(rate=rate, options=options):
                before = server.request_count
                begun = time.monotonic()
                run = self.load("-R", rate, "-n", "301", "-c", "7", *options, server.url)
                self.assertStatus(run, OK)
                self.assertTotals(run, 301, 0)
                self.assertEqual(server.request_count - before, 301, run)
                self.assertArrivals(run, due=301, started=301, dropped=0)
                # The last is due 0.6 s after the first, never earlier.
                self.assertGreaterEqual(time.monotonic() - begun, 0.6)

    def test_as_many_as_are_due_in_the_time(self):
        server = self.serve(*answer(response(b"ok")))
        for rate, seconds, due in (("200", "500ms", 100), ("100/s..300/s", "500ms", 100),
                                   ("0..200/sec", "500ms", 50), ("200/s..0", "500ms", 50),
                                   ("2.5/s", "1s", 3), ("240/min", "500ms", 2), ("1/hour", "100ms", 1)):
            with self.subTest(rate=rate):
                run = self.load("-R", rate, "-d", seconds, "-c", "20", server.url)
                self.assertStatus(run, OK)
                self.assertArrivals(run, due=due)
                self.assertEqual(run.json["totals"]["requests"] + run.json["generator"]["cancelled"],
                                 run.json["arrivals"]["started"], str(run))

    def test_a_run_lasts_its_duration_though_nothing_is_due_any_more(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-R", "1", "-d", "1.5s", "-c", "1", server.url)
        self.assertArrivals(run, due=2, started=2)
        self.assertGreaterEqual(run.json["duration_s"], 1.5)

    def test_those_that_never_start_are_dropped(self):
        server = self.serve(*hang())
        run = self.load("-R", "100", "-d", "1s", "-c", "4", server.url)
        self.assertStatus(run, NOTHING)
        self.assertArrivals(run, due=100, started=4, late=0, dropped=96)
        self.assertEqual(run.json["generator"]["cancelled"], 4)
        self.assertEqual(server.request_count, 4)
        self.assertSays(run, "arrivals", "dropped", "96 never started")

    def test_a_signal_ends_the_schedule(self):
        server = self.serve(*hang())
        running = self.start("-R", "100", "-d", "10m", "-c", "4", server.url)
        self.wait_until(lambda: server.request_count == 4, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertArrivals(run, started=4)
        self.assertLess(run.json["arrivals"]["due"], 60000)

    def test_a_stall_is_in_the_response_times_and_not_in_the_service_times(self):
        # One connection: what is due during the stall, 100 requests of 200, waits for it. The
        # k-th of them waits for at least what is left of the second.
        rate, stall, requests = 100, 1.0, 200
        server = self.serve(Stall(50, stall))
        run = self.load("-R", str(rate), "-n", str(requests), "-c", "1", server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)
        waits = sorted([0] * 100 + [1000 * (stall - k / rate) for k in range(100)])
        times = run.json["totals"]["latency_ms"]
        for name, rank in (("p66", 132), ("p75", 150), ("p90", 180), ("p95", 190), ("p99", 198)):
            # The histogram knows a value to one part in a thousand.
            self.assertGreaterEqual(times[name], 0.999 * waits[rank - 1], run)
        self.assertGreaterEqual(times["mean"], sum(waits) / requests)
        self.assertGreaterEqual(run.json["arrivals"]["late"], 98)
        self.assertGreaterEqual(run.json["arrivals"]["lag_ms"]["max"], 980)

        service = run.json["totals"]["service_ms"]
        self.assertGreaterEqual(service["max"], 1000)
        # 199 of 200 did not meet the stall.
        self.assertLess(service["p95"], times["p95"] / 2, run)
        self.assertSays(run, "from when the request was due", "service time", "had to wait")

    def test_every_request_has_its_service_time(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-R", "500", "-n", "100", "-c", "4", server.url)
        totals = run.json["totals"]
        self.assertEqual(totals["service_ms"]["count"], 100)
        for name in ("min", "mean", "p50", "p99", "max"):
            self.assertLessEqual(totals["service_ms"][name], totals["latency_ms"][name], run)

    def test_what_was_asked_for_is_said(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-R", "50..150", "-d", "300ms", "-c", "2", server.url)
        self.assertSays(run, "50 to 150 requests/s asked for")
        self.assertEqual(run.json["planned"]["rate"], 50)
        self.assertEqual(run.json["planned"]["rate_to"], 150)
        run = self.load("-R", "0.5", "-d", "100ms", "-c", "1", server.url)
        self.assertSays(run, "0.5 requests/s asked for")
        self.assertIsNone(run.json["planned"]["rate_to"])
        run = self.load("-n", "10", "-c", "1", server.url)
        self.assertIsNone(run.json["planned"]["rate"])
        self.assertIsNone(run.json["arrivals"])

    def test_a_server_that_refuses(self):
        server = self.serve(*answer(response(b"ok")))
        server.stop()
        run = self.load("-R", "200", "-n", "20", "-c", "5", server.url)
        self.assertStatus(run, NOTHING)
        self.assertArrivals(run, due=20, started=20)
        self.assertAllFailed(run, "refused", 20)
        # None waits to connect again, which would be up to a second each.
        run = self.load("-R", "500", "-n", "250", "-c", "1", server.url)
        self.assertAllFailed(run, "refused", 250)
        self.assertLess(run.json["duration_s"], 60)


class TestClosed(Case):
    def test_each_connection_keeps_its_share(self):
        # The first connection hangs, the others have what is theirs.
        server = self.serve_each(hang(), answer(response(b"ok")))
        run = self.load("-R", "200", "-d", "1s", "-c", "4", "--closed", server.url)
        arrivals = run.json["arrivals"]
        self.assertEqual((arrivals["due"], arrivals["dropped"]), (200, 49), run)
        self.assertEqual(run.json["totals"]["requests"] + run.json["generator"]["cancelled"], 151)

    def test_what_came_late_is_made_up_for(self):
        server = self.serve(Stall(10, 0.5))
        run = self.load("-R", "100", "-n", "100", "-c", "1", "--closed", server.url)
        self.assertTotals(run, 100, 0)
        self.assertGreaterEqual(run.json["arrivals"]["late"], 48)
        times = run.json["totals"]["latency_ms"]
        self.assertGreaterEqual(times["mean"], 125 * 0.98)  # 50 of 100 wait 250 ms on average


class TestBadRates(Case):
    def test_rates(self):
        for rate, *words in (("", "rate is empty"), ("fast", "a number should be here"),
                             ("-5", "negative"), ("0", "above 0"), ("5/d", "per second (/s)"),
                             ("5..", "ends too early"), ("1..2..3", "does not belong here"),
                             ("2T", "does not belong here")):
            with self.subTest(rate=rate):
                run = self.tool(f"--rate={rate}", "-d", "1s", "http://127.0.0.1:1/")
                self.assertUsageError(run, "--rate", "write a rate such as", "^", *words)

    def test_combinations(self):
        url = "http://127.0.0.1:1/"
        for args, *words in ((["--closed", url], "--closed", "--rate"),
                             (["-R", "5..10", "-n", "100", url], "--rate", "--duration"),
                             (["-R", "5", "-n", "100", "--warmup", "1s", url], "--warmup")):
            with self.subTest(args=args):
                self.assertUsageError(self.tool(*args), *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
