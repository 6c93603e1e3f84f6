"""--statsd and --influx: their lines, read back, add up to the report."""

import collections
import os
import re
import socket
import subprocess
import threading
import unittest

from harness.case import Case, OK
from harness.target import Target
from harness.wire import answer, response

NAME = "a, b=c \\ d/時刻"

SCENARIO = """
    local orders = inrush.counter("orders placed")
    local depth = inrush.gauge("queue, depth")
    local cached = inrush.rate("cached")
    local size = inrush.trend("size", { unit = "bytes" })
    local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
    U:task("time", { weight = 3 }, function(user)
      local res = user.http:get("/api/v1/time", { name = "/api/v1/time" })
      res:check("has a body", #res.body > 0)
      orders:add(2)
      depth:set(-7)
      cached:add(true)
      size:add(#res.body)
    end)
    U:task("absent", {}, function(user) user.http:get("/absent", { name = [==[NAME]==] }) end)
    """.replace("NAME", NAME)


class Datagrams:
    """A UDP socket that keeps what it gets, like a StatsD."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.packets = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        while packet := self.socket.recv(65536):
            self.packets.append(packet)

    def stop(self):
        """No more come: everything on its way has arrived on loopback."""
        if self.reader.is_alive():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", self.port))
            self.reader.join(30)

    def __exit__(self, *_):
        self.stop()
        self.socket.close()


class TestStatsd(Case):
    def test_counts_add_up(self):
        target = self.enterContext(Target())
        with Datagrams() as statsd:
            run = self.load("run", self.scenario(SCENARIO), "--host", target.url, "-u", "4",
                            "-d", "2500ms", "--statsd", f"127.0.0.1:{statsd.port}")
            statsd.stop()
        self.assertStatus(run, OK)
        counts, gauges = collections.Counter(), {}
        for packet in statsd.packets:
            self.assertLessEqual(len(packet), 1432)
            for line in packet.decode("ascii").split("\n"):
                name, value, kind = re.fullmatch(r"([a-z0-9_.-]+):(-?[\d.e+-]+)\|([cg])",
                                                 line).groups()
                if kind == "c":
                    counts[name] += float(value)
                else:
                    gauges[name] = float(value)
        for series, word in zip(run.json["series"], ("api_v1_time", "a_b_c_d"), strict=True):
            for what in ("requests", "failures", "bytes"):
                self.assertEqual(counts[f"inrush.get.{word}.{what}"], series[what])
            self.assertGreater(gauges[f"inrush.get.{word}.p95_ms"], 0)
        self.assertEqual(counts["inrush.checks.has_a_body.passed"], run.json["checks"][0]["passes"])
        tasks = run.json["series"][0]["requests"]
        self.assertEqual(counts["inrush.custom.orders_placed"], 2 * tasks)
        self.assertEqual(counts["inrush.custom.cached.true"], tasks)
        self.assertEqual(gauges["inrush.custom.queue_depth"], -7)
        self.assertGreater(gauges["inrush.custom.size.p95"], 0)
        self.assertIn("inrush.users", gauges)

    def test_nobody_listens(self):
        with Datagrams() as statsd:
            port = statsd.port
        server = self.serve(*answer(response(b"ok")))
        run = self.load("-c", "1", "-d", "2500ms", server.url, "--statsd", f"127.0.0.1:{port}")
        self.assertStatus(run, 1)
        self.assertSays(run, "at least", "packets to StatsD", f"127.0.0.1:{port}", "were lost")

    def test_bad_places(self):
        server = self.serve(*answer(response(b"ok")))
        for place, word in (("8125", "HOST:PORT"), ("localhost:", "--statsd"), (":1", "HOST:PORT"),
                            ("localhost:99999", "99999"), ("no.such.host.invalid:1", "no.such")):
            self.assertUsageError(self.tool("-n", "1", server.url, "--statsd", place), word)
        self.assertEqual(server.request_count, 0)


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


def parse_line(line):
    """(measurement, tags, fields, time) of a line of the protocol."""
    head, fields, time = re.fullmatch(r"((?:\\.|[^\\ ])+) ([^ ]+) (\d+)", line).groups()
    measurement, *tags = re.findall(r"(?:\\.|[^\\,])+", head)
    tags = {plain(k): plain(v) for k, v in
            (re.fullmatch(r"((?:\\.|[^\\=])+)=(.*)", tag).groups() for tag in tags)}
    values = {}
    for field in fields.split(","):
        key, value = field.split("=")
        values[key] = int(value[:-1]) if value.endswith("i") else float(value)
    return measurement, tags, values, int(time)


class TestInflux(Case):
    def test_counts_add_up(self):
        target = self.enterContext(Target())
        path = os.path.join(self.dir, "points")
        run = self.load("run", self.scenario(SCENARIO), "--host", target.url, "-u", "4",
                        "-d", "2500ms", "--influx", path)
        self.assertStatus(run, OK)
        with open(path, encoding="utf-8") as lines:
            points = [parse_line(line.rstrip("\n")) for line in lines]
        times = [time for *_, time in points]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(len(set(times)), 2)

        sums = collections.defaultdict(collections.Counter)
        for measurement, tags, fields, _ in points:
            sums[measurement, *tags.values()].update(
                {k: v for k, v in fields.items() if isinstance(v, int) or k == "sum"})
        names = {"/api/v1/time": "/api/v1/time", NAME: NAME.replace("\\", "/")}
        for series in run.json["series"]:
            found = sums["inrush_requests", series["type"], names[series["name"]]]
            for what in ("requests", "failures", "bytes"):
                self.assertEqual(found[what], series[what])
        error = run.json["errors"][0]
        self.assertEqual(sums["inrush_failures", error["type"], names[error["name"]],
                              error["kind"], error["message"]]["count"], error["count"])
        self.assertEqual(sums["inrush_checks", "has a body"]["passed"],
                         run.json["checks"][0]["passes"])
        tasks = run.json["series"][0]["requests"]
        self.assertEqual(sums["inrush_custom", "orders placed", "counter"]["sum"], 2 * tasks)
        self.assertEqual(sums["inrush_custom", "cached", "rate"]["true"], tasks)
        self.assertIn(("inrush_custom", "queue, depth", "gauge"), sums)
        self.assertIn(("inrush_run", run.json["title"]), sums)

    def test_a_pipe_gets_points_while_it_runs(self):
        server = self.serve(*answer(response(b"ok")))
        fifo = os.path.join(self.dir, "fifo")
        os.mkfifo(fifo)
        with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
            running = self.start("-c", "1", "-d", "100s", server.url, "--influx", fifo)
            line = reader.stdout.readline().decode()
            self.assertIsNone(running.process.poll(), "it still runs")
            self.assertTrue(line.startswith("inrush_run,title="), line)
            running.signal()
            self.finish(running)
            reader.stdout.read()

    def test_unwritable(self):
        server = self.serve(*answer(response(b"ok")))
        path = f"{self.dir}/absent/points"
        self.assertUsageError(self.tool("-n", "1", server.url, "--influx", path), path)
        self.assertEqual(server.request_count, 0)


if __name__ == "__main__":
    unittest.main()
