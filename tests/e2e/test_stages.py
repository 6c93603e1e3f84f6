"""Stages: users come and go as the scenario says, while the run lasts."""

import unittest

from harness.case import Case, OK, USAGE
from harness.wire import answer, response

CLASS = """
    local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
    function U.on_start(user) user.http:get("/start", { name = "start" }) end
    function U.on_stop(user) user.http:get("/stop/" .. user.id, { name = "stop" }) end
    U:task("t", function(user) user.http:get("/t") end)
    """


class TestStages(Case):
    def run_stages(self, stages, *args):
        self.server = self.serve(*answer(response(b"ok")))
        path = self.scenario(f"inrush.defaults {{ stages = {{ {stages} }} }}\n" + CLASS)
        return self.load("run", path, "--host", self.server.url, *args)

    def paths(self, prefix):
        return [r.target for r in self.server.requests if r.target.startswith(prefix)]

    def test_steps_up_and_down(self):
        run = self.run_stages("""{ duration = 0, users = 5 }, { duration = 1, users = 5 },
                                 { duration = 0, users = 2 }, { duration = 1, users = 2 }""")
        self.assertStatus(run, OK)
        self.assertEqual(len(self.paths("/start")), 5)
        stops = self.paths("/stop")
        self.assertEqual(sorted(stops[:3]), ["/stop/3", "/stop/4", "/stop/5"], "the latest first")
        self.assertEqual(sorted(stops[3:]), ["/stop/1", "/stop/2"])
        self.assertEqual(run.json["users"], 5)
        # Those who stopped early closed their connections, and those who stayed kept theirs.
        self.assertEqual(run.json["generator"]["connects"], 5)

    def test_down_and_up_again(self):
        run = self.run_stages("""{ duration = 0, users = 4 }, { duration = 0.5, users = 4 },
                                 { duration = 0, users = 0 }, { duration = 0.5, users = 0 },
                                 { duration = 0, users = 4 }, { duration = 0.5, users = 4 }""")
        self.assertStatus(run, OK)
        self.assertEqual(len(self.paths("/start")), 8)
        self.assertEqual(len(self.paths("/stop")), 8)

    def test_a_slope(self):
        run = self.run_stages("{ duration = 1, users = 30 }, { duration = 1, users = 0 }")
        self.assertStatus(run, OK)
        self.assertEqual(len(self.paths("/start")), len(self.paths("/stop")))
        self.assertTrue(28 <= len(self.paths("/start")) <= 60, run)

    def test_the_command_line_replaces_them(self):
        run = self.run_stages("{ duration = 600, users = 30 }", "-u", "2", "-d", "300ms")
        self.assertStatus(run, OK)
        self.assertSays(run, "stages give way")
        self.assertEqual(len(self.paths("/start")), 2)

    def test_bad_stages(self):
        for stages, *words in (
                ("", "stages", "at least one"),
                ("{ duration = 1 }", "stage 1", "users"),
                ("{ duration = 1, users = 1 }, { users = 1 }", "stage 2", "duration"),
                ("{ duration = 1, user = 1 }", "stage 1", "'user'", "did you mean 'users'"),
                ("{ duration = '1 parsec', users = 1 }", "duration must be"),
                ("{ duration = 1, users = -1 }", "users must be"),
                ("7", "stage 1", "must be a table")):
            with self.subTest(stages):
                path = self.scenario(f"inrush.defaults {{ stages = {{ {stages} }} }}\n" + CLASS)
                run = self.tool("run", path, "--host", "http://127.0.0.1:1")
                self.assertStatus(run, USAGE)
                self.assertUsageError(run, "scenario.lua:2", *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
