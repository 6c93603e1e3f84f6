"""Every number in every format agrees with every other, and with a count of the request log.

One run with failures of several kinds, script errors, three protocols and a measured flow, paced
users and a warm-up, written in every format at once. The log is counted in Python alone.
"""

import csv
import html
import json
import os
import re
import threading
import time
import unittest
import urllib.request

from harness import hdr, wire
from harness.case import Case, OK
from harness.faults import Fault, FaultServer, PLAIN, status
from harness.nginx import free_port
from harness.redis import Redis
from harness.requestlog import PERCENTILES, RequestLog, Times

SCENARIO = """
local Web = inrush.user_class("Web", {
  weight = 3, wait = inrush.between(0.001, 0.004), host = inrush.env("WEB"), timeout = 0.2,
})
Web:task("browse", { weight = 4 }, function(user)
  local res = user.http:get("/page")
  res:check("is json", res:header("content-type") == "application/json")
end)
Web:task("order", function(user)
  user.http:post("/order", { body = "x", name = '/order, "express" é' })
  if inrush.random(1, 3) == 1 then error("a mistake of the script's own") end
end)

local Paced = inrush.user_class("Paced", { wait = inrush.pacing(0.01), redis = inrush.env("CACHE") })
Paced:task("flow", function(user)
  inrush.measure("FLOW", "set, get", function()
    user.redis:set("key", "value")
    user.redis:get("key")
  end)
  user.redis:incr("key") -- not a number: fails
end)

local Lines = inrush.user_class("Lines", { wait = inrush.between(0.002, 0.004),
  tcp = inrush.env("LINES") })
Lines:task("line", function(user)
  user.tcp:exchange("ping\\n", { delimiter = "\\n", name = "ping" })
end)
"""

STALLED = Fault("stalled", "timeout", (wire.stop_reading(),), slow=True)
CLOSED = Fault("closed", "closed", (wire.send(b"HTTP/1.1 200 OK\r\n"), wire.close()))
RESET = Fault("reset", "reset", (wire.send(b"HTTP/1.1 200 OK\r\n"), wire.reset()))
NONSENSE = Fault("nonsense", "protocol", (wire.send(b"SSH-2.0-OpenSSH_9.2\r\n"),
                                          wire.wait_closed()))
WEB = [PLAIN] * 20 + [status(500), PLAIN, CLOSED, PLAIN, RESET, PLAIN, NONSENSE] + [PLAIN] * 40
LINES = [wire.repeat([wire.take_until(b"ping\n"), wire.send(b"pong\n")], times=30),
         wire.take_until(b"ping\n"), wire.close()]


