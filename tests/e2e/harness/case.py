"""The test case that every end-to-end test is."""

import os
import shutil
import tempfile
import textwrap
import time
import unittest

from harness import tool
from harness.wire import Server

OK, USAGE, THRESHOLD, NOTHING = 0, 1, 2, 3
HUNG_UP, INTERRUPTED, TERMINATED = 129, 130, 143
STATUSES = {OK, USAGE, THRESHOLD, NOTHING, HUNG_UP, INTERRUPTED, TERMINATED}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="inrush-e2e-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self._json_files = 0

    # Making things.

    def serve(self, *steps, **options):
        """A wire.Server with one script for every connection, stopped after the case."""
        return self.serve_each(list(steps), **options)

    def serve_each(self, *scripts, **options):
        """A wire.Server with a script for the first connection, the second, ..."""
        return self.enterContext(Server(list(scripts), **options))

    def file(self, name, text):
        """A file in the case's directory; its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(textwrap.dedent(text))
        return path

    def scenario(self, body, name="scenario.lua"):
        """A scenario file: `local inrush = require "inrush"` on line 1, body from line 2 on."""
        return self.file(name, 'local inrush = require "inrush"\n'
                         + textwrap.dedent(body).lstrip("\n"))

    # Running.

    def tool(self, *args, **options):
        """Runs inrush to its end; the arguments as they are."""
        return self.ended(tool.run(*args, **options))

    def start(self, *args, **options):
        """Starts inrush with --json; self.finish(...) waits for it.

        A request of one URL times out after 2 s, which a busy machine may stand
        still for: where the case says nothing, it has time.
        """
        if args[0] != "run" and not any(str(a).startswith("--timeout") for a in args):
            args = ("--timeout", "60s", *args)
        path = self.json_path()
        running = self.start_raw(*args, "--json", path, **options)
        running.json_path = path
        return running

    def start_raw(self, *args, **options):
        """Starts inrush; the arguments as they are."""
        running = tool.start(*args, **options)
        self.addCleanup(running.abandon)
        return running

    def finish(self, running, **options):
        """Waits for one that was started, and checks that its figures agree."""
        run = self.ended(running.wait(**options))
        if run.json is not None:
            self.check_figures(run)
        return run

    def load(self, *args, **options):
        """Runs inrush with --json and checks that its figures agree among themselves."""
        return self.finish(self.start(*args, **options))

    def load_until(self, condition, *args, **options):
        """Runs inrush until something has happened, and then interrupts it.

        For whatever is not about time: it ends as soon as it can, and however
        long the machine stands still, it has happened.
        """
        running = self.start(*args, "-d", "1h", **options)
        self.wait_until(lambda: condition(running), running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        return run

    def wait_until(self, condition, running=None, seconds=60):
        """Waits for something to happen; while `running` still runs, if given."""
        deadline = time.monotonic() + seconds
        while not condition():
            if running is not None and running.process.poll() is not None and not condition():
                self.fail(f"it ended too early: {running.wait()}")
            if time.monotonic() > deadline:
                self.fail("what the case waits for does not happen"
                          + (f": {running.output_so_far()}" if running is not None else ""))
            time.sleep(0.005)

    def json_path(self):
        self._json_files += 1
        return os.path.join(self.dir, f"report-{self._json_files}.json")

    # Judging.

    def ended(self, run):
        """No run may end otherwise than the documentation says."""
        self.assertIn(run.status, STATUSES, f"inrush crashed: {run}")
        self.assertNotRegex(run.stderr, r"Sanitizer|Assertion .* failed", str(run))
        return run

    def check_figures(self, run):
        """What must hold in every report."""
        report = run.json
        totals = report["totals"]
        if run.status != 1:  # 1: another report could not be written
            self.assertEqual(report["exit"]["status"], run.status, run)
        self.assertEqual(totals["requests"], sum(s["requests"] for s in report["series"]), run)
        self.assertEqual(totals["failures"], sum(s["failures"] for s in report["series"]), run)
        self.assertEqual(totals["failures"], sum(failures(run).values()), run)
        for series in [totals, *report["series"]]:
            self.assertLessEqual(series["failures"], series["requests"], run)
            self.assertLessEqual(sum(series["statuses"].values()), series["requests"], run)
            # Both factors are rounded to three decimals.
            self.assertAlmostEqual(series["rps"] * report["duration_s"], series["requests"],
                                   delta=0.001 * (1 + series["rps"] + report["duration_s"]),
                                   msg=run)
            latency = series["latency_ms"]
            self.assertLessEqual(latency["count"], series["requests"], run)
            if not latency["count"]:
                continue
            order = [latency[k] for k in ("min", "p50", "p66", "p75", "p80", "p90", "p95", "p98",
                                          "p99", "p99.9", "p99.99", "max")]
            self.assertEqual(order, sorted(order), f"percentiles out of order: {series}")
            self.assertTrue(latency["min"] <= latency["mean"] <= latency["max"], series)

    def assertStatus(self, run, status):
        self.assertEqual(run.status, status, str(run))

    def assertSays(self, run, *words):
        """Every word is in what it printed, whatever the case."""
        for word in words:
            self.assertIn(word.lower(), run.output.lower(), str(run))

    def assertUsageError(self, run, *words):
        """Refused with exit status 1 and a message on stderr that has the words."""
        self.assertStatus(run, USAGE)
        for word in words:
            self.assertIn(word.lower(), run.stderr.lower(), str(run))

    def assertTotals(self, run, requests, failures):
        self.assertIsNotNone(run.json, str(run))
        totals = run.json["totals"]
        self.assertEqual((totals["requests"], totals["failures"]), (requests, failures), str(run))

    def assertAllFailed(self, run, word, requests=None):
        """Every request failed, each with a message or kind that has the word."""
        self.assertIsNotNone(run.json, str(run))
        totals = run.json["totals"]
        if requests is not None:
            self.assertEqual(totals["requests"], requests, str(run))
        self.assertGreater(totals["requests"], 0, str(run))
        self.assertEqual(failure_count(run, word), totals["requests"], str(run))


def failures(run):
    """Failures of requests: message -> count."""
    counts = {}
    for error in run.json["errors"]:
        counts[error["message"]] = counts.get(error["message"], 0) + error["count"]
    return counts


def failure_count(run, word):
    """How many requests failed with the word in the kind or the message."""
    return sum(e["count"] for e in run.json["errors"]
               if word.lower() in f"{e['kind']} {e['message']}".lower())


def series(run, name, kind="GET"):
    """The figures of one series, or None."""
    for entry in run.json["series"]:
        if (entry["type"], entry["name"]) == (kind, name):
            return entry
    return None
