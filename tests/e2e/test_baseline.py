"""The main job: the bundled baseline against the embedded target, and both count the same.

Here its two REST classes; test_baseline_six.py has all of them.
"""

import json
import re
import signal
import unittest

from harness.case import Case, OK
from harness.wire import answer, response

# Type, name and weight of FastTimeRESTUser's tasks, as in the reference.
REST = {
    ("GET", "/api/v1/time"): 10,
    ("GET", "/api/v1/time/{timezone}"): 8,
    ("POST", "/api/v1/convert"): 5,
    ("GET", "/api/v1/timezones"): 3,
    ("GET", "/api/v1/timezones/{timezone}/info"): 2,
    ("GET", "/health"): 2,
    ("GET", "/api/v1/resources"): 1,
    ("GET", "/api/v1/prompts"): 1,
}
STRESS = {
    ("GET", "/api/v1/time [stress]"): 10,
    ("GET", "/health [stress]"): 5,
}


REST_CLASSES = ("--class", "FastTimeRESTUser,FastTimeStressUser")


class TestBaseline(Case):
    def setUp(self):
        super().setUp()
        self.target = self.target_started()

    def target_started(self, *args):
        """`inrush serve` on a free port; .url is where."""
        target = self.start_raw("serve", "--port", "0", *args)
        self.wait_until(lambda: "listening on" in target.output_so_far(), target)
        target.url = re.search(r"listening on (http://\S+)", target.output_so_far()).group(1)
        return target

    def served(self, target):
        """Stops it; {route: requests} as it says itself."""
        target.signal(signal.SIGINT)
        run = self.ended(target.wait())
        rows = re.findall(r"^(.+?)\s{2,}([\d,]+)", run.output, re.M)
        return {route: int(n.replace(",", "")) for route, n in rows}

    def baseline(self, *args, **options):
        classes = () if "--class" in args else REST_CLASSES
        run = self.load("run", "baseline", *classes, *args, **options)
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertEqual(run.json["script_errors"], [], run)
        return run

    def requests(self, run):
        return {(s["type"], s["name"]): s["requests"] for s in run.json["series"]}

    def test_both_classes(self):
        run = self.baseline("--host", self.target.url, "-u", "220", "-r", "1000", "-d", "3s")
        told = self.requests(run)
        self.assertEqual(set(told), set(REST) | set(STRESS), run)
        self.assertEqual({c["name"]: c["users"] for c in run.json["classes"]},
                         {"FastTimeRESTUser": 200, "FastTimeStressUser": 20})

        served = self.served(self.target)
        self.assertEqual(served["total"], run.json["totals"]["requests"])
        told["GET", "/api/v1/time"] += told.pop(("GET", "/api/v1/time [stress]"))
        told["GET", "/health"] += told.pop(("GET", "/health [stress]"))
        for (method, name), requests in told.items():
            self.assertEqual(served[f"{method} {name}"], requests, name)

    def test_shares_of_the_tasks(self):
        """Within 5 sigma: one run in a million fails by chance."""
        run = self.baseline("--host", self.target.url, "-u", "200", "-d", "4s", "--seed", "1")
        told = self.requests(run)
        for weights in (REST, STRESS):
            total = sum(told[key] for key in weights)
            for key, weight in weights.items():
                share = weight / sum(weights.values())
                sigma = (total * share * (1 - share)) ** 0.5
                self.assertLess(abs(told[key] - total * share), 5 * sigma, (key, told))

    def test_targets_come_from_settings_environment_and_host(self):
        variable = "BASELINE_FAST_TIME_HOST"
        short = ("-u", "11", "-d", "500ms")
        for args, env in [
            (["--set", f"{variable}={self.target.url}"], {}),
            ([], {variable: self.target.url}),
            (["--host", self.target.url], {variable: "http://127.0.0.1:1"}),
            (["--set", f"{variable}={self.target.url}"], {variable: "http://127.0.0.1:1"}),
        ]:
            with self.subTest(args, env=env):
                run = self.baseline(*short, *args, env=env)
                self.assertEqual({c["target"] for c in run.json["classes"]}, {self.target.url})
                self.assertIn(self.target.url, run.output)

    def test_classes_and_tags(self):
        short = ("--host", self.target.url, "-u", "10", "-d", "1s")
        run = self.baseline(*short, "--class", "FastTimeStressUser")
        self.assertEqual(set(self.requests(run)), set(STRESS), run)
        run = self.baseline(*short, "--tags", "timezones")
        self.assertLessEqual(set(self.requests(run)), {
            ("GET", "/api/v1/timezones"), ("GET", "/api/v1/timezones/{timezone}/info")}, run)
        run = self.baseline(*short, "--exclude-class", "FastTimeStressUser",
                            "--exclude-tags", "time,convert")
        self.assertFalse({("GET", "/api/v1/time"), ("POST", "/api/v1/convert")}
                         & set(self.requests(run)), run)

    def test_locusts_names_are_accepted(self):
        run = self.baseline("--host", self.target.url, "--users", "11", "--spawn-rate", "100",
                            "--run-time", "1s", "--headless")
        self.assertEqual(run.json["users"], 11)

    def test_the_profile_of_the_stress_run(self):
        run = self.baseline("--host", self.target.url, "--profile", "stress", "-d", "500ms",
                            "--class", "FastTimeRESTUser")
        self.assertEqual((run.json["users"], run.json["planned"]["spawn_rate"]), (2000, 200), run)

    def test_start_and_end_are_announced(self):
        run = self.baseline("--host", self.target.url, "-u", "11", "-d", "500ms")
        self.assertSays(run, "BASELINE PERFORMANCE TEST", "BASELINE TEST SUMMARY",
                        "Total Requests", "Total Failures", "Requests/sec", "Median", "p90",
                        "p95", "p99")

    def test_a_seed_repeats_the_choices(self):
        """One user: the same seed asks for the same things in the same order."""
        asked = []
        for seed in ("7", "7", "8"):
            server = self.serve(*answer(response(b"{}")))
            self.baseline("--host", server.url, "-u", "1", "-t", "1", "-d", "3s",
                          "--seed", seed, "--class", "FastTimeRESTUser")
            # The order of keys is not the seed's to decide.
            asked.append([(r.target, json.loads(r.body or b"{}")) for r in server.requests])
        # One run may have got further than the other before its time was over.
        common = min(map(len, asked))
        self.assertGreater(common, 2)
        first, again, other = (requests[:common] for requests in asked)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_a_failing_and_a_slow_server_are_seen(self):
        target = self.target_started("--error-rate", "50%", "--latency", "20ms", "--seed", "3")
        run = self.load("run", "baseline", *REST_CLASSES, "--host", target.url, "-u", "22",
                        "-d", "2s",
                        "--threshold", "failures < 1%", "--threshold", "p50 < 10ms")
        self.assertStatus(run, 2)
        totals = run.json["totals"]
        self.assertEqual(set(totals["statuses"]), {"200", "500"}, run)
        self.assertEqual(totals["failures"], totals["statuses"]["500"], run)
        self.assertGreaterEqual(totals["latency_ms"]["min"], 19.9, run)
        self.assertEqual([t["passed"] for t in run.json["thresholds"]], [False, False])

    def test_no_server(self):
        self.served(self.target)
        run = self.load("run", "baseline", *REST_CLASSES, "--host", self.target.url, "-u", "11",
                        "-d", "500ms")
        self.assertStatus(run, 3)
        self.assertAllFailed(run, "refused")


if __name__ == "__main__":
    unittest.main(verbosity=2)
