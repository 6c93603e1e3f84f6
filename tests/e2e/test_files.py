"""--csv, --timeseries and --junit: what they hold, and that nothing is lost when something is."""

import csv
import json
import os
import resource
import signal
import unittest
import xml.etree.ElementTree as ElementTree

from harness.case import Case, INTERRUPTED, OK, TERMINATED, THRESHOLD, USAGE
from harness.wire import answer, pause, recv_request, repeat, response, send

PERCENTILES = "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"

# As Locust 2.12 writes them; First Seen and Last Seen as 2.40 does.
LOCUST_HEADERS = {
    "stats": "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
             "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,"
             + PERCENTILES,
    "stats_history": "Timestamp,User Count,Type,Name,Requests/s,Failures/s," + PERCENTILES
                     + ",Total Request Count,Total Failure Count,Total Median Response Time,"
                       "Total Average Response Time,Total Min Response Time,"
                       "Total Max Response Time,Total Average Content Size",
    "failures": "Method,Name,Error,Occurrences,First Seen,Last Seen",
    "exceptions": "Count,Message,Traceback,Nodes",
}

THREE_KINDS = """
    local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
    U:task("good", function(user) user.http:get("/good") end)
    U:task("bad", function(user)
        local res = user.http:get("/bad", { name = 'bad, "quoted"' })
        res:check("is fine", false)
    end)
    U:task("ugly", function(user)
        user.http:get("/good")
        error("a \\"comma\\", a\\nline")
    end)
    """


class FilesCase(Case):
    def path(self, name):
        return os.path.join(self.dir, name)

    def rows(self, prefix, which):
        """A CSV file as Locust's readers read it; its header and line ends are checked."""
        path = f"{prefix}_{which}.csv"
        with open(path, "rb") as raw:
            self.assertEqual(raw.read().split(b"\r\n", 1)[0].decode(), LOCUST_HEADERS[which])
        with open(path, encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text, strict=True))

    def lines(self, path):
        with open(path, encoding="utf-8") as text:
            return [json.loads(line) for line in text]

    def leftovers(self):
        """Files under temporary names."""
        return [name for name in os.listdir(self.dir) if name.endswith(".tmp")]

    def three_kinds(self, *args, seconds="1300ms"):
        """A run with two series, failed requests and script errors."""
        server = self.serve(*answer(response(b"fine")))
        bad = self.serve(*answer(response(b"no", status=503)))
        path = self.scenario(THREE_KINDS.replace('"/bad"', f'"{bad.url}/bad"'))
        return self.load("run", path, "--host", server.url, "-u", "4", "-d", seconds, *args)


