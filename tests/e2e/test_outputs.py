"""Where reports go: nothing is lost when one of the places cannot take it."""

import json
import os
import unittest

from harness import tool
from harness.case import Case, OK, THRESHOLD
from harness.wire import answer, response


class TestOutputs(Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve(*answer(response(b"ok")))
        self.args = ["-c", "2", "-n", "50", self.server.url]

    def test_stdout_closed(self):
        """inrush ... | head: the reader is gone, the JSON is written all the same."""
        read, write = os.pipe()
        os.close(read)
        run = self.load(*self.args, stdout=write)
        os.close(write)
        self.assertIn(run.status, (0, 1), run)
        self.assertTotals(run, 50, 0)

    def test_stdout_full(self):
        with open("/dev/full", "wb") as full:
            run = self.load(*self.args, stdout=full)
        self.assertStatus(run, 1)
        self.assertIn("no space left", run.stderr.lower(), run)
        self.assertTotals(run, 50, 0)

    def named_pipe(self):
        path = os.path.join(self.dir, "pipe")
        os.mkfifo(path)
        return path

    def test_a_pipe_that_nobody_reads(self):
        """Said before the load begins, which a pipe that does not open would hold up for ever."""
        pipe = self.named_pipe()
        run = self.tool(*self.args, "--log-requests", pipe)
        self.assertUsageError(run, pipe, "nobody reads this pipe", "start its reader first")
        self.assertEqual(self.server.request_count, 0)

    def test_a_pipe_whose_reader_stops(self):
        """A load that cannot end because nobody takes its log would go on for ever."""
        pipe = self.named_pipe()
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        run = self.tool("-c", "2", "-n", "2000", self.server.url, "--log-requests", pipe)
        self.assertStatus(run, 1)
        self.assertSays(run, pipe, "has taken nothing for 5 s")
        self.assertEqual(self.server.request_count, 2000)

    def test_json_on_a_full_disk(self):
        run = self.tool(*self.args, "--json", "/dev/full")
        self.assertStatus(run, 1)
        self.assertSays(run, "/dev/full", "no space left")
        self.assertIn("50", run.stdout, "the console report is not lost")
        self.assertEqual(self.server.request_count, 50)

    def test_json_that_cannot_be_opened_is_said_before_the_run(self):
        for path in (f"{self.dir}/absent/report.json", self.dir):
            run = self.tool(*self.args, "--json", path)
            self.assertUsageError(run, path)
        self.assertEqual(self.server.request_count, 0)

    def test_json_on_stdout_is_nothing_but_json(self):
        run = self.tool(*self.args, "--json", "-")
        self.assertStatus(run, OK)
        self.assertEqual(json.loads(run.stdout)["totals"]["requests"], 50)

    def test_print_keeps_out_of_the_json(self):
        path = self.scenario("""
            print("while loading")
            local U = inrush.user_class("U", { wait = inrush.constant(0.05) })
            U:task("t", {}, function(user) print("in a task"); user.http:get("/") end)
            """)
        run = self.tool("run", path, "--host", self.server.url, "-u", "2", "-d", "300ms",
                        "--json", "-")
        self.assertStatus(run, OK)
        self.assertGreater(json.loads(run.stdout)["totals"]["requests"], 0)
        self.assertSays(run, "while loading", "in a task")

    def test_strange_names_stay_readable(self):
        """Bytes that are no UTF-8, quotes, control characters: the JSON parses, no terminal suffers."""
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.05) })
            U:task("t", {}, function(user)
                user.http:get("/", { name = "a\\xff\\xfe\\"b\\\\\\27[31m\\nc\\0d" })
                error("bad \\xff\\27[31m bytes")
            end)
            """)
        run = self.load("run", path, "--host", self.server.url, "-u", "2", "-d", "300ms")
        self.assertStatus(run, OK)
        self.assertEqual(len(run.json["series"]), 1, run)
        self.assertNotIn("\x1b", run.output)
        self.assertEqual(len(run.json["script_errors"]), 1, run)

    def test_too_many_names_share_one_series(self):
        path = self.scenario("""
            local U = inrush.user_class("U", {})
            local n = 0
            U:task("t", {}, function(user)
                n = n + 1
                user.http:get("/", { name = "/item/" .. n })
            end)
            """)
        run = self.load("run", path, "--host", self.server.url, "-u", "4", "-t", "1", "-d", "3s")
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["requests"], self.server.request_count)
        self.assertLessEqual(len(run.json["series"]), 2001)
        if run.json["totals"]["requests"] > 2000:
            self.assertIn("(other)", [s["name"] for s in run.json["series"]])
            self.assertSays(run, "(other)", "name")

    def test_what_the_json_holds(self):
        run = self.load(*self.args)
        report = run.json
        for key in ("scenario", "duration_s", "users", "workers", "totals", "series", "errors",
                    "thresholds", "skipped", "generator"):
            self.assertIn(key, report)
        self.assertEqual(report["users"], 2)
        for entry in [report["totals"], *report["series"]]:
            self.assertLessEqual({"type", "name", "requests", "failures", "rps", "bytes",
                                  "latency_ms"}, set(entry))
            self.assertLessEqual({"count", "min", "mean", "stdev", "max", "p50", "p66", "p75", "p80", "p90",
                                  "p95", "p98", "p99", "p99.9", "p99.99"},
                                 set(entry["latency_ms"]))

    def test_plain_output_when_not_a_terminal(self):
        run = self.load(*self.args, "--latency")
        self.assertNotIn("\x1b", run.output)
        self.assertNotIn("\r", run.output)

    def test_status_line_on_a_terminal(self):
        status, output = tool.run_on_terminal("-c", "2", "-d", "2s", self.server.url)
        self.assertEqual(status, OK, output)
        self.assertIn("\r", output.replace("\r\n", "\n"), "no refreshed line")
        self.assertIn("req", output)

    def test_no_colours_where_they_are_not_wanted(self):
        for args, env in [(["--no-color"], {}), ([], {"NO_COLOR": "1"})]:
            status, output = tool.run_on_terminal(*self.args, *args, env=env)
            self.assertEqual(status, OK, output)
            self.assertNotRegex(output, r"\x1b\[[0-9;]*m")

    def test_quiet_shows_the_report_alone(self):
        run = self.load(*self.args, "--quiet")
        self.assertEqual(run.stderr, "", run)
        self.assertIn("50", run.stdout)

    def test_latency_draws_the_distribution(self):
        plain, drawn = self.tool(*self.args), self.tool(*self.args, "--latency")
        self.assertGreater(len(drawn.stdout), len(plain.stdout))

    def test_thresholds_decide_the_exit_status(self):
        held = self.load(*self.args, "--threshold", "failures == 0",
                         "--threshold", "requests >= 50")
        self.assertStatus(held, OK)
        failed = self.load(*self.args, "--threshold", "p50 < 1us", "--threshold", "failures < 1%")
        self.assertStatus(failed, THRESHOLD)
        self.assertEqual([t["passed"] for t in failed.json["thresholds"]], [False, True], failed)
        self.assertSays(failed, "p50 < 1us")


if __name__ == "__main__":
    unittest.main(verbosity=2)
