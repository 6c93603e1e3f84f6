"""The HTML report in Chromium, from disk: that it draws what was measured, is
no one else's markup, zooms, and has both themes."""

import json
import os
import re
import unittest

from harness.browser import ESCAPE, RIGHT, Browser
from harness.case import Case, INTERRUPTED, NOTHING, OK, THRESHOLD
from harness.target import Target
from harness.wire import answer, response

HOSTILE = '<script>alert(1)</script>"\'&</title> ünïcode 時刻 \u2028 ' + "x" * 300

SCENARIO = """
    local U = inrush.user_class("Reader", { weight = 3, wait = inrush.constant(0.01) })
    U:task("time", { weight = 3 }, function(user)
      local res = user.http:get("/api/v1/time", { name = "/api/v1/time" })
      res:check("has a body", #res.body > 0)
    end)
    U:task("absent", {}, function(user) user.http:get("/absent", { name = HOSTILE }) end)
    local B = inrush.user_class("Broken", { weight = 1, wait = inrush.constant(0.05) })
    B:task("boom", {}, function(user)
      user.http:get("/health")
      error("no luck: " .. HOSTILE)
    end)
    """


class TestHtml(Case):
    scenario_run = None  # the one that most tests look at, and its page

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.page = os.path.join(self.dir, "report.html")

    def report(self, *args, status=OK):
        """Runs with --html and --json, and opens the page."""
        run = self.load(*args, "--html", self.page)
        self.assertStatus(run, status)
        self.open()
        return run

    def open(self):
        self.browser.resize(1280)
        self.browser.prefer("light")
        self.browser.open(self.page)
        self.assertEqual(self.browser.console(), [])

    def scenario_report(self):
        """A run with failures, script errors, checks and hostile names; made once."""
        cls = type(self)
        if cls.scenario_run is None:
            target = self.enterContext(Target())
            path = self.scenario(f"local HOSTILE = {json.dumps(HOSTILE, ensure_ascii=False)}\n"
                                 + SCENARIO)
            run = self.report("run", path, "--host", target.url, "-u", "8", "-d", "5s",
                              "--threshold", "p95 < 20s", "--threshold", "failures == 0",
                              status=THRESHOLD)
            with open(self.page, encoding="utf-8") as page:
                cls.scenario_run = run, page.read()
            return run
        run, page = cls.scenario_run
        with open(self.page, "w", encoding="utf-8") as out:
            out.write(page)
        self.open()
        return run

    def values(self, title):
        """The rows of the table under a heading: lists of what is sorted by, else read."""
        return self.browser.run("""
            const section = [...document.querySelectorAll("section")]
              .find((s) => s.querySelector("h2").textContent === arguments[0]);
            return section && [...section.querySelectorAll("tbody tr")].map((row) =>
              [...row.children].map((cell) => cell.dataset.value ?? cell.textContent));""", title)

    # What it shows.

    def test_figures_are_those_of_the_json(self):
        run = self.scenario_report()
        totals = run.json["totals"]
        cards = dict(self.browser.run("""
            return [...document.querySelectorAll("[data-card]")].map((card) =>
              [card.dataset.card, card.querySelector(".figure").dataset.value])"""))
        self.assertEqual(int(cards["Requests"]), totals["requests"])
        self.assertEqual(int(cards["Failed"]), totals["failures"])
        self.assertEqual(float(cards["95th percentile"]), totals["latency_ms"]["p95"])
        self.assertEqual(float(cards["Slowest"]), totals["latency_ms"]["max"])
        self.assertEqual(int(cards["Users"]), 8)

        rows = self.values("Requests")
        self.assertEqual([(r[0], r[1], int(r[2]), int(r[3])) for r in rows[:-1]],
                         [(s["type"], s["name"], s["requests"], s["failures"])
                          for s in run.json["series"]])
        self.assertEqual(int(rows[-1][2]), totals["requests"])

        keys = ["p50", "p66", "p75", "p80", "p90", "p95", "p98", "p99", "p99.9", "p99.99", "max"]
        rows = self.values("Percentiles of the response time")
        for row, series in zip(rows, [*run.json["series"], totals], strict=True):
            self.assertEqual([float(v) for v in row[2:]], [series["latency_ms"][k] for k in keys])

        self.assertEqual([r[0] for r in self.values("Thresholds")], ["passed", "failed"])
        self.assertEqual([(int(r[0]), r[1]) for r in self.values("Failed requests")],
                         [(e["count"], e["message"]) for e in run.json["errors"]])
        self.assertEqual([int(r[0]) for r in self.values("Script errors")],
                         [e["count"] for e in run.json["script_errors"]])
        self.assertEqual([(int(r[2]), int(r[3])) for r in self.values("Checks")],
                         [(c["passes"], c["failures"]) for c in run.json["checks"]])
        self.assertEqual({r[0]: int(r[1]) for r in self.values("Status codes")},
                         run.json["totals"]["statuses"])
        self.assertEqual([(r[0], int(r[1])) for r in self.values("User classes")],
                         [(c["name"], c["users"]) for c in run.json["classes"]])
        self.assertEqual([(r[0], r[1], int(r[3])) for r in self.values("Tasks")],
                         [(c["name"], t["name"], t["count"])
                          for c in run.json["classes"] for t in c["tasks"]])
        # Begun tasks are those that ended, and what each user was in at the end.
        begun = sum(t["count"] for c in run.json["classes"] for t in c["tasks"])
        self.assertTrue(0 <= begun - run.json["generator"]["tasks"] <= 8)
        self.assertIn("1 of 2 thresholds failed", self.browser.text("#verdict"))
        self.assertIn(run.json["generator"]["verdict"].replace(" us ", " µs "),
                      self.browser.text("#verdict"))
        self.assertIn(str(run.json["seed"]), self.browser.text("main"))

    def test_points_add_up(self):
        run = self.scenario_report()
        page = self.browser.run(
            "return JSON.parse(document.getElementById('data').textContent).page")
        self.assertEqual(sum(page["details"][0]["requests"]), run.json["totals"]["requests"])
        self.assertEqual(sum(page["details"][0]["failures"]), run.json["totals"]["failures"])
        for detail in page["details"][1:]:
            series = run.json["series"][detail["series"]]
            self.assertEqual(sum(detail["requests"]), series["requests"])
            self.assertEqual(sum(detail["bins"][1::2]), series["latency_ms"]["count"])
            self.assertEqual(detail["longest"], series["latency_ms"]["max"])

    def test_foreign_text_is_text(self):
        self.scenario_report()
        self.assertIn(HOSTILE.replace("\u2028", "").split("  ")[0], self.browser.text("main")
                      .replace("\u2028", ""))
        self.assertEqual(self.browser.count("script"), 2)
        with open(self.page, encoding="utf-8") as page:
            text = page.read()
        self.assertEqual(text.count("<script"), 2)
        self.assertNotRegex(text, r"(src|href)=[\"'](?!data:)|https?://(?!www\.w3\.org|127\.|localhost)|@import|url\((?!#)")

    # What one can do with it.

    def lines(self):
        """The drawn lines, and whether any is broken."""
        paths = self.browser.run(
            "return [...document.querySelectorAll('path.line')].map((p) => p.getAttribute('d'))")
        self.assertFalse([d for d in paths if "NaN" in d or "Infinity" in d])
        return paths

    def times(self):
        """The times that the first chart's axis names."""
        return [t for t in self.browser.run(
            "return [...document.querySelector('.plot').querySelectorAll('text')]"
            ".map((t) => t.textContent)") if re.fullmatch(r"\d+:\d\d(\.\d)?", t)]

    def test_charts_are_drawn_and_zoom(self):
        self.scenario_report()
        # requests, 3 percentiles, failures, users, the spectrum
        self.assertEqual(len(self.lines()), 7)
        self.assertGreater(self.browser.count(".column"), 1)
        self.assertEqual(self.browser.count(".plot svg"), 6)

        whole = self.times()
        self.browser.drag(".plot", 0.4, 0.8)
        self.assertNotEqual(self.times(), whole)
        self.assertNotIn("0:00", self.times())
        self.assertEqual(len(self.lines()), 7)
        self.browser.double_click(".plot")
        self.assertEqual(self.times(), whole)

        self.browser.hover(".plot")
        self.assertEqual(self.browser.count(".cursor"), 4, "one cursor in all charts over time")
        self.assertRegex(self.browser.text(".tooltip"), r"requests/s\s+[\d,.]+")

        self.browser.keys(".plot", RIGHT, "+")
        self.assertNotEqual(self.times(), whole)
        self.browser.keys(".plot", ESCAPE)
        self.assertEqual(self.times(), whole)

        before = self.lines()
        self.browser.choose(".controls select", "GET /health")
        self.assertNotEqual(self.lines(), before)
        self.browser.click(".controls input[type=checkbox]")
        self.lines()
        self.browser.click("details summary")
        self.assertGreaterEqual(self.browser.count("details tbody tr"), 3)
        self.assertEqual(self.browser.console(), [])

    def test_tables_are_sorted(self):
        self.scenario_report()
        requests = "#requests th.number button"
        self.browser.click(requests)
        counts = [int(r[2]) for r in self.values("Requests")[:-1]]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.browser.click(requests)
        counts = [int(r[2]) for r in self.values("Requests")[:-1]]
        self.assertEqual(counts, sorted(counts))

    def contrast(self):
        """The contrast of the text with the page."""
        ink, page = self.browser.run("""
            const style = getComputedStyle(document.body);
            return [style.color, style.backgroundColor]
              .map((c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number))""")
        light, dark = sorted((luminance(ink), luminance(page)), reverse=True)
        return (light + 0.05) / (dark + 0.05), luminance(page)

    def test_themes(self):
        self.scenario_report()
        for scheme, other in (("light", "dark"), ("dark", "light")):
            self.browser.prefer(scheme)
            self.browser.run("localStorage.clear()")
            self.browser.open(self.page)
            contrast, page = self.contrast()
            self.assertGreater(contrast, 7)
            self.assertEqual(page > 0.5, scheme == "light")
            self.assertEqual(self.browser.text("#theme").lower(), other)
            self.browser.click("#theme")
            contrast, page = self.contrast()
            self.assertGreater(contrast, 7)
            self.assertEqual(page > 0.5, other == "light")

    def test_narrow(self):
        """On a phone nothing is cut off: only tables scroll, by themselves."""
        self.scenario_report()
        self.browser.resize(360)
        self.browser.open(self.page)
        self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), 360)
        self.assertEqual(self.browser.console(), [])

    # Runs that went otherwise.

    def test_one_url(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.report("-c", "2", "-n", "200", server.url)
        limited = run.json["generator"]["limited"]  # by others, who keep the machine busy
        self.assertIn("The generator was the limit" if limited else "Every request succeeded",
                      self.browser.text("#verdict"))
        self.assertIn("200 requests", self.browser.text("#verdict"))
        self.assertEqual(self.values("Requests")[0][1], run.json["series"][0]["name"])
        self.lines()

    def test_interrupted(self):
        server = self.serve(*answer(response(b"ok")))
        running = self.start("-c", "2", "-d", "100s", server.url, "--html", self.page)
        self.wait_until(lambda: server.request_count > 10, running)
        running.signal()
        self.assertStatus(self.finish(running), INTERRUPTED)
        self.open()
        self.assertIn("Interrupted after", self.browser.text("#verdict"))
        self.lines()

    def test_nothing_measured(self):
        server = self.serve(*answer(response(b"ok")))
        url = server.url
        server.stop()
        self.report("-c", "2", "-n", "4", url, status=NOTHING)
        self.assertEqual(self.browser.text("#verdict h2"), "No request was answered")
        self.assertIn("all failed", self.browser.text("#verdict"))
        self.assertNotRegex(self.browser.text("main"), r"NaN|Infinity|undefined|null")
        self.lines()

        # Also when the generator was slow: it is not what kept answers away.
        with open(self.page, encoding="utf-8") as page:
            text = re.sub(r'"limited":(true|false)', '"limited":true', page.read())
        with open(self.page, "w", encoding="utf-8") as page:
            page.write(text)
        self.open()
        self.assertEqual(self.browser.text("#verdict h2"), "No request was answered")

    def test_every_request_failed(self):
        server = self.serve(*answer(response(b"no", status=500)))
        run = self.report("-c", "2", "-n", "20", server.url)
        self.assertEqual(run.json["totals"]["failures"], 20)
        # A slow generator is said first, in all other runs.
        self.assertIn(self.browser.text("#verdict h2"),
                      ("Every request failed", "The generator was the limit"))
        self.assertIn("all failed", self.browser.text("#verdict"))

    def test_when_a_threshold_first_failed(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.report("-c", "2", "-d", "100s", "--threshold", "p50 < 1us for 1s abort",
                          "--threshold", "requests > 0", server.url, status=THRESHOLD)
        self.assertIn("A threshold ended the run after", self.browser.text("#verdict h2"))
        self.assertIn("Threshold 'p50 < 1us for 1s abort' did not", self.browser.text("#verdict"))
        shown = [r[-1] for r in self.values("Thresholds")]
        self.assertEqual([float(s) if s else None for s in shown],
                         [t["violated_s"] for t in run.json["thresholds"]])
        self.assertIn("First failed", self.browser.text("#thresholds"))


def luminance(rgb):
    """WCAG's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (v / 255 for v in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


if __name__ == "__main__":
    unittest.main()
