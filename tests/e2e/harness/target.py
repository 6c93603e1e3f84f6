"""The embedded target, `inrush serve`, on a port of its own."""

import http.client
import json
import signal
import subprocess

from harness import tool


class Target:
    """Runs `inrush serve --port 0` with more arguments; stopped when left."""

    def __init__(self, *args, limits=None):
        self.args = ["serve", "--port", "0", *map(str, args)]
        self.limits = limits
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [tool.PROGRAM, *self.args], env=tool.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=self.limits)
        line = self.process.stdout.readline()
        prefix = "listening on "
        if not line.startswith(prefix + "http://"):
            self.process.kill()
            raise RuntimeError(f"it says {line!r}\n{self.process.communicate()[1]}")
        self.url = line[len(prefix):].strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self, number=signal.SIGINT):
        """Ends it as a person would: its exit status and what it wrote to stderr."""
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=tool.TIMEOUT)
        return self.process.returncode, stderr

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=tool.TIMEOUT)

    def stats(self):
        """GET /stats, which it does not count."""
        connection = self.connect()
        try:
            connection.request("GET", "/stats")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
