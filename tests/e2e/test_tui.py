"""The live view: what it shows, its keys, and that the terminal comes back whole."""

import re
import unittest

from harness.tui_case import TuiCase
from harness.wire import answer, recv_request, response, wait_closed


class TestTui(TuiCase):
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

    def test_the_warm_up_shows_its_last_second(self):
        server = self.serve(*answer(response(b"no", status=503)))
        terminal = self.terminal("-c", "2", "-d", "10m", "--warmup", "10m", server.url)
        terminal.wait_for(lambda s: "warm-up, " in s and "the last second" in s
                          and "HTTP status 503" in s and "Generator  busy" in s)
        terminal.keys("q")
        terminal.wait_for("[status 3]")

    def test_one_url(self):
        server = self.serve(*answer(response(b"ok")))
        terminal = self.terminal("-c", "3", "-n", "100M", server.url)
        terminal.wait_for(lambda s: "3 connections" in s and "of 100,000,000 requests" in s)
        terminal.keys("q")
        terminal.wait_for("[status 0]")

    def test_a_rate(self):
        """What was asked for, and how many are due that no connection is free for."""
        server = self.serve(recv_request(), wait_closed())
        terminal = self.terminal("-R", "50", "-c", "1", "-d", "10m", "-T", "10m", server.url)
        screen = terminal.wait_for(lambda s: "waiting" in s)
        self.assertRegex(screen, r"Asked for +50 requests/s, [\d,]+ waiting")
        terminal.keys("q")
        terminal.wait_for("[status 3]")

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


if __name__ == "__main__":
    unittest.main()
