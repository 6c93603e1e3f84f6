"""A signal ends the run well, and everything measured so far is reported."""

import signal
import unittest

from harness import wire
from harness.case import Case, HUNG_UP, INTERRUPTED, TERMINATED
from harness.wire import answer, recv_request, response

SLOW_TASK = """
    local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
    U:task("t", {}, function(user)
        user.http:get("/first")
        inrush.sleep(600)
    end)
    function U.on_stop(user) user.http:get("/stop") end
    """


class TestSignals(Case):
    def interrupted(self, number, status, *args):
        server = self.serve(*answer(response(b"ok")))
        running = self.start(*args, server.url)
        self.wait_until(lambda: server.request_count > 50, running)
        running.signal(number)
        run = self.finish(running)
        self.assertStatus(run, status)
        self.assertGreater(run.json["totals"]["requests"], 0, run)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertIn("requests", run.stdout.lower(), run)
        self.assertTrue(0 <= server.request_count - run.json["totals"]["requests"] <= 4, run)

    def test_ctrl_c(self):
        self.interrupted(signal.SIGINT, INTERRUPTED, "-c", "4", "-d", "10m")

    def test_sigterm(self):
        self.interrupted(signal.SIGTERM, TERMINATED, "-c", "4", "-d", "10m")

    def hangup_is(self, action):
        """What a run that is started from here on does with SIGHUP, however we were started."""
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, action))

    def test_the_terminal_is_closed(self):
        self.hangup_is(signal.SIG_DFL)
        self.interrupted(signal.SIGHUP, HUNG_UP, "-c", "4", "-d", "10m")

    def test_nohup_goes_on(self):
        self.hangup_is(signal.SIG_IGN)
        server = self.serve(*answer(response(b"ok")))
        running = self.start("-c", "4", "-d", "10m", server.url)
        self.wait_until(lambda: server.request_count > 50, running)
        running.signal(signal.SIGHUP)
        count = server.request_count
        self.wait_until(lambda: server.request_count > count + 50, running)
        running.signal(signal.SIGTERM)
        self.assertStatus(self.finish(running), TERMINATED)

    def test_ctrl_c_with_a_count(self):
        self.interrupted(signal.SIGINT, INTERRUPTED, "-c", "4", "-n", "100M")

    def test_while_the_server_hangs(self):
        server = self.serve(recv_request(), wire.stop_reading())
        running = self.start("-c", "2", "-d", "10m", "--timeout", "10m", server.url)
        self.wait_until(lambda: server.request_count == 2, running)
        running.signal()
        self.assertStatus(self.finish(running), INTERRUPTED)

    def test_scenario_stops_well(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user) user.http:get("/t") end)
            function U.on_stop(user) user.http:get("/stop") end
            """)
        running = self.start("run", path, "--host", server.url, "-u", "5", "-r", "1000")
        self.wait_until(lambda: server.request_count > 50, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        told = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(told["/stop"], 5, run)
        self.assertEqual(sum(told.values()), server.request_count, run)

    def test_in_the_middle_of_the_ramp(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user) user.http:get("/t") end)
            function U.on_stop(user) user.http:get("/stop") end
            """)
        running = self.start("run", path, "--host", server.url, "-u", "500", "-r", "20")
        self.wait_until(lambda: server.connections >= 5, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        told = {s["name"]: s["requests"] for s in run.json["series"]}
        self.assertEqual(told["/stop"], server.connections, run)
        self.assertEqual(sum(told.values()), server.request_count, run)

    def test_tasks_get_their_time_and_no_more(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario(SLOW_TASK)
        running = self.start("run", path, "--host", server.url, "-u", "2",
                             "--stop-timeout", "300ms")
        self.wait_until(lambda: server.request_count == 2, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertTotals(run, 2, 0)

    def test_twice_ends_at_once(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario(SLOW_TASK)
        running = self.start("run", path, "--host", server.url, "-u", "2",
                             "--stop-timeout", "10m")
        self.wait_until(lambda: server.request_count == 2, running)
        running.signal()
        self.wait_until(lambda: "once more" in running.output_so_far().lower(), running)
        self.assertIsNone(running.process.poll())
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertTotals(run, 2, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
