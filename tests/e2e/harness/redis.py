"""A private redis-server: its own port, directory and socket, gone when left.

It keeps nothing on disk; stop() and start() give a server that has forgotten
everything, on the same port.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def encode(*words):
    """A command as the protocol lays it out."""
    out = b"*%d\r\n" % len(words)
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        out += b"$%d\r\n%s\r\n" % (len(word), word)
    return out


class Redis:
    """options: lines of redis.conf, as {"requirepass": "secret"}."""

    def __init__(self, **options):
        self.options = options
        self.port = 0
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def socket_path(self):
        return f"{self.dir}/redis.sock"

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="inrush-redis-")
        for _ in range(5):  # somebody may take the port between our look and Redis'
            self.port = free_port()
            if self.start():
                return self
        log = self._log()
        shutil.rmtree(self.dir, ignore_errors=True)
        raise RuntimeError(f"redis-server does not start: {log}")

    def __exit__(self, *exc):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        """True when it answers."""
        options = {"port": self.port, "bind": "127.0.0.1", "unixsocket": self.socket_path,
                   "dir": self.dir, "save": "", "appendonly": "no", "daemonize": "no",
                   "logfile": f"{self.dir}/log", **self.options}
        command = [shutil.which("redis-server") or "/usr/bin/redis-server"]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.ask("PING")
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False

    def stop(self):
        """Ends it at once, its connections with it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def ask(self, *words):
        """The first bytes of the answer to one command, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            if "requirepass" in self.options:
                sock.sendall(encode("AUTH", self.options["requirepass"]))
                sock.recv(65536)
            sock.sendall(encode(*words))
            answer = sock.recv(65536)
            if not answer:
                raise ConnectionError("closed")
            return answer

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _log(self):
        try:
            with open(f"{self.dir}/log", encoding="utf-8") as log:
                return log.read()[-500:]
        except OSError as e:
            return str(e)
