"""The real MCP servers that deps/install --tests has put into build/npm."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from harness.nginx import free_port
from harness.tool import ROOT

NPM = os.environ.get("INRUSH_NPM") or str(ROOT / "build/npm")
HERE = ROOT / "tests/e2e/npm"


class McpServer:
    """One of them on a port of its own, gone when left."""

    path = "/mcp"

    def __init__(self):
        self.port = 0
        self.process = None
        self._log = tempfile.TemporaryFile()

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def __enter__(self):
        if not os.path.isdir(f"{NPM}/node_modules"):
            raise RuntimeError("the MCP servers are missing: deps/install --tests installs them")
        for _ in range(5):  # somebody may take the port between our look and the server's
            self.port = free_port()
            if self.start():
                return self
        raise RuntimeError(f"{self.command()[0]} does not start: {self._said()}")

    def __exit__(self, *exc):
        self.stop()
        self._log.close()

    def start(self):
        """Starts it, again on the same port after stop()."""
        self.process = subprocess.Popen(
            self.command(), env={**os.environ, **self.environment()}, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _said(self):
        self._log.seek(0)
        return self._log.read()[-1000:].decode("utf-8", "replace")


def node(*args):
    # Debian 12's node 18 has the web's crypto only on request.
    return [shutil.which("node") or "node", "--experimental-global-webcrypto", *map(str, args)]


class Everything(McpServer):
    """Stateful, SSE, an unknown session is 400."""

    def command(self):
        return node(f"{NPM}/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
                    "streamableHttp")

    def environment(self):
        return {"PORT": str(self.port)}


class Time(McpServer):
    """In Go, as fast-time is: stateful, JSON."""

    def command(self):
        return [f"{NPM}/node_modules/mcp-time-linux-x64/bin/mcp-time", "-t", "stream",
                "--address", f"http://127.0.0.1:{self.port}/mcp"]


class Sdk(McpServer):
    """The official SDK's handler: stateless in both eras (or only the newest)."""

    path = "/"

    def __init__(self, legacy="stateless", response="auto"):
        super().__init__()
        self.legacy, self.response = legacy, response

    def command(self):
        return node(HERE / "sdk-server.mjs", self.port, self.legacy, self.response)

    def environment(self):
        return {"INRUSH_NPM": NPM}
