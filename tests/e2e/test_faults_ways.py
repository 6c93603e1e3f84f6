"""What happened on the wire is what the report says, whatever starts the requests."""

import random
import unittest

from harness.faults import FAULTS, PLAIN
from test_faults import FaultCase


class TestWays(FaultCase):
    def test_at_a_rate(self):
        self.check_each(FAULTS[::4], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-R", "100"), 8)

    def test_at_a_closed_rate(self):
        self.check_each(FAULTS[1::6], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-R", "100", "--closed"), 8)

    def test_one_request_a_connection(self):
        """Most would end the connection anyway; good answers do too then."""
        self.check_each(FAULTS[::6], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "--no-keepalive"), 8)

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
        self.check_each(FAULTS[2::4], self.serve_faults,
                        lambda server: self.oneoff(server, 8, 4, "-s", script), 8)

    def test_mixed_at_a_rate(self):
        quick = [f for f in FAULTS if not f.slow]
        server = self.serve_faults(*random.Random(6).choices(quick + [PLAIN] * len(quick), k=300))
        run = self.run_oneoff(server, 300, 20, "-R", "500")
        self.check_wire(run, server, 300)
        arrivals = run.json["arrivals"]
        self.assertEqual((arrivals["due"], arrivals["started"], arrivals["dropped"]), (300, 300, 0))


if __name__ == "__main__":
    unittest.main()
