"""user.tcp: raw bytes against servers that the cases script."""

import unittest

from harness.case import Case, NOTHING, failure_count, failures, series
from harness.wire import (RefusedPort, close, half_close, pause, repeat, reset, send, send_forever,
                          split_at, stop_reading)

SAME = """
local function same(got, wanted)
    if got ~= wanted then
        error(tostring(got):sub(1, 200) .. ", not " .. tostring(wanted), 0)
    end
end
"""


def take(n):
    """Step: waits for n bytes."""
    return lambda conn: conn.take(n)


def line(conn):
    """Step: waits for a line."""
    conn.take_until(b"\n")


class TcpCase(Case):
    def scenario_of(self, address, body, options=""):
        return self.scenario(SAME + f"""
local T = inrush.user_class("T", {{ tcp = "{address}", {options} }})
T:task("t", {{}}, function(user)
    local tcp = user.tcp
{body}
end)
""")

    def check(self, server, body, requests, failed=0, options=""):
        """Runs the task once; its requests and how many of them failed."""
        run = self.tool("check", self.scenario_of(f"127.0.0.1:{server.port}", body, options))
        self.assertIn(f"{requests} request{'s' if requests != 1 else ''}, {failed} failed, "
                      "0 script errors", run.stderr, run)
        return run


class TestBytes(TcpCase):
    def test_exchange_until_a_delimiter(self):
        server = self.serve(repeat([line, send(b"hello\n")]))
        run = self.check(server, r"""
            for _ = 1, 3 do same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello") end
            same(tcp:exchange("hi\n", { delimiter = "llo\n", name = "greet" }), "he")
            """, 4)
        self.assertSays(run, "TCP exchange", "TCP greet", "6 B")
        self.assertEqual(server.connections, 1)

    def test_exchange_of_a_length(self):
        server = self.serve(repeat([take(4), send(b"\0\x01\xff\n")]))
        self.check(server, r"""
            same(tcp:exchange("\0\0\0\1", { length = 4 }), "\0\1\255\n")
            same(tcp:exchange("\255\r\n\0", { length = 1 }), "\0")
            same(tcp:receive(3), "\1\255\n")
            """, 3)

    def test_send_and_receive(self):
        server = self.serve(send(b"220 ready\r\n"), take(5), send(b"one\ntwo\nabc"), stop_reading())
        run = self.check(server, r"""
            same(tcp:receive_until("\r\n"), "220 ready")
            same(tcp:send("12345"), true)
            same(tcp:receive_until("\n"), "one")
            same(tcp:receive(2), "tw")
            same(tcp:receive_until("\n", { name = "rest" }), "o")
            same(tcp:receive(3), "abc")
            """, 6)
        self.assertSays(run, "TCP send", "TCP receive", "TCP rest")

    def test_every_way_to_cut_the_answer(self):
        answer = b"ab\r\rcd\r\n\r\nend"
        for at in range(1, len(answer)):
            server = self.serve(line, split_at(answer, at), stop_reading())
            self.check(server, r"""
                same(tcp:exchange("x\n", { delimiter = "\r\n\r\n" }), "ab\r\rcd")
                same(tcp:receive(3), "end")
                """, 2)

    def test_ten_megabytes_each_way(self):
        server = self.serve(take(10_000_000), send(b"x" * 10_000_000 + b"\n"), stop_reading())
        run = self.check(server, r"""
            local big = ("y"):rep(1e7)
            same(#tcp:exchange(big, { delimiter = "\n", max = 1e7 }), 1e7)
            """, 1)
        self.assertSays(run, "10.0 MB")

    def test_figures(self):
        server = self.serve(repeat([line, send(b"hello\n")]))
        path = self.scenario_of(f"127.0.0.1:{server.port}",
                                r'tcp:exchange("hi\n", { delimiter = "\n", name = "hi" })',
                                "wait = inrush.constant(0.005),")
        run = self.load("run", path, "-u", 3, "-r", 1000, "-t", 1, "-d", "1s")
        figures = series(run, "hi", "TCP")
        self.assertGreater(figures["requests"], 10, run)
        self.assertEqual(figures["bytes"], figures["requests"] * 6, run)
        self.assertEqual(failures(run), {}, run)
        self.assertEqual(server.connections, 3)

    def test_a_fail_of_the_script(self):
        server = self.serve(repeat([line, send(b"ERROR\n")]))
        run = self.check(server, r"""
            local answer = tcp:exchange("hi\n", { delimiter = "\n" })
            if answer ~= "OK" then tcp:fail("the answer is not OK") end
            """, 1, 1)
        self.assertSays(run, "check: the answer is not OK")

    def test_measure(self):
        server = self.serve(line, send(b"12:hello world!"), stop_reading())
        run = self.check(server, r"""
            local text = inrush.measure("NETSTRING", "hello", function()
                tcp:send("x\n")
                return tcp:receive(tonumber(tcp:receive_until(":")))
            end)
            same(text, "hello world!")
            """, 1)
        self.assertSays(run, "NETSTRING hello", "15 B")


