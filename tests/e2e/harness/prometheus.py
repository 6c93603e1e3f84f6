"""A private Prometheus that scrapes one target every second."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from harness.nginx import free_port

CONFIG = """\
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: inrush
    static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
"""

# A limit against hanging, never something a test measures.
TIMEOUT = 60


class Prometheus:
    """port: of the target, which need not listen yet. native: with native histograms."""

    def __init__(self, port, native=False):
        self.target = port
        self.native = native
        self.process = None

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="inrush-prometheus-")
        config = os.path.join(self.dir, "prometheus.yml")
        with open(config, "w", encoding="ascii") as out:
            out.write(CONFIG.format(port=self.target))
        self.port = free_port()
        self.log = open(os.path.join(self.dir, "log"), "wb")  # noqa: SIM115
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.dir}/data",
             f"--web.listen-address=127.0.0.1:{self.port}",
             *(["--enable-feature=native-histograms"] if self.native else [])],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        self._await_ready()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _await_ready(self):
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    with open(self.log.name, encoding="utf-8", errors="replace") as log:
                        raise AssertionError(f"Prometheus does not start\n{log.read()}") from None
                time.sleep(0.05)

    def _result(self, expression, at=None):
        parameters = {"query": expression, **({} if at is None else {"time": at})}
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return json.load(answer)["data"]["result"]

    def query(self, expression, at=None):
        """The instant vector, now or at a time: [(labels, value)]."""
        return [({k: v for k, v in s["metric"].items()
                  if k not in ("instance", "job", "__name__")}, float(s["value"][1]))
                for s in self._result(expression, at)]

    def last(self, metric):
        """The last samples of a metric, also when its target is gone since."""
        return self.query(f"last_over_time({metric}[10m])")

    def last_time(self, metric):
        """When the last sample of a metric was taken."""
        return max(float(time) for s in self._result(f"{metric}[10m]") for time, _ in s["values"])