class TestCsv(FilesCase):
    def test_the_four_files(self):
        prefix = self.path("run")
        run = self.three_kinds("--csv", prefix)
        stats = self.rows(prefix, "stats")
        self.assertEqual((stats[-1]["Type"], stats[-1]["Name"]), ("", "Aggregated"))
        told = {(s["type"], s["name"]): s for s in run.json["series"]}
        told["", "Aggregated"] = run.json["totals"]
        self.assertEqual({(r["Type"], r["Name"]) for r in stats}, set(told))
        for row in stats:
            series = told[row["Type"], row["Name"]]
            self.assertEqual(int(row["Request Count"]), series["requests"])
            self.assertEqual(int(row["Failure Count"]), series["failures"])
            self.assertAlmostEqual(float(row["Requests/s"]), series["rps"], delta=0.001)
            latency = series["latency_ms"]
            for column, field in {"50%": "p50", "95%": "p95", "99.9%": "p99.9", "100%": "max",
                                  "Average Response Time": "mean", "Min Response Time": "min",
                                  "Median Response Time": "p50"}.items():
                self.assertEqual(float(row[column]), latency[field], (column, row))

        failures = self.rows(prefix, "failures")
        self.assertEqual({(f["Method"], f["Name"], f["Error"], int(f["Occurrences"]))
                          for f in failures},
                         {(e["type"], e["name"], e["message"], e["count"])
                          for e in run.json["errors"]})
        for failure in failures:
            self.assertRegex(failure["First Seen"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertLessEqual(failure["First Seen"], failure["Last Seen"])

        exceptions = self.rows(prefix, "exceptions")
        self.assertEqual(len(exceptions), 1)
        error = run.json["script_errors"][0]
        self.assertEqual(int(exceptions[0]["Count"]), error["count"])
        self.assertEqual(exceptions[0]["Message"], error["message"])
        self.assertIn("a \"comma\", a\nline", exceptions[0]["Message"])
        self.assertEqual(exceptions[0]["Traceback"], error["traceback"])
        self.assertIn("scenario.lua", exceptions[0]["Traceback"])
        self.assertEqual(self.leftovers(), [])

    def test_the_history_adds_up(self):
        prefix = self.path("run")
        run = self.three_kinds("--csv", prefix)
        history = self.rows(prefix, "stats_history")
        whole = [r for r in history if r["Name"] == "Aggregated"]
        self.assertGreaterEqual(len(whole), 3)
        self.assertEqual(int(whole[-1]["Total Request Count"]), run.json["totals"]["requests"])
        self.assertEqual(int(whole[-1]["Total Failure Count"]), run.json["totals"]["failures"])
        self.assertEqual([whole[0][p] for p in PERCENTILES.split(",")], ["N/A"] * 11)
        for row in history:
            self.assertLess(abs(int(row["Timestamp"]) - int(whole[0]["Timestamp"])), 120)
        for series in run.json["series"]:
            last = [r for r in history if r["Name"] == series["name"]][-1]
            self.assertEqual(int(last["Total Request Count"]), series["requests"])

    def test_history_percentiles_are_of_their_window(self):
        """Quick answers first, slow ones after: the last windows know only the slow."""
        quick, slow = [recv_request(), send(response(b"q"))], [recv_request(), pause(0.1),
                                                               send(response(b"s"))]
        server = self.serve(*quick * 2000, repeat(slow))
        prefix = self.path("run")
        running = self.start("-c", "1", "-d", "10m", "--csv", prefix, server.url)
        self.wait_until(lambda: server.request_count >= 2025, running)
        running.signal()
        self.assertStatus(self.finish(running), INTERRUPTED)
        windows = [r for r in self.rows(prefix, "stats_history") if r["Name"] == "Aggregated"
                   and r["50%"] != "N/A"]
        self.assertGreater(float(windows[-1]["50%"]), 99)
        self.assertLess(float(windows[-1]["Total Median Response Time"]), 50)
        self.assertLess(float(windows[0]["50%"]), 50)

    def test_no_requests(self):
        path = self.scenario("""
            local U = inrush.user_class("U", {})
            U:task("t", function() inrush.sleep(1) end)
            """)
        prefix = self.path("run")
        self.load("run", path, "-d", "200ms", "--csv", prefix)
        self.assertEqual([r["50%"] for r in self.rows(prefix, "stats")], ["N/A"])
        self.assertEqual(self.rows(prefix, "failures"), [])
        self.assertEqual(self.rows(prefix, "exceptions"), [])


class TestTimeseries(FilesCase):
    def test_lines_add_up(self):
        path = self.path("run.ndjson")
        run = self.three_kinds("--timeseries", path)
        lines = self.lines(path)
        for series in [*run.json["series"], run.json["totals"]]:
            mine = [x for x in lines if (x["type"], x["name"]) == (series["type"], series["name"])]
            self.assertEqual(sum(x["requests"] for x in mine), series["requests"])
            self.assertEqual(sum(x["failures"] for x in mine), series["failures"])
            self.assertEqual(sum(x["bytes"] for x in mine), series["bytes"])
            self.assertEqual(sum(x["latency_ms"]["count"] for x in mine),
                             series["latency_ms"]["count"])
            self.assertEqual(max(x["latency_ms"]["max"] or 0 for x in mine),
                             series["latency_ms"]["max"])
        whole = [x for x in lines if x["name"] == "Aggregated"]
        self.assertGreaterEqual(len(whole), 3)
        elapsed = [x["elapsed_s"] for x in whole]
        self.assertEqual(elapsed, sorted(elapsed))
        self.assertEqual(sum(e["count"] for x in whole for e in x["errors"]),
                         sum(e["count"] for e in run.json["errors"]))
        self.assertEqual(sum(x["script_errors"] for x in whole),
                         sum(e["count"] for e in run.json["script_errors"]))
        self.assertEqual(sum(x["generator"]["connects"] for x in whole),
                         run.json["generator"]["connects"])
        self.assertIn(4, [x["users"] for x in whole])
        self.assertRegex(whole[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_it_grows_while_the_run_lasts(self):
        server = self.serve(*answer(response(b"ok")))
        running = self.start("-c", "1", "-d", "10m", "--timeseries", self.path("x"), server.url)
        self.wait_until(lambda: self.leftovers() and os.path.getsize(
            self.path(self.leftovers()[0])) > 1000, running)
        self.assertFalse(os.path.exists(self.path("x")))
        running.signal()
        self.finish(running)
        self.assertTrue(self.lines(self.path("x")))
        self.assertEqual(self.leftovers(), [])

    def test_on_stdout(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.tool("-c", "1", "-n", "20", "--timeseries", "-", server.url)
        self.assertStatus(run, OK)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(sum(x["requests"] for x in lines if not x["type"]), 20)
        self.assertSays(run, "per second")


class TestJunit(FilesCase):
    def suites(self, path):
        """The file's cases, checked as Jenkins' junit-10.xsd would."""
        root = ElementTree.parse(path).getroot()
        self.assertEqual(root.tag, "testsuites")
        cases, sums = {}, dict.fromkeys(("tests", "failures", "errors"), 0)
        for suite in root:
            self.assertEqual(suite.tag, "testsuite")
            self.assertRegex(suite.get("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
            float(suite.get("time"))
            listed = list(suite)
            if suite.get("name") == "run":
                self.assertEqual([p.tag for p in listed[0]], ["property"] * len(listed[0]))
                self.assertLessEqual({"generator.limited", "generator.cpu_share"},
                                     {p.get("name") for p in listed.pop(0)})
            found = {"tests": len(listed), "failures": len(suite.findall("testcase/failure")),
                     "errors": len(suite.findall("testcase/error"))}
            for what, count in found.items():
                self.assertEqual(int(suite.get(what)), count)
                sums[what] += count
            for case in listed:
                self.assertEqual(case.tag, "testcase")
                self.assertLessEqual({"name", "classname", "time"}, set(case.attrib))
                self.assertLessEqual(len(case), 1)
                self.assertTrue(all(x.tag in ("failure", "error") and x.get("message")
                                    and x.get("type") for x in case))
                cases[suite.get("name"), case.get("name")] = case[0].tag if len(case) else None
        for what, count in sums.items():
            self.assertEqual(int(root.get(what)), count)
        return cases

    def test_thresholds_and_checks(self):
        path = self.path("junit.xml")
        run = self.three_kinds("--junit", path, "--threshold", "p95 < 10s",
                               "--threshold", "GET /good: failures > 3 ",
                               "--threshold", "GET /nowhere: p95 < 1s")
        self.assertStatus(run, THRESHOLD)
        cases = self.suites(path)
        self.assertEqual([kind for (suite, _), kind in cases.items() if suite == "run"], [None])
        self.assertIsNone(cases["thresholds", "p95 < 10s"])
        self.assertEqual(cases["thresholds", "GET /nowhere: p95 < 1s"], "error")
        self.assertEqual(cases["checks", "is fine"], "failure")
        self.assertEqual(len([s for s, _ in cases if s == "thresholds"]), 3)

    def test_control_characters(self):
        server = self.serve(*answer(response(b"ok")))
        scenario = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", function(user)
                user.http:get("/"):check("<b> & \\"q\\" \\0\\1\\27[31m \\xff\\xef\\xbf\\xbf ü", false)
            end)
            """)
        path = self.path("junit.xml")
        self.load("run", scenario, "--host", server.url, "-d", "200ms", "--junit", path)
        names = [name for suite, name in self.suites(path) if suite == "checks"]
        self.assertEqual(len(names), 1)
        self.assertTrue(names[0].startswith('<b> & "q" '), names)

    def test_nothing_answered(self):
        path = self.path("junit.xml")
        self.load("-c", "1", "-n", "3", "--junit", path, "http://127.0.0.1:9/")
        self.assertEqual(list(self.suites(path).values()), ["error"])


class TestLosses(FilesCase):
    def every(self):
        """Options for every file, and the files."""
        names = ["r.json", "r.ndjson", "r.xml", "r.html", "r.hlog"]
        options = []
        for option, name in zip(("--json", "--timeseries", "--junit", "--html", "--hdr"), names):
            options += [option, self.path(name)]
        options += ["--csv", self.path("r")]
        return options, [*names, *(f"r_{which}.csv" for which in LOCUST_HEADERS)]

    def interrupted(self, number, status):
        server = self.serve(*answer(response(b"ok")))
        options, names = self.every()
        running = self.start_raw("-c", "2", "-d", "10m", *options, server.url)
        self.wait_until(lambda: server.request_count > 50, running)
        running.signal(number)
        run = self.ended(running.wait())
        self.assertStatus(run, status)
        self.assertEqual(sorted(os.listdir(self.dir)), sorted(names))
        with open(self.path("r.json"), encoding="utf-8") as report:
            requests = json.load(report)["totals"]["requests"]
        stats = self.rows(self.path("r"), "stats")
        self.assertEqual(int(stats[-1]["Request Count"]), requests)
        self.assertEqual(sum(x["requests"] for x in self.lines(self.path("r.ndjson"))
                             if not x["type"]), requests)
        ElementTree.parse(self.path("r.xml"))

    def test_ctrl_c(self):
        self.interrupted(signal.SIGINT, INTERRUPTED)

    def test_sigterm(self):
        self.interrupted(signal.SIGTERM, TERMINATED)

    def test_a_path_that_cannot_be_written_is_said_before_the_run(self):
        server = self.serve(*answer(response(b"ok")))
        os.mkdir(self.path("taken_stats.csv"))
        for option, path in [("--timeseries", self.path("no/x")), ("--junit", self.path("no/x")),
                             ("--csv", self.path("no/x")), ("--csv", self.path("taken")),
                             ("--junit", self.dir), ("--timeseries", self.dir)]:
            with self.subTest(option, path=path):
                run = self.tool("-n", "5", option, path, server.url)
                self.assertUsageError(run, path)
        self.assertUsageError(self.tool("-n", "5", "--csv", "", server.url), "--csv")
        self.assertEqual(server.request_count, 0)
        self.assertEqual(os.listdir(self.dir), ["taken_stats.csv"])

    def test_the_last_of_many_reports_cannot_be_opened(self):
        """None of the others has begun: no file, no listener, and no word but of the mistake."""
        server = self.serve(*answer(response(b"ok")))
        with open(self.path("there.json"), "w", encoding="utf-8") as out:
            out.write("of an earlier run")
        files = ["--timeseries", self.path("a"), "--junit", self.path("b"),
                 "--hdr", self.path("c"), "--html", self.path("d"), "--influx", self.path("e"),
                 "--log-requests", self.path("f"), "--csv", self.path("g"),
                 "--json", self.path("there.json"), "--prometheus", "0"]
        for _ in range(2):
            run = self.tool("-n", "5", *files, "--statsd", "no-port", server.url)
            self.assertUsageError(run, "--statsd 'no-port'")
        self.assertEqual(server.request_count, 0)
        self.assertEqual(os.listdir(self.dir), ["there.json"])
        with open(self.path("there.json"), encoding="utf-8") as text:
            self.assertEqual(text.read(), "of an earlier run")

    def test_one_file_for_two_reports(self):
        server = self.serve(*answer(response(b"ok")))
        os.symlink(self.path("a"), self.path("link"))
        os.mkdir(self.path("sub"))
        with open(self.path("there"), "w", encoding="utf-8"):
            os.symlink(self.path("there"), self.path("there-too"))
        a = self.path("a")
        for options in (["--json", a, "--junit", a], ["--json", "-", "--timeseries", "-"],
                        ["--json", "-", "--junit", "/dev/stdout"],
                        ["--json", a, "--junit", self.path("sub/../a")],
                        ["--json", self.path("there"), "--html", self.path("there-too")],
                        ["--json", a, "--html", self.path("link")],
                        ["--html", self.path("link"), "--json", a],
                        ["--csv", a, "--json", f"{a}_failures.csv"]):
            with self.subTest(options):
                run = self.tool("-n", "5", *options, server.url)
                self.assertStatus(run, USAGE)
                self.assertRegex(run.stderr, "two reports|both write")
        with open(a, "wb") as out:
            run = self.tool("-n", "5", "--json", a, server.url, stdout=out)
        self.assertUsageError(run, "standard output goes there too")
        self.assertEqual(server.request_count, 0)
        self.assertStatus(self.tool("-n", "5", "--json", "/dev/null", "--junit", "/dev/null",
                                    server.url), OK)

    def test_behind_a_link_to_what_is_not_there_yet(self):
        server = self.serve(*answer(response(b"ok")))
        os.mkdir(self.path("sub"))
        os.symlink("sub/later", self.path("first"))
        os.symlink("first", self.path("link"))
        self.assertStatus(self.tool("-n", "5", "--json", self.path("link"), server.url), OK)
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertTrue(os.path.isfile(self.path("sub/later")))

    def test_every_lost_file_of_the_csv_is_named(self):
        server = self.serve(*answer(response(b"ok")))
        lost = [self.path(f"r_{name}.csv") for name in ("stats", "failures", "exceptions")]
        for path in lost:
            os.symlink("/dev/full", path)
        run = self.tool("-n", "5", "--csv", self.path("r"), server.url)
        self.assertStatus(run, USAGE)
        self.assertSays(run, "No space left", *lost)
        self.assertGreater(len(self.rows(self.path("r"), "stats_history")), 0)

    def test_full_devices(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-n", "50", "--timeseries", "/dev/full", "--junit", "/dev/full",
                        "--csv", self.path("r"), server.url)
        self.assertStatus(run, USAGE)
        self.assertEqual(run.stderr.count("No space left"), 2)
        self.assertTotals(run, 50, 0)
        self.assertIn("50", run.stdout)
        self.assertEqual(len(self.rows(self.path("r"), "stats")), 2)

    def test_a_disk_that_fills_up(self):
        """What is too large is lost, and said; what fits is there."""
        server = self.serve(*answer(response(b"ok")))
        options, _ = self.every()
        size = 3000
        run = self.tool("-c", "2", "-d", "1200ms", *options, server.url,
                        limits={resource.RLIMIT_FSIZE: (size, size)})
        self.assertStatus(run, USAGE)
        for lost in ("r.json", "r.html"):
            self.assertIn(self.path(lost) + ": File too large", run.stderr, run)
            self.assertFalse(os.path.exists(self.path(lost)))
        self.assertIn("Requests", run.stdout)
        self.assertEqual(len(self.rows(self.path("r"), "stats")), 2)
        ElementTree.parse(self.path("r.xml"))
        self.assertEqual(self.leftovers(), [])

    def test_an_old_file_stays_until_the_new_one_is_whole(self):
        server = self.serve(*answer(response(b"ok")))
        old = self.file("x.ndjson", "old\n")
        running = self.start("-c", "1", "-d", "10m", "--timeseries", old, server.url)
        self.wait_until(lambda: server.request_count > 10, running)
        with open(old, encoding="utf-8") as text:
            self.assertEqual(text.read(), "old\n")
        running.signal()
        self.finish(running)
        self.assertGreater(len(self.lines(old)), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