class TestEnds(TcpCase):
    def test_the_peer_closes(self):
        for script, kind, words in (
                ([line, close()], "closed", "closed the connection without an answer"),
                ([line, reset()], "reset", "reset the connection without an answer"),
                ([line, send(b"hal"), close()], "closed", "before the answer was complete"),
                ([line, send(b"hal"), half_close(), stop_reading()], "closed",
                 "before the answer was complete")):
            with self.subTest(words):
                server = self.serve_each(script, [repeat([line, send(b"hello\n")])])
                run = self.check(server, r"""
                    same(tcp:exchange("hi\n", { delimiter = "\n" }), nil)
                    same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
                    """, 2, 1)
                self.assertSays(run, f"{kind}: the server", words)
                self.assertEqual(server.connections, 2)

    def test_what_came_before_the_end_can_be_received(self):
        server = self.serve_each([line, send(b"one\ntwo\nthr"), close()],
                                 [line, send(b"again\n"), stop_reading()])
        run = self.check(server, r"""
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "one")
            inrush.sleep(0.2)
            same(tcp:receive_until("\n"), "two")
            same(tcp:receive(2), "th")
            same(tcp:receive(2), nil)
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "again")
            """, 5, 1)
        self.assertSays(run, "closed: the server closed the connection")

    def test_closed_while_idle(self):
        server = self.serve_each([line, send(b"hello\n"), close()],
                                 [line, send(b"hello\n"), stop_reading()])
        self.check(server, r"""
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            inrush.sleep(0.2)
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            """, 2)

    def test_closed_by_the_script(self):
        server = self.serve(line, send(b"hello\nmore\n"), stop_reading())
        self.check(server, r"""
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            tcp:close()
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            """, 2)
        self.assertEqual(server.connections, 2)

    def test_deadline(self):
        server = self.serve_each([line, pause(0.3), send(b"late\n"), stop_reading()],
                                 [line, send(b"hello\n"), stop_reading()])
        run = self.check(server, r"""
            same(select(2, tcp:exchange("hi\n", { delimiter = "\n", timeout = "50ms" })),
                "timed out after 0.05s waiting for an answer")
            inrush.sleep(0.4)
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            """, 2, 1)
        self.assertSays(run, "timeout: timed out after 0.05s")

    def test_deadline_inside_an_answer(self):
        server = self.serve(line, send(b"hal"), stop_reading())
        run = self.check(server, r'tcp:exchange("hi\n", { delimiter = "\n", timeout = 0.1 })', 1, 1)
        self.assertSays(run, "timeout: timed out after 0.1s before the answer was complete")

    def test_a_server_that_does_not_read(self):
        server = self.serve(stop_reading())
        run = self.check(server, r'tcp:send(("x"):rep(2e7), { timeout = 0.2 })', 1, 1)
        self.assertSays(run, "timeout: timed out after 0.2s while sending")

    def test_no_delimiter_within_max(self):
        for answer, good in ((b"x" * 10 + b"\n", True), (b"x" * 11 + b"\n", False),
                             (b"x" * 100, False)):
            with self.subTest(answer):
                server = self.serve(line, send(answer), stop_reading())
                run = self.check(server, r"""
                    local got = tcp:exchange("hi\n", { delimiter = "\n", max = 10 })
                    same(got, %s)
                    """ % ('("x"):rep(10)' if good else "nil"), 1, 0 if good else 1)
                if not good:
                    self.assertSays(run, "protocol: no delimiter within 10 bytes")

    def test_a_server_that_sends_without_end(self):
        server = self.serve(line, send(b"ok\n"), send_forever(b"x" * 65536))
        run = self.check(server, r"""
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "ok")
            for _ = 1, 200 do
                inrush.sleep(0.1)
                local got, message = tcp:receive_until("\n", { max = 64 * 2 ^ 20, record = false })
                if not got then
                    same(message:find("^the server sent more than 64 MiB") ~= nil
                        or message:find("^no delimiter") ~= nil, true)
                    return
                end
            end
            error("it went on")
            """, 1)
        self.assertSays(run, "not recorded")

    def test_nobody_there(self):
        with RefusedPort() as port:
            path = self.scenario_of(f"127.0.0.1:{port.port}", 'tcp:send("x")')
            run = self.load("run", path, "-u", 1, "-t", 1, "-d", "1s")
        self.assertAllFailed(run, f"refused connection refused by 127.0.0.1:{port.port}")
        self.assertLess(run.json["totals"]["requests"], 50, "it spins")

    def test_the_run_ends_while_a_request_is_pending(self):
        server = self.serve(stop_reading())
        path = self.scenario_of(f"127.0.0.1:{server.port}", "tcp:receive(1)")
        run = self.load("run", path, "-u", 5, "-r", 1000, "-d", "300ms", "--stop-timeout", "100ms")
        self.assertStatus(run, NOTHING)
        self.assertEqual(failure_count(run, ""), 0, run)
        self.assertSays(run, "Still waiting for an answer when the run ended: 5")


