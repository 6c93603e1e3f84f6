"""What one more request costs: one send, one recv, and no other call.

Counted, not timed: each program is run twice, with few and with many requests,
under a library that counts its calls (preload_count.c). The difference divided
by the difference in requests is the price of a request; starting and ending,
which cost the same in both, cancel.
"""

import os
import unittest

from harness import certificates
from harness.case import Case, OK
from harness.nginx import Nginx

PRELOAD = os.environ.get("INRUSH_PRELOAD", "")

# For what happens once per value (a histogram's memory comes with the first
# time of its magnitude), and by the clock (progress, snapshots, ticks), however
# long the machine takes. Small beside the requests.
SOME = 300
SOME_PER_SECOND = 100

SENDS = ("send", "sendto", "sendmsg", "write", "writev")
RECEIVES = ("recv", "recvfrom", "recvmsg", "read", "readv")
ALLOCATIONS = ("malloc", "calloc", "realloc")


class TestSteadyState(Case):
    def setUp(self):
        super().setUp()
        self.assertTrue(os.path.exists(PRELOAD), "INRUSH_PRELOAD names no library")
        self.nginx = self.enterContext(Nginx())

    def counted(self, *args):
        """(requests, {function: calls}, seconds) of one run."""
        counts = os.path.join(self.dir, "counts")
        run = self.load(*args, env={"LD_PRELOAD": PRELOAD, "PRELOAD_COUNT_FILE": counts})
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        with open(counts, encoding="ascii") as lines:
            calls = {name: int(n) for name, n in (line.split() for line in lines)}
        return run.json["totals"]["requests"], calls, run.seconds

    def check_difference(self, few, many, allocates=False):
        requests = many[0] - few[0]
        some = SOME + SOME_PER_SECOND * max(0, many[2] - few[2])
        self.assertGreater(requests, 5 * some, "too few requests to tell")
        more = {name: many[1][name] - few[1][name] for name in many[1]}

        def total(names):
            return sum(more[name] for name in names)

        message = f"{requests} more requests cost {more}"
        self.assertAlmostEqual(total(SENDS), requests, delta=some, msg=message)
        self.assertAlmostEqual(total(RECEIVES), requests, delta=some, msg=message)
        self.assertLessEqual(more["epoll_ctl"], some, message)
        if not allocates:
            self.assertLessEqual(total(ALLOCATIONS), some, message)
            self.assertLessEqual(more["free"], some, message)
        return requests, some, more

    def test_one_off(self):
        few, many = (self.counted("-c", "1", "-t", "1", "-n", n, self.nginx.url)
                     for n in (1000, 41000))
        self.assertEqual((few[0], many[0]), (1000, 41000))
        requests, some, more = self.check_difference(few, many)
        self.assertLessEqual(more["epoll_wait"] + more["epoll_pwait"], requests + some)

    def test_one_off_with_many_connections(self):
        """Ready connections share one epoll_wait."""
        few, many = (self.counted("-c", "64", "-t", "1", "-n", n, self.nginx.url)
                     for n in (1000, 41000))
        requests, _, more = self.check_difference(few, many)
        self.assertLess(more["epoll_wait"] + more["epoll_pwait"], requests)

    def test_tls(self):
        """The same calls; OpenSSL takes its buffers anew for each record."""
        own = certificates.self_signed(self.dir, "localhost")
        nginx = self.enterContext(Nginx(listen="ssl", server=(
            f"ssl_certificate {own.cert}; ssl_certificate_key {own.key};")))
        few, many = (self.counted("-k", "-c", "4", "-t", "1", "-n", n,
                                  f"https://localhost:{nginx.port}/") for n in (1000, 21000))
        self.check_difference(few, many, allocates=True)

    def test_scenario(self):
        """The baseline's stress class, in a hurry."""
        path = self.scenario("""
            local U = inrush.user_class("Stress", { wait = inrush.between(0.001, 0.005) })
            U:task("rapid_time_check", { weight = 10 }, function(user)
                user.http:get("/api/v1/time?timezone=UTC", { name = "/api/v1/time [stress]" })
            end)
            U:task("rapid_health_check", { weight = 5 }, function(user)
                user.http:get("/health", { name = "/health [stress]" })
            end)
            """)
        few, many = (self.counted("run", path, "--host", self.nginx.origin, "-u", "60", "-t", "1",
                                  "-d", seconds) for seconds in ("500ms", "3s"))
        self.check_difference(few, many)


if __name__ == "__main__":
    unittest.main(verbosity=2)
