"""--prometheus: what a real Prometheus has in the end is what the report says."""

import subprocess
import unittest
import urllib.error
import urllib.request

from harness.case import Case, INTERRUPTED, OK
from harness.nginx import free_port
from harness.prometheus import Prometheus
from harness.target import Target
from harness.wire import answer, response

HOSTILE = 'a "quoted" \\ name\nof <two> lines, 時刻'

SCENARIO = """
    local orders = inrush.counter("orders placed")
    local depth = inrush.gauge("queue depth")
    local cached = inrush.rate("cached")
    local size = inrush.trend("size", { unit = "bytes" })
    local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
    U:task("time", { weight = 3 }, function(user)
      local res = user.http:get("/api/v1/time", { name = "/api/v1/time" })
      res:check("has a body", #res.body > 0)
      res:check("has none", #res.body == 0)
      orders:add(2)
      depth:set(7)
      cached:add(#res.body > 0)
      size:add(#res.body)
    end)
    U:task("absent", {}, function(user)
      user.http:get("/absent", { name = [[NAME]] })
      error("no luck")
    end)
    """


def key(labels, *names):
    return tuple(labels[n] for n in names)


class TestPrometheus(Case):
    def scenario_path(self):
        return self.scenario(SCENARIO.replace("[[NAME]]", f"[==[{HOSTILE}]==]"))

    def scraped_run(self, prometheus, port):
        """A run that Prometheus has looked at more than once; interrupted then."""
        target = self.enterContext(Target())
        running = self.start("run", self.scenario_path(), "--host", target.url, "-u", "5",
                             "-d", "100s", "--prometheus", port)
        self.wait_until(lambda: [v for _, v in prometheus.query("count_over_time(inrush_users[5m])")
                                 if v >= 2], running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertGreater(run.json["totals"]["failures"], 0)
        return run

    def check_counts(self, run, prometheus):
        json = run.json
        series = {(s["type"], s["name"]): s for s in json["series"]}

        def counts(metric, *names):
            return {key(labels, *names): value for labels, value in prometheus.last(metric)}

        self.assertEqual(counts("inrush_requests_total", "type", "name"),
                         {k: s["requests"] for k, s in series.items()})
        self.assertEqual(counts("inrush_received_bytes_total", "type", "name"),
                         {k: s["bytes"] for k, s in series.items()})
        failures = {}
        for e in json["errors"]:
            failures[e["type"], e["name"], e["kind"]] = (
                failures.get((e["type"], e["name"], e["kind"]), 0) + e["count"])
        self.assertEqual(counts("inrush_request_failures_total", "type", "name", "kind"), failures)
        self.assertEqual(counts("inrush_responses_total", "type", "name", "status"),
                         {(*k, status): n for k, s in series.items()
                          for status, n in s["statuses"].items()})
        checks = {}
        for c in json["checks"]:
            checks[c["name"], "passed"] = c["passes"]
            checks[c["name"], "failed"] = c["failures"]
        self.assertEqual(counts("inrush_checks_total", "check", "result"), checks)
        self.assertEqual(counts("inrush_script_errors_total"),
                         {(): sum(e["count"] for e in json["script_errors"])})
        self.assertEqual(counts("inrush_connections_opened_total"),
                         {(): json["generator"]["connects"]})
        self.assertEqual(counts("inrush_run_active"), {(): 0})
        metrics = {m["name"]: m for m in json["metrics"]}
        self.assertEqual(counts("inrush_custom_added_total", "metric"),
                         {("orders placed",): metrics["orders placed"]["value"]})
        self.assertEqual(counts("inrush_custom_last", "metric"), {("queue depth",): 7})
        self.assertEqual(counts("inrush_custom_rate_values_total", "metric"),
                         {("cached",): metrics["cached"]["count"]})
        self.assertEqual(counts("inrush_custom_trend_quantile", "metric", "unit", "share")
                         ["size", "bytes", "0.95"], metrics["size"]["p95"])
        return series

    def test_final_figures(self):
        port = free_port()
        with Prometheus(port) as prometheus:
            run = self.scraped_run(prometheus, port)
            series = self.check_counts(run, prometheus)
            for labels, value in prometheus.last("inrush_response_time_seconds_count"):
                self.assertEqual(value, series[key(labels, "type", "name")]["latency_ms"]["count"])
            for labels, value in prometheus.last("inrush_response_time_seconds_sum"):
                latency = series[key(labels, "type", "name")]["latency_ms"]
                self.assertAlmostEqual(value * 1000, latency["mean"] * latency["count"],
                                       delta=0.001 * latency["count"])
            self.check_quantile(prometheus, series, "inrush_response_time_seconds_bucket", 2.5)

    def test_native_histograms(self):
        port = free_port()
        with Prometheus(port, native=True) as prometheus:
            run = self.scraped_run(prometheus, port)
            series = self.check_counts(run, prometheus)
            at = prometheus.last_time("inrush_run_active")
            found = prometheus.query("histogram_count(inrush_response_time_seconds)", at)
            self.assertEqual({key(labels, "type", "name"): value for labels, value in found},
                             {k: s["latency_ms"]["count"] for k, s in series.items()})
            self.check_quantile(prometheus, series, "inrush_response_time_seconds", 2 ** (1 / 16))

    def check_quantile(self, prometheus, series, metric, factor):
        """The median is in the same bucket as the report's."""
        at = prometheus.last_time("inrush_run_active")
        found = prometheus.query(f"histogram_quantile(0.5, {metric})", at)
        self.assertEqual(len(found), len(series))
        for labels, value in found:
            p50 = series[key(labels, "type", "name")]["latency_ms"]["p50"] / 1000
            self.assertLess(value, p50 * factor * 1.01)
            self.assertGreater(value, p50 / factor / 1.01)

    # Without a Prometheus.

    def start_serving(self, *args):
        """A run against a local server; (running, URL of its metrics)."""
        target = self.enterContext(Target())
        running = self.start("run", self.scenario_path(), "--host", target.url, "-d", "100s",
                             "--prometheus", *args)
        found = []
        self.wait_until(lambda: found.extend(
            w for w in running.output_so_far().split() if w.endswith("/metrics")) or found, running)
        return running, found[0]

    def get(self, url, method="GET"):
        request = urllib.request.Request(url, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as got:
                return got.status, got.headers, got.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def test_text_is_clean(self):
        running, url = self.start_serving("0")
        for word in ("inrush_custom_last{", 'kind="status"'):
            self.wait_until(lambda word=word: word in self.get(url)[2], running)
        status, headers, text = self.get(url)
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual((lint.returncode, lint.stdout + lint.stderr), (0, ""))
        self.assertIn(r'name="a \"quoted\" \\ name\nof <two> lines, 時刻"', text)

        self.assertEqual(self.get(url, "HEAD")[0], 200)
        self.assertEqual(self.get(url, "POST")[0], 405)
        self.assertEqual(self.get(url[:-len("metrics")])[0], 200)
        self.assertEqual(self.get(url + "/else")[0], 404)
        running.signal()
        self.wait_until(lambda: "inrush_run_active 0" in self.get(url)[2])
        self.assertStatus(self.finish(running), INTERRUPTED)

    def test_the_wait_for_the_last_scrape_can_be_ended(self):
        running, url = self.start_serving("127.0.0.1:0")
        self.wait_until(lambda: "inrush_custom_last{" in self.get(url)[2], running)  # it runs
        running.signal()
        self.wait_until(lambda: "waiting for Prometheus" in running.output_so_far(), running)
        running.signal()
        self.assertStatus(self.finish(running), INTERRUPTED)

    def test_nobody_looks(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-c", "1", "-n", "20", server.url, "--prometheus", "[::1]:0")
        self.assertStatus(run, OK)
        self.assertSays(run, "http://[::1]:")
        self.assertNotIn("waiting", run.output)

    def test_bad_places(self):
        server = self.serve(*answer(response(b"ok")))
        with_port = self.serve(*answer(response(b"ok")))
        port = with_port.url.rsplit(":", 1)[1].strip("/")
        for place, words in (
                (port, ("in use", port)),
                ("70000", ("--prometheus", "70000")),
                ("here:x", ("--prometheus", "here:x")),
                (":9464", ("no address", "0.0.0.0:9464")),
                ("::1:9464", ("brackets", "[::1]:9464")),
                ("203.0.113.7:0", ("203.0.113.7",)),
                ("no.such.host.invalid:0", ("no.such.host.invalid",))):
            run = self.tool("-n", "1", server.url, "--prometheus", place)
            self.assertUsageError(run, *words)
        self.assertEqual(server.request_count, 0)


if __name__ == "__main__":
    unittest.main()
