"""--strict: figures of a generator at its limit are no result."""

import unittest

from harness.case import Case, NOTHING, OK, THRESHOLD
from harness.target import Target

BUSY = """
local inrush = require "inrush"
local A = inrush.user_class("A")
A:task("burn", function(user)
  local till = inrush.clock() + 0.1
  while inrush.clock() < till do end
  user.http:get("/health")
end)
"""

IDLE = """
local inrush = require "inrush"
local A = inrush.user_class("A", { wait = inrush.constant(0.1) })
A:task("rest", function(user) user.http:get("/health") end)
"""


class TestStrict(Case):
    def run_with(self, target, scenario, *options):
        return self.load("run", self.file("scenario.lua", scenario), "--host", target.url,
                            "-t", "1", "-d", "1s", *options)

    def test_a_starved_generator_is_the_limit(self):
        """Its scripts leave its loop no time: timers are 100 ms late, however fast the machine."""
        with Target() as target:
            run = self.run_with(target, BUSY, "-u", "4", "--strict")
            self.assertStatus(run, NOTHING)
            self.assertTrue(run.json["generator"]["limited"])
            self.assertEqual(run.json["exit"]["meaning"], "the generator was the limit")
            self.assertSays(run, "The generator was the limit")
            script = run.json["generator"]["script"]
            self.assertGreater(script["longest_ms"], 99)
            self.assertGreater(script["s"], 0.099 * run.json["totals"]["requests"])
            # Without --strict it is said, and no more.
            run = self.run_with(target, BUSY, "-u", "4")
            self.assertStatus(run, OK)
            self.assertTrue(run.json["generator"]["limited"])
            # A threshold that fails on such figures says nothing of the server.
            run = self.run_with(target, BUSY, "-u", "4", "--strict", "--threshold", "rps > 1M")
            self.assertStatus(run, NOTHING)

    def test_an_idle_one_is_not(self):
        """On a machine that others keep busy it may be late for once: then once more."""
        with Target() as target:
            for _ in range(10):
                run = self.run_with(target, IDLE, "-u", "2", "--strict")
                limited = run.json["generator"]["limited"]
                self.assertStatus(run, NOTHING if limited else OK)
                if not limited:
                    break
            self.assertFalse(limited, run)
            self.assertSays(run, "The figures are the server's")
            run = self.run_with(target, IDLE, "-u", "2", "--strict", "--threshold", "rps > 1M")
            limited = run.json["generator"]["limited"]
            self.assertStatus(run, NOTHING if limited else THRESHOLD)


if __name__ == "__main__":
    unittest.main(verbosity=2)
