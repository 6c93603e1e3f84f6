"""Thresholds: what they are about, when they end a run, and what status comes of it."""

import signal
import unittest

from harness.case import Case, INTERRUPTED, NOTHING, OK, THRESHOLD, USAGE
from harness.target import Target
from harness.wire import recv_request, repeat, response, send

SCENARIO = """
local inrush = require "inrush"
local A = inrush.user_class("A", { wait = inrush.constant(0.01) })
A:task("good", { tags = { "read" } }, function(user)
  local res = user.http:get("/health", { name = "both" })
  res:check("is: ok", res.status == 200)
  inrush.counter("logins"):add()
  inrush.rate("hits"):add(true)
  inrush.trend("took", { unit = "ms" }):add(12.5)
end)
local B = inrush.user_class("B", { wait = inrush.constant(0.01) })
B:task("good", { tags = { "read", "slow" } }, function(user)
  user.http:get("/health", { name = "both" })
end)
B:task("bad", { tags = { "write" } }, function(user)
  user.http:get("/nowhere", { name = "both" })
end)
"""


class TestThresholds(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = Target()
        cls.target.__enter__()
        cls.addClassCleanup(cls.target.__exit__, None, None, None)

    def judge(self, *expressions, scenario=SCENARIO, options=(), status=None, fail_if=()):
        """Runs a second of the scenario; the thresholds of the report by expression."""
        path = self.file("scenario.lua", scenario)
        words = [w for e in expressions for w in ("--threshold", e)]
        words += [w for e in fail_if for w in ("--fail-if", e)]
        options = options or ("-u", "4", "-d", "500ms")
        run = self.load("run", path, "--host", self.target.url, *options, *words)
        if status is not None:
            self.assertStatus(run, status)
        found = {t["expression"]: t for t in run.json["thresholds"]}
        for expression in expressions:
            self.assertIn(expression, run.stdout)
        return run, found

    def test_classes_and_tags_are_exact_although_they_share_a_series(self):
        run, found = self.judge(
            "class A: failures == 0", "class B: failures > 1", "tag read: failures == 0",
            "tag write: failures == 100%", "tag slow: failures == 0", "class A: requests > 0",
            "class B: requests > 0", "tag read: requests > 0", "tag write: requests > 0",
            "class B: p95 < 1m", "both: requests > 0", status=OK)
        value = {e: t["value"] for e, t in found.items()}
        total = run.json["totals"]
        self.assertEqual(len(run.json["series"]), 1)
        self.assertEqual(value["class A: requests > 0"] + value["class B: requests > 0"],
                         total["requests"])
        self.assertEqual(value["tag read: requests > 0"] + value["tag write: requests > 0"],
                         total["requests"])
        self.assertEqual(value["class B: failures > 1"], total["failures"])
        self.assertEqual(value["both: requests > 0"], total["requests"])

    def test_checks_script_errors_and_custom_metrics(self):
        self.judge("checks == 100%", 'check "is: ok" > 99%', "script_errors == 0",
                   "metric logins.rate > 1/s", "metric logins.count > 1", "metric hits.share == 100%",
                   "metric took.p99.9 == 12.5ms", "metric took.mean < 13", status=OK)
        _, found = self.judge('check "another" > 1%', "metric other.count > 0",
                              "metric logins.p95 < 1", status=THRESHOLD)
        self.assertEqual([t["shown"] for t in found.values()],
                         ["no such check", "no such metric", "a counter has only .count and .rate"])

    def test_what_saw_no_request_fails_and_says_so(self):
        run, found = self.judge("GET /never: p95 < 1s", "tag slow: p95 < 1s", status=THRESHOLD,
                                options=("-d", "500ms", "--class", "A"))
        self.assertSays(run, "no such series", "no requests")
        for threshold in found.values():
            self.assertEqual((threshold["passed"], threshold["value"]), (False, None))

    def test_fail_if_states_the_opposite(self):
        self.judge(status=OK, fail_if=["p99 > 1m", "rps < 0.1"])
        run, _ = self.judge(status=THRESHOLD, fail_if=["failures > 0"])
        self.assertSays(run, "fail if failures > 0")

    def test_an_abort_ends_the_run_with_its_reason(self):
        run, found = self.judge("class B: failures < 1% abort", status=THRESHOLD,
                                options=("-u", "4", "-d", "1m"))
        self.assertLess(run.json["duration_s"], 50)
        self.assertEqual(run.json["outcome"], "aborted")
        self.assertIn("class B: failures < 1% abort", run.json["reason"])
        self.assertSays(run, "Aborted after")
        [threshold] = found.values()
        self.assertTrue(threshold["aborted"])
        self.assertGreater(threshold["violated_s"], 0)

    def test_a_window_ends_it_too(self):
        run, found = self.judge("rps > 1M for 2s abort", status=THRESHOLD, options=("-u", "4", "-d", "1m"))
        self.assertLess(run.json["duration_s"], 50)
        [threshold] = found.values()
        self.assertEqual(threshold["scope"], "any 2s")

    def test_the_warm_up_is_a_part_of_its_own(self):
        run, found = self.judge("requests > 0 in warmup", "requests > 0", status=OK,
                                options=("-u", "4", "-d", "500ms", "--warmup", "500ms"))
        warm, rest = (t["value"] for t in found.values())
        self.assertEqual(rest, run.json["totals"]["requests"])
        self.assertEqual(warm, run.json["warmup"]["totals"]["requests"])

    def test_stages_are_parts_of_their_own(self):
        stages = """
inrush.defaults { stages = {
  { name = "up", duration = "300ms", users = 4 },
  { name = "the peak", duration = "1300ms", users = 4 },
} }
"""
        run, found = self.judge("requests > 0 in stage up", 'requests > 0 in stage "the peak"',
                                scenario=SCENARIO + stages, status=OK, options=("-q",))
        up, peak = (t["value"] for t in found.values())
        self.assertEqual(up + peak, run.json["totals"]["requests"])
        self.assertLess(up, peak)

    def test_thresholds_of_the_scenario(self):
        more = 'inrush.thresholds { "checks > 99%", { "failures < 1%", abort = true } }\n'
        run, found = self.judge(scenario=SCENARIO + more, status=THRESHOLD, options=("-u", "4", "-d", "1m"))
        self.assertEqual([t["passed"] for t in found.values()], [True, False])
        self.assertIn("failures < 1% abort", found)
        self.assertEqual(run.json["outcome"], "aborted")

    def test_nothing_answered_is_no_threshold(self):
        run = self.tool("-n", "1", "http://127.0.0.1:9/", "--threshold", "p95 < 1s")
        self.assertStatus(run, NOTHING)

    def test_mistakes_are_said_before_the_run(self):
        path = self.file("scenario.lua", SCENARIO)
        for expression, *words in [
            ("p95 < 200", "a time needs its unit", "^"),
            ("class C: p95 < 1s", "no user class 'C'", "A, B"),
            ("tag raed: p95 < 1s", "did you mean 'read'?"),
            ("p95 < 1s in stage peak", "no stages"),
            ("p95 < 1s in warmup", "no warm-up", "--warmup"),
            ("checks > 5", "write it in percent", "^"),
            ("requests > 5 abort", "known at the end only"),
        ]:
            with self.subTest(expression):
                for option in ["--threshold", "--fail-if"]:
                    if option == "--fail-if" and "abort" in expression:
                        continue
                    run = self.tool("run", path, option, expression)
                    self.assertStatus(run, USAGE)
                    self.assertSays(run, *words)
        for expression, word in [("class A: p95 < 1s", "no user classes"),
                                 ("checks > 99%", "no checks"),
                                 ("metric logins.count > 1", "no metrics of its own")]:
            run = self.tool("-n", "1", self.target.url, "--threshold", expression)
            self.assertStatus(run, USAGE)
            self.assertSays(run, f"a one-off has {word}")

    def test_a_run_that_is_interrupted_before_a_stage_says_so(self):
        stages = """inrush.defaults { stages = {
            { name = "up", duration = "2m", users = 200 },
            { name = "peak", duration = "1h", users = 1 } } }"""
        path = self.file("scenario.lua", SCENARIO + stages)
        server = self.serve(repeat([recv_request(), send(response(b"ok"))]))
        run = self.start("run", path, "--host", server.url, "--threshold", "p95 < 1m",
                         "--threshold", "p95 < 1m in stage peak", "--threshold", "rps > 0 for 1h")
        self.wait_until(lambda: server.request_count > 10, run)
        run.signal(signal.SIGINT)
        run = self.finish(run)
        self.assertStatus(run, INTERRUPTED)
        self.assertSays(run, "until the run was interrupted", "the run ended before it")
        whole, peak, window = run.json["thresholds"]
        self.assertTrue(whole["passed"])
        self.assertFalse(peak["passed"])
        self.assertIsNone(peak["value"])
        self.assertRegex(window["scope"], "^all ")

    def test_mistakes_in_the_scenario_have_their_line(self):
        for line, *words in [
            ('inrush.thresholds { "p95 <" }', "a value must stand here", "^"),
            ('inrush.thresholds { { "p95 < 1s", abrot = true } }', "did you mean 'abort'?"),
            ('inrush.thresholds { { abort = true } }', "expressions", "nil"),
            ('inrush.thresholds { 5 }', "expressions", "number"),
        ]:
            with self.subTest(line):
                run = self.tool("check", self.file("wrong.lua", SCENARIO + line))
                self.assertStatus(run, USAGE)
                self.assertSays(run, f"wrong.lua:{SCENARIO.count(chr(10)) + 1}:", *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
