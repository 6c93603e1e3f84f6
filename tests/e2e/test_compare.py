"""`inrush compare` and `merge`, and --baseline: real runs of servers whose speed the case declares."""

import json
import os
import signal
import unittest

from harness import tool
from harness.case import Case, INTERRUPTED, OK, THRESHOLD
from harness.wire import answer, pause, recv_request, repeat, response, send


class CompareCase(Case):
    def path(self, name):
        return os.path.join(self.dir, name)

    def server(self, seconds=0.0, status=200):
        return self.serve(repeat([recv_request(), pause(seconds),
                                  send(response(b"ok", status=status))]))

    def saved(self, name, server, *args):
        """The JSON of a run of 4 connections; its path."""
        path = self.path(name)
        run = self.tool("-q", "-c", "4", "--timeout", "60s", *(args or ("-n", "400")), "--json",
                        path, server.url)
        self.assertStatus(run, OK)
        return path

    def lasting(self, name, server, *args):
        """The same as if its requests had come over a minute whose seconds differ by chance."""
        path = self.saved(name, server, *args)
        report = self.read(path)
        everything = {"type": "", "name": "Aggregated"}
        report["spreads"] = [
            {"type": series["type"], "name": series["name"], "ticks": 60}
            | dict.fromkeys(("p50", "p95", "p99", "mean", "failures"), 60)
            for series in [everything, *report["series"]]]
        return self.file(name, json.dumps(report))

    def read(self, path):
        with open(path, encoding="utf-8") as report:
            return json.load(report)

    def compare(self, *args):
        """The comparison as JSON, and the run."""
        path = self.path("comparison.json")
        run = self.tool("compare", *args, "--json", path)
        return self.read(path), run


