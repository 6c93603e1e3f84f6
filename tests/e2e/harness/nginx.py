"""A private nginx: its own port, prefix and configuration, gone when left.

It answers every request with one fixed 200, and counts them (stub_status).
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

LOG_FORMAT = "$connection $request_method $request_uri $status"

CONFIG = """\
daemon off;
master_process off;
pid {prefix}/pid;
error_log {prefix}/error.log;
events {{ worker_connections {connections}; }}
http {{
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    log_format line '{log_format}';
    access_log {access_log};
    default_type application/json;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    server {{
        listen 127.0.0.1:{port} backlog=16384{listen};
        {server}
        location / {{ return 200 '{body}'; }}
    }}
    server {{
        listen unix:{prefix}/status;
        access_log off;
        location / {{ stub_status; }}
    }}
}}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Nginx:
    """body: what every request gets. connections: how many at once, at most.

    access_log: True, or the format of its lines. listen: further words of the listen directive
    ("ssl"). server: further directives.
    """

    def __init__(self, body='{"status":"healthy"}', connections=2048, access_log=False, listen="",
                 server=""):
        self.body = body
        self.connections = connections
        self.access_log = access_log
        self.listen = listen
        self.server = server
        self.port = 0
        self.process = None
        self._polls = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.prefix = tempfile.mkdtemp(prefix="inrush-nginx-")
        for _ in range(5):  # somebody may take the port between our look and nginx's
            self.port = free_port()
            if self._start():
                return self
        log = self._error_log()
        shutil.rmtree(self.prefix, ignore_errors=True)
        raise RuntimeError(f"nginx does not start: {log}")

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.prefix, ignore_errors=True)

    def requests(self):
        """How many requests it has had, ours for this figure not counted."""
        self._polls += 1
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(f"{self.prefix}/status")
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = sock.makefile("rb").read()
        counts = re.search(rb"(\d+) (\d+) (\d+)\s*\n", answer)
        return int(counts.group(3)) - self._polls

    def log_lines(self):
        # A line is written after its answer. Our own request is looked at after that.
        self.requests()
        with open(f"{self.prefix}/access.log", encoding="latin-1") as log:
            return log.read().splitlines()

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _start(self):
        config = f"{self.prefix}/nginx.conf"
        with open(config, "w", encoding="ascii") as out:
            out.write(CONFIG.format(
                prefix=self.prefix, port=self.port, body=self.body, connections=self.connections,
                listen=" " + self.listen, server=self.server,
                log_format=self.access_log if isinstance(self.access_log, str) else LOG_FORMAT,
                access_log=f"{self.prefix}/access.log line" if self.access_log else "off"))
        self.process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.prefix, "-c", config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                self._polls = 0
                return True
            except OSError:
                time.sleep(0.02)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        return False

    def _error_log(self):
        try:
            with open(f"{self.prefix}/error.log", encoding="utf-8") as log:
                return log.read()[-500:]
        except OSError as e:
            return str(e)
