"""The table of faults over TLS, and what can go wrong with TLS itself: same rule, same counts."""

import os
import random
import ssl
import tempfile
import unittest

from harness import wire
from harness.certificates import self_signed
from harness.faults import CLOSED, FAULTS, GOOD, PLAIN, RESET, Fault, TlsFaultServer, end
from harness.wire import send, stop_reading, wait_closed
from test_faults import SHORT, FaultCase


def alert(number, level=2):
    """A record as it is sent before anything is encrypted."""
    return bytes([21, 3, 3, 0, 2, level, number])


def client_hello():
    """Reads what the client begins with: one record."""
    def step(conn):
        head = conn.take(5)
        conn.take(int.from_bytes(head[3:5], "big"))
    return step


def plainly(data):
    """Sends bytes past the encryption."""
    def step(conn):
        os.write(conn.sock.fileno(), data)
    return step


class TlsFaultCase(FaultCase):
    @classmethod
    def setUpClass(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        made = self_signed(directory, "127.0.0.1")
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(made.cert, made.key)

    def serve_faults(self, *what, **options):
        return self.enterContext(TlsFaultServer(what, self.context, **options))

    def oneoff(self, server, requests, connections, *args):
        return super().oneoff(server, requests, connections, "--insecure", *args)


class TestTable(TlsFaultCase):
    def test_each(self):
        self.check_each([f for f in FAULTS if not f.slow][::2], self.serve_faults,
                        lambda server: self.oneoff(server, 6, 2), 6)

    def test_stalls(self):
        self.check_each([f for f in FAULTS if f.slow][::3], self.serve_faults,
                        lambda server: self.oneoff(server, 4, 4), 4)

    def test_closed_with_a_farewell(self):
        """close_notify does not make an answer whole."""
        said = [Fault(f.name, f.kind, (*f.steps[:-1], end)) for f in CLOSED]
        self.check_each(said, self.serve_faults, lambda server: self.oneoff(server, 6, 2), 6)

    def test_mixed(self):
        quick = [f for f in FAULTS if not f.slow]
        drawn = random.Random(5).choices(quick + [PLAIN] * len(quick), k=300)
        server = self.serve_faults(*drawn)
        self.check_wire(self.run_oneoff(server, 300, 8), server, 300)


class TestTlsItself(TlsFaultCase):
    def test_an_answer_ended_by_closing_needs_the_farewell(self):
        """Without it anybody on the way could have cut it (RFC 8446 6.1)."""
        cut = Fault("no close_notify", "closed",
                    (send(b"HTTP/1.1 200 OK\r\n\r\nhello"), wire.close()))
        server = self.serve_faults(cut)
        self.check_wire(self.run_oneoff(server, 6, 2), server, 6)

    def test_after_the_handshake(self):
        """In the middle of an answer, in the clear: no fault of HTTP's."""
        for name, data in (("an alert", alert(80)), ("no TLS", b"HTTP/1.1 200 OK\r\n\r\n"),
                           ("a record too large", bytes([23, 3, 3, 255, 255]) + b"x" * 100)):
            with self.subTest(name):
                fault = Fault(name, "tls", (send(b"HTTP/1.1 200 OK\r\nContent-Le"), plainly(data),
                                            wait_closed()))
                server = self.serve_faults(fault)
                self.check_wire(self.run_oneoff(server, 6, 2), server, 6)

    def test_handshakes(self):
        """One request for each connection that gets no further."""
        for name, kind, *steps in (
                ("refused", "tls", client_hello(), send(alert(40)), wait_closed()),
                ("refused at once", "tls", send(alert(40)), wait_closed()),
                ("a warning, then closed", "closed", client_hello(), send(alert(112, level=1)),
                 wire.close()),
                ("no TLS", "tls", client_hello(), send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                 wait_closed()),
                ("garbage", "tls", client_hello(), send(bytes(range(100))), wait_closed()),
                ("closed", "closed", client_hello(), wire.close()),
                ("reset", "reset", client_hello(), wire.reset()),
                ("half a record", "closed", client_hello(), send(bytes([22, 3, 3, 1, 0, 2, 0])),
                 wire.close()),
                ("stalled", "timeout", client_hello(), stop_reading()),
                ("never begun", "timeout", stop_reading())):
            with self.subTest(name):
                server = self.serve(*steps)
                url = server.url.replace("http://", "https://")
                requests, timeout = (2, SHORT) if kind == "timeout" else (6, "20s")
                run = self.load("-c", 2, "-n", requests, "--timeout", timeout, "--insecure", url)
                self.assertAllFailed(run, kind, requests=requests)
                self.assertEqual({e["kind"] for e in run.json["errors"]}, {kind}, run)
                self.assertEqual(server.connections, requests, run)
                self.assertEqual(run.json["totals"]["bytes"], 0, run)

    def test_through_a_script(self):
        """user.http over TLS: the kinds that TLS changes."""
        for fault in (GOOD[0], CLOSED[0], CLOSED[5], RESET[0], RESET[5]):
            with self.subTest(str(fault)):
                server = self.serve_faults(fault)
                path = self.scenario(f"""
                    local U = inrush.user_class("U", {{
                      wait = inrush.constant(0.005), host = "{server.url}",
                      tls = {{ insecure = true }},
                    }})
                    U:task("t", {{}}, function(user) user.http:get("/") end)
                    """, name=f"{server.port}.lua")
                run = self.load("run", path, "-u", 2, "-d", "100ms")
                self.check_wire(run, server)


if __name__ == "__main__":
    unittest.main()
