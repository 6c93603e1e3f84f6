"""HdrHistogram's own library, from npm, reading an interval log."""

import json
import os
import subprocess

from harness.tool import ROOT

NPM = os.environ.get("INRUSH_NPM") or str(ROOT / "build/npm")

# HdrHistogram's buckets and ours each know a value to one part in 1,024.
PRECISION = 2 / 1024
UNIT_MS = 0.001

# The tag under which the library hands out what has none.
ALL = "NO TAG"


def decode(path):
    """What tests/e2e/npm/hdr-decode.mjs prints about a log."""
    done = subprocess.run(["node", ROOT / "tests/e2e/npm/hdr-decode.mjs", path],
                          env={**os.environ, "INRUSH_NPM": NPM}, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def assert_times(case, figures, latency):
    """What the decoder reads is what the JSON says, as far as both can tell."""
    case.assertEqual(figures["count"], latency["count"])
    for percent, ms in figures["percentiles"].items():
        expected = latency[{"0": "min", "100": "max"}.get(percent, f"p{percent}")]
        case.assertAlmostEqual(ms, expected, delta=expected * PRECISION + UNIT_MS,
                               msg=f"p{percent}: {figures}\n{latency}")
    case.assertAlmostEqual(figures["mean"], latency["mean"],
                           delta=latency["mean"] * PRECISION + UNIT_MS)


def tag_of(series):
    """For names that need no escape."""
    return f"{series['type']}_{series['name']}"


def assert_log(case, report, path):
    """Every histogram of the log decodes, and they add up to the report."""
    log = decode(path)
    sums = {s["tag"]: s for s in log["sums"] if not s["tag"].startswith("warmup:")}
    assert_times(case, sums.pop(ALL), report["totals"]["latency_ms"])
    for series in report["series"]:
        if series["latency_ms"]["count"]:
            assert_times(case, sums.pop(tag_of(series)), series["latency_ms"])
        if series.get("service_ms", {}).get("count"):
            assert_times(case, sums.pop(f"service:{tag_of(series)}"), series["service_ms"])
    case.assertEqual(sums, {}, "a tag that no series has")
    return log
