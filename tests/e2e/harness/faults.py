"""A server that misbehaves by plan, and keeps a log of what it did to each request.

    with FaultServer([PLAIN, CLOSED_IN_BODY]) as server:     # in turn
        inrush("-n", 10, server.url)
        server.log                                           # ten entries

What a Fault does is a list of wire.py's steps, run when a request has been read; its kind is what
the client has to call it (None: a complete answer). FAULTS is the table of all that there are.
"""

import itertools
import ssl
from dataclasses import dataclass

from harness import wire
from harness.wire import (close, half_close, pause, reset, response, send, send_forever,
                          send_slowly, stop_reading, wait_closed)

BODY = b'{"time":"2025-01-15T10:30:00Z"}'
PLAIN_ANSWER = response(BODY, headers=["Content-Type: application/json", "X-Number: 17"])
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_ANSWER = CHUNKED_HEAD + b"10;ext=1\r\n" + BODY[:16] + b"\r\nf\r\n" + BODY[16:] + b"\r\n0\r\n\r\n"


def head_of(answer):
    return answer[:answer.index(b"\r\n\r\n") + 4]


@dataclass(frozen=True)
class Fault:
    """What is done to one request."""
    name: str
    kind: str | None  # of the failure; None: the answer is whole and good
    steps: tuple
    whole: bool = False  # a whole answer is sent
    exact: bool = True  # every byte that is sent is read before the failure
    slow: bool = False  # takes the client's whole timeout

    def __str__(self):
        return self.name


@dataclass
class Entry:
    """What was done to one request."""
    fault: Fault
    sent: int = 0  # bytes of the answer
    done: bool = False  # to the end; the client did not go before


@dataclass(frozen=True)
class Log:
    """The sum of what was done."""
    requests: int
    kinds: dict  # of failures -> how many
    sent: int
    exact: bool  # whether the client must have read just as many bytes

    @property
    def whole(self):
        return self.requests - sum(self.kinds.values())


class CountingConnection(wire.Connection):
    """Knows how many bytes it has sent, or tried to."""

    sent = 0

    def send(self, data):
        self.sent += len(data)  # first: who knows how much of it arrives when it fails
        super().send(data)


class FaultServer(wire.Server):
    """Deals the faults out to requests, in the order in which they come."""

    connection = CountingConnection

    def __init__(self, faults, **options):
        super().__init__([self._connection], **options)
        self.faults = list(faults)
        self.entries = []
        self._turn = itertools.count()

    def _connection(self, conn):
        while True:
            conn.recv_request()
            self._exchange(conn, self.faults[next(self._turn) % len(self.faults)])

    def _exchange(self, conn, fault):
        before = conn.sent
        entry = Entry(fault)
        self.entries.append(entry)
        try:
            conn.run(fault.steps)
            entry.done = True
        finally:
            entry.sent = conn.sent - before

    def summary(self):
        """What the report has to say; when the client is gone."""
        kinds = {}
        for entry in self.entries:
            if entry.fault.kind:
                kinds[entry.fault.kind] = kinds.get(entry.fault.kind, 0) + 1
        return Log(requests=len(self.entries), kinds=kinds,
                   sent=sum(e.sent for e in self.entries),
                   exact=all(e.fault.exact for e in self.entries))


class TlsConnection(CountingConnection):
    """The same, encrypted; sent counts what is encrypted."""

    def __init__(self, server, sock, number):
        super().__init__(server, sock, number)
        self.agreed = False

    def run(self, steps):
        if not self.agreed:
            try:
                self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
            except OSError as e:  # ssl.SSLError is one
                raise wire.PeerGone from e
            self.agreed = True
        super().run(steps)

    def farewell(self):
        try:
            self.sock.setblocking(False)
            self.sock.unwrap()  # sends close_notify; the peer's need not be awaited
        except ssl.SSLWantReadError:
            pass
        except OSError as e:
            raise wire.PeerGone from e


class TlsFaultServer(FaultServer):
    """context: an ssl.SSLContext with a certificate."""

    connection = TlsConnection

    def __init__(self, faults, context, **options):
        super().__init__(faults, **options)
        self.context = context

    @property
    def url(self):
        return super().url.replace("http://", "https://")


# Good answers, however they come.

def good(name, *steps):
    return Fault(name, None, steps, whole=True)


def end(conn):
    """Closes in order, so that an answer may end with it."""
    conn.farewell()
    raise wire.EndOfScript


def read_in_vain(conn):
    """Requests that the client sends before it sees that there will be no answer."""
    while True:
        conn.recv_request()
        conn.server.entries.append(Entry(Fault("sent into a half-closed connection", "closed", ())))


PLAIN = good("plain", send(PLAIN_ANSWER))
HALF_CLOSED = good("half closed behind the answer", send(PLAIN_ANSWER), half_close(), read_in_vain)
ANNOUNCED = response(BODY, headers=["Connection: close"])

