"""A task that never ends does not hold the run: neither -d nor Ctrl-C.

The run interrupts such a worker by a signal to its thread. ThreadSanitizer
holds signals back until a thread calls something, which these never do.
"""

import signal
import unittest

from harness.case import Case, INTERRUPTED, OK
from harness.wire import answer, response
from harness.wrk import WrkCase


class TestEndlessLoops(Case):
    INTERPRETED = "jit.off(true, true); local i = 0; while true do i = i + 1 end"
    COMPILED = "local i = 0; while true do i = i + 1 end"
    EMPTY = "while true do end"
    CATCHING = "while true do pcall(function() while true do end end) end"

    def setUp(self):
        super().setUp()
        self.server = self.serve(*answer(response(b"ok")))

    def endless(self, loop, *args):
        path = self.scenario(f"""
            local U = inrush.user_class("U", {{ wait = inrush.constant(0.01) }})
            U:task("t", {{}}, function(user)
                user.http:get("/before")
                {loop}
            end)
            """)
        return self.start("run", path, "--host", self.server.url, "-u", "3", "-r", "1000",
                          "--stop-timeout", "500ms", *args)

    def ends_by_duration(self, loop):
        run = self.finish(self.endless(loop, "-d", "500ms"))
        self.assertIn(run.status, (OK, 3), run)
        self.assertIsNotNone(run.json, run)
        self.assertSays(run, "'t'")  # which task it was
        self.assertNotIn("its 0 users", run.output)
        self.assertTrue(run.json["generator"]["limited"], run)
        self.assertSays(run, "Mend the script first")
        self.assertIn("/before", [s["name"] for s in run.json["series"]], run)

    def ends_by_signal(self, loop):
        running = self.endless(loop)
        self.wait_until(lambda: self.server.request_count > 0, running)
        self.wait_until(lambda: running.cpu_seconds() > 0.3, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertIsNotNone(run.json, run)
        self.assertIn("/before", [s["name"] for s in run.json["series"]], run)

    def test_interpreted_by_duration(self):
        self.ends_by_duration(self.INTERPRETED)

    def test_interpreted_by_signal(self):
        self.ends_by_signal(self.INTERPRETED)

    def test_compiled_by_duration(self):
        self.ends_by_duration(self.COMPILED)

    def test_compiled_by_signal(self):
        self.ends_by_signal(self.COMPILED)

    def test_empty_by_signal(self):
        self.ends_by_signal(self.EMPTY)

    def test_one_that_catches_every_error(self):
        self.ends_by_signal(self.CATCHING)

    def test_twice(self):
        running = self.endless(self.COMPILED, "--stop-timeout", "60s")
        self.wait_until(lambda: self.server.request_count > 0, running)
        running.signal()
        self.wait_until(lambda: running.cpu_seconds() > 0.5, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.assertIsNotNone(run.json, run)


class TestEndlessHooks(WrkCase):
    def test_an_endless_hook(self):
        server = self.serve(*answer(response(b"ok")))
        run = self.run_script("local n = 0\nfunction response() n = n + 1\n"
                              "while n > 5 do end end", server.url, "-d", "300ms", n=0)
        self.assertTotals(run, 6, 0)
        self.assertSays(run, "response() of the script")

    def test_before_the_run_and_after_it(self):
        """Nothing limits these, but the person is told, and the default of Ctrl-C holds."""
        server = self.serve(*answer(response(b"ok")))
        loops = {"loading it": "while true do end"}
        for hook in ("setup", "init", "done"):
            loops[hook + "()"] = f"function {hook}() while true do end end"
        running = {what: self.start_raw("-s", self.script(text, f"endless{i}.lua"), "-t", "1",
                                        "-c", "1", "-n", "1", server.url)
                   for i, (what, text) in enumerate(loops.items())}
        for i, (what, run) in enumerate(running.items()):
            said = f"endless{i}.lua: {what} takes more than 3 s; Ctrl-C ends inrush"
            self.wait_until(lambda: said in run.output_so_far(), run)
            run.signal()
            self.assertStatus(run.wait(), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