class TestCompare(CompareCase):
    def test_a_run_with_itself(self):
        old = self.lasting("old.json", self.server(0.001))
        found, run = self.compare(old, old, "--fail-if", "p50 +1%", "--fail-if", "rps -1%")
        self.assertStatus(run, OK)
        self.assertSays(run, "no difference that the data show", old, "p50 +1%", "passed")
        self.assertEqual(found["totals"]["verdict"], "same")
        self.assertEqual(found["totals"]["p95"]["change"], 0)
        self.assertEqual(found["totals"]["shift"]["probability"], 0.5)
        self.assertNotIn("\x1b", run.output)

    def test_twice_as_slow(self):
        old = self.lasting("old.json", self.server(0.01))
        new = self.lasting("new.json", self.server(0.04))
        found, run = self.compare(old, new, "--fail-if", "p50 +50%", "--fail-if", "p50 +1m",
                                  "--fail-if", "GET /: mean +5ms", "--fail-if", "failures +1%")
        self.assertStatus(run, THRESHOLD)
        self.assertEqual([t["passed"] for t in found["thresholds"]], [False, True, False, True])
        self.assertEqual(found["series"][0]["verdict"], "slower")
        p50 = found["series"][0]["p50"]
        self.assertGreater(p50["change"], 0.5)
        self.assertTrue(0 < p50["low"] <= p50["change"] <= p50["high"], p50)
        self.assertSays(run, "slower: p50 +", "95% confidence", "FAILED", "p50 +50%")
        found, run = self.compare(new, old, "--fail-if", "p50 +50%")
        self.assertStatus(run, OK)
        self.assertEqual(found["series"][0]["verdict"], "faster")

    def test_too_few_to_tell(self):
        server = self.server(0.001)
        old, new = (self.saved(name, server, "-n", "5") for name in ("old.json", "new.json"))
        found, run = self.compare(old, new)
        self.assertStatus(run, OK)
        self.assertEqual(found["totals"]["verdict"], "too few")
        self.assertSays(run, "too few answers to tell")

    def test_too_short_to_tell(self):
        old = self.saved("old.json", self.server(0.001))
        new = self.saved("new.json", self.server(0.005))
        found, run = self.compare(old, new, "--fail-if", "p50 +50%")
        self.assertStatus(run, THRESHOLD)
        self.assertSays(run, "too short to tell")
        self.assertEqual(found["totals"]["verdict"], "too short")
        self.assertIsNone(found["totals"]["p50"]["low"])
        self.assertIsNone(found["totals"]["p50"]["differs"])

    def test_failures(self):
        old = self.lasting("old.json", self.server())
        new = self.lasting("new.json", self.server(status=500))
        found, run = self.compare(old, new, "--fail-if", "failures +5%")
        self.assertStatus(run, THRESHOLD)
        self.assertEqual(found["totals"]["failures"]["change"], 1)
        self.assertSays(run, "more failures: +100.00 points")

    def test_series_that_only_one_has(self):
        server = self.server()
        paths = []
        for name in ("gone", "come"):
            scenario = self.scenario(f"""
                local U = inrush.user_class("U", {{ wait = inrush.constant(0.01) }})
                U:task("t", function(user) user.http:get("/", {{ name = "{name}" }}) end)
                """)
            paths.append(self.path(f"{name}.json"))
            self.tool("run", scenario, "--host", server.url, "-d", "300ms", "--json", paths[-1])
        found, run = self.compare(*paths)
        self.assertStatus(run, OK)
        self.assertEqual({s["name"]: s["verdict"] for s in found["series"]},
                         {"gone": "only in the old run", "come": "only in the new run"})
        self.assertSays(run, "GET gone: only in the old run")
        self.assertStatus(self.tool("compare", *paths, "--fail-if", "gone: p50 +10%"), THRESHOLD)

    def test_colours_on_a_terminal_only(self):
        old = self.lasting("old.json", self.server(0.005))
        new = self.lasting("new.json", self.server(0.05), "-n", "100")
        for args, coloured in (([], True), (["--no-color"], False)):
            status, output = tool.run_on_terminal("compare", old, new, *args)
            self.assertEqual(status, OK, output)
            self.assertEqual("\x1b[" in output, coloured, output)

    def test_json_on_stdout(self):
        old = self.lasting("old.json", self.server())
        run = self.tool("compare", old, old, "--json", "-")
        self.assertStatus(run, OK)
        self.assertEqual(json.loads(run.stdout)["totals"]["verdict"], "same")
        self.assertIn("no difference", run.stderr)

    def test_bad_input(self):
        good = self.saved("good.json", self.server(), "-n", "20")
        text = json.dumps(self.read(good))
        broken = {
            "empty": ("", "is empty"),
            "cut": (text[:len(text) // 2], "was cut"),
            "not-json": ("hello", "is not JSON"),
            "list": ("[]", "no report of a run"),
            "foreign": ('{"metrics": {}, "root_group": {}}', "no report of a run"),
            "older": (json.dumps({k: v for k, v in self.read(good).items() if k != "schema"}),
                      "run it again"),
            "newer": (text.replace('"schema": 1', '"schema": 99'), "schema 99"),
            "wrong": (text.replace('"count": 20', '"count": 21', 1).replace(
                '"buckets": [[', '"buckets": [[1, 1], [', 1), "series[0].histograms_us.latency"),
        }
        for name, (content, word) in broken.items():
            path = self.file(name, content)
            with self.subTest(name):
                for args in ((path, good), (good, path)):
                    self.assertUsageError(self.tool("compare", *args), path, word)
                self.assertUsageError(self.tool("merge", good, path), path, word)
        for args, words in (((good,), ("2 files", "got 1")), ((), ("2 files",)),
                            ((good, good, good), (good,)),
                            ((good, self.path("absent")), (self.path("absent"),)),
                            ((good, self.dir), (self.dir,)),
                            ((good, good, "--json", self.path("no/x")), ("no/x",)),
                            ((good, good, "--fail-if", "p95 + 10%"), ("p95 + 10%", "^")),
                            ((good, good, "--fail-if", "p95 < 10ms"), ("--threshold", "^"))):
            with self.subTest(args):
                self.assertUsageError(self.tool("compare", *args), *words)

    def test_a_full_disk(self):
        good = self.saved("good.json", self.server(), "-n", "20")
        run = self.tool("compare", good, good, "--json", "/dev/full")
        self.assertUsageError(run, "/dev/full", "no space left")
        self.assertIn("All requests", run.stdout)


class TestBaseline(CompareCase):
    def test_a_run_and_its_baseline(self):
        fast, slow = self.server(0.005), self.server(0.05)
        old = self.saved("old.json", fast)
        rules = ["--baseline", old, "--fail-if", "p50 +100%", "--threshold", "failures < 1%"]
        run = self.load("-c", "4", "-n", "100", *rules, slow.url)
        self.assertStatus(run, THRESHOLD)
        self.assertSays(run, "Compared with an earlier run", "to tell", old)
        self.assertEqual({t["expression"]: t["passed"] for t in run.json["thresholds"]},
                         {"failures < 1%": True, "p50 +100%": False})
        self.assertEqual(run.json["exit"]["status"], THRESHOLD)

        run = self.load("-c", "4", "-n", "100", "--baseline", old, "--fail-if", "p50 +10000%",
                        fast.url)
        self.assertStatus(run, OK)

    def test_scenario(self):
        server = self.server()
        scenario = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.005) })
            U:task("t", function(user) user.http:get("/") end)
            """)
        run = self.load("run", scenario, "--host", server.url, "-u", "3", "-d", "500ms")
        run = self.load("run", scenario, "--host", server.url, "-u", "3", "-d", "500ms",
                        "--baseline", run.args[-1], "--fail-if", "GET /nowhere: p50 +1%")
        self.assertStatus(run, THRESHOLD)
        self.assertSays(run, "no such series", "Compared with")

    def test_the_json_goes_beside_it(self):
        """A baseline may be replaced by the run that was compared with it."""
        server = self.server()
        old = self.saved("old.json", server)
        self.assertStatus(self.tool("-c", "4", "-n", "10", "--baseline", old, "--json", old,
                                    server.url), OK)
        self.assertEqual(self.read(old)["totals"]["requests"], 10)

    def test_bad_input_is_said_before_the_run(self):
        server = self.server()
        foreign = self.file("foreign.json", "{}")
        old = self.saved("old.json", server, "-n", "4")
        requests = server.request_count
        for args, words in ((("--baseline", self.path("absent")), ("absent", "--baseline")),
                            (("--baseline", foreign), (foreign, "no report")),
                            (("--fail-if", "p95 +10%"), ("--baseline", "p95 +10%")),
                            (("--baseline", old, "--fail-if", "p9x +10%"), ("p9x", "^")),
                            (("--baseline", old, "--fail-if", "rps +10ms"), ("in %", "^"))):
            with self.subTest(args):
                self.assertUsageError(self.tool("-n", "5", *args, server.url), *words)
        self.assertEqual(server.request_count, requests)


class TestMerge(CompareCase):
    def histogram(self, path):
        return self.read(path)["series"][0]["histograms_us"]["latency"]

    def test_sums(self):
        server = self.server()
        parts = [self.saved(f"{i}.json", server, "-n", str(100 + i)) for i in range(3)]
        merged = self.path("merged.json")
        run = self.tool("merge", *parts, "-o", merged)
        self.assertStatus(run, OK)
        self.assertSays(run, "303", "3 runs added, which followed one another")
        report = self.read(merged)
        reports = [self.read(p) for p in parts]
        self.assertEqual(report["totals"]["requests"], 303)
        self.assertEqual(report["totals"]["statuses"], {"200": 303})
        self.assertEqual(report["users"], 4)
        self.assertAlmostEqual(report["duration_s"], sum(r["duration_s"] for r in reports), 2)
        self.assertEqual(report["started"], reports[0]["started"])
        counted = {}
        for part in parts:
            for low, count in self.histogram(part)["buckets"]:
                counted[low] = counted.get(low, 0) + count
        whole = self.histogram(merged)
        self.assertEqual(whole["buckets"], [list(x) for x in sorted(counted.items())])
        self.assertEqual(whole["sum"], sum(self.histogram(p)["sum"] for p in parts))
        self.assertEqual(whole["max"], max(self.histogram(p)["max"] for p in parts))

        # One by one comes to the same, and what is merged can be compared.
        step = self.path("step.json")
        self.assertStatus(self.tool("merge", parts[0], parts[1], "-o", step), OK)
        self.assertStatus(self.tool("merge", step, parts[2], "-o", step), OK)
        again = self.read(step)
        for field in ("started", "users", "errors", "checks"):
            self.assertEqual(again[field], report[field], field)
        self.assertEqual(self.histogram(step), whole)
        found, run = self.compare(merged, step)
        self.assertEqual(found["totals"]["p99"]["change"], 0)

    def test_runs_at_the_same_time(self):
        server = self.server(0.01)
        runs = [self.start("-c", str(n), "-d", "10m", server.url) for n in (2, 3)]
        self.wait_until(lambda: server.request_count > 200, runs[0])
        for running in runs:
            running.signal(signal.SIGINT)
        parts = [self.finish(running) for running in runs]
        merged = self.path("merged.json")
        run = self.tool("merge", *(p.args[-1] for p in parts), "-o", merged)
        self.assertStatus(run, OK)
        self.assertSays(run, "overlapped")
        report = self.read(merged)
        self.assertEqual(report["users"], 5)
        self.assertEqual(report["outcome"], "interrupted")
        self.assertEqual(report["exit"]["status"], INTERRUPTED)
        self.assertEqual(report["totals"]["requests"],
                         sum(p.json["totals"]["requests"] for p in parts))
        self.assertLess(report["duration_s"], sum(p.json["duration_s"] for p in parts))
        self.assertGreater(report["totals"]["rps"],
                           max(p.json["totals"]["rps"] for p in parts))

    def test_everything_a_scenario_counts(self):
        server = self.serve(*answer(response(b"ok")))
        scenario = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            local seen, size = inrush.counter("seen"), inrush.trend("size", { unit = "bytes" })
            U:task("t", function(user)
                local res = user.http:get("/")
                res:check("is ok", res.status == 200)
                seen:add(2); size:add(100)
                if math.random() < 0.3 then res:fail("unlucky") end
                if math.random() < 0.3 then error("worse") end
            end)
            """)
        args = ["run", scenario, "--host", server.url, "-u", "4", "-d", "400ms"]
        parts = [self.load(*args, "--threshold", "requests > 1"),
                 self.load(*args, "--threshold", "requests > 100000")]
        merged = self.path("merged.json")
        run = self.tool("merge", *(p.args[-1] for p in parts), "-o", merged)
        self.assertStatus(run, OK)
        report = self.read(merged)
        reports = [p.json for p in parts]
        for table, count in (("errors", "count"), ("script_errors", "count"),
                             ("checks", "passes"), ("metrics", "count")):
            with self.subTest(table):
                self.assertEqual(sum(x[count] for x in report[table]),
                                 sum(x[count] for r in reports for x in r[table]))
        self.assertEqual({m["name"]: m.get("value") for m in report["metrics"]}["seen"],
                         sum(m["value"] for r in reports for m in r["metrics"]
                             if m["name"] == "seen"))
        self.assertEqual([t["passed"] for t in report["thresholds"]], [True, False])
        self.assertEqual(report["exit"]["status"], THRESHOLD)
        self.assertEqual(report["generator"]["tasks"],
                         sum(r["generator"]["tasks"] for r in reports))
        self.assertSays(run, "unlucky", "worse", "is ok", "seen")

    def test_on_stdout_and_where_it_cannot_be_written(self):
        good = self.saved("good.json", self.server(), "-n", "20")
        run = self.tool("merge", good, good, "-o", "-")
        self.assertStatus(run, OK)
        self.assertEqual(json.loads(run.stdout)["totals"]["requests"], 40)
        self.assertIn("40", run.stderr)
        self.assertUsageError(self.tool("merge", good, good, "-o", self.path("no/x")), "no/x")
        run = self.tool("merge", good, good, "-o", "/dev/full")
        self.assertUsageError(run, "/dev/full")
        self.assertIn("40", run.stdout)
        self.assertUsageError(self.tool("merge", good), "2 files")


if __name__ == "__main__":
    unittest.main(verbosity=2)
