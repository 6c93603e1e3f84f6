"""--hdr and --spectrum: HdrHistogram's own library and a computation by hand agree with the JSON."""

import os
import re
import signal
import unittest

from harness.case import Case, INTERRUPTED, OK, USAGE
from harness.hdr import ALL, PRECISION, UNIT_MS, assert_log, decode
from harness.wire import answer, pause, recv_request, repeat, response, send

HEADER = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'


def lines(path):
    with open(path, encoding="ascii") as log:
        return log.read().splitlines()


class HdrCase(Case):
    def path(self, name):
        return os.path.join(self.dir, name)

    def assertLog(self, run, path):
        return assert_log(self, run.json, path)


class TestLog(HdrCase):
    def test_one_off(self):
        server = self.serve(repeat([recv_request(), pause(0.001), send(response(b"ok"))]))
        path = self.path("run.hlog")
        # Of its five intervals a machine that stands still makes one.
        run = self.load("-c", "4", "-d", "4500ms", "--hdr", path, server.url)
        self.assertStatus(run, OK)
        log = self.assertLog(run, path)

        self.assertEqual(lines(path)[1], "#[Histogram log format version 1.3]")
        self.assertRegex(lines(path)[2], r"^#\[StartTime: \d+\.\d{3} \(seconds since epoch\), ")
        self.assertEqual(lines(path)[3], HEADER)
        intervals = [i for i in log["intervals"] if i["tag"] == ALL]
        self.assertGreaterEqual(len(intervals), 3)
        began_ms = log["started_s"] * 1000
        for before, interval in zip([None, *intervals], intervals):
            # The end of one is about the beginning of the next, as workers publish.
            at = before["end_ms"] if before else began_ms
            self.assertAlmostEqual(interval["start_ms"], at, delta=500)
            self.assertGreater(interval["end_ms"], interval["start_ms"])
        self.assertAlmostEqual(intervals[-1]["end_ms"] - began_ms, 1000 * run.json["duration_s"],
                               delta=500)

    def test_interval_max_is_in_milliseconds(self):
        server = self.serve(repeat([recv_request(), pause(0.05), send(response(b"ok"))]))
        path = self.path("run.hlog")
        run = self.load("-c", "1", "-n", "5", "--hdr", path, server.url)
        self.assertStatus(run, OK)
        column = [float(line.split(",")[-2]) for line in lines(path)[4:]]
        self.assertAlmostEqual(max(column), run.json["totals"]["latency_ms"]["max"], delta=UNIT_MS)
        self.assertGreaterEqual(max(column), 50)

    def test_names_that_a_tag_cannot_hold(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.path("run.hlog")
        scenario = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.pacing(0.05) })
            U:task("t", {}, function(user)
              for _, name in ipairs { "/a, b", "/a%2C b", "/é", "/_x:y" } do
                user.http:get("/", { name = name })
              end
            end)
            """)
        run = self.load("run", scenario, "--host", server.url, "-u", "2", "-d", "400ms",
                        "--hdr", path)
        self.assertStatus(run, OK)
        tags = {line.split(",")[0] for line in lines(path)[4:] if line.startswith("Tag=")}
        names = {"/a%2C%20b", "/a%252C%20b", "/%C3%A9", "/_x:y"}
        self.assertEqual(tags, {f"Tag={kind}GET_{name}" for kind in ("", "service:")
                                for name in names})
        counts = {s["tag"]: s["count"] for s in decode(path)["sums"]}
        self.assertEqual(counts["GET_/a%2C%20b"], counts["service:GET_/a%2C%20b"])

    def test_failures_without_an_answer_have_no_time(self):
        server = self.serve_each([recv_request()], answer(response(b"ok")))
        path = self.path("run.hlog")
        run = self.load("-c", "1", "-n", "10", "--hdr", path, server.url)
        self.assertTotals(run, 10, 1)
        self.assertLog(run, path)
        self.assertEqual(decode(path)["sums"][0]["count"], 9)

    def test_a_signal_costs_nothing(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.path("run.hlog")
        running = self.start("-c", "2", "-d", "60s", "--hdr", path, server.url)
        self.wait_until(lambda: server.request_count > 100, running)
        running.signal(signal.SIGINT)
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertLog(run, path)

    def test_what_there_is_when_it_is_killed(self):
        """Under its temporary name, every whole second up to then."""
        server = self.serve(*answer(response(b"ok")))
        running = self.start_raw("-c", "2", "-d", "60s", "--hdr", self.path("run.hlog"), server.url)
        temporary = self.path(f".run.hlog.{running.pid}.tmp")
        self.wait_until(lambda: os.path.exists(temporary) and len(lines(temporary)) >= 5, running)
        running.signal(signal.SIGKILL)
        running.process.wait()
        self.assertGreater(decode(temporary)["sums"][0]["count"], 0)
        self.assertEqual(sorted(os.listdir(self.dir)), [os.path.basename(temporary)])

    def test_where_it_cannot_be_written(self):
        server = self.serve(*answer(response(b"ok")))
        missing = self.path("missing/run.hlog")
        run = self.tool("-n", "1", "--hdr", missing, server.url)
        self.assertUsageError(run, missing, "No such file or directory")
        self.assertEqual(server.connections, 0)

        run = self.load("-n", "5", "--hdr", "/dev/full", server.url)
        self.assertStatus(run, USAGE)
        self.assertSays(run, "/dev/full", "No space left on device", "Requests ")
        self.assertTotals(run, 5, 0)


class TestSpectrum(HdrCase):
    def test_agrees_with_the_report(self):
        server = self.serve(repeat([recv_request(), send(response(b"ok"))]))
        run = self.load("-c", "2", "-n", "3000", "--spectrum", server.url)
        self.assertStatus(run, OK)
        latency = run.json["totals"]["latency_ms"]
        table = run.stdout.split("1/(1-Percentile)\n\n")[1].split("#[")[0].splitlines()
        rows = [tuple(map(float, line.split())) for line in table]
        self.assertTrue(all(len(row) == 4 for row in rows[:-1]))
        self.assertEqual((rows[-1][1], rows[-1][2]), (1, 3000))
        self.assertAlmostEqual(rows[-1][0], latency["max"], delta=UNIT_MS)
        values = {row[1]: row[0] for row in rows}
        for percent in (50, 75, 80, 90, 95):
            self.assertAlmostEqual(values[percent / 100], latency[f"p{percent}"],
                                   delta=latency[f"p{percent}"] * PRECISION + UNIT_MS)
        for figure, name in (("Mean", "mean"), ("StdDeviation", "stdev"), ("Max", "max")):
            found = float(re.search(figure + r"\s+=\s+([\d.]+)", run.stdout).group(1))
            self.assertAlmostEqual(found, latency[name], delta=UNIT_MS)

    def test_nothing_measured(self):
        server = self.serve(recv_request())
        run = self.load("-c", "1", "-n", "2", "--spectrum", server.url)
        self.assertNotIn("Percentile spectrum", run.stdout)


if __name__ == "__main__":
    unittest.main()