class TestMistakes(TcpCase):
    def test_addresses(self):
        for address in ("", "localhost", "localhost:0", "localhost:x", ":7000", "::1:7000",
                        "localhost:7000/path", "http://localhost:7000", "u@localhost:7000"):
            with self.subTest(address):
                run = self.tool("check", self.scenario_of(address, ""))
                self.assertUsageError(run, "scenario.lua:", "user class 'T': tcp must be an address "
                                                            'such as "localhost:7000"')

    def test_no_address(self):
        path = self.scenario("""
            local T = inrush.user_class("T", {})
            T:task("t", {}, function(user) user.tcp:send("x") end)
            """)
        run = self.tool("check", path)
        self.assertSays(run, "scenario.lua:3", 'tcp = "host:port"')

    def test_arguments(self):
        server = self.serve(line, send(b"hello\n"), stop_reading())
        self.check(server, r"""
            local function fails(words, run, ...)
                local ok, message = pcall(run, ...)
                same(ok, false)
                if not message:find(words, 1, true) then error(message, 0) end
                same(message:find("scenario.lua:", 1, true) ~= nil, true)
            end
            fails("call it with a colon", tcp.send, "x")
            fails("must be a string, not number", tcp.send, tcp, 7)
            fails("must be a whole number of bytes", tcp.receive, tcp)
            for _, n in ipairs { 0, -1, 1.5, 2 ^ 27, "3", 0 / 0 } do
                fails("must be a whole number of bytes", tcp.receive, tcp, n)
            end
            fails("a string of at least one byte", tcp.receive_until, tcp, "")
            fails("a string of at least one byte", tcp.receive_until, tcp)
            fails("one of the options delimiter and length", tcp.exchange, tcp, "x")
            fails("one of the options delimiter and length", tcp.exchange, tcp, "x",
                { delimiter = "\n", length = 1 })
            fails("did you mean 'delimiter'", tcp.exchange, tcp, "x", { delimeter = "\n" })
            fails("there are name, record and timeout", tcp.send, tcp, "x", { delimiter = "\n" })
            fails("there are name, record, timeout and max", tcp.receive_until, tcp, "x",
                { length = 1 })
            fails("option 'max' must be", tcp.receive_until, tcp, "x", { max = 0 })
            fails("must have names", tcp.send, tcp, "x", { "y" })
            fails("must be a table", tcp.send, tcp, "x", "y")
            fails("user.tcp:fail comes without a request", tcp.fail, tcp, "x")
            fails("cannot wait inside a function", table.sort, { 1, 2 }, function()
                tcp:send("x")
            end)
            same(tcp:exchange("hi\n", { delimiter = "\n" }), "hello")
            """, 1)


if __name__ == "__main__":
    unittest.main()
