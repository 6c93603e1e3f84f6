"""What happened on the wire is what the report says, whatever starts the requests."""

import random
import unittest

from harness.faults import CLOSED, FAULTS, PLAIN, PROTOCOL, RESET
from test_faults import FaultCase


class TestWays(FaultCase):
    @staticmethod
    def quick():
        return [f for f in FAULTS if not f.slow]

    def test_at_a_rate(self):
        self.check_each(self.quick()[::4], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-R", "100"), 8)

    def test_at_a_closed_rate(self):
        self.check_each(self.quick()[1::6], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-R", "100", "--closed"), 8)

    def test_one_request_a_connection(self):
        """Most would end the connection anyway; good answers do too then."""
        self.check_each(self.quick()[::6], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "--no-keepalive"), 8)

    def test_stalls(self):
        slow = [f for f in FAULTS if f.slow][:6]
        self.check_each(slow, self.serve_faults,
                        lambda server: self.oneoff(server, 4, 4, "-R", "100"), 4)

    def test_wrk_script(self):
        script = self.file("script.lua", """
            local n = 0
            function request()
              n = n + 1
              return wrk.format("GET", "/" .. n)
            end
            function response(status, headers, body)
              assert(#body == 0 or #body == 31, #body)
            end
            """)
        self.check_each(self.quick()[2::4], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-s", script), 8)

    def test_mixed_at_a_rate(self):
        quick = self.quick()
        server = self.serve_faults(*random.Random(6).choices(quick + [PLAIN] * len(quick), k=300))
        run = self.run_oneoff(server, 300, 20, "-R", "500")
        self.check_wire(run, server, 300)
        arrivals = run.json["arrivals"]
        self.assertEqual((arrivals["due"], arrivals["started"], arrivals["dropped"]), (300, 300, 0))

    def test_pipelined(self):
        """Three at once: a fault takes those behind it along, and no answer before it."""
        script = self.file("script.lua", """
            local three
            function init() three = wrk.format():rep(3) end
            function request() return three end
            """)
        for fault in (CLOSED[0], CLOSED[5], RESET[1], RESET[6], PROTOCOL[0], PROTOCOL[5]):
            for at in range(3):
                with self.subTest(fault=str(fault), at=at):
                    server = self.serve_faults(*[PLAIN] * at, fault)
                    run = self.run_oneoff(server, 12, 1, "-s", script)
                    server.stop()
                    self.assertTotals(run, 12, 4 * (3 - at))
                    self.assertAllOfKind(run, fault.kind)
                    log = server.summary()
                    self.assertEqual(log.requests, 4 * (at + 1), run)
                    self.assertEqual(run.json["totals"]["bytes"], log.sent, run)

    def assertAllOfKind(self, run, kind):
        self.assertEqual({e["kind"] for e in run.json["errors"]}, {kind}, run)


if __name__ == "__main__":
    unittest.main()
