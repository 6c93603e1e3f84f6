"""Mistakes of a script while it runs: counted and shown, nobody else is disturbed."""

import unittest

from harness import tool
from harness.case import Case, OK, USAGE, failure_count, series
from harness.wire import answer, recv_request, reset, response, send


def script_errors(run):
    return {e["message"]: e["count"] for e in run.json["script_errors"]}


class TestErrors(Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve(*answer(response(b'{"a":1}')))

    def run_scenario(self, body, requests=10):
        """Two users, until the server has seen so many requests of theirs."""
        path = self.scenario(body)
        before = self.server.request_count
        return self.load_until(lambda running: self.server.request_count >= before + requests,
                               "run", path, "--host", self.server.url, "-u", 2, "-t", "1")

    def one_error(self, run, *words):
        """Exactly one kind of script error, which says where and what."""
        errors = script_errors(run)
        self.assertEqual(len(errors), 1, run)
        (message, count), = errors.items()
        for word in words:
            self.assertIn(word, message, run)
        self.assertSays(run, *words)
        return count

    def test_a_task_that_raises(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("good", {}, function(user) user.http:get("/good") end)
            U:task("bad", {}, function(user)
                user.http:get("/before")
                local nothing = nil
                return nothing.field
            end)
            """, requests=50)
        count = self.one_error(run, "scenario.lua:7", "nothing")
        self.assertGreater(count, 1)
        self.assertGreater(series(run, "/good")["requests"], 1, run)
        # The request before the error is not lost.
        self.assertEqual(series(run, "/before")["requests"], count, run)
        self.assertEqual(self.server.request_count, run.json["totals"]["requests"])

    def test_a_wait_function_that_returns_no_time(self):
        for returned, said in (("nil", "not nil"), ("'1s'", "not string"),
                               ("-1", "not a negative number"), ("0/0", "not nan")):
            with self.subTest(returned):
                run = self.run_scenario(f"""
                    local U = inrush.user_class("U", {{
                        wait = function() return {returned} end
                    }})
                    U:task("t", function(user) user.http:get("/") end)
                    """, requests=3)  # of two users: one has asked how long to wait
                self.one_error(run, "class 'U'", "must return seconds", said)

    def test_abort_on_script_error(self):
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("bad", {}, function(user) user.http:get("/"); error("stop here") end)
            """)
        run = self.load("run", path, "--host", self.server.url, "-u", "2", "-t", "1", "-d", "1h",
                        "--abort-on-script-error")
        self.assertStatus(run, 1)
        self.assertSays(run, "scenario.lua:3", "stop here")
        self.assertLess(run.json["duration_s"], 3600)
        self.assertGreater(run.json["totals"]["requests"], 0)

    def test_errors_that_are_not_strings(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user) user.http:get("/"); error({ code = 7 }) end)
            """)
        self.assertEqual(len(script_errors(run)), 1, run)

    def test_varying_messages_do_not_grow_without_end(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", {})
            local n = 0
            U:task("t", {}, function(user)
                n = n + 1
                if n % 100 == 0 then user.http:get("/") end
                error("number " .. n)
            end)
            """)
        self.assertLess(len(script_errors(run)), 2000, "messages must be bounded")

    def test_stack_overflow(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            local function deep() return 1 + deep() end
            U:task("t", {}, function(user) user.http:get("/"); deep() end)
            """)
        self.one_error(run, "scenario.lua:3", "stack overflow")

    def test_unknown_option_of_a_request(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user)
                user.http:get("/ok")
                user.http:get("/x", { naem = "y" })
            end)
            """)
        self.one_error(run, "scenario.lua:5", "naem", "'name'")

    def test_wrong_values_of_request_options(self):
        for options, word in [("{ json = 1, body = 'x' }", "body"), ("{ timeout = 'soon' }", "timeout"),
                              ("{ expect = 'fine' }", "expect"), ("{ headers = 'A: b' }", "headers"),
                              ("{ headers = { A = 'b\\r\\nEvil: c' } }", "A"),
                              ("{ json = { [print] = 1 } }", "json")]:
            with self.subTest(options):
                run = self.run_scenario(f"""
                    local U = inrush.user_class("U", {{ wait = inrush.constant(0.01) }})
                    U:task("t", {{}}, function(user)
                        user.http:get("/ok")
                        user.http:post("/x", {options})
                    end)
                    """, requests=2)
                self.one_error(run, "scenario.lua:5", word)

    def test_a_body_that_is_not_json(self):
        self.server = self.serve(*answer(response(b"<html>")))
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user)
                local res = user.http:get("/page")
                local value = res:json().token
            end)
            """)
        self.assertEqual(series(run, "/page")["requests"], self.server.request_count)
        self.assertTrue(script_errors(run) or run.json["errors"], run)
        self.assertSays(run, "json")

    def test_checks(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user)
                user.http:get("/expect"):expect(201)
                user.http:get("/fail"):fail("no good")
                user.http:get("/option", { expect = { 201, 204 } })
                user.http:get("/fine"):expect(200)
            end)
            """)
        for name in ("/expect", "/fail", "/option"):
            entry = series(run, name)
            self.assertEqual(entry["failures"], entry["requests"], run)
        self.assertEqual(series(run, "/fine")["failures"], 0, run)
        self.assertEqual(failure_count(run, "no good"), series(run, "/fail")["requests"])

    def test_a_failure_may_be_called_good(self):
        self.server = self.serve(*answer(response(b"", 404, "Not Found")))
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user)
                user.http:get("/bad")
                user.http:get("/good", { expect = 404 })
            end)
            """)
        self.assertEqual(series(run, "/good")["failures"], 0, run)
        self.assertEqual(series(run, "/bad")["failures"], series(run, "/bad")["requests"], run)

    def test_why_there_was_no_answer_is_kept(self):
        """A check cannot hide that the connection was reset."""
        self.server = self.serve(recv_request(), reset())
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user)
                local res = user.http:get("/t")
                if not res:json().token then res:fail("no token") end
                res:expect(200)
                res:ok()
            end)
            """)
        self.assertAllFailed(run, "reset")

    def test_a_script_that_exits(self):
        """os.exit() would lose the whole report."""
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user) user.http:get("/"); os.exit(0) end)
            """)
        self.assertIsNotNone(run.json, run)
        self.assertGreater(series(run, "/")["requests"], 0, run)
        self.one_error(run, "scenario.lua:3", "os.exit")

    def test_errors_in_hooks_and_handlers(self):
        run = self.run_scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            function U.on_start(user) error("start is broken") end
            function U.on_stop(user) error("stop is broken") end
            U:task("t", {}, function(user) user.http:get("/") end)
            """)
        self.assertSays(run, "start is broken")

    def test_an_error_in_test_start(self):
        path = self.scenario("""
            inrush.on("test_start", function() error("no token") end)
            local U = inrush.user_class("U", { wait = inrush.constant(0.01) })
            U:task("t", {}, function(user) user.http:get("/") end)
            """)
        run = self.load("run", path, "--host", self.server.url, "-u", "1", "-d", "60s")
        self.assertStatus(run, USAGE)
        self.assertSays(run, "scenario.lua:2", "no token", "aborted")
        self.assertEqual(self.server.connections, 0)


