"""`inrush run -R`: one rate for all classes, open and closed."""

import unittest

from harness.case import Case, OK
from harness.wire import answer, recv_request, response, wait_closed

HANG = [recv_request(), wait_closed()]


class TestRateOfARun(Case):
    SCENARIO = """
        inrush.defaults { duration = "500ms" }
        local A = inrush.user_class("A", { weight = 3, wait = inrush.constant(9) })
        A:task("t", function(user) user.http:get("/a") end)
        local B = inrush.user_class("B", { arrivals = 1 })
        B:task("t", function(user) user.http:get("/b") end)
        """

    def test_divided_by_weight(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario(self.SCENARIO)
        run = self.load("run", path, "-R", "200", "--host", server.url)
        due = {c["name"]: c["arrivals"]["due"] for c in run.json["classes"]}
        self.assertEqual(due, {"A": 75, "B": 25})
        self.assertSays(run, "200 tasks/s asked for")

        run = self.load("run", path, "-R", "0..800", "--class", "A", "--host", server.url)
        self.assertEqual(run.json["arrivals"]["due"], 200)

    def test_max_users_are_divided_too(self):
        server = self.serve(*HANG)
        path = self.scenario(self.SCENARIO)
        run = self.load("run", path, "-R", "200", "--max-users", "8", "--host", server.url,
                        "--stop-timeout", "100ms")
        self.assertEqual([c["users"] for c in run.json["classes"]], [6, 2])
        self.assertEqual(run.json["arrivals"]["started"], 8)
        self.assertEqual(run.json["arrivals"]["dropped"], 92)

    def test_closed_each_user_keeps_its_share(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario(self.SCENARIO)
        run = self.load("run", path, "-R", "200", "--closed", "-u", "4", "--host", server.url)
        self.assertStatus(run, OK)
        arrivals = run.json["arrivals"]
        # What was due before a user was there is nobody's.
        self.assertTrue(50 < arrivals["due"] <= 100, run)
        self.assertEqual(arrivals["started"] + arrivals["dropped"], arrivals["due"], run)
        self.assertEqual(server.request_count, arrivals["started"])
        self.assertEqual([c["users"] for c in run.json["classes"]], [3, 1])
        self.assertIsNotNone(run.json["totals"]["service_ms"])

    def test_bad_ones(self):
        path = self.scenario(self.SCENARIO)
        fixed = self.scenario("""
            local F = inrush.user_class("F", { fixed_count = 2 })
            F:task("t", function(user) end)
            """, "fixed.lua")
        only = self.scenario("""
            local O = inrush.user_class("O", { arrivals = "1..2" })
            O:task("t", function(user) end)
            """, "only.lua")
        for args, *words in (
                ([path, "-R", "x"], "--rate", "^"),
                ([path, "-R", "5", "--closed", "--max-users", "3"], "--max-users", "--closed"),
                ([path, "-R", "5", "-u", "3"], "--users", "--max-users"),
                ([fixed, "-R", "5"], "--rate", "fixed_count"),
                ([fixed, "--max-users", "5"], "--max-users", "--rate"),
                ([only], "'O'", "arrivals", "--duration"),
                ([only, "-d", "1s", "-u", "2"], "--users", "--closed")):
            with self.subTest(args=args):
                self.assertUsageError(self.tool("run", *args), *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
