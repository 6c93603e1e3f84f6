"""The figures of a run computed from its request log alone: the count that no code of inrush's makes."""

import json
import math
from collections import Counter

# Failed on their way: these requests have no response time, but a time-out is one.
UNANSWERED = {"system", "dns", "refused", "unreachable", "reset", "closed", "tls", "protocol"}
PERCENTILES = {"p50": 50, "p66": 66, "p75": 75, "p80": 80, "p90": 90, "p95": 95, "p98": 98,
               "p99": 99, "p99.9": 99.9, "p99.99": 99.99}


def microseconds(ms):
    """As the histogram counts it: half up, in whole numbers (1.0005 * 1000 is below 1000.5)."""
    return (round(ms * 1_000_000) + 500) // 1000


class Times:
    """Response or service times, in ms, rounded to the microseconds that are counted."""

    def __init__(self, values):
        self.sorted = sorted(microseconds(v) / 1000 for v in values)
        self.count = len(self.sorted)

    @property
    def mean(self):
        return sum(self.sorted) / self.count

    @property
    def stdev(self):
        mean = self.mean
        return math.sqrt(sum((v - mean) ** 2 for v in self.sorted) / self.count)

    def percentile(self, percent):
        rank = math.ceil(round(percent * self.count, 6) / 100)
        return self.sorted[max(rank, 1) - 1]

    @staticmethod
    def precision(ms):
        """How far from a value its bucket's middle may be, and the last digit shown."""
        return ms / 2048 + 0.00051


class Series:
    """What the log says about some requests."""

    def __init__(self, entries):
        self.requests = len(entries)
        self.failures = sum("error" in e for e in entries)
        self.kinds = Counter(e["error"] for e in entries if "error" in e)
        self.bytes = sum(e["bytes"] for e in entries)
        self.statuses = Counter(str(e["status"]) for e in entries if "status" in e)
        timed = [e for e in entries if e.get("error") not in UNANSWERED]
        self.response = Times(e["response_ms"] for e in timed)
        self.service = Times(e["service_ms"] for e in timed if "service_ms" in e)


class RequestLog:
    """All lines of a log, without those of the warm-up."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines]
        self.warmup = Series([e for e in entries if e.get("warmup")])
        self.entries = [e for e in entries if not e.get("warmup")]
        by_name = {}
        for entry in self.entries:
            by_name.setdefault((entry["type"], entry["name"]), []).append(entry)
        self.series = {name: Series(of_name) for name, of_name in by_name.items()}
        self.totals = Series(self.entries)

    def errors(self):
        """(type, name, kind, message) -> the ends of all such requests, in seconds."""
        ends = {}
        for e in self.entries:
            if "error" in e:
                key = (e["type"], e["name"], e["error"], e["message"])
                ends.setdefault(key, []).append(e["end_s"])
        return ends