class TestPrint(Case):
    def test_beside_the_live_line(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.1) })
            U:task("t", {}, function(user)
                user.http:get("/")
                print("from the script")
            end)
            """)
        status, output = tool.run_on_terminal("run", path, "--host", server.url, "-u", "2",
                                              "-d", "3500ms")
        self.assertEqual(status, OK, output)
        self.assertIn("s of 3.5s", output, "there was a live line")
        for before in output.split("from the script")[:-1]:
            self.assertRegex(before, r"(\n|\r\033\[K)$")


class TestYields(Case):
    """Waiting where Lua cannot wait is an error with a line, not a crash."""

    def setUp(self):
        super().setUp()
        self.server = self.serve(*answer(response(b"ok")))

    def broken(self, code, *words):
        path = self.scenario(f"""
            local U = inrush.user_class("U", {{ wait = inrush.constant(0.05) }})
            U:task("t", {{}}, function(user)
                user.http:get("/ok")
                {code}
            end)
            """)
        run = self.load_until(lambda running: self.server.request_count > 4,
                              "run", path, "--host", self.server.url, "-u", "2")
        errors = script_errors(run)
        self.assertEqual(len(errors), 1, run)
        for word in words:
            self.assertIn(word, next(iter(errors)), run)
        self.assertGreater(series(run, "/ok")["requests"], 1, "others go on")
        return run

    def test_in_a_sort(self):
        self.broken("table.sort({ 3, 2, 1 }, function(a, b) user.http:get('/x') return a < b end)",
                    "scenario.lua:5")

    def test_in_a_gsub(self):
        self.broken("string.gsub('abc', '.', function(c) inrush.sleep(0.01) return c end)",
                    "scenario.lua:5")

    def test_in_a_coroutine_of_the_script(self):
        self.broken("assert(coroutine.resume(coroutine.create(function() "
                    "user.http:get('/x') end)))", "scenario.lua:5")

    def test_a_yield_of_the_script(self):
        self.broken("coroutine.yield('lost')", "yield")

    def test_in_a_pcall_it_can(self):
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.02) })
            U:task("t", {}, function(user)
                local ok, res = pcall(function() return user.http:get("/in") end)
                assert(ok and res.status == 200, tostring(res))
                for _ in pairs({ 1 }) do user.http:get("/in") end
            end)
            """)
        run = self.load_until(lambda running: self.server.request_count > 4,
                              "run", path, "--host", self.server.url, "-u", "2")
        self.assertEqual(script_errors(run), {}, run)
        self.assertEqual(run.json["totals"]["failures"], 0, run)


