"""Every scenario of examples/ does what its comments say, against `inrush serve`."""

import pathlib
import subprocess
import unittest

from harness import tool
from harness.case import Case, NOTHING, OK, THRESHOLD, USAGE
from harness.target import Target
from harness.tool import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.lua"))


class TestExamples(Case):
    @classmethod
    def setUpClass(cls):
        cls.target = cls.enterClassContext(Target())

    def copy(self, name, target=None):
        """The example with the port of our target instead of 8888."""
        text = pathlib.Path(ROOT / "examples" / name).read_text(encoding="utf-8")
        return self.file(name, text.replace(":8888", f":{(target or self.target).port}"))

    def test_each_task_once(self):
        self.assertTrue(EXAMPLES)
        for example in EXAMPLES:
            with self.subTest(example.name):
                run = self.tool("check", self.copy(example.name))
                self.assertStatus(run, OK)
                self.assertIn(" 0 failed, 0 script errors", run.stderr, run)

    def test_the_header_says_what_and_how(self):
        for example in EXAMPLES:
            with self.subTest(example.name):
                first, second = example.read_text(encoding="utf-8").splitlines()[:2]
                self.assertRegex(first, r"^-- [A-Z].*: .*\.$")
                self.assertRegex(second, r"^-- inrush serve .*&  inrush (check|run) examples/"
                                 + example.name)

    def test_the_baseline(self):
        run = self.tool("check", "baseline", "--host", self.target.url,
                        "--class", "FastTimeRESTUser,FastTimeStressUser")
        self.assertStatus(run, OK)
        self.assertIn("10 tasks, 10 requests, 0 failed, 0 script errors", run.stderr)

    def test_the_template(self):
        path = f"{self.dir}/mine.lua"
        self.assertStatus(self.tool("new", path), OK)
        self.assertStatus(self.tool("check", path, "--host", self.target.url), OK)

    def test_events(self):
        path = self.copy("events.lua")
        run = self.load("run", path, "-d", "300ms", "-t", "2", "--set", "TEAM=blue")
        self.assertStatus(run, OK)
        self.assertIn("team blue starts 10 users on 2 workers\n", run.stdout)
        self.assertIn("worker 2 saw 0 slow requests", run.stderr)
        self.assertRegex(run.stdout, r"\n/api/v1/time +\d+ +\d+\.\d{3}\n")
        run = self.load("run", path, "-d", "60s", "--set", "TEAM=green")
        self.assertStatus(run, USAGE)
        self.assertSays(run, "TEAM must be red or blue, not green")

    def test_thresholds(self):
        with Target("--latency", "300ms") as slow:
            run = self.load("run", self.copy("thresholds.lua", slow), "-d", "1s")
        self.assertStatus(run, THRESHOLD)
        passed = {t["expression"]: t["passed"] for t in run.json["thresholds"]}
        self.assertTrue(passed["failures < 1%"])
        self.assertFalse(passed["p95 < 200ms"])

    def test_metrics(self):
        run = self.load("run", self.copy("metrics.lua"), "-d", "1s")
        self.assertStatus(run, OK)
        metrics = {m["name"]: m for m in run.json["metrics"]}
        requests = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(metrics["conversions"]["value"], requests["/api/v1/convert"])
        self.assertEqual(metrics["in the afternoon"]["count"], requests["/api/v1/convert"])
        self.assertEqual(metrics["list of zones"]["count"], requests["/api/v1/timezones"])

    def test_metrics(self):
        run = self.load("run", self.copy("metrics.lua"), "-d", "1s")
        self.assertStatus(run, OK)
        metrics = {m["name"]: m for m in run.json["metrics"]}
        requests = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(metrics["conversions"]["value"], requests["/api/v1/convert"])
        self.assertEqual(metrics["in the afternoon"]["count"], requests["/api/v1/convert"])
        self.assertEqual(metrics["list of zones"]["count"], requests["/api/v1/timezones"])

    def test_weights_and_tags(self):
        path = self.copy("weights_and_tags.lua")
        run = self.load("run", path, "-d", "300ms", "--tags", "read")
        self.assertStatus(run, OK)
        users = {c["name"]: c["users"] for c in run.json["classes"]}
        self.assertEqual(users, {"Visitor": 19, "Admin": 1})
        run = self.load("run", path, "-d", "300ms")
        users = {c["name"]: c["users"] for c in run.json["classes"]}
        self.assertEqual(users, {"Visitor": 14, "Planner": 5, "Admin": 1})

    def pipeline(self, url):
        """examples/pipeline for a moment: (exit status, what it wrote)."""
        env = tool.environment({"INRUSH": tool.PROGRAM, "PIPELINE_DIR": f"{self.dir}/results",
                                "PIPELINE_DURATION": "500ms", "PIPELINE_WARMUP": "100ms",
                                "PIPELINE_LIMIT": "+900%"})
        done = subprocess.run([ROOT / "examples/pipeline", url], env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=tool.TIMEOUT, check=False)
        return done.returncode, done.stdout

    def test_the_pipeline(self):
        """It passes, fails on a regression, and keeps the baseline it failed against."""
        url = f"{self.target.url}/health"
        status, said = self.pipeline(url)
        self.assertEqual(status, OK, said)
        self.assertIn("this run becomes the first", said)
        status, said = self.pipeline(url)
        self.assertEqual(status, OK, said)
        self.assertIn("Compared with an earlier run", said)
        baseline = pathlib.Path(self.dir, "results/baseline.json")
        good = baseline.read_bytes()
        with Target("--latency", "50ms") as slow:
            status, said = self.pipeline(f"{slow.url}/health")
        self.assertEqual(status, THRESHOLD, said)
        self.assertRegex(said, r"FAILED +p50 \+900%")
        self.assertEqual(baseline.read_bytes(), good)
        for name in ("result.json", "report.html", "junit.xml"):
            self.assertGreater(pathlib.Path(self.dir, "results", name).stat().st_size, 100)
        status, said = self.pipeline("http://127.0.0.1:9/")
        self.assertEqual(status, NOTHING, said)
        self.assertIn("could not tell", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
