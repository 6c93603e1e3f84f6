"""A server whose bytes and timing the test case itself declares.

    with Server([recv_request(), send(b"HTTP/1.1 200 OK\\r\\nContent-Le"), pause(0.3), reset()]) as s:
        inrush(s.url)

A script is a list of steps, run in order on each accepted connection; when it
ends the connection is closed. A list of such lists gives the first connection
the first script, the second the second, and every later one the last. A step
is a callable that takes the Connection, so a case may add its own.

A peer that goes away ends its script in silence: that is the peer's right. Any
other exception in a step is kept and raised when the server is left.
"""

import re
import socket
import struct
import threading
import time

RECV_SIZE = 65536
REQUESTS_KEPT = 10_000  # the count goes on; the requests themselves are not kept beyond


class PeerGone(Exception):
    """The peer closed or reset the connection, or the server is stopping."""


class EndOfScript(Exception):
    """A step ended the connection."""


class Request:
    """One request as it came over the wire."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.head = head
        self.body = body
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = []
        for line in lines[1:]:
            if line:
                name, value = line.split(":", 1)
                self.headers.append((name.strip(), value.strip()))

    def header(self, name, default=None):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return default

    def __repr__(self):
        return f"<{self.method} {self.target}>"


class Connection:
    """One accepted connection: what steps work on."""

    def __init__(self, server, sock, number):
        self.server = server
        self.sock = sock
        self.number = number  # 1 for the first the server accepted
        self.buffer = b""
        self.requests = 0

    def fill(self):
        try:
            data = self.sock.recv(RECV_SIZE)
        except OSError as e:
            raise PeerGone from e
        if not data:
            raise PeerGone
        self.server.count(bytes_received=len(data))
        self.buffer += data

    def take(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def take_until(self, mark):
        while mark not in self.buffer:
            self.fill()
        data, self.buffer = self.buffer.split(mark, 1)
        return data + mark

    def recv_request(self):
        head = self.take_until(b"\r\n\r\n")
        lower = head.lower()
        body = b""
        if b"transfer-encoding:" in lower:
            while True:
                size = int(self.take_until(b"\r\n").split(b";")[0], 16)
                body += self.take(size)
                self.take(2)
                if size == 0:
                    break
        elif match := re.search(rb"\ncontent-length:\s*(\d+)", lower):
            body = self.take(int(match.group(1)))
        request = Request(head, body)
        self.requests += 1
        self.server.count(request=request)
        return request

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise PeerGone from e

    def farewell(self):
        """What a protocol says before it ends a connection; TCP alone says nothing."""

    def sleep(self, seconds):
        if self.server.stopping.wait(seconds):
            raise PeerGone

    def run(self, steps):
        for step in steps:
            step(self)


# Steps.

def recv_request():
    """Waits for one whole request, head and body."""
    return Connection.recv_request


def take_until(mark):
    """Reads until these bytes have come, as part of something that is no whole request."""
    return lambda conn: conn.take_until(mark)


def send(data):
    """Sends bytes at once. A callable is asked for them: send(lambda conn: b"...")."""
    def step(conn):
        conn.send(data(conn) if callable(data) else data)
    return step


def send_slowly(data, chunk=1, delay=0.001):
    """Sends bytes a few at a time."""
    def step(conn):
        for at in range(0, len(data), chunk):
            conn.send(data[at:at + chunk])
            conn.sleep(delay)
    return step


def split_at(data, n, delay=0.002):
    """Sends bytes in two parts, the first of n, with time to be read apart."""
    def step(conn):
        conn.send(data[:n])
        conn.sleep(delay)
        conn.send(data[n:])
    return step


def pause(seconds):
    return lambda conn: conn.sleep(seconds)


def send_forever(data):
    """Sends the same bytes again and again until the peer goes."""
    def step(conn):
        while not conn.server.stopping.is_set():
            conn.send(data)
        raise PeerGone
    return step


def close():
    """Ends the connection in order (FIN)."""
    def step(conn):
        raise EndOfScript
    return step


def half_close():
    """Says that nothing more will be sent; still reads."""
    def step(conn):
        try:
            socket.socket.shutdown(conn.sock, socket.SHUT_WR)  # not TLS's, which ends reading too
        except OSError as e:
            raise PeerGone from e
    return step


def reset():
    """Ends the connection with RST."""
    def step(conn):
        set_reset_on_close(conn.sock)
        raise EndOfScript
    return step


def wait_closed():
    """Reads and forgets until the peer closes."""
    def step(conn):
        while True:
            conn.buffer = b""
            conn.fill()
    return step


def stop_reading():
    """Holds the connection open and does nothing until the server stops."""
    def step(conn):
        conn.server.stopping.wait()
        raise PeerGone
    return step


def wait_for(event, timeout=30):
    """Waits for a threading.Event that the case (or another step) sets."""
    def step(conn):
        deadline = time.monotonic() + timeout
        while not event.wait(0.01):
            if conn.server.stopping.is_set():
                raise PeerGone
            if time.monotonic() > deadline:
                raise AssertionError("the event that the script waits for never came")
    return step


def signal(event):
    """Sets a threading.Event."""
    return lambda conn: event.set()


def repeat(steps, times=None):
    """Runs steps again and again, or so many times."""
    def step(conn):
        done = 0
        while times is None or done < times:
            conn.run(steps)
            done += 1
    return step


def each(values, make):
    """Runs the steps make(value) for each value in turn."""
    def step(conn):
        for value in values:
            conn.run(make(value))
    return step


def answer(data):
    """A script: every request on the connection gets these bytes, for ever."""
    return [repeat([recv_request(), send(data)])]


def response(body=b"", status=200, reason="OK", headers=()):
    """The bytes of an ordinary response."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def set_reset_on_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Listens on a free port of a loopback address while entered."""

    connection = Connection  # what is made of each that is accepted

    def __init__(self, script, host="127.0.0.1", backlog=4096):
        self.scripts = script if script and isinstance(script[0], (list, tuple)) else [script]
        self.host = host
        self.port = 0
        self.backlog = backlog
        self.connections = 0
        self.request_count = 0
        self.bytes_received = 0
        self.requests = []  # the first REQUESTS_KEPT
        self.stopping = threading.Event()
        self._errors = []
        self._lock = threading.Lock()
        self._listener = None
        self._accepting = None
        self._open = {}  # thread -> its socket

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def count(self, bytes_received=0, request=None):
        with self._lock:
            self.bytes_received += bytes_received
            if request is not None:
                self.request_count += 1
                if len(self.requests) < REQUESTS_KEPT:
                    self.requests.append(request)

    def start(self):
        """Listens; after a stop, on the same port again."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(self.backlog)
        self.port = listener.getsockname()[1]
        self.stopping.clear()
        self._listener = listener
        self._accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._accepting.start()
        return self

    def stop(self, with_reset=False):
        """Dies as a process does: the port refuses, every connection ends."""
        if self._listener is None:
            return
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(); close() would not
        self._accepting.join()
        self._listener.close()
        self._listener = None
        with self._lock:
            open_now = list(self._open.items())
        for _, sock in open_now:
            try:
                if with_reset:
                    set_reset_on_close(sock)
                    sock.shutdown(socket.SHUT_RD)  # wakes recv() and sends nothing
                else:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it ended by itself just now
        for thread, sock in open_now:
            thread.join(1 if with_reset else None)
            if thread.is_alive():  # it sits in send()
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                thread.join()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                conn = self.connection(self, sock, self.connections)
                thread = threading.Thread(target=self._serve, args=(conn,), daemon=True)
                self._open[thread] = sock
            thread.start()

    def _serve(self, conn):
        steps = self.scripts[min(conn.number, len(self.scripts)) - 1]
        try:
            conn.run(steps)
        except (PeerGone, EndOfScript):
            pass
        except Exception as e:  # pylint: disable=broad-except
            self._errors.append(e)
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)
            conn.sock.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()
        if self._errors and exc == (None, None, None):
            raise self._errors[0]


class RefusedPort:
    """A port that is ours and where nobody listens: connecting is refused."""

    def __enter__(self):
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        return self

    def __exit__(self, *exc):
        self._sock.close()
