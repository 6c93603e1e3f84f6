"""A warm-up: its requests are counted, and kept apart."""

import json
import os
import time
import unittest

from harness.case import Case, INTERRUPTED, OK
from harness.wire import answer, response


class TestWarmup(Case):
    def test_its_requests_are_kept_apart(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-R", "100", "-d", "1s", "--warmup", "1s", "-c", "10", server.url)
        self.assertStatus(run, OK)
        warmup = run.json["warmup"]
        self.assertEqual(warmup["duration_s"], 1)
        self.assertEqual(run.json["planned"]["warmup_s"], 1)
        self.assertEqual(warmup["totals"]["requests"] + run.json["totals"]["requests"]
                         + run.json["generator"]["cancelled"] + run.json["arrivals"]["dropped"],
                         200, run)
        # A request that is due in the one may end in the other.
        self.assertGreater(warmup["totals"]["requests"], 0)
        self.assertGreater(run.json["totals"]["requests"], 0)
        self.assertTrue(1 <= run.json["duration_s"] < 2, run)
        self.assertSays(run, "after a warm-up of 1s with", "not in these figures")

    def test_failures_in_it_fail_nothing(self):
        class FailsAtFirst:
            def __call__(self, conn):
                while True:
                    conn.recv_request()
                    bad = time.monotonic() < begun + 0.3
                    conn.send(response(b"", *((500, "Down") if bad else ())))
        begun = time.monotonic()
        server = self.serve(FailsAtFirst())
        # However late it starts, the warm-up outlasts the failures.
        run = self.load("-c", "2", "-d", "300ms", "--warmup", "1s", "--threshold", "failures == 0",
                        server.url)
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0)

    def test_a_worker_that_is_held_up(self):
        """It tells of the warm-up when the other has told of what came after it."""
        server = self.serve(*answer(response(b"ok")))
        scenario = self.scenario("""
local A = inrush.user_class("A", { wait = inrush.constant(0.02) })
local runs = 0
A:task("a", function(user)
  runs = runs + 1
  if inrush.worker == 1 and runs == 3 then
    local till = inrush.clock() + 1.5
    while inrush.clock() < till do end
  end
  user.http:get("/")
end)
""")
        path = os.path.join(self.dir, "series.ndjson")
        run = self.load("run", scenario, "--host", server.url, "-u", "2", "-t", "2", "-d", "1s",
                        "--warmup", "500ms", "--timeseries", path,
                        "--threshold", "requests > 0 in warmup")
        self.assertStatus(run, OK)
        with open(path, encoding="utf-8") as lines:
            spans = [json.loads(line) for line in lines]
        spans = [span for span in spans if not span["type"]]
        parts = [span["warmup"] for span in spans]
        self.assertEqual(parts, sorted(parts, reverse=True), "the warm-up is not returned to")
        warm = run.json["warmup"]["totals"]["requests"]
        self.assertEqual(sum(span["requests"] for span in spans if span["warmup"]), warm)
        self.assertEqual(run.json["thresholds"][0]["value"], warm)

    def test_interrupted_in_it(self):
        server = self.serve(*answer(response(b"ok")))
        running = self.start("-R", "100", "-d", "10s", "--warmup", "10m", "-c", "2", server.url)
        self.wait_until(lambda: server.request_count > 20, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertTotals(run, 0, 0)
        self.assertGreater(run.json["warmup"]["totals"]["requests"], 20)
        self.assertSays(run, "interrupted in the warm-up", "within its warm-up", "not measured")

    def test_without_one(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-n", "10", "-c", "1", server.url)
        self.assertIsNone(run.json["warmup"])

    def test_of_stages(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            inrush.defaults { stages = { { duration = 0, users = 2 }, { duration = 1, users = 2 } } }
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", function(user) user.http:get("/t") end)
            """)
        run = self.load("run", path, "--warmup", "500ms", "--host", server.url)
        self.assertStatus(run, OK)
        # The stages are the whole run: the warm-up is a part of them.
        self.assertEqual(run.json["planned"]["duration_s"], 0.5)
        self.assertUsageError(self.tool("run", path, "--warmup", "1s", "--host", server.url),
                              "warm-up", "stages")

    def test_bad_ones(self):
        path = self.scenario("""
            inrush.defaults { warmup = "soon" }
            """)
        self.assertUsageError(self.tool("run", path), ":2:", "warmup must be seconds or a duration")
        self.assertUsageError(self.tool("--warmup", "x", "http://127.0.0.1:1/"), "--warmup", "x")

    def test_of_a_scenario(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            inrush.defaults { warmup = "300ms", duration = "300ms" }
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", function(user) user.http:get("/t") end)
            """)
        run = self.load("run", path, "-u", "3", "--host", server.url)
        self.assertStatus(run, OK)
        self.assertGreater(run.json["warmup"]["totals"]["requests"], 0)
        self.assertEqual(run.json["warmup"]["totals"]["requests"] + run.json["totals"]["requests"]
                         + run.json["generator"]["cancelled"], server.request_count, run)
        run = self.load("run", path, "-u", "3", "--warmup", "100ms", "--host", server.url)
        self.assertEqual(run.json["warmup"]["duration_s"], 0.1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
