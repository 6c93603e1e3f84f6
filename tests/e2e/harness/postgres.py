"""A private PostgreSQL: its own data directory, port and socket, gone when left.

Debian's cluster is not used. PostgreSQL refuses to run as root, so a root's
server runs as the user `postgres`.
"""

import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time

from harness.nginx import free_port

PASSWORD = "secret"

CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{directory}'
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = {connections}
shared_buffers = 16MB
autovacuum = off
logging_collector = off
"""

# Locally no password is asked for; over TCP it is, as in the world.
HBA = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def programs():
    """The directory of initdb, postgres and psql: the newest version's."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if found:
        newest = max(found, key=lambda path: [int(n) for n in re.findall(r"\d+", path)])
        return os.path.dirname(newest)
    on_path = shutil.which("postgres")
    if on_path:
        return os.path.dirname(os.path.realpath(on_path))
    raise RuntimeError("PostgreSQL is not installed: deps/install --tests")


class Postgres:
    """database "load", user "load", password PASSWORD, table tools with three rows."""

    def __init__(self, connections=100, config=""):
        self.connections = connections
        self.config = config
        self.port = 0
        self.process = None

    @property
    def url(self):
        return f"postgres://load:{PASSWORD}@127.0.0.1:{self.port}/load"

    @property
    def socket_url(self):
        return f"postgres://load@/load?host={self.directory}&port={self.port}"

    def __enter__(self):
        self.bin = programs()
        self.directory = tempfile.mkdtemp(prefix="inrush-pg-", dir="/tmp")
        self.data = f"{self.directory}/data"
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
        try:
            self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
                      "--locale=C", "--no-sync")
            self._append("pg_hba.conf", HBA, replace=True)
            self._append("postgresql.conf", CONFIG.format(
                directory=self.directory, connections=self.connections) + self.config)
            for _ in range(5):  # somebody may take the port between our look and its
                self.port = free_port()
                if self._start():
                    break
            else:
                raise RuntimeError(f"PostgreSQL does not start: {self._log()}")
            self.sql(f"CREATE USER load PASSWORD '{PASSWORD}'", database="postgres")
            self.sql("CREATE DATABASE load OWNER load", database="postgres")
            self.sql("CREATE TABLE tools (name text); ALTER TABLE tools OWNER TO load; "
                     "INSERT INTO tools VALUES ('a'), ('b'), ('c')")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """After stop(), on the same port."""
        if not self._start():
            raise RuntimeError(f"PostgreSQL does not start again: {self._log()}")

    def stop(self, immediate=False):
        """Connections are closed, with a word (fast) or, immediate, as in a crash."""
        if self.process and self.process.poll() is None:
            self._run("pg_ctl", "-D", self.data, "-w", "-m",
                      "immediate" if immediate else "fast", "stop")
            self.process.wait()

    def sql(self, text, database="load"):
        """What psql prints for it, as the superuser."""
        return self._run("psql", "-h", self.directory, "-p", str(self.port), "-U", "postgres",
                         "-d", database, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
                         "-c", text).strip()

    def running(self, text):
        """How many sessions are running a query that contains it."""
        return int(self.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                            f"AND pid <> pg_backend_pid() AND query LIKE '%{text}%'"))

    def file(self, name, text):
        """A file in its data directory, its own."""
        self._append(name, text, replace=True)
        os.chmod(f"{self.data}/{name}", 0o600)

    def as_owner(self, *command):
        """A command line that runs as the server's user."""
        if os.getuid() != 0:
            return list(command)
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]

    def _run(self, program, *args):
        path = f"{self.bin}/{program}"
        done = subprocess.run(self.as_owner(path, *args), cwd=self.directory, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(args)}: {done.stderr}")
        return done.stdout

    def _append(self, name, text, replace=False):
        path = f"{self.data}/{name}"
        with open(path, "w" if replace else "a", encoding="utf-8") as out:
            out.write(text)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _start(self):
        with open(f"{self.directory}/log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self.as_owner(f"{self.bin}/postgres", "-D", self.data, "-p", str(self.port)),
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.sql("SELECT 1", database="postgres")
                return True
            except RuntimeError:
                time.sleep(0.05)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        return False

    def _log(self):
        try:
            with open(f"{self.directory}/log", encoding="utf-8", errors="replace") as log:
                return log.read()[-800:]
        except OSError as e:
            return str(e)
