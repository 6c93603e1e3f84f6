"""wrk's layout of the result; and the same scripts under wrk itself: both send the same."""

import re
import signal
import subprocess
import unittest

from harness.case import OK
from harness.wire import pause, recv_request, repeat, send
from harness.wrk import HELLO, WrkCase


# The usual 2 s are less than a busy machine may stand still.
PATIENT = ("--timeout", "60s")


def shape(request):
    """A request's bytes with its headers sorted: a Lua table has no order."""
    return (request.method, request.target, request.version, tuple(sorted(request.headers)),
            request.body)


TIME = r" +\d+\.\d\d(us|ms|s |m )"
RATE = r" +\d+\.\d\d(k| ) "
LAYOUT = r"""Running {what} @ {url}
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   \+/- Stdev
    LatencyTIMETIMETIME +\d+\.\d\d%
    Req/SecRATERATERATE +\d+\.\d\d%
"""
DISTRIBUTION = """\
  Latency Distribution
     50%TIME
     75%TIME
     90%TIME
     99%TIME
"""
TOTALS = r"""  \d+ requests in \d+\.\d\d(us|ms|s|m), \d+\.\d\d[KMG]?B read
Requests/sec: +\d+\.\d\d
Transfer/sec: +\d+\.\d\d[KMG]?B
"""
WIDTHS = [(4, 50), (5, 50), (7, 18), (8, 18), (9, 18), (10, 18), (12, 23), (13, 25)]


class TestOutput(WrkCase):
    def assertLayout(self, text, url, what="1s test"):
        expected = (LAYOUT + DISTRIBUTION + TOTALS).replace("TIME", TIME).replace("RATE", RATE)
        self.assertRegex(text, r"\A" + expected.format(what=what, url=re.escape(url)))
        lines = [""] + text.splitlines()
        self.assertEqual([(n, len(lines[n])) for n, _ in WIDTHS], WIDTHS, text)

    def slow(self):
        return self.serve(repeat([recv_request(), pause(0.002), send(HELLO)]))

    def test_the_layout_is_wrks(self):
        """With and without a script; and what wrk prints matches the same pattern."""
        server = self.slow()
        run = self.tool("--wrk-output", "-t", "1", "-c", "2", "-d", "1s", "--latency", *PATIENT,
                        server.url)
        self.assertStatus(run, OK)
        self.assertLayout(run.stdout, server.url)
        theirs = subprocess.run(["wrk", "-t1", "-c2", "-d1s", "--latency", *PATIENT, server.url],
                                capture_output=True, text=True, check=True)
        self.assertLayout(theirs.stdout, server.url)

    def test_without_done_it_is_the_usual_report(self):
        run = self.run_script("wrk.method = 'GET'", self.slow().url, json=False)
        self.assertIn("Response time (in ms)", run.stdout)

    def test_with_done_it_is_wrks_and_done_comes_last(self):
        server = self.slow()
        run = self.run_script("function done() io.write('the end\\n') end", server.url, "-L",
                              n=20, connections=2, json=False)
        self.assertLayout(run.stdout, server.url, what="20 requests")
        self.assertEqual(run.stdout.splitlines()[-1], "the end")

    def test_a_command_line_of_wrk(self):
        server = self.slow()
        script = self.script("function done(s) print(s.requests) end")
        run = self.tool("-t1", "-c2", "-d1s", *PATIENT, "-s", script, "-H", "X: y",
                        "--latency", server.url, "--", "arg")
        self.assertLayout(run.stdout, server.url)
        self.assertEqual(server.requests[0].header("X"), "y")

    def test_with_a_rate_it_is_wrk2s(self):
        server = self.slow()
        run = self.tool("--wrk-output", "-R", "100", "-t", "1", "-c", "2", "-d", "1s", "-L", "-U",
                        server.url)
        self.assertIn("  Latency Distribution (HdrHistogram - Recorded Latency)\n 50.000%",
                      run.stdout)
        self.assertIn("  Latency Distribution (HdrHistogram - Uncorrected Latency", run.stdout)
        self.assertRegex(run.stdout, r"\n  Detailed Percentile spectrum:\n +Value +Percentile")
        self.assertIn("#[Mean ", run.stdout)

    def test_stdout_may_be_taken(self):
        run = self.run_script("print('aside') function done() print('too') end", self.slow().url,
                              "--json", "-", json=False)
        self.assertEqual(run.stdout[0], "{")
        self.assertSays(run, "aside", "too", "Thread Stats")
        self.assertNotIn("aside", run.stdout)


