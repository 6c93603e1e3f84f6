"""What happened on the wire is what the report says: by kind, by count, to the byte."""

import random
import unittest
from collections import Counter

from harness import faults, wire
from harness.case import Case, NOTHING, OK, failure_count
from harness.faults import FAULTS, FaultServer, PLAIN, splits

# A server that stalls costs the whole timeout, and has said its part before; one that does not
# must not meet it: both however busy the machine is.
SHORT, LONG = "3s", "20s"


AT_ONCE = 6  # runs beside each other; of those that only wait, all


class FaultCase(Case):
    def serve_faults(self, *what, **options):
        return self.enterContext(FaultServer(what, **options))

    @staticmethod
    def timeout(server):
        return SHORT if all(fault.slow for fault in server.faults) else LONG

    def oneoff(self, server, requests, connections, *args):
        """Starts so many requests; they need to be finished."""
        return self.start("-c", connections, "-n", requests, "--timeout", self.timeout(server),
                          *args, server.url)

    def run_oneoff(self, *args):
        return self.finish(self.oneoff(*args))

    def through_script(self, server, users, duration="250ms"):
        """The same through user.http; running tasks end, so that both sides count the same."""
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.005) })
            U:task("t", {}, function(user) user.http:get("/") end)
            """, name=f"{server.port}.lua")
        return self.start("run", path, "--host", server.url, "-u", users, "-d", duration,
                          "--timeout", self.timeout(server))

    def check_each(self, faults_, serve, begin, requests=None):
        """The rule, for a run of its own for each fault."""
        at_once = len(faults_) if all(f.slow for f in faults_) else AT_ONCE
        for at in range(0, len(faults_), at_once):
            begun = []
            for fault in faults_[at:at + at_once]:
                server = serve(fault)
                begun.append((fault, server, begin(server)))
            for fault, server, running in begun:
                with self.subTest(str(fault)):
                    self.check_wire(self.finish(running), server, requests)

    def check_wire(self, run, server, requests=None):
        """The rule."""
        server.stop()  # what it does is done: its log is whole
        log = server.summary()
        totals = run.json["totals"]
        reported = Counter()
        for error in run.json["errors"]:
            reported[error["kind"]] += error["count"]
        self.assertEqual(dict(reported), log.kinds, f"kinds of failure: {run}")
        self.assertEqual(totals["requests"], log.requests, run)
        self.assertEqual(totals["requests"] - totals["failures"], log.whole, run)
        if log.exact:
            self.assertEqual(totals["bytes"], log.sent, run)
        else:
            self.assertLessEqual(totals["bytes"], log.sent, run)
        self.assertEqual(run.json["generator"]["connects"], server.connections, run)
        if requests is not None:
            self.assertEqual(log.requests, requests, run)
        self.assertGreater(log.requests, 0, run)


class TestTable(FaultCase):
    """Every fault by itself."""

    def test_one_off(self):
        slow = [f for f in FAULTS if f.slow]
        quick = [f for f in FAULTS if not f.slow]
        self.check_each(quick, self.serve_faults, lambda server: self.oneoff(server, 8, 4), 8)
        self.check_each(slow, self.serve_faults, lambda server: self.oneoff(server, 4, 4), 4)

    def test_scenario(self):
        self.check_each(FAULTS[::3], self.serve_faults,
                        lambda server: self.through_script(server, 2, "50ms"))

    def test_between_good_ones(self):
        """What follows a failure on a new connection is counted as if nothing had been."""
        self.check_each([f for f in FAULTS if not f.slow][1::2],
                        lambda fault: self.serve_faults(PLAIN, fault, PLAIN),
                        lambda server: self.oneoff(server, 12, 1), 12)


class TestMixed(FaultCase):
    """Hundreds of requests, each with a fault drawn by a fixed seed."""

    def draw(self, n, seed):
        quick = [f for f in FAULTS if not f.slow]
        return random.Random(seed).choices(quick + [PLAIN] * len(quick), k=n)

    def test_one_off(self):
        for seed in (1, 2):
            server = self.serve_faults(*self.draw(400, seed))
            run = self.run_oneoff(server, 400, 8)
            self.assertStatus(run, OK)
            self.check_wire(run, server, 400)

    def test_scenario(self):
        server = self.serve_faults(*self.draw(400, 3))
        run = self.finish(self.through_script(server, users=20, duration="1s"))
        self.assertStatus(run, OK)
        self.check_wire(run, server)

    def test_with_stalls(self):
        drawn = random.Random(4).choices(FAULTS + [PLAIN] * len(FAULTS), k=150)
        server = self.serve_faults(*drawn)
        run = self.run_oneoff(server, 150, 30, "--timeout", "2s")
        self.check_wire(run, server, 150)


class TestSplits(FaultCase):
    """Wherever an answer is cut in two, it is the same answer."""

    def check_splits(self, answer):
        server = self.serve_faults(*splits(answer))
        requests = len(answer) - 1
        run = self.run_oneoff(server, requests, 4)
        self.check_wire(run, server, requests)
        self.assertEqual(run.json["totals"]["failures"], 0, run)

    def test_length(self):
        self.check_splits(faults.PLAIN_ANSWER)

    def test_chunked(self):
        self.check_splits(faults.CHUNKED_ANSWER)

    def test_behind_an_interim_answer(self):
        self.check_splits(b"HTTP/1.1 100 Continue\r\n\r\n" + wire.response(b"ok"))

    def test_the_script_sees_the_same(self):
        """Status, headers and body, as a script reads them."""
        for answer in (faults.PLAIN_ANSWER, faults.CHUNKED_ANSWER):
            server = self.serve_faults(*splits(answer))
            path = self.scenario(f"""
                local U = inrush.user_class("U", {{}})
                U:task("t", {{}}, function(user)
                  for _ = 1, {len(answer) - 1} do
                    local res = user.http:get("/")
                    res:check("status", res.status == 200)
                    res:check("body", res.body == {faults.BODY.decode()!r})
                    res:check("json", res:json().time == "2025-01-15T10:30:00Z")
                    res:check("header", res:header("x-number") == {
                        "'17'" if answer is faults.PLAIN_ANSWER else "nil"})
                    res:check("bytes", res.bytes == {len(answer)})
                  end
                end)
                """)
            run = self.tool("check", path, "--host", server.url)
            self.assertStatus(run, OK)
            self.assertSays(run, f"{len(answer) - 1} requests, 0 failed")


class TestConnections(FaultCase):
    """What happens before a request is read, or to all connections at once."""

    def test_reset_as_soon_as_accepted(self):
        server = self.serve(wire.reset())
        run = self.load("-c", 3, "-n", 12, server.url)
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, "reset", requests=12)

    def test_closed_without_having_been_announced(self):
        """The next request may be on its way then: lost, and said so, never sent again."""
        server = self.serve(wire.recv_request(), wire.send(faults.PLAIN_ANSWER), wire.close())
        run = self.load("-c", 2, "-n", 40, server.url)
        totals = run.json["totals"]
        self.assertEqual(totals["requests"], 40, run)
        server.stop()
        self.assertEqual(totals["requests"] - totals["failures"], server.request_count, run)
        self.assertEqual(failure_count(run, "closed") + failure_count(run, "reset"),
                         totals["failures"], run)
        self.assertEqual(totals["bytes"], server.request_count * len(faults.PLAIN_ANSWER), run)

    def test_a_server_that_dies_and_comes_back(self):
        for with_reset in (False, True):
            server = self.serve_faults(PLAIN)
            running = self.start("-c", 4, "-d", "1h", server.url)
            self.wait_until(lambda: len(server.entries) > 50, running)
            server.stop(with_reset)
            before = len(server.entries)
            server.start()
            self.wait_until(lambda: len(server.entries) > before + 50, running)
            running.signal()
            run = self.finish(running)
            server.stop()
            totals = run.json["totals"]
            kinds = {e["kind"] for e in run.json["errors"]}
            self.assertLessEqual(kinds, {"refused", "reset", "closed"}, run)
            self.assertGreater(totals["failures"], 0, run)
            # An answer may be on its way when the server dies, or when the run ends.
            good = totals["requests"] - totals["failures"]
            done = sum(e.done for e in server.entries)
            torn = len(server.entries) - done
            self.assertGreaterEqual(good, done - run.json["generator"]["cancelled"], run)
            self.assertLessEqual(good, done + torn, run)
            self.assertEqual(totals["bytes"] // len(faults.PLAIN_ANSWER), good, run)


class TestSending(FaultCase):
    """Requests that are larger than the socket takes, to a server that does not wait for them."""

    BODY = "x" * (4 << 20)

    def post(self, *steps, requests=4, timeout=LONG):
        server = self.serve(*steps)
        path = self.file("body", self.BODY)
        run = self.load("-c", 2, "-n", requests, "--timeout", timeout, "--body-file", path,
                        server.url)
        return run, server

    def test_answered_early_and_read_to_the_end(self):
        """What was not sent when the answer came is left to the server by closing; a rest that
        never comes would make it take the next request for that. Sent it may be all the same."""
        def answer_then_read(conn):
            while True:
                conn.take_until(b"\r\n\r\n")
                conn.send(faults.PLAIN_ANSWER)
                conn.take(len(self.BODY))
        run, server = self.post(answer_then_read)
        self.assertStatus(run, OK)
        self.assertTotals(run, 4, 0)
        self.assertTrue(2 <= server.connections <= 4, run)

    def test_refused_early(self):
        run, _ = self.post(
            wire.take_until(b"\r\n\r\n"),
            wire.send(wire.response(b"", 413, "Too Large", ["Connection: close"])),
            wire.wait_closed())
        self.assertAllFailed(run, "413", requests=4)

    def test_never_read(self):
        run, _ = self.post(wire.take_until(b"\r\n\r\n"), wire.stop_reading(), requests=2,
                           timeout=SHORT)
        self.assertAllFailed(run, "timeout", requests=2)
        self.assertSays(run, "while sending the request")

    def test_reset_while_sending(self):
        run, _ = self.post(wire.take_until(b"\r\n\r\n"), wire.reset())
        self.assertAllFailed(run, "reset", requests=4)

    def test_read_slowly(self):
        """A little each time, and no byte is lost."""
        def read(conn):
            while len(conn.buffer) < len(self.BODY):
                conn.fill()
                conn.sleep(0.0005)
            conn.buffer = b""
        run, server = self.post(wire.take_until(b"\r\n\r\n"), read,
                                wire.send(faults.ANNOUNCED), wire.close())
        self.assertTotals(run, 4, 0)
        self.assertGreaterEqual(server.bytes_received, 4 * len(self.BODY))


if __name__ == "__main__":
    unittest.main()
