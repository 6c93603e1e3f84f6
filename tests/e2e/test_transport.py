"""What a server or a network can do wrong becomes a failure of its kind, and nothing is lost."""

import resource
import socket
import unittest

from harness import wire
from harness.case import Case, NOTHING, OK, failure_count
from harness.wire import answer, close, recv_request, repeat, reset, response, send, wait_closed


class TestConnecting(Case):
    def test_host_not_found(self):
        run = self.load("-c", "1", "-n", "1", "http://inrush-e2e.invalid/")
        self.assertStatus(run, NOTHING)
        self.assertSays(run, "inrush-e2e.invalid")
        self.assertAllFailed(run, "dns")

    def test_refused(self):
        with wire.RefusedPort() as port:
            run = self.load("-c", "2", "-n", "6", port.url)
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, "refused", requests=6)
        self.assertSays(run, "refused")

    def test_connecting_that_never_ends(self):
        """The port's queue is full: neither accepted nor refused."""
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(8):
            sock = self.enterContext(socket.socket())
            sock.setblocking(False)
            waiting.append(sock.connect_ex(("127.0.0.1", port)))
        run = self.load("-c", "2", "-n", "4", "--timeout", "200ms", f"http://127.0.0.1:{port}/")
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, "timeout", requests=4)

    def test_one_off_says_which_target(self):
        with wire.RefusedPort() as port:
            run = self.load("-c", "1", "-n", "1", port.url)
        self.assertSays(run, str(port.port))


