"""The server dies in the middle of a run and comes back."""

import time
import unittest

from harness.case import Case, INTERRUPTED, failure_count
from harness.wire import answer, response

DOWN_S = 1.0


class TestRecovery(Case):
    def dies_and_returns(self, with_reset, *args, users=4):
        server = self.serve(*answer(response(b"ok")))
        running = self.start(*args, server.url)
        self.wait_until(lambda: server.request_count > 200, running)

        server.stop(with_reset=with_reset)
        before = running.cpu_seconds()
        time.sleep(DOWN_S)
        spent = running.cpu_seconds() - before
        # One that retries without a pause takes the whole of this time.
        self.assertLess(spent, DOWN_S / 2, "it spins while the server is down")

        at_return = server.request_count
        connections = server.connections
        server.start()
        self.wait_until(lambda: server.request_count > at_return + 200, running)
        self.assertGreater(server.connections, connections)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)

        totals = run.json["totals"]
        succeeded = totals["requests"] - totals["failures"]
        self.assertTrue(0 <= server.request_count - succeeded <= 2 * users, run)
        self.assertGreater(failure_count(run, "refused"), 0, run)
        lost = failure_count(run, "reset") + failure_count(run, "closed")
        self.assertTrue(0 < lost <= 2 * users, run)
        self.assertEqual(failure_count(run, "refused") + lost, totals["failures"], run)
        # Backoff from 10 ms: about ten attempts a second and connection.
        self.assertLess(totals["failures"], 100 * users, run)

    def test_one_off_killed(self):
        self.dies_and_returns(True, "-c", "4", "-d", "10m")

    def test_one_off_closed(self):
        self.dies_and_returns(False, "-c", "4", "-d", "10m")

    def test_scenario(self):
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0) })
            U:task("t", {}, function(user) user.http:get("/t") end)
            """)
        self.dies_and_returns(True, "run", path, "-u", "4", "-r", "1000", "--host")


if __name__ == "__main__":
    unittest.main(verbosity=2)
