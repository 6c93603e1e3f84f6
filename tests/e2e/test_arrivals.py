"""The open model of scenarios: tasks of a user class begin at a rate."""

import unittest

from harness.case import Case, NOTHING, OK, series
from harness.wire import answer, pause, recv_request, repeat, response, send, wait_closed

HANG = [recv_request(), wait_closed()]


def slow(seconds):
    """A script: every answer takes so long."""
    return [repeat([recv_request(), pause(seconds), send(response(b"ok"))])]


class TestArrivals(Case):
    def run_class(self, server, options, body="", *args):
        path = self.scenario(f"""
            inrush.defaults {{ duration = "500ms" }}
            local U = inrush.user_class("U", {{ {options} }})
            U:task("t", function(user) user.http:get("/t") end)
            {body}
            """)
        return self.load("run", path, "--host", server.url, *args)

    def arrivals(self, run, name=None):
        """due, started and dropped of a class, or of all."""
        of = run.json if name is None else next(
            c for c in run.json["classes"] if c["name"] == name)
        found = of["arrivals"]
        self.assertEqual(found["started"] + found["dropped"], found["due"], str(run))
        return found["due"], found["started"], found["dropped"]

    def test_each_is_one_task(self):
        server = self.serve(*answer(response(b"ok")))
        for rate in ('200', '"200/s"', '"12k/m"', '{ rate = "100..300" }'):
            with self.subTest(rate=rate):
                before = server.request_count
                run = self.run_class(server, f"arrivals = {rate}")
                self.assertStatus(run, OK)
                self.assertEqual(self.arrivals(run)[0], 100)
                self.assertEqual(self.arrivals(run, "U"), self.arrivals(run))
                self.assertEqual(server.request_count - before, self.arrivals(run)[1])
                self.assertEqual(run.json["generator"]["tasks"], run.json["totals"]["requests"])

    def test_at_random(self):
        server = self.serve(*answer(response(b"ok")))
        options = 'arrivals = { rate = 1000, spread = "poisson" }'
        due = [self.arrivals(self.run_class(server, options, "", "--seed", seed))[0]
               for seed in ("1", "1", "2")]
        self.assertEqual(due[0], due[1])
        self.assertNotEqual(due[0], due[2])
        self.assertTrue(all(350 < n < 650 for n in due), due)  # 500, give or take 6.7 sigma

    def test_users_are_made_as_needed_and_bounded(self):
        server = self.serve(*HANG)
        run = self.run_class(server, "arrivals = 200, max_users = 3",
                             'function U.on_start() print("a user") end', "--stop-timeout", "100ms")
        self.assertStatus(run, NOTHING)
        self.assertEqual(self.arrivals(run), (100, 3, 97))
        self.assertEqual(run.stdout.count("a user"), 3)
        self.assertEqual(run.json["classes"][0]["users"], 3)
        self.assertEqual(server.request_count, 3)
        self.assertSays(run, "up to 3", "97 never started", "dropped")

    def test_one_user_serves_all_that_do_not_overlap(self):
        server = self.serve(*answer(response(b"ok")))
        for _ in range(5):  # the last is dropped when the machine stands still to the end
            run = self.run_class(server, "arrivals = 1", """
                U.on_start = function(user) user.http:get("/start") end
                U.on_stop = function(user) user.http:get("/stop") end""", "-t", "2", "-d", "2.5s")
            if self.arrivals(run) == (3, 3, 0):
                break
        self.assertEqual(self.arrivals(run), (3, 3, 0))
        # Arrivals 0 and 2 are one worker's, and 1 the other's.
        self.assertEqual([series(run, f"/{n}")["requests"] for n in ("start", "t", "stop")],
                         [2, 3, 2], run)

    def test_waiting_is_in_the_response_time(self):
        # One user, 50 ms a task, 200 tasks a second: the n-th started waits for n * 45 ms.
        server = self.serve(*slow(0.05))
        run = self.run_class(server, "arrivals = 200, max_users = 1", "", "--stop-timeout", "5s")
        self.assertStatus(run, OK)
        due, started, dropped = self.arrivals(run)
        self.assertEqual(due, 100)
        self.assertGreater(dropped, 60)
        requests = series(run, "/t")
        self.assertEqual(requests["requests"], started)
        waits = [50 + 45 * n for n in range(started)]
        self.assertGreaterEqual(requests["latency_ms"]["max"], waits[-1] * 0.999)
        self.assertGreaterEqual(requests["latency_ms"]["mean"], sum(waits) / started * 0.999)
        self.assertGreaterEqual(run.json["arrivals"]["late"], started - 2)
        self.assertLess(requests["service_ms"]["p50"], requests["latency_ms"]["p90"])

    def test_only_the_first_recorded_request_was_late(self):
        server = self.serve(*slow(0.05))
        path = self.scenario("""
            inrush.defaults { duration = "1s" }
            local U = inrush.user_class("U", { arrivals = 100, max_users = 1 })
            U:task("t", function(user)
              user.http:get("/unrecorded", { record = false })
              inrush.measure("M", "both", function()
                user.http:get("/inside")
                user.http:get("/inside")
              end)
              user.http:get("/after")
            end)
            """)
        run = self.load("run", path, "--host", server.url, "--stop-timeout", "5s")
        measured, after = series(run, "both", "M"), series(run, "/after")
        started = self.arrivals(run)[1]
        self.assertEqual(measured["requests"], started)
        # Each task takes 200 ms, and what it measures 100.
        self.assertGreaterEqual(measured["latency_ms"]["max"], 0.999 * (100 + 190 * (started - 1)))
        self.assertEqual(after["latency_ms"], after["service_ms"], run)

    def test_on_start_is_not_counted(self):
        server = self.serve_each([recv_request(), pause(1.2), send(response(b"in")),
                                  *answer(response(b"ok"))])
        run = self.run_class(server, "arrivals = { rate = 1 }, max_users = 1",
                             'function U.on_start(user) user.http:get("/login") end',
                             "--stop-timeout", "30s", "-d", "3.5s")
        self.assertStatus(run, OK)
        # The first arrival had a user made for it; the others had to wait for that user.
        self.assertEqual(self.arrivals(run), (4, 4, 0))
        self.assertGreaterEqual(series(run, "/login")["latency_ms"]["min"], 1200)
        times = series(run, "/t")["latency_ms"]
        self.assertLess(times["min"], 1000, run)
        self.assertGreaterEqual(times["max"], 200 * 0.999, run)

    def test_tasks_that_never_wait(self):
        path = self.scenario("""
            inrush.defaults { duration = "1s" }
            local U = inrush.user_class("U", { arrivals = 2000, max_users = 1 })
            U:task("t", function() inrush.measure("M", "m", function() end) end)
            """)
        run = self.load("run", path)
        self.assertStatus(run, OK)
        self.assertEqual(self.arrivals(run)[0], 2000)
        self.assertEqual(run.json["totals"]["requests"], self.arrivals(run)[1])

    def test_beside_users_that_wait(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            inrush.defaults { duration = "1s" }
            local A = inrush.user_class("A", { arrivals = 100 })
            A:task("t", function(user) user.http:get("/a") end)
            local W = inrush.user_class("W", { wait = inrush.constant(0.1) })
            W:task("t", function(user) user.http:get("/w") end)
            """)
        run = self.load("run", path, "-u", "4", "--host", server.url)
        self.assertEqual(self.arrivals(run)[0], 100)
        classes = {c["name"]: c for c in run.json["classes"]}
        self.assertEqual(classes["W"]["users"], 4)
        self.assertIsNone(classes["W"]["arrivals"])
        self.assertEqual((classes["A"]["rate"], classes["W"]["rate"]), ("100/s", None))
        self.assertTrue(0 < series(run, "/w")["requests"] <= 44, run)
        self.assertSays(run, "A ", "100/s")

    def test_closed_makes_them_users(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.run_class(server, "arrivals = 1", "", "--closed", "-u", "3", "-d", "300ms")
        self.assertStatus(run, OK)
        self.assertIsNone(run.json["arrivals"])
        self.assertGreater(run.json["totals"]["requests"], 10)

    def test_inheritance(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            inrush.defaults { duration = "500ms" }
            local Base = inrush.user_class("Base", { arrivals = 100, abstract = true })
            Base:task("t", function(user) user.http:get("/t") end)
            inrush.user_class("Same", { extends = Base })
            inrush.user_class("Other", { extends = Base, arrivals = 50 })
            inrush.user_class("Waits", { extends = Base, wait = inrush.constant(0.1) })
            """)
        run = self.load("run", path, "-u", "2", "--host", server.url)
        rates = {c["name"]: c["rate"] for c in run.json["classes"]}
        self.assertEqual(rates, {"Same": "100/s", "Other": "50/s", "Waits": None})
        self.assertEqual(self.arrivals(run, "Same")[0], 50)
        self.assertEqual(self.arrivals(run, "Other")[0], 25)

    def test_bad_ones(self):
        for options, *words in (
                ('arrivals = 0', "above 0", "not 0"),
                ('arrivals = "fast"', "a number should be here", "^"),
                ('arrivals = "5/d"', "hour (/h)"),
                ('arrivals = true', "arrivals must be tasks per second"),
                ('arrivals = {}', "needs a rate"),
                ('arrivals = { rate = 5, spread = "posson" }', "did you mean 'poisson'"),
                ('arrivals = { rat = 5 }', "did you mean 'rate'"),
                ('arrivals = 5, wait = inrush.constant(1)', "wait and arrivals exclude each other"),
                ('arrivals = 5, fixed_count = 1', "fixed_count and arrivals"),
                ('arrivals = 5, max_users = 0', "max_users must be a whole number")):
            with self.subTest(options=options):
                path = self.scenario(f'local U = inrush.user_class("U", {{ {options} }})')
                self.assertUsageError(self.tool("run", path), "scenario.lua:2:", "user class 'U'",
                                      *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
