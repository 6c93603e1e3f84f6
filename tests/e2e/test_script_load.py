"""A scenario that cannot be used is refused before the run: what, where (file:line), what to do."""

import signal
import unittest

from harness.case import Case, INTERRUPTED
from harness.wire import answer, response


class TestLoad(Case):
    def refused(self, body, *words, name="scenario.lua"):
        """Body starts on line 2 (line 1 requires inrush)."""
        server = self.serve(*answer(response()))
        path = self.scenario(body, name)
        run = self.tool("run", path, "--host", server.url, "-u", "1", "-d", "1s")
        self.assertUsageError(run, *words)
        self.assertEqual(server.connections, 0)
        self.assertNotIn("traceback", run.stderr.lower(), "a mistake of the file, not of inrush")
        return run

    def test_missing_file(self):
        self.assertUsageError(self.tool("run", f"{self.dir}/absent.lua"), "absent.lua",
                              "no such file")

    def test_a_directory(self):
        self.assertUsageError(self.tool("run", self.dir + "/"), self.dir)

    def test_unknown_bundled_scenario(self):
        self.assertUsageError(self.tool("run", "basline"), "basline", "did you mean", "baseline")

    def test_syntax_error(self):
        self.refused("local x =\nlocal y = 2", "scenario.lua:3")

    def test_runtime_error(self):
        self.refused("local t = nil\nlocal x = t.field", "scenario.lua:3", "'t'")

    def test_error_of_a_table(self):
        self.refused("error({ code = 1 })", "scenario.lua")

    def test_error_in_a_module(self):
        self.file("helper.lua", "local M = {}\nM.x = nil + 1\nreturn M\n")
        self.refused('local helper = require "helper"', "helper.lua:2")

    def test_missing_module(self):
        run = self.refused('local helper = require "nohelper"', "scenario.lua:2", "'nohelper'",
                           "beside the scenario")
        self.assertEqual(run.stderr.count("\n"), 1, run)

    def test_a_misspelt_setting_is_warned_of(self):
        path = self.scenario("""
            local team, size = inrush.env("TEAM"), inrush.env("SIZE")
            inrush.user_class("U", {}):task("rest", function() inrush.sleep(0) end)
        """)
        run = self.tool("check", path, "--set", "TEMA=blue", "--set", "SIZE=1", "--set", "later=2")
        self.assertIn("--set TEMA: the scenario asks for no such setting; did you mean 'TEAM'?",
                      run.stderr)
        self.assertEqual(run.stderr.count("--set"), 1, run)

    def test_binary_file(self):
        self.refused("\x1bLJ\x02 not really", "scenario.lua")

    def test_no_user_class(self):
        self.refused("local x = 1", "no user class", "inrush.user_class", "scenario.lua")

    def test_class_without_tasks(self):
        self.refused('inrush.user_class("Idle", {})', "Idle", "task")
        self.refused('inrush.user_class("Idle", {}):task("rest", { weight = 0 }, print)',
                     "every task of user class 'Idle' has weight 0")

    def test_unknown_option_of_a_class(self):
        self.refused('inrush.user_class("U", {\n  wieght = 1 })', "scenario.lua:", "wieght",
                     "'weight'")

    def test_unknown_option_of_a_task(self):
        self.refused('local U = inrush.user_class("U", {})\n'
                     'U:task("t", { tag = {} }, function() end)',
                     "scenario.lua:3", "tag", "'tags'")

    def test_unknown_option_of_defaults(self):
        self.refused("inrush.defaults { user = 3 }", "scenario.lua:2", "user", "'users'")

    def test_unknown_event(self):
        self.refused('inrush.on("test_strat", function() end)', "scenario.lua:2", "test_strat",
                     "'test_start'")

    def test_wrong_types(self):
        for line, *words in [
            ('inrush.user_class("U", { weight = "many" })', "weight", "number", "many"),
            ('inrush.user_class("U", { weight = -1 })', "weight", "-1"),
            ('inrush.user_class("U", { wait = 3 })', "wait", "inrush.between"),
            ('inrush.user_class()', "name"),
            ('inrush.between(2, 1)', "between"),
            ('inrush.throughput(0)', "throughput"),
            ('inrush.defaults { duration = "ten minutes" }', "duration", "ten minutes"),
            ('inrush.user_class("U"):task("t", {}, nil)', "function"),
            ('inrush.user_class("U"):task("t", { weight = 0/0 }, function() end)', "weight"),
            ('inrush.thresholds { "p95 < 200" }', "unit"),
            ('inrush.thresholds { "p9x < 200ms" }', "p9x"),
        ]:
            with self.subTest(line):
                self.refused(line, "scenario.lua:2", *words)

    def test_two_classes_of_one_name(self):
        self.refused('inrush.user_class("U", {})\ninrush.user_class("U", {})', "scenario.lua:3",
                     "'U'", "twice")

    def test_a_bad_host(self):
        body = """
            local U = inrush.user_class("U", { host = "%s" })
            U:task("t", {}, function(user) user.http:get("/") end)
            """
        path = self.scenario(body % "not a url")
        self.assertUsageError(self.tool("run", path, "-u", "1", "-d", "1s"),
                              "'U'", "not a url", "scenario")
        path = self.scenario(body % "ftp://localhost/")
        self.assertUsageError(self.tool("run", path, "-u", "1", "-d", "1s"), "'U'", "ftp")
        for host in ("http://", "http://h:0/", "ftp://h/"):
            self.assertUsageError(self.tool("run", path, "--host", host, "-d", "1s"),
                                  "--host", host)

    def test_no_host(self):
        path = self.scenario("""
            local U = inrush.user_class("U", {})
            U:task("t", {}, function(user) user.http:get("/") end)
            """)
        run = self.load("run", path, "-u", "1", "-d", "500ms")
        self.assertSays(run, "host")

    def test_requests_while_loading(self):
        self.refused("inrush.sleep(1)", "scenario.lua:2", "sleep")

    def test_a_file_that_loads_for_ever(self):
        path = self.scenario("while true do end")
        running = self.start("run", path, "-u", "1", "-d", "1s")
        self.wait_until(lambda: running.cpu_seconds() > 0.3, running)
        running.signal(signal.SIGINT)
        # Before the run begins the signal may do what it does to any program.
        self.assertIn(running.wait().status, (INTERRUPTED, -signal.SIGINT))


if __name__ == "__main__":
    unittest.main(verbosity=2)
