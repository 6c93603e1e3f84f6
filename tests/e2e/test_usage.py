"""A wrong command line is refused before anything is sent, and the message says what is right."""

import unittest

from harness.case import Case, OK
from harness.wire import answer, response

COMMANDS = ("run", "list", "show", "new", "check", "serve")


class TestMistakes(Case):
    def refused(self, args, *words):
        run = self.tool(*args)
        self.assertUsageError(run, *words)
        self.assertEqual(run.stdout, "", "an error belongs on stderr")
        first = run.stderr.splitlines()[0]
        self.assertTrue(first.startswith("inrush: "), run)
        return run

    def test_unknown_options_name_the_nearest(self):
        for args, wrong, right in [
            (["--conections", "4", "http://h/"], "--conections", "--connections"),
            (["--duraton=3s", "http://h/"], "--duraton", "--duration"),
            (["run", "baseline", "--usres", "5"], "--usres", "--users"),
            (["run", "baseline", "--spawn-rte", "5"], "--spawn-rte", "--spawn-rate"),
            (["serve", "--prot", "1"], "--prot", "--port"),
        ]:
            with self.subTest(args):
                self.refused(args, wrong, right)

    def test_unknown_short_option(self):
        self.refused(["-Z", "http://h/"], "-Z", "--help")

    def test_an_option_of_another_command(self):
        self.refused(["--users", "5", "http://h/"], "--users", "inrush run")

    def test_unknown_subcommands_name_the_nearest(self):
        for word, near in [("rnu", "run"), ("lst", "list"), ("chekc", "check"), ("srve", "serve")]:
            with self.subTest(word):
                self.refused([word], word, f"'{near}'")

    def test_nothing_at_all(self):
        self.assertUsageError(self.tool(), "URL")

    def test_missing_arguments(self):
        self.refused(["run"], "scenario")
        self.refused(["-c", "4"], "URL")
        self.refused(["http://h/", "-c"], "-c", "value")

    def test_too_many_arguments(self):
        self.refused(["http://h/", "run"], "stands first")

    def test_bad_urls(self):
        for url in ["http://", "http:///path", "ftp://host/", "http://host:port/", "http://[::1/",
                    "http://ho st/", "http://host:/%zz path", "http://user@/"]:
            with self.subTest(url):
                self.refused([url, "-n", "1"], url.split()[0])

    def test_bad_ports(self):
        for port in ["0", "65536", "99999999999", "-1"]:
            with self.subTest(port):
                self.refused([f"http://host:{port}/", "-n", "1"], "port", port)
        self.refused(["serve", "--port", "70000"], "--port", "70000")
        self.refused(["serve", "--port", "http"], "--port", "http")

    def test_schemes_that_are_not_http(self):
        for url in ["ftp://localhost/", "rediss://localhost/", "httpx://localhost/"]:
            self.refused([url, "-n", "1"], "the scheme must be http or https")

    def test_bad_numbers(self):
        for args in [["-c", "many"], ["-c", "0"], ["-c", "-1"], ["-c", ""], ["-c", "1e3"],
                     ["-n", "1.5"], ["-n", "0"], ["-t", "0"], ["-t", "99999"],
                     ["-n", "99999999999999999999999"]]:
            with self.subTest(args):
                self.refused([*args, "http://h/"], args[0], args[1])

    def test_bad_units(self):
        for args in [["-d", "10x"], ["-d", "-1s"], ["-d", "ten"], ["-d", "0"], ["-n", "10q"],
                     ["--timeout", "5 parsecs"]]:
            with self.subTest(args):
                self.refused([*args, "http://h/"], args[0], args[1])

    def test_header_without_colon(self):
        self.refused(["-H", "Accept", "http://h/"], "Accept", "colon", "Name: value")

    def test_header_without_name(self):
        self.refused(["-H", ": text/plain", "http://h/"], "-H", "Name: value")

    def test_header_with_a_line_break(self):
        self.refused(["-H", "A: b\r\nEvil: c", "http://h/"], "-H", "control character")

    def test_two_bodies(self):
        self.refused(["--body", "a", "--json-body", "{}", "http://h/"], "--body", "--json-body")

    def test_bad_method(self):
        self.refused(["-m", "get", "http://h/"], "GET")
        self.refused(["-m", "G T", "http://h/"], "-m")

    def test_bad_threshold(self):
        self.refused(["--threshold", "p95 << 3", "http://h/"], "p95 << 3")
        self.refused(["--threshold", "p95 < 3", "http://h/"], "unit")

    def test_unknown_class_tag_and_profile(self):
        for option, word, near in [("--class", "FastTimeRESTUsr", "FastTimeRESTUser"),
                                   ("--tags", "strss", "stress"),
                                   ("--profile", "stres", "stress")]:
            with self.subTest(option):
                self.refused(["run", "baseline", option, word, "-d", "1s"], word, near)

    def test_nothing_is_sent(self):
        server = self.serve(*answer(response()))
        self.refused([server.url, "-n", "1", "--conections", "2"], "--connections")
        self.refused([server.url, "-n", "1", "-H", "nocolon"], "-H")
        self.assertEqual(server.connections, 0)


class TestHelp(Case):
    def test_help(self):
        run = self.tool("--help")
        self.assertStatus(run, OK)
        for word in (*COMMANDS, "--connections", "--duration", "--requests", "--header"):
            self.assertIn(word, run.stdout)
        self.assertEqual(run.stderr, "")

    def test_help_of_each_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                run = self.tool(command, "--help")
                self.assertStatus(run, OK)
                self.assertIn(f"inrush {command}", run.stdout)

    def test_version(self):
        run = self.tool("--version")
        self.assertStatus(run, OK)
        self.assertRegex(run.stdout, r"^inrush \d+\.\d+\.\d+")

    def test_bundled_scenarios(self):
        run = self.tool("list")
        self.assertStatus(run, OK)
        self.assertIn("baseline", run.stdout)
        shown = self.tool("show", "baseline")
        self.assertStatus(shown, OK)
        self.assertIn("inrush.user_class", shown.stdout)
        self.assertUsageError(self.tool("show", "basline"), "basline", "baseline")

    def test_a_shown_scenario_runs_as_a_file(self):
        path = self.file("mine.lua", self.tool("show", "baseline").stdout)
        server = self.serve(*answer(response(b'{"time":"x","converted_time":"y"}')))
        run = self.load("run", path, "--host", server.url, "-u", "3", "-r", "100", "-d", "1s",
                        "--class", "FastTimeStressUser")
        self.assertStatus(run, OK)
        self.assertGreater(run.json["totals"]["requests"], 0)

    def test_new_makes_a_scenario_and_does_not_overwrite(self):
        path = f"{self.dir}/fresh.lua"
        self.assertStatus(self.tool("new", path), OK)
        again = self.tool("new", path)
        self.assertUsageError(again, "fresh.lua", "exists", "--force")
        server = self.serve(*answer(response(b"{}")))
        run = self.load("run", path, "--host", server.url, "-u", "1", "-d", "500ms")
        self.assertGreater(run.json["totals"]["requests"], 0, run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