def rows(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Scrapes:
    """What --prometheus serves, asked for until the run has ended."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.last = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._scrape, daemon=True)
        self._thread.start()

    def _scrape(self):
        while not self._over.is_set():
            try:
                with urllib.request.urlopen(self.url, timeout=10) as answer:
                    self.last = answer.read().decode()
            except OSError:
                pass
            time.sleep(0.1)

    def end(self):
        self._over.set()
        self._thread.join()
        return self.last


class TestAgreement(Case):
    """One run for all of them: each test looks at one of its files."""

    @classmethod
    def setUpClass(cls):
        case = Case()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.prefix = os.path.join(case.dir, "run")
        port = free_port()
        with FaultServer(WEB + [STALLED]) as web, wire.Server(LINES) as lines, Redis() as cache:
            scrapes = Scrapes(port)
            cls.ended_run = case.load(
                "run", case.scenario(SCENARIO), "-u", "10", "-t", "2", "-d", "2s",
                "--warmup", "400ms", "--set", f"WEB={web.url}", "--set", f"CACHE={cache.url}",
                "--set", f"LINES=127.0.0.1:{lines.port}", "--csv", cls.prefix,
                "--hdr", cls.prefix + ".hlog", "--log-requests", cls.prefix + ".requests",
                "--timeseries", cls.prefix + ".series", "--html", cls.prefix + ".html",
                "--prometheus", port)
            cls.scrape = scrapes.end()
            web.stop()
            cls.on_the_wire = web.summary()
        cls.report = cls.ended_run.json
        cls.log = RequestLog(cls.prefix + ".requests")
        cls.by_name = {(s["type"], s["name"]): s for s in cls.report["series"]}

    def assertTimes(self, found, times):
        """A latency object of the JSON is what the sorted values say."""
        self.assertEqual(found["count"], times.count)
        if not times.count:
            return
        self.assertEqual((found["min"], found["max"]), (times.sorted[0], times.sorted[-1]))
        self.assertAlmostEqual(found["mean"], times.mean, delta=0.00051)
        self.assertAlmostEqual(found["stdev"], times.stdev, delta=0.00051)
        for name, percent in PERCENTILES.items():
            exact = times.percentile(percent)
            self.assertAlmostEqual(found[name], exact, delta=Times.precision(exact), msg=name)

    def assertSeries(self, found, counted):
        self.assertEqual((found["requests"], found["failures"], found["bytes"]),
                         (counted.requests, counted.failures, counted.bytes), found["name"])
        self.assertEqual(found["statuses"], dict(counted.statuses))
        duration = self.report["duration_s"]
        for name, count in (("rps", counted.requests), ("failures_per_s", counted.failures),
                            ("bytes_per_s", counted.bytes)):
            self.assertAlmostEqual(found[name], count / duration, delta=0.001 * count + 0.001)
        self.assertTimes(found["latency_ms"], counted.response)
        if "service_ms" in found:
            self.assertTimes(found["service_ms"], counted.service)
        else:
            self.assertEqual(counted.service.count, 0)

    # The run itself.

    def test_it_is_what_it_should_be(self):
        self.assertStatus(self.ended_run, OK)
        self.assertEqual({kind for kind, _ in self.by_name}, {"GET", "POST", "FLOW", "REDIS", "TCP"})
        self.assertLessEqual({"status", "closed", "reset", "protocol", "timeout"},
                             set(self.log.totals.kinds))
        self.assertGreater(sum(e["count"] for e in self.report["script_errors"]), 0)
        self.assertGreater(self.report["checks"][0]["failures"], 0)
        self.assertGreater(self.log.warmup.requests, 0)
        self.assertGreater(self.log.totals.service.count, 0)

    def test_the_log_is_what_happened_on_the_wire(self):
        web = [e for e in self.log.entries if e["type"] in ("GET", "POST")]
        warm = self.report["warmup"]["series"]
        before = sum(s["requests"] for s in warm if s["type"] in ("GET", "POST"))
        self.assertEqual(len(web) + before, self.on_the_wire.requests)
        numbers = {(e["worker"], e["user"]) for e in self.log.entries}
        self.assertEqual({worker for worker, _ in numbers}, {1, 2})
        self.assertEqual(sorted(user for _, user in numbers), list(range(1, 11)))

    # The formats.

    def test_json(self):
        self.assertSeries(self.report["totals"], self.log.totals)
        self.assertEqual(set(self.by_name), set(self.log.series))
        for name, counted in self.log.series.items():
            self.assertSeries(self.by_name[name], counted)
        errors = self.log.errors()
        self.assertEqual(len(errors), len(self.report["errors"]))
        for e in self.report["errors"]:
            ends = errors[e["type"], e["name"], e["kind"], e["message"]]
            self.assertEqual(e["count"], len(ends))
            self.assertAlmostEqual(e["last_s"] - e["first_s"], max(ends) - min(ends), delta=0.0011)

    def test_json_of_the_warm_up(self):
        warmup = self.report["warmup"]["totals"]
        counted = self.log.warmup
        self.assertEqual((warmup["requests"], warmup["failures"], warmup["bytes"]),
                         (counted.requests, counted.failures, counted.bytes))
        self.assertTimes(warmup["latency_ms"], counted.response)

    def test_json_histograms(self):
        """Every count of every bucket."""
        for name, counted in self.log.series.items():
            found = self.by_name[name]["histograms_us"]["latency"]
            self.assertEqual(found["count"], counted.response.count)
            values = [round(ms * 1000) for ms in counted.response.sorted]
            self.assertEqual(found["sum"], sum(values))
            buckets = {}
            for us in values:
                width = 1 << max(us.bit_length() - 11, 0)
                buckets[us // width * width] = buckets.get(us // width * width, 0) + 1
            self.assertEqual(dict(found["buckets"]), buckets)

    def test_csv_stats(self):
        table = rows(self.prefix + "_stats.csv")
        self.assertEqual(table[-1]["Name"], "Aggregated")
        for row in table:
            s = self.by_name.get((row["Type"], row["Name"]), self.report["totals"])
            self.assertEqual((row["Type"], row["Name"]), (s["type"], s["name"]))
            latency = s["latency_ms"]
            self.assertEqual((int(row["Request Count"]), int(row["Failure Count"])),
                             (s["requests"], s["failures"]))
            self.assertAlmostEqual(float(row["Requests/s"]), s["rps"], delta=0.001)
            self.assertAlmostEqual(float(row["Failures/s"]), s["failures_per_s"], delta=0.001)
            self.assertAlmostEqual(float(row["Average Content Size"]), s["bytes"] / s["requests"],
                                   delta=0.001)
            for column, name in (("Median", "p50"), ("Average", "mean"), ("Min", "min"),
                                 ("Max", "max")):
                self.assertEqual(float(row[f"{column} Response Time"]), latency[name])
            for name in PERCENTILES:
                self.assertEqual(float(row[name[1:] + "%"]), latency[name])
            self.assertEqual(float(row["100%"]), latency["max"])
        self.assertEqual(len(table), len(self.by_name) + 1)

    def test_csv_failures_and_exceptions(self):
        failures = {(r["Method"], r["Name"], r["Error"]): int(r["Occurrences"])
                    for r in rows(self.prefix + "_failures.csv")}
        self.assertEqual(failures, {(e["type"], e["name"], e["message"]): e["count"]
                                    for e in self.report["errors"]})
        exceptions = {(r["Message"], r["Traceback"]): int(r["Count"])
                      for r in rows(self.prefix + "_exceptions.csv")}
        self.assertEqual(exceptions, {(e["message"], e["traceback"]): e["count"]
                                      for e in self.report["script_errors"]})

    def test_csv_history(self):
        last = {(r["Type"], r["Name"]): r for r in rows(self.prefix + "_stats_history.csv")}
        for name, s in [*self.by_name.items(), (("", "Aggregated"), self.report["totals"])]:
            row = last[name]
            self.assertEqual((int(row["Total Request Count"]), int(row["Total Failure Count"])),
                             (s["requests"], s["failures"]))
            self.assertEqual(float(row["Total Max Response Time"]), s["latency_ms"]["max"])
            self.assertEqual(float(row["Total Average Response Time"]), s["latency_ms"]["mean"])

    def test_time_series(self):
        """Its seconds add up, and each of them is that of the log."""
        with open(self.prefix + ".series", encoding="utf-8") as text:
            points = [json.loads(line) for line in text]
        sums = {}
        for p in points:
            if not p["warmup"]:
                total = sums.setdefault((p["type"], p["name"]), [0, 0, 0, 0])
                for i, n in enumerate((p["requests"], p["failures"], p["bytes"],
                                       p["latency_ms"]["count"])):
                    total[i] += n
        for name, s in [*self.by_name.items(), (("", "Aggregated"), self.report["totals"])]:
            self.assertEqual(sums.pop(name), [s["requests"], s["failures"], s["bytes"],
                                              s["latency_ms"]["count"]], name)
        self.assertEqual(sums, {})
        errors = sum(p.get("script_errors", 0) for p in points if not p["warmup"])
        self.assertEqual(errors, sum(e["count"] for e in self.report["script_errors"]))

    def test_hdr(self):
        report = {**self.report, "series": [
            {**s, "name": s["name"].replace(",", "%2C").replace(" ", "%20").replace("é", "%C3%A9")}
            for s in self.report["series"]]}
        log = hdr.assert_log(self, report, self.prefix + ".hlog")
        warm = sum(s["count"] for s in log["sums"] if s["tag"].startswith("warmup:"))
        self.assertEqual(warm, self.report["warmup"]["totals"]["latency_ms"]["count"])

    def test_html(self):
        """What the page draws is the same report."""
        with open(self.prefix + ".html", encoding="utf-8") as text:
            page = text.read()
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
        shown = json.loads(html.unescape(data.group(1)))["report"]
        for field in ("totals", "series", "errors", "script_errors", "checks", "duration_s"):
            mine = self.report[field]
            if field == "series":
                mine = [{k: v for k, v in s.items() if k != "histograms_us"} for s in mine]
                shown[field] = [{k: v for k, v in s.items() if k != "histograms_us"}
                                for s in shown[field]]
            self.assertEqual(shown[field], mine, field)

    def test_console(self):
        """The tables of the report, to as many digits as they show."""
        section = self.ended_run.stdout.split("Requests (times in ms)")[1].split("\n\n")[0]
        found = 0
        for line in section.splitlines():
            cells = re.split(r"\s{2,}", line.strip())
            if len(cells) not in (10, 11) or cells[0] == "Type":
                continue
            kind, name = ("", cells[0]) if len(cells) == 10 else cells[:2]
            s = self.by_name.get((kind, name), self.report["totals"])
            self.assertEqual((kind, name), (s["type"], s["name"]))
            latency = s["latency_ms"]
            expected = [s["requests"], s["failures"], None, latency["mean"], latency["min"],
                        latency["max"], latency["p50"], s["rps"], s["failures_per_s"]]
            for text, value in zip(cells[-9:], expected):
                if value is None:
                    continue
                digits = len(text.partition(".")[2])
                self.assertAlmostEqual(float(text.replace(",", "")), value,
                                       delta=0.51 * 10 ** -digits + 0.0005, msg=line)
            found += 1
        self.assertEqual(found, len(self.by_name) + 1)

    def test_prometheus(self):
        sums = {}
        for name, labels, value in re.findall(r"^(\w+)\{(.*?)\} ([\d.e+]+)", self.scrape, re.M):
            key = name, re.search(r'type="(.*?)"', labels + 'type=""').group(1)
            sums[key] = sums.get(key, 0) + float(value)
        for kind in ("GET", "POST", "FLOW", "REDIS", "TCP"):
            s = next(s for n, s in self.by_name.items() if n[0] == kind)
            self.assertEqual(sums["inrush_requests_total", kind], s["requests"])
            self.assertEqual(sums["inrush_response_time_seconds_count", kind],
                             s["latency_ms"]["count"])


class TestRequestLog(Case):
    """The log by itself."""

    def path(self):
        return os.path.join(self.dir, "requests")

    def test_one_off(self):
        server = self.serve(*wire.answer(wire.response(b"ok")))
        run = self.load("-c", "3", "-t", "2", "-n", "2000", "--log-requests", self.path(),
                        server.url + "a?q=1")
        self.assertStatus(run, OK)
        log = RequestLog(self.path())
        self.assertEqual(log.totals.requests, 2000)
        first = log.entries[0]
        self.assertEqual(set(first), {"end_s", "worker", "user", "type", "name", "response_ms",
                                      "first_byte_ms", "status", "bytes"})
        self.assertEqual((first["type"], first["name"], first["status"], first["bytes"]),
                         ("GET", "/a", 200, len(wire.response(b"ok"))))
        for worker in (1, 2):  # in order of completion
            ends = [e["end_s"] for e in log.entries if e["worker"] == worker]
            self.assertEqual(ends, sorted(ends))
            self.assertGreater(len(ends), 0)
        self.assertLessEqual(log.entries[-1]["end_s"], run.json["duration_s"] + 0.001)
        self.assertTrue(all(e["first_byte_ms"] <= e["response_ms"] for e in log.entries))

    def test_a_signal_loses_nothing(self):
        server = self.serve(*wire.answer(wire.response(b"ok")))
        running = self.start("-c", "4", "-d", "60s", "--log-requests", self.path(), server.url)
        self.wait_until(lambda: server.request_count > 3000, running)
        running.signal()
        run = self.finish(running)
        self.assertEqual(RequestLog(self.path()).totals.requests, run.json["totals"]["requests"])

    def test_a_user_that_hangs_loses_nothing(self):
        """The worker is parked inside Lua; what it had measured is in the log."""
        server = self.serve(*wire.answer(wire.response(b"ok")))
        scenario = self.scenario("""
            local U = inrush.user_class("U", {})
            U:task("t", {}, function(user)
              for _ = 1, 100 do user.http:get("/") end
              while true do end
            end)
            """)
        run = self.load("run", scenario, "--host", server.url, "-u", "2", "-t", "2", "-d", "1s",
                        "--stop-timeout", "100ms", "--log-requests", self.path())
        self.assertTotals(run, 200, 0)
        self.assertEqual(RequestLog(self.path()).totals.requests, 200)

    def test_messages_are_quoted(self):
        server = self.serve(wire.recv_request(), wire.send(b'"\\\xff\x01 nonsense\r\n'),
                            wire.wait_closed())
        run = self.load("-c", "1", "-n", "3", "--log-requests", self.path(), server.url)
        log = RequestLog(self.path())
        self.assertEqual({(e["error"], e["message"]) for e in log.entries},
                         {(e["kind"], e["message"]) for e in run.json["errors"]})
        self.assertEqual(log.totals.kinds, {"protocol": 3})

    def test_disk_full(self):
        server = self.serve(*wire.answer(wire.response(b"ok")))
        run = self.load("-c", "2", "-n", "500", "--log-requests", "/dev/full", server.url)
        self.assertStatus(run, 1)
        self.assertSays(run, "cannot write the report to /dev/full: No space left on device",
                        "Requests ")
        self.assertTotals(run, 500, 0)

    def test_one_file_for_two(self):
        server = self.serve(*wire.answer(wire.response(b"ok")))
        run = self.tool("-n", "1", "--log-requests", self.path(), "--hdr", self.path(), server.url)
        self.assertUsageError(run, "--hdr", "--log-requests", self.path(), "its own")
        self.assertEqual(server.connections, 0)


if __name__ == "__main__":
    unittest.main()
