"""The live view on terminals of other sizes and kinds, and on one that goes away."""

import os
import re
import unittest

from harness import tool
from harness.case import HUNG_UP
from harness.terminal import Terminal
from harness.tui_case import TuiCase
from harness.wire import answer, response


class TestTuiTerminals(TuiCase):
    def test_a_small_terminal_gets_the_line(self):
        terminal = self.scenario_terminal("-d", "2s", columns=60, lines=12)
        terminal.wait_for("req/s")
        self.assertNotIn("stop and report", terminal.screen())
        terminal.wait_for("[status 0]")

    def test_the_usual_size_shows_names_and_errors(self):
        for columns, lines in ((80, 24), (72, 16)):
            with self.subTest(columns=columns):
                terminal = self.scenario_terminal(columns=columns, lines=lines)
                for line in (r"^Type +Name +Requests +Failed +Req/s .*95%", r"^GET    /t +\d",
                             r"^GET    /wrong +\d", r"^ +Aggregated +\d", r"^Errors  .*failed",
                             r"GET /wrong: HTTP status 200", r"^Generator  busy"):
                    terminal.wait_for(re.compile(line, re.MULTILINE).search)
                terminal.keys("q")
                terminal.wait_for("[status 0]")

    def test_names_have_room_before_all_percentiles(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.02) })
            U:task("t", function(user) user.http:get("/a/rather/long/path/of/five/parts") end)
            """)
        terminal = self.terminal("run", path, "--host", server.url, columns=80, lines=24)
        terminal.wait_for(lambda s: re.search(r"(?m)^GET    /a/rather/.*parts +\d", s)
                          and "Max" not in s)
        terminal.resize(120, 24)
        terminal.wait_for(lambda s: "/a/rather/long/path/of/five/parts" in s and "Max" in s)
        terminal.keys("q")
        terminal.wait_for("[status 0]")

    def test_an_unknown_terminal_gets_the_line(self):
        server = self.serve(*answer(response(b"ok")))
        command = ["TERM=no-such-terminal", tool.PROGRAM, "-c", "1", "-d", "2s", server.url]
        terminal = self.enterContext(Terminal(command, env=tool.environment()))
        terminal.wait_for("req/s")
        terminal.wait_for("[status 0]")

    def test_in_the_background_it_is_not_stopped(self):
        """timeout(1) runs it so; a job that takes the terminal over would be stopped."""
        server = self.serve(*answer(response(b"ok")))
        command = ["timeout", "60", tool.PROGRAM, "-c", "1", "-d", "1s", server.url]
        terminal = self.enterContext(Terminal(command, env=tool.environment()))
        terminal.wait_for("[status 0]")

    def test_a_closed_terminal_loses_no_figures(self):
        terminal = self.scenario_terminal()
        terminal.wait_for("scenario  20 users")
        terminal.close()
        self.wait_until(lambda: os.path.exists(self.report))
        self.assertEqual(self.figures()["exit"]["status"], HUNG_UP)

    def test_no_tui(self):
        terminal = self.scenario_terminal("--no-tui", "-d", "2s")
        terminal.wait_for("req/s")
        self.assertNotIn("stop and report", terminal.screen())
        terminal.wait_for("[status 0]")

    def test_a_terminal_that_shrinks_and_grows(self):
        terminal = self.scenario_terminal()
        terminal.wait_for("scenario  20 users")
        terminal.resize(50, 10)
        terminal.wait_for("the view needs 72 x 16")
        terminal.resize(120, 40)
        terminal.wait_for("stop and report")
        terminal.keys("q")
        terminal.wait_for("[status 0]")

    def test_without_a_terminal(self):
        self.assertUsageError(self.tool("--tui", "-n", "1", "http://127.0.0.1:1/"), "--tui",
                              "terminal")


if __name__ == "__main__":
    unittest.main()
