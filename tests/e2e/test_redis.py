"""user.redis: values, commands and errors, against a real redis-server."""

import time
import unittest

from harness.case import NOTHING, OK, failure_count, failures, series
from harness.redis import Redis
from harness.redis_case import RedisCase


class TestValues(RedisCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Redis())

    def setUp(self):
        super().setUp()
        self.server.ask("FLUSHALL")

    def test_every_kind_of_value(self):
        self.check(self.server.url, r"""
            same(redis:ping(), "PONG")
            same(redis:set("s", "text"), "OK")
            same(redis:get("s"), "text")
            same(redis:get("none"), nil)
            same(redis:command("SET", "n", 41), "OK")
            same(redis:incr("n"), 42)
            same(redis:decrby("n", 50), -8)
            same(redis:rpush("l", "a", 2, 2.5, -1), 4)
            same(redis:lrange("l", 0, -1), { "a", "2", "2.5", "-1" })
            same(redis:lrange("none", 0, -1), {})
            same(redis:mget("s", "none", "n"), { "text", false, "-8" })
            """, 11)

    def test_nested_arrays(self):
        self.check(self.server.url, r"""
            same(redis:eval("return {1, {2, {3, {}, {'x', {-4}}}}, false, redis.status_reply('fine')}",
                0), { 1, { 2, { 3, {}, { "x", { -4 } } } }, false, "fine" })
            """, 1)

    def test_bytes_pass_unchanged(self):
        self.check(self.server.url, r"""
            local all = {}
            for i = 0, 255 do all[#all + 1] = string.char(i) end
            local every = table.concat(all)
            for _, value in ipairs { "", "\0", "\r\n", "a\0b\r\n$3\r\n", every, every:rep(40) } do
                same(redis:set("k" .. value, value), "OK")
                same(redis:get("k" .. value), value)
                same(redis:strlen("k" .. value), #value)
            end
            """, 18)

    def test_numbers_keep_their_digits(self):
        self.check(self.server.url, r"""
            for _, n in ipairs { 0, 1, -7, 1e15, 2^53, -2^53, 0.1, 1/3, 1e300, 1e-300 } do
                redis:set("n", n)
                same(tonumber(redis:get("n")), n)
            end
            redis:set("n", 1e15) same(redis:get("n"), "1000000000000000")
            redis:set("n", 0.1) same(redis:get("n"), "0.1")
            redis:set("n", 2^53)
            same(redis:incr("n"), "9007199254740993")
            same(redis:set("n", "-9223372036854775808"), "OK")
            same(redis:incrby("n", 0), "-9223372036854775808")
            """, 28)

    def test_a_value_of_ten_megabytes(self):
        run = self.load_one(self.server.url, r"""
            local big = ("0123456789"):rep(1000 * 1000)
            same(redis:set("big", big), "OK")
            same(redis:get("big") == big, true)
            """)
        self.assertStatus(run, OK)
        self.assertEqual(run.json["script_errors"], [], run)
        get = series(run, "GET", "REDIS")
        self.assertEqual(failures(run), {}, run)
        self.assertEqual(get["bytes"], get["requests"] * len(b"$10000000\r\n\r\n" + b"x" * 10**7))

    def test_bytes_are_those_of_the_replies(self):
        run = self.load_one(self.server.url, r"""
            redis:ping() redis:set("k", "value") redis:get("k") redis:strlen("k") redis:get("none")
            redis:mget("k", "none") redis:lrange("none", 0, 1) redis:decrby("none", 10)
            redis:del("none")
            """, options="wait = inrush.constant(0.001),")
        sizes = {s["name"]: s["bytes"] / s["requests"] for s in run.json["series"]}
        self.assertEqual(sizes, {
            "PING": len("+PONG\r\n"), "SET": len("+OK\r\n"), "STRLEN": len(":5\r\n"),
            "GET": (len("$5\r\nvalue\r\n") + len("$-1\r\n")) / 2,
            "MGET": len("*2\r\n$5\r\nvalue\r\n$-1\r\n"), "LRANGE": len("*0\r\n"),
            "DECRBY": len(":-10\r\n"), "DEL": len(":1\r\n")}, run)

    def test_pipelines(self):
        run = self.check(self.server.url, r"""
            same({ redis:pipeline(function(p)
                p:set("a", 1)
                p:incr("a")
                p:get("none")
                p:command("GET", "a")
            end) }, { { "OK", 2, false, "2" } })
            same({ redis:pipeline({ { "GET", "a" }, { "STRLEN", "a" } }, { name = "two" }) },
                { { "2", 1 } })
            same(redis:pipeline(function() end), {})
            local wrong = "WRONGTYPE Operation against a key holding the wrong kind of value"
            same({ redis:pipeline { { "LPUSH", "a", 1 }, { "GET", "a" } } },
                { { { err = wrong }, "2" }, wrong })
            local many = {}
            for i = 1, 10000 do many[i] = { "SET", "k" .. i, ("x"):rep(100) } end
            same(#redis:pipeline(many), 10000)
            """, 4, 1)
        self.assertSays(run, "REDIS PIPELINE", "REDIS two")

    def test_transactions(self):
        run = self.check(self.server.url, r"""
            same(redis:multi(), "OK")
            same(redis:set("a", "x"), "QUEUED")
            same(redis:incr("a"), "QUEUED")
            local replies, message = redis:exec()
            same(replies, { "OK", { err = message } })
            same(message, "ERR value is not an integer or out of range")
            """, 4, 1)
        self.assertSays(run, "status: ERR value is not an integer")

    def test_databases(self):
        for url in (f"redis://127.0.0.1:{self.server.port}/7", f"unix://{self.server.socket_path}?db=7",
                    f"redis+unix://{self.server.socket_path}?db=7"):
            with self.subTest(url):
                self.server.ask("FLUSHALL")
                self.check(url, r"""
                    redis:set("k", "in 7")
                    same(redis:info("keyspace"):match("db%d+"), "db7")
                    """, 2)
        self.check(f"unix:{self.server.socket_path}", "same(redis:get('k'), nil)", 1)

    def test_names_of_series(self):
        run = self.check(self.server.url, r"""
            redis:command("get", "a")
            redis:Get("a")
            redis:info("stats", { name = "INFO stats" })
            redis:get("a", { record = false })
            """, 3)
        self.assertSays(run, "REDIS GET", "REDIS INFO stats")

    def test_errors_of_the_server(self):
        run = self.check(self.server.url, r"""
            redis:set("s", "text")
            same({ redis:lpush("s", 1) }, { nil,
                "WRONGTYPE Operation against a key holding the wrong kind of value" })
            same(select(2, redis:comand("x", "y")):match("^ERR unknown command 'COMAND'"),
                "ERR unknown command 'COMAND'")
            same(redis:get("s"), "text")
            """, 4, 2)
        self.assertSays(run, "status: WRONGTYPE", "status: ERR unknown command 'COMAND'")
        self.assertNotIn("beginning with", run.stderr)

    def test_a_fail_of_the_script(self):
        run = self.check(self.server.url, r"""
            if redis:get("k") ~= "right" then redis:fail("k is not right") end
            """, 1, 1)
        self.assertSays(run, "check: k is not right")

    def test_mistakes_of_the_script(self):
        self.check(self.server.url, r"""
            local function fails(words, run, ...)
                local ok, message = pcall(run, ...)
                same(ok, false)
                same(message:find(words, 1, true) ~= nil, true, message)
                same(message:find("scenario.lua:", 1, true) ~= nil, true, message)
            end
            fails("call it with a colon", redis.get, "key")
            fails("call it with a colon", redis.command)
            fails("the command's name first", redis.command, redis)
            fails("the command's name first", redis.command, redis, 7)
            fails("argument 2 of a Redis command must be a string or a number, not nil",
                redis.get, redis, nil)
            fails("argument 3 of a Redis command must be a string or a number, not boolean",
                redis.set, redis, "k", true)
            fails("did you mean 'timeout'", redis.get, redis, "k", { timeot = 1 })
            fails("a table is never an argument", redis.get, redis, { "k" })
            fails("there are name, record and timeout", redis.get, redis, "k", { xyzzy = 1 })
            fails("pipeline options must be a table", redis.pipeline, redis, { { "PING" } }, "x")
            fails("user.redis:fail comes without", redis.fail, redis, "x")
            fails("option 'timeout' must be above 0", redis.get, redis, "k", { timeout = 0 })
            fails("option 'name' must be a string", redis.get, redis, "k", { name = 1 })
            fails("option 'record' must be", redis.get, redis, "k", { record = 1 })
            fails("SUBSCRIBE makes the connection a stream", redis.subscribe, redis, "c")
            fails("stream", redis.command, redis, "monitor")
            fails("a list such as", redis.pipeline, redis, { "GET" })
            fails("command 2 of a pipeline is empty", redis.pipeline, redis, { { "PING" }, {} })
            fails("takes a function or a list", function() redis:pipeline("GET") end)
            fails("cannot wait inside a function", table.sort, { 1, 2 }, function()
                redis:ping()
            end)
            fails("cannot be used inside a coroutine", coroutine.wrap(function() redis:ping() end))
            same(redis:ping(), "PONG")
            """, 1)

    def test_deadline_does_not_mix_replies(self):
        run = self.check(self.server.url, r"""
            same({ redis:blpop("none", 0, { timeout = "50ms" }) },
                { nil, "timed out after 0.05s waiting for the reply" })
            same(redis:ping(), "PONG")
            """, 2, 1)
        self.assertSays(run, "timeout: timed out after 0.05s waiting")

    def test_deadline_of_the_class(self):
        self.check(self.server.url, r"""
            same({ redis:blpop("none", 0) }, { nil, "timed out after 0.1s waiting for the reply" })
            """, 1, 1, options='timeout = "100ms",')

    def test_a_server_that_stops_and_comes_back(self):
        with Redis() as server:
            path = self.scenario_of(server.url, 'redis:set("k", 1) redis:get("k")',
                                    "wait = inrush.constant(0.001),")
            running = self.start("run", path, "-u", 10, "-t", 2, "-d", "4s")
            self.wait_until(lambda: b"cmdstat_get" in server.ask("INFO", "commandstats"), running)
            server.stop()
            time.sleep(0.5)  # long enough to be noticed
            self.assertTrue(server.start())
            run = self.finish(running)
            self.assertStatus(run, OK)
            self.assertEqual(run.json["script_errors"], [], run)
            kinds = {e["kind"] for e in run.json["errors"]}
            self.assertLessEqual(kinds, {"closed", "reset", "refused"}, run)
            self.assertIn("refused", kinds, run)
            self.assertIn(b"cmdstat_get", server.ask("INFO", "commandstats"))
            # It does not spin on the dead server: some 10 attempts in half a second.
            self.assertLess(failure_count(run, "refused"), 10 * 100, run)
            self.assertGreater(run.json["generator"]["reconnects"], 0, run)

    def test_the_run_ends_while_a_command_is_pending(self):
        run = self.load("run", self.scenario_of(self.server.url, 'redis:blpop("none", 0)'),
                        "-u", 5, "-d", "300ms", "--stop-timeout", "100ms")
        self.assertStatus(run, NOTHING)
        self.assertSays(run, "Still waiting for an answer when the run ended: 5")


if __name__ == "__main__":
    unittest.main(verbosity=2)
