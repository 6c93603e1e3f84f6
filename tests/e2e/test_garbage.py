"""What scripts leave behind is collected between their runs, and the time for it is known."""

import unittest

from harness.case import Case, THRESHOLD
from harness.target import Target

SCENARIO = """
local inrush = require "inrush"
local A = inrush.user_class("A")
A:task("leave", function(user)
  local garbage = {}
  for i = 1, 2000 do garbage[i] = { i, tostring(i) } end -- about 200 KB
  user.http:get("/health")
end)
"""

class TestGarbage(Case):
    def test_it_is_collected_and_timed(self):
        with Target() as target:
            run = self.load("run", self.file("scenario.lua", SCENARIO), "--host", target.url,
                            "-u", "4", "-t", "1", "-d", "2m",
                            "--threshold", "requests < 500 abort")
        self.assertStatus(run, THRESHOLD)  # enough of them
        script = run.json["generator"]["script"]
        self.assertGreater(script["gc_s"], 0)
        self.assertLessEqual(script["gc_s"], script["s"])
        self.assertLessEqual(script["gc_longest_ms"], script["longest_ms"])
        self.assertLessEqual(script["gc_longest_ms"], script["gc_s"] * 1000)
        self.assertLess(script["lua_bytes_most"], 20e6, "500 tasks leave some 100 MB")
        self.assertSays(run, "garbage collection")


if __name__ == "__main__":
    unittest.main()