GOOD = [
    PLAIN,
    HALF_CLOSED,
    good("no content", send(b"HTTP/1.1 204 No Content\r\n\r\n")),
    good("chunked", send(CHUNKED_ANSWER)),
    good("byte by byte", send_slowly(PLAIN_ANSWER, delay=0)),
    good("chunked, byte by byte", send_slowly(CHUNKED_ANSWER, delay=0)),
    good("a slow drip", send_slowly(PLAIN_ANSWER, chunk=8, delay=0.002)),
    good("interim answers first", send(b"HTTP/1.1 100 Continue\r\n\r\n"),
         send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PLAIN_ANSWER)),
    good("closing announced", send(ANNOUNCED), close()),
    good("closing announced, then reset", send(ANNOUNCED), pause(0.02), reset()),
    good("ended by closing", send(b"HTTP/1.1 200 OK\r\n\r\n" + BODY), end),
    good("an unknown coding, ended by closing",
         send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + BODY), end),
    good("lines that are no headers",
         send(b"HTTP/1.1 200 OK\r\nNonsense\r\n: value\r\nContent-Length: 0\r\n\r\n")),
    good("HTTP/1.0", send(b"HTTP/1.0 200 OK\r\n\r\n" + BODY), end),
    good("HTTP/1.0 with a length",
         send(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY), close()),
]

# Whole answers that nobody wants.


def status(code, *headers, then=()):
    return Fault(f"status {code}", "status", (send(response(BODY, code, "No", headers)), *then),
                 whole=True)


STATUSES = [status(404), status(500), status(503, "Connection: close", then=(close(),))]

# Answers that break off. Each of these places, by close and by reset.

PLACES = {
    "before the answer": b"",
    "in the status line": b"HTTP/1.1 2",
    "in the head": PLAIN_ANSWER[:40],
    "one byte before the end of the head": head_of(PLAIN_ANSWER)[:-1],
    "behind the head": head_of(PLAIN_ANSWER),
    "in the body": PLAIN_ANSWER[:-10],
    "one byte before the end": PLAIN_ANSWER[:-1],
    "behind an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "behind the head of a chunked answer": CHUNKED_HEAD,
    "in a chunk's size": CHUNKED_HEAD + b"1",
    "in a chunk": CHUNKED_HEAD + b"10\r\n" + BODY[:7],
    "between chunks": CHUNKED_HEAD + b"10\r\n" + BODY[:16] + b"\r\n",
    "in the last chunk": CHUNKED_ANSWER[:-4],
    "one byte before the end of the chunks": CHUNKED_ANSWER[:-1],
}


def breaking_off(how, end, kind):
    return [Fault(f"{how} {place}", kind, (send(data), *end) if data else end)
            for place, data in PLACES.items()]


CLOSED = breaking_off("closed", (close(),), "closed")
RESET = breaking_off("reset", (reset(),), "reset")
TIMEOUT = [Fault(f"stalled {place}", "timeout", (send(data), stop_reading()), slow=True)
           for place, data in PLACES.items() if data]
TIMEOUT += [
    Fault("never answered", "timeout", (stop_reading(),), slow=True),
    Fault("a drip slower than the timeout", "timeout",
          (send_slowly(response(b"x" * 10_000), delay=0.05),), exact=False, slow=True),
]

# Answers that are none.


def nonsense(name, data, exact=True):
    return Fault(name, "protocol", (send(data), wait_closed()), exact=exact)


def chunks(data):
    return CHUNKED_HEAD + data


PROTOCOL = [
    nonsense("garbage", b"\x00\xff\x01\x80\r\n\r\n" * 9),
    nonsense("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
    nonsense("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x28"),
    nonsense("HTTP/2", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18),
    nonsense("another major version", b"HTTP/2.0 200 OK\r\n\r\n"),
    nonsense("no status", b"HTTP/1.1 OK\r\n\r\n"),
    nonsense("a status of four digits", b"HTTP/1.1 2000 OK\r\n\r\n"),
    nonsense("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    nonsense("a length in words", b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"),
    nonsense("a length beyond every number",
             b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    nonsense("two lengths",
             b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
    nonsense("a length that is too short",
             b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ntoo much"),
    nonsense("two answers", PLAIN_ANSWER + PLAIN_ANSWER),
    nonsense("a body without being allowed one", b"HTTP/1.1 204 No Content\r\n\r\nbody"),
    nonsense("a chunk size of no digits", chunks(b"zz\r\n")),
    nonsense("an empty chunk size", chunks(b"\r\n")),
    nonsense("a chunk size beyond every number", chunks(b"fffffffffffffffff\r\n")),
    nonsense("a chunk longer than its size", chunks(b"2\r\nabc\r\n0\r\n\r\n")),
    nonsense("more behind the last chunk", CHUNKED_ANSWER + b"x"),
    nonsense("an upgrade nobody asked for",
             b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    nonsense("a header too long", b"HTTP/1.1 200 OK\r\nX: " + b"a" * (1 << 17), exact=False),
    nonsense("too many headers", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (1 << 15), exact=False),
    Fault("interim answers without end", "protocol",
          (send_forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),), exact=False),
    Fault("a chunk extension without end", "protocol",
          (send(chunks(b"1;")), send_forever(b"a" * 65536)), exact=False),
]

FAULTS = [*GOOD, *STATUSES, *CLOSED, *RESET, *PROTOCOL, *TIMEOUT]


def splits(answer, delay=0.001):
    """One good answer for each place where its bytes can be cut in two."""
    return [good(f"split at {n}", wire.split_at(answer, n, delay)) for n in range(1, len(answer))]
