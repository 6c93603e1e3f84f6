"""The live view: what it shows, its keys, and that the terminal comes back whole."""

import json
import os
import re
import unittest

from harness import tool
from harness.case import Case, HUNG_UP
from harness.terminal import Terminal
from harness.wire import answer, response

SCENARIO = """
    inrush.defaults { stages = {
        { name = "climb", duration = "1s", users = 20 },
        { name = "stay", duration = "10m", users = 20 },
    } }
    local U = inrush.user_class("U", { wait = inrush.constant(0.02) })
    U:task("t", { weight = 20 }, function(user) user.http:get("/t") end)
    U:task("bad", function(user) user.http:get("/t", { name = "/wrong" }):expect(418) end)
    """


class TestTui(Case):
    def terminal(self, *args, **size):
        self.report = os.path.join(self.dir, "report.json")
        command = [tool.PROGRAM, *args, "--json", self.report]
        return self.enterContext(Terminal(command, env=tool.environment(), **size))

    def scenario_terminal(self, *args, **size):
        self.server = self.serve(*answer(response(b"ok")))
        path = self.scenario(SCENARIO)
        return self.terminal("run", path, "--host", self.server.url, *args, **size)

    def figures(self):
        with open(self.report, encoding="utf-8") as f:
            return json.load(f)

    def test_shows_the_run_and_leaves_the_report(self):
        terminal = self.scenario_terminal()
        screen = terminal.wait_for(lambda s: "stay, " in s and "/wrong" in s and "Errors" in s)
        for word in ("scenario", "20 users", "of 10m", "Requests/s", "50%", "99%", "GET", "/t",
                     "418", "Generator", "q stop and report"):
            self.assertIn(word, screen)
        terminal.keys("q")
        screen = terminal.wait_for("[status 0]")
        self.assertNotIn("stop and report", screen, "the view is still there")
        self.assertRegex(re.sub(r"\s+", " ", terminal.scrollback()),
                         "The (figures are the server's|generator was the limit)")
        report = self.figures()
        self.assertGreater(report["totals"]["requests"], 0)
        self.assertEqual(report["outcome"], "finished")

    def test_users_come_and_go(self):
        terminal = self.scenario_terminal()
        terminal.wait_for("scenario  20 users")
        terminal.keys("+")
        terminal.wait_for("22 of 20 users")
        terminal.keys("-", "-", "-")
        terminal.wait_for(lambda s: re.search(r"\b(16|17) of 20 users", s))
        terminal.keys("q")
        terminal.wait_for("[status 0]")
        self.assertIn("changed by hand", re.sub(r"\s+", " ", terminal.scrollback()))

    def test_pause(self):
        terminal = self.scenario_terminal()
        terminal.wait_for("scenario  20 users")
        self.pauses_and_goes_on(terminal)

    def test_pause_of_one_url(self):
        self.server = self.serve(*answer(response(b"ok")))
        script = self.file("delay.lua", "function delay() return 5 end")
        terminal = self.terminal("-c", "4", "-d", "10m", "-s", script, self.server.url)
        terminal.wait_for("4 connections")
        self.pauses_and_goes_on(terminal)

    def test_the_end_in_a_pause(self):
        self.server = self.serve(*answer(response(b"ok")))
        terminal = self.terminal("-c", "4", "-d", "10m", self.server.url)
        terminal.wait_for("4 connections")
        terminal.keys("p")
        terminal.wait_for("paused, ")
        terminal.keys("q")
        terminal.wait_for("[status 0]")
        self.assertEqual(self.figures()["outcome"], "finished")

    def pauses_and_goes_on(self, terminal):
        terminal.keys("p")
        terminal.wait_for("paused, ")
        # One whole second without a request: nothing was started in it.
        terminal.wait_for(lambda s: re.search(r"Requests/s\s+0\.0 ", s))
        count = self.server.request_count
        terminal.wait_for(lambda s: re.search(r"Requests/s\s+0\.0 ", s))
        self.assertEqual(self.server.request_count, count)
        terminal.keys("p")
        self.wait_until(lambda: self.server.request_count > count)
        terminal.keys("q")
        terminal.wait_for("[status 0]")
        self.assertIn("was paused for", re.sub(r"\s+", " ", terminal.scrollback()))

    def test_ctrl_c(self):
        terminal = self.scenario_terminal()
        terminal.wait_for("scenario  20 users")
        terminal.keys("C-c")
        terminal.wait_for("[status 130]")
        self.assertEqual(self.figures()["outcome"], "interrupted")

    def test_a_small_terminal_gets_the_line(self):
        terminal = self.scenario_terminal("-d", "2s", columns=60, lines=12)
        terminal.wait_for("req/s")
        self.assertNotIn("stop and report", terminal.screen())
        terminal.wait_for("[status 0]")

    def test_the_usual_size_shows_names_and_errors(self):
        for columns, lines in ((80, 24), (72, 16)):
            with self.subTest(columns=columns):
                terminal = self.scenario_terminal(columns=columns, lines=lines)
                screen = terminal.wait_for(lambda s: re.search("Errors  .*failed", s))
                self.assertRegex(screen, r"(?m)^Type +Name +Requests +Failed +Req/s .*95%")
                self.assertRegex(screen, r"(?m)^GET    /t +\d")
                self.assertRegex(screen, r"(?m)^GET    /wrong +\d")
                self.assertIn("GET /wrong: HTTP status 200", screen)
                self.assertIn("Generator  busy", screen)
                terminal.keys("q")
                terminal.wait_for("[status 0]")

    def test_names_have_room_before_all_percentiles(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.02) })
            U:task("t", function(user) user.http:get("/a/rather/long/path/of/five/parts") end)
            """)
        terminal = self.terminal("run", path, "--host", server.url, columns=80, lines=24)
        screen = terminal.wait_for("/a/rather")
        self.assertRegex(screen, r"(?m)^GET    /a/rather/.*parts +\d")
        self.assertNotIn("Max", screen)
        terminal.resize(120, 24)
        terminal.wait_for(lambda s: "/a/rather/long/path/of/five/parts" in s and "Max" in s)
        terminal.keys("q")
        terminal.wait_for("[status 0]")

    def test_the_warm_up_shows_its_last_second(self):
        server = self.serve(*answer(response(b"no", status=503)))
        terminal = self.terminal("-c", "2", "-d", "10m", "--warmup", "10m", server.url)
        terminal.wait_for(lambda s: "warm-up, " in s and "the last second" in s
                          and "HTTP status 503" in s and "Generator  busy" in s)
        terminal.keys("q")
        terminal.wait_for("[status 3]")

    def test_an_unknown_terminal_gets_the_line(self):
        server = self.serve(*answer(response(b"ok")))
        command = ["TERM=no-such-terminal", tool.PROGRAM, "-c", "1", "-d", "2s", server.url]
        terminal = self.enterContext(Terminal(command, env=tool.environment()))
        terminal.wait_for("req/s")
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

    def test_one_url(self):
        server = self.serve(*answer(response(b"ok")))
        terminal = self.terminal("-c", "3", "-n", "100M", server.url)
        terminal.wait_for(lambda s: "3 connections" in s and "of 100,000,000 requests" in s)
        terminal.keys("q")
        terminal.wait_for("[status 0]")

    def test_lines_of_the_log_are_kept(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.05) })
            local said = false
            U:task("t", function(user)
                user.http:get("/t")
                if not said then print("a line of the script") end
                said = true
            end)
            """)
        terminal = self.terminal("run", path, "--host", server.url, "-t", "1")
        terminal.wait_for("a line of the script")  # beside the keys
        terminal.keys("q")
        terminal.wait_for("[status 0]")
        self.assertEqual(terminal.scrollback().count("a line of the script"), 1)

    def test_without_a_terminal(self):
        self.assertUsageError(self.tool("--tui", "-n", "1", "http://127.0.0.1:1/"), "--tui",
                              "terminal")


if __name__ == "__main__":
    unittest.main()