class TestSpawning(Case):
    def test_a_run_that_ends_before_all_users_began(self):
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(0.05) })
            U:task("t", function(user) user.http:get("/") end)
            """)
        run = self.load("run", path, "--host", server.url, "-u", "5000", "-r", "2", "-d", "600ms")
        self.assertSays(run, "Note: only", "of 5,000 users had started when the run ended")
        self.assertEqual(len(run.json["notes"]), 1, run)
        before = server.connections
        run = self.load_until(lambda running: server.connections == before + 5,
                              "run", path, "--host", server.url, "-u", "5")
        self.assertEqual(run.json["notes"], [], run)


class TestSeed(Case):
    def test_a_user_chooses_alike_beside_others(self):
        """The seed and its number decide, not who else runs, nor where."""
        server = self.serve(*answer(response(b"ok")))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.between(0, 0.01) })
            for i = 1, 5 do
                U:task("t" .. i, { weight = i }, function(user)
                    if user.id == 2 then
                        inrush.log("chose " .. i .. " " .. inrush.random(1, 1e6))
                    end
                    user.http:get("/")
                end)
            end
            """)
        chosen = []
        for users, workers in ((2, 1), (2, 2), (7, 2)):
            run = self.load_until(lambda running: running.output_so_far().count("chose") >= 5,
                                  "run", path, "--host", server.url, "-u", users, "-t", workers,
                                  "--seed", "7")
            chosen.append([l for l in run.stderr.splitlines() if "chose" in l][:5])
        self.assertEqual(len(chosen[0]), 5, chosen)
        self.assertEqual(chosen[0], chosen[1])
        self.assertEqual(chosen[0], chosen[2])


class TestLongTasks(Case):
    def test_running_tasks_finish_and_on_stop_runs(self):
        server = self.serve_each([recv_request(), send(response()),
                                  recv_request(), send(response())])
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(60) })
            U:task("t", {}, function(user)
                user.http:get("/first")
                inrush.sleep(0.6)
            end)
            function U.on_stop(user) user.http:get("/stop") end
            """)
        run = self.load_until(lambda running: server.request_count == 1,
                              "run", path, "--host", server.url, "-u", "1")
        self.assertEqual([r.target for r in server.requests], ["/first", "/stop"], run)
        self.assertTotals(run, 2, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
