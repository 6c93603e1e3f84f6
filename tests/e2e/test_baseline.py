"""The main job: the bundled baseline against the embedded target, and both count the same.

Here its two REST classes; test_baseline_six.py has all of them.
"""

import json
import re
import unittest

from harness.case import Case, NOTHING, OK
from harness.target import Target
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
        self.target = self.enterContext(Target())

    def baseline(self, *args, requests=None, **options):
        """Until the target has had so many requests; by itself, if they are not said."""
        command = ["run", "baseline", *args]
        if "--class" not in args:
            command += REST_CLASSES
        if requests is None:
            run = self.load(*command, **options)
            self.assertStatus(run, OK)
        else:
            before = self.target.stats()["requests"]
            run = self.load_until(
                lambda running: self.target.stats()["requests"] >= before + requests,
                *command, **options)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertEqual(run.json["script_errors"], [], run)
        return run

    def requests(self, run):
        return {(s["type"], s["name"]): s["requests"] for s in run.json["series"]}

    def test_both_classes(self):
        run = self.baseline("--host", self.target.url, "-u", "220", requests=2000)
        told = self.requests(run)
        self.assertEqual(set(told), set(REST) | set(STRESS), run)
        self.assertEqual({c["name"]: c["users"] for c in run.json["classes"]},
                         {"FastTimeRESTUser": 200, "FastTimeStressUser": 20})

        status, said = self.target.stop()
        self.assertEqual(status, OK)
        served = {route: int(n.replace(",", ""))
                  for route, n in re.findall(r"^(.+?)\s{2,}([\d,]+)", said, re.M)}
        self.assertEqual(served["total"], run.json["totals"]["requests"])
        told["GET", "/api/v1/time"] += told.pop(("GET", "/api/v1/time [stress]"))
        told["GET", "/health"] += told.pop(("GET", "/health [stress]"))
        for (method, name), requests in told.items():
            self.assertEqual(served[f"{method} {name}"], requests, name)

    def test_shares_of_the_tasks(self):
        """Within 5 sigma: one run in a million fails by chance."""
        run = self.baseline("--host", self.target.url, "-u", "200", "--seed", "1",
                            requests=3000)
        told = self.requests(run)
        for weights in (REST, STRESS):
            total = sum(told[key] for key in weights)
            for key, weight in weights.items():
                share = weight / sum(weights.values())
                sigma = (total * share * (1 - share)) ** 0.5
                self.assertLess(abs(told[key] - total * share), 5 * sigma, (key, told))

    def test_targets_come_from_settings_environment_and_host(self):
        variable = "BASELINE_FAST_TIME_HOST"
        for args, env in [
            (["--set", f"{variable}={self.target.url}"], {}),
            ([], {variable: self.target.url}),
            (["--host", self.target.url], {variable: "http://127.0.0.1:1"}),
            (["--set", f"{variable}={self.target.url}"], {variable: "http://127.0.0.1:1"}),
        ]:
            with self.subTest(args, env=env):
                run = self.baseline("-u", "11", *args, requests=1, env=env)
                self.assertEqual({c["target"] for c in run.json["classes"]}, {self.target.url})
                self.assertIn(self.target.url, run.output)

    def test_classes_and_tags(self):
        short = ("--host", self.target.url, "-u", "10")
        run = self.baseline(*short, "--class", "FastTimeStressUser", requests=60)
        self.assertEqual(set(self.requests(run)), set(STRESS), run)
        run = self.baseline(*short, "--tags", "timezones", requests=20)
        self.assertLessEqual(set(self.requests(run)), {
            ("GET", "/api/v1/timezones"), ("GET", "/api/v1/timezones/{timezone}/info")}, run)
        run = self.baseline(*short, "--exclude-class", "FastTimeStressUser",
                            "--exclude-tags", "time,convert", requests=20)
        self.assertFalse({("GET", "/api/v1/time"), ("POST", "/api/v1/convert")}
                         & set(self.requests(run)), run)

    def test_locusts_names_are_accepted(self):
        run = self.baseline("--host", self.target.url, "--users", "11", "--spawn-rate", "100",
                            "--run-time", "1s", "--headless")
        self.assertEqual((run.json["users"], run.json["planned"]["duration_s"]), (11, 1), run)

    def test_the_profile_of_the_stress_run(self):
        run = self.baseline("--host", self.target.url, "--profile", "stress",
                            "--class", "FastTimeRESTUser", requests=1)
        self.assertEqual((run.json["users"], run.json["planned"]["spawn_rate"]), (2000, 200), run)

    def test_start_and_end_are_announced(self):
        run = self.baseline("--host", self.target.url, "-u", "11", requests=1)
        self.assertSays(run, "BASELINE PERFORMANCE TEST", "BASELINE TEST SUMMARY",
                        "Total Requests", "Total Failures", "Requests/sec", "Median", "p90",
                        "p95", "p99")

    def test_a_seed_repeats_the_choices(self):
        """One user: the same seed asks for the same things in the same order."""
        asked = []
        for seed in ("7", "7", "8"):
            server = self.serve(*answer(response(b"{}")))
            run = self.load_until(
                lambda _, server=server: server.request_count >= 5, "run", "baseline", "--host",
                server.url, "-u", "1", "-t", "1", "--seed", seed, "--class", "FastTimeRESTUser")
            self.assertEqual(run.json["totals"]["failures"], 0, run)
            # The order of keys is not the seed's to decide.
            asked.append([(r.target, json.loads(r.body or b"{}")) for r in server.requests])
        # One run may have got further than the other before it was ended.
        common = min(map(len, asked))
        self.assertGreaterEqual(common, 5)
        first, again, other = (requests[:common] for requests in asked)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_a_failing_and_a_slow_server_are_seen(self):
        target = self.enterContext(Target("--error-rate", "50%", "--latency", "20ms",
                                          "--seed", "3"))
        run = self.load_until(lambda running: target.stats()["requests"] >= 60,
                              "run", "baseline", *REST_CLASSES, "--host", target.url, "-u", "22",
                              "--threshold", "failures < 1%", "--threshold", "p50 < 10ms")
        totals = run.json["totals"]
        self.assertEqual(set(totals["statuses"]), {"200", "500"}, run)
        self.assertEqual(totals["failures"], totals["statuses"]["500"], run)
        self.assertGreaterEqual(totals["latency_ms"]["min"], 19.9, run)
        self.assertEqual([t["passed"] for t in run.json["thresholds"]], [False, False])

    def test_no_server(self):
        self.target.stop()
        run = self.load("run", "baseline", *REST_CLASSES, "--host", self.target.url, "-u", "11",
                        "-d", "500ms")
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, "refused")


if __name__ == "__main__":
    unittest.main(verbosity=2)
