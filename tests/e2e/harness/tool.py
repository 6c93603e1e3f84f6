"""Running inrush: to its end, in the background, or on a terminal.

The program is the one that the environment's INRUSH names, build/dev/inrush
of this tree otherwise.
"""

import json
import os
import pathlib
import pty
import resource
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("INRUSH") or str(ROOT / "build/dev/inrush")

# A limit against hanging, never something a test measures: generous, because
# sanitizers and valgrind are slow.
TIMEOUT = 120


def environment(extra=None):
    """Ours without what would change a run from outside."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("BASELINE_", "INRUSH")) and k not in ("NO_COLOR", "COLUMNS")}
    env.update(LC_ALL="C.UTF-8", TERM="xterm")
    env.update(extra or {})
    return env


class Finished:
    """A run that has ended."""

    def __init__(self, args, status, stdout, stderr, json_path, cpu_s, seconds):
        self.args = args
        self.status = status  # negative: killed by that signal
        self.stdout = stdout
        self.stderr = stderr
        self.cpu_s = cpu_s
        self.seconds = seconds
        self.json = None
        if json_path and os.path.exists(json_path) and os.path.getsize(json_path):
            with open(json_path, encoding="utf-8") as f:
                self.json = json.load(f)

    @property
    def output(self):
        return self.stdout + self.stderr

    def __str__(self):
        return (f"\n$ inrush {' '.join(self.args)}\nexit status {self.status}\n"
                f"--- stdout\n{self.stdout[-3000:]}\n--- stderr\n{self.stderr[-3000:]}")


class Running:
    """A run that has been started. wait() must be called."""

    def __init__(self, args, env=None, json_path=None, stdout=None, limits=None, program=None,
                 stdin=b""):
        self.args = [str(a) for a in args]
        self.json_path = json_path
        source = tempfile.TemporaryFile()
        source.write(stdin)
        source.seek(0)
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self._usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._began = time.monotonic()

        def set_limits():
            for what, value in limits.items():
                resource.setrlimit(what, value)

        self.process = subprocess.Popen(
            [program or PROGRAM, *self.args], env=environment(env), stdin=source,
            stdout=self._out if stdout is None else stdout, stderr=self._err,
            preexec_fn=set_limits if limits else None)
        source.close()

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def output_so_far(self):
        """What it has written to stdout and stderr."""
        return "".join(os.pread(f.fileno(), os.fstat(f.fileno()).st_size, 0)
                       .decode("utf-8", "replace") for f in (self._out, self._err))

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def status_field(self, name):
        """A line of /proc/PID/status, e.g. "VmRSS" in kB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return line.split(":", 1)[1].strip()
        return None

    def wait(self, timeout=TIMEOUT):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"inrush {' '.join(self.args)} did not end within {timeout} s\n"
                + self._read(self._out) + self._read(self._err)) from None
        seconds = time.monotonic() - self._began
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (usage.ru_utime + usage.ru_stime - self._usage.ru_utime - self._usage.ru_stime)
        return Finished(self.args, status, self._read(self._out), self._read(self._err),
                        self.json_path, cpu, seconds)

    def abandon(self):
        """Ends it if it still runs, when nobody waited for it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()

    @staticmethod
    def _read(file):
        with file:
            file.seek(0)
            return file.read().decode("utf-8", "replace")


def start(*args, **options):
    return Running(args, **options)


def run(*args, timeout=TIMEOUT, **options):
    return Running(args, **options).wait(timeout)


def run_on_terminal(*args, env=None, timeout=TIMEOUT, columns=100):
    """Runs with a terminal as stdout and stderr; (status, everything it wrote)."""
    master, slave = pty.openpty()
    written = []

    def read():
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the last writer is gone
                return
            if not data:
                return
            written.append(data)

    reader = threading.Thread(target=read, daemon=True)
    process = subprocess.Popen(
        [PROGRAM, *map(str, args)], env=environment({"COLUMNS": str(columns), **(env or {})}),
        stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    reader.start()
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"inrush {' '.join(map(str, args))} did not end") from None
    finally:
        reader.join(5)
        os.close(master)
    return status, b"".join(written).decode("utf-8", "replace")