class TestTheSameUnderWrk(WrkCase):
    """Both run the script; the server sees the same requests."""

    def seen(self, text, *words, latency_of=0.005):
        """What wrk made the server see, and what inrush did; as sets of shapes."""
        script = self.script(text)
        seen = []
        for program in ("wrk", "inrush"):
            server = self.serve(repeat([recv_request(), pause(latency_of), send(HELLO)]))
            if program == "wrk":
                with subprocess.Popen(["wrk", "-t1", "-c1", "-d1h", *PATIENT, "-s", script,
                                       server.url, "--", *words],
                                      stdout=subprocess.DEVNULL) as wrk:
                    self.wait_until(lambda: server.request_count >= 20)
                    wrk.send_signal(signal.SIGINT)
                self.assertEqual(wrk.returncode, 0)
            else:
                run = self.run_script(text, server.url, "--", *words, n=20)
                self.assertTotals(run, 20, 0)
            port = f":{server.port}"
            seen.append({shape(r)[:3] + (tuple((k, v.replace(port, ":PORT"))
                                               for k, v in shape(r)[3]), r.body)
                         for r in server.requests})
        return seen

    def test_static_requests(self):
        theirs, ours = self.seen("""\
            wrk.method = "POST"
            wrk.body = "foo=bar&baz=quux"
            wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
            wrk.path = "/form?x=1"
            """)
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours), 1)

    def test_made_requests(self):
        theirs, ours = self.seen("""\
            local made = {}
            function init(args)
              for i, word in ipairs(args) do
                made[i] = wrk.format("POST", "/" .. word, { ["X-Word"] = word }, word:rep(i))
              end
              made[#made + 1] = wrk.format(nil, "/nil") .. wrk.format("DELETE", "/two")
            end
            local n = 0
            function request()
              n = n + 1
              return made[n % #made + 1]
            end
            """.replace(' .. wrk.format("DELETE", "/two")', ""), "a", "bb", "ccc")
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours), 4)

    def test_pipelines(self):
        theirs, ours = self.seen("""\
            init = function(args)
              local r = {}
              r[1] = wrk.format(nil, "/?foo")
              r[2] = wrk.format(nil, "/?bar")
              r[3] = wrk.format(nil, "/?baz")
              req = table.concat(r)
            end
            request = function() return req end
            """)
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours), 3)

    def test_done_gets_the_same_names(self):
        text = """\
            function done(summary, latency, requests)
              local function keys(t)
                local names = {}
                for k, v in pairs(t) do names[#names + 1] = k .. ":" .. type(v) end
                table.sort(names)
                return table.concat(names, " ")
              end
              print(keys(summary))
              print(keys(summary.errors))
              for _, s in ipairs({ latency, requests }) do
                print(type(s), type(s.min), type(s.max), type(s.mean), type(s.stdev),
                      type(s:percentile(50)), type(#s), type((s(1))), type((select(2, s(1)))))
              end
            end
            """
        server = self.serve(repeat([recv_request(), pause(0.005), send(HELLO)]))
        theirs = subprocess.run(["wrk", "-t1", "-c1", "-d1s", "-s", self.script(text), server.url],
                                capture_output=True, text=True, check=True)
        ours = self.run_script(text, server.url, n=20, json=False)
        self.assertEqual(ours.stdout.splitlines()[-4:], theirs.stdout.splitlines()[-4:])


if __name__ == "__main__":
    unittest.main()