class TestBrokenAnswers(Case):
    """One connection, three requests, a server that breaks each in the same way."""

    def fails(self, word, *steps, args=(), requests=3, reach_server=True):
        server = self.serve(*steps)
        run = self.load("-c", "1", "-n", requests, *args, server.url)
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, word, requests=requests)
        if reach_server:
            self.assertEqual(server.request_count, requests, run)
        return run

    def test_reset_before_the_answer(self):
        self.fails("reset", recv_request(), reset())

    def test_reset_in_the_body(self):
        self.fails("reset", recv_request(), send(response(b"x" * 100)[:-50]), wire.pause(0.02),
                   reset())

    def test_closed_before_the_answer(self):
        self.fails("closed", recv_request(), close())

    def test_closed_in_the_head(self):
        self.fails("closed", recv_request(), send(b"HTTP/1.1 200 OK\r\nContent-Len"), close())

    def test_closed_in_the_body(self):
        self.fails("closed", recv_request(), send(response(b"x" * 100)[:-1]), close())

    def test_closed_in_a_chunk(self):
        self.fails("closed", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"), close())

    def test_closed_before_the_last_chunk(self):
        self.fails("closed", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"), close())

    def test_garbage(self):
        self.fails("protocol", recv_request(), send(b"\x00\xff\x01SSH-2.0-OpenSSH_9.2\r\n\r\n" * 9),
                   wait_closed())

    def test_another_protocol(self):
        self.fails("protocol", recv_request(), send(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
                   wait_closed())

    def test_bad_chunk_size(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
                   wait_closed())

    def test_bad_content_length(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), wait_closed())

    def test_content_length_beyond_every_number(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
                   wait_closed())

    def test_chunk_beyond_every_number(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"fffffffffffffffffff\r\n"), wait_closed())

    def test_an_upgrade_nobody_asked_for(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
                   wait_closed())

    def test_what_a_server_says_does_not_reach_the_terminal(self):
        run = self.fails("protocol", recv_request(),
                         send(b"\x1b[2J\x1b]0;owned\x07\r\n\r\n"), wait_closed())
        self.assertNotIn("\x1b", run.output)
        self.assertNotIn("\x07", run.output)

    def test_two_content_lengths(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
                   wait_closed())

    def test_header_of_a_megabyte(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n"), wait_closed())

    def test_a_megabyte_of_headers(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\n" + b"X-Pad: 0123456789\r\n" * (1 << 16)),
                   wait_closed())

    def test_interim_responses_without_end(self):
        self.fails("protocol", recv_request(),
                   wire.send_forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100))

    def test_chunk_extension_without_end(self):
        self.fails("protocol", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"),
                   wire.send_forever(b"a" * 65536))

    def test_chunks_without_end(self):
        """A body that never ends is ended by the deadline, and is not kept in memory."""
        self.fails("timeout", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                   wire.send_forever(b"10000\r\n" + b"x" * 65536 + b"\r\n"),
                   args=("--timeout", "300ms"), reach_server=False)

    def test_no_answer(self):
        """A server that hangs is a failure when its time is over, not when it answers."""
        run = self.fails("timeout", recv_request(), wire.stop_reading(),
                         args=("--timeout", "100ms"), reach_server=False)
        self.assertGreaterEqual(run.json["totals"]["latency_ms"]["min"], 100)

    def test_no_answer_and_no_end_in_sight(self):
        """Requests in flight when -d ends do not vanish without a word."""
        server = self.serve(recv_request(), wire.stop_reading())
        run = self.load("-c", "3", "-d", "300ms", "--timeout", "60s", server.url)
        self.assertStatus(run, NOTHING)
        self.assertEqual(server.request_count, 3)
        self.assertEqual(run.json["generator"]["cancelled"], 3, run)

    def test_content_length_too_long(self):
        self.fails("closed", recv_request(),
                   send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), close())

    def test_content_length_too_short(self):
        """The leftover bytes cannot be the answer to the next request."""
        server = self.serve(repeat([recv_request(), wire.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ntoo much")]))
        run = self.load("-c", "1", "-n", "4", server.url)
        self.assertEqual(run.json["totals"]["requests"], 4, run)
        self.assertGreater(failure_count(run, "protocol"), 0, run)

    def test_an_answer_nobody_asked_for(self):
        """Two answers to one request: the second is not taken for the next one's."""
        server = self.serve(repeat([recv_request(), send(response(b"1") + response(b"2"))]))
        run = self.load("-c", "1", "-n", "4", server.url)
        self.assertEqual(run.json["totals"]["requests"], 4, run)
        self.assertGreater(failure_count(run, "protocol"), 0, run)

    def test_an_idle_connection_may_be_closed(self):
        """Between two requests of a user that waits: no failure, a new connection."""
        server = self.serve(recv_request(), send(response(b"ok")), close())
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.1) })
            U:task("t", {}, function(user) user.http:get("/") end)
            """)
        run = self.load("run", path, "--host", server.url, "-u", "3", "-d", "1s")
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertEqual(run.json["totals"]["requests"], server.request_count)
        self.assertGreater(server.connections, 3)

    def test_a_large_body_to_a_slow_reader(self):
        """The socket does not take it all at once."""
        body = b"x" * (4 << 20)
        path = self.file("body.lua", f"""
            local inrush = require "inrush"
            local body = ("x"):rep({len(body)})
            local U = inrush.user_class("U", {{ wait = inrush.constant(0.1) }})
            U:task("t", {{}}, function(user) user.http:post("/", {{ body = body }}) end)
            """)
        server = self.serve(repeat([wire.pause(0.1), recv_request(), send(response(b"ok"))]))
        run = self.load("run", path, "--host", server.url, "-u", "2", "-d", "500ms")
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertTrue(server.requests)
        self.assertTrue(all(r.body == body for r in server.requests))

    def test_an_answer_before_the_request_is_over(self):
        """413 in the middle of a large body, then reset or close: a failure, and no hang."""
        for end in (reset(), close()):
            path = self.file("body.lua", """
                local inrush = require "inrush"
                local body = ("x"):rep(8 * 1024 * 1024)
                local U = inrush.user_class("U", { wait = inrush.constant(0.05) })
                U:task("t", {}, function(user) user.http:post("/", { body = body }) end)
                """)
            server = self.serve(wire.take_until(b"\r\n\r\n"),
                                send(response(b"", 413, "Too Large", ["Connection: close"])), end)
            run = self.load("run", path, "--host", server.url, "-u", "2", "-d", "500ms",
                            "--timeout", "5s")
            totals = run.json["totals"]
            self.assertGreater(totals["requests"], 0, run)
            self.assertEqual(totals["failures"], totals["requests"], run)
            self.assertEqual(failure_count(run, "timeout"), 0, run)

    def test_what_works_still_counts(self):
        """Failures and successes beside each other, each where it belongs."""
        server = self.serve_each([recv_request(), send(response(b"1")), recv_request(), reset()],
                                 [recv_request(), close()],
                                 answer(response(b"ok")))
        run = self.load("-c", "1", "-n", "10", server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, 10, 2)
        self.assertEqual((failure_count(run, "reset"), failure_count(run, "closed")), (1, 1), run)
        self.assertEqual(server.request_count, 10)
        self.assertEqual(server.connections, 3)


class TestTooFewDescriptors(Case):
    def refused(self, limit, *args):
        server = self.serve(*answer(response()))
        run = self.load(*args, server.url, limits={resource.RLIMIT_NOFILE: (limit, limit)})
        self.assertEqual(server.connections, 0, "it should have been said before the run")
        return run

    def test_one_off(self):
        run = self.refused(256, "-c", "1000", "-n", "1000")
        self.assertUsageError(run, "file descriptors", "ulimit", "1000", "256")
        self.assertRegex(run.stderr.replace(",", ""), r"\b1[0-9]{3}\b")

    def test_a_hundred_thousand(self):
        run = self.refused(1024, "-c", "100000", "-n", "100000")
        self.assertUsageError(run, "file descriptors")
        self.assertRegex(run.stderr.replace(",", ""), r"\b100[0-9]{3}\b")

    def test_scenario(self):
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(1) })
            U:task("t", {}, function(user) user.http:get("/") end)
            """)
        server = self.serve(*answer(response()))
        run = self.load("run", path, "--host", server.url, "-u", "1000", "-r", "1000", "-d", "1s",
                        limits={resource.RLIMIT_NOFILE: (256, 256)})
        self.assertUsageError(run, "file descriptors", "256")
        self.assertEqual(server.connections, 0)

    def test_a_low_soft_limit_is_raised(self):
        server = self.serve(*answer(response()))
        run = self.load("-c", "200", "-n", "200", server.url,
                        limits={resource.RLIMIT_NOFILE: (64, 1024)})
        self.assertStatus(run, OK)
        self.assertTotals(run, 200, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
