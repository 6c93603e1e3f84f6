"""user.redis against a real redis-server, and against servers that misbehave."""

import time
import unittest

from harness.case import Case, NOTHING, OK, failures, failure_count, series
from harness.redis import Redis, encode
from harness.wire import (RefusedPort, close, half_close, pause, reset, send, split_at,
                          stop_reading)

# Lua that the cases' tasks use: same(got, wanted) compares deeply.
SAME = """
local function same(got, wanted, where)
    where = where or "value"
    if type(got) ~= type(wanted) then
        error(where .. ": " .. type(got) .. " " .. tostring(got) .. ", not " .. tostring(wanted), 0)
    elseif type(got) == "table" then
        for k, v in pairs(wanted) do same(got[k], v, where .. "." .. tostring(k)) end
        for k in pairs(got) do same(wanted[k] ~= nil, true, where .. "." .. tostring(k)) end
    elseif got ~= wanted then
        error(where .. ": " .. tostring(got):sub(1, 200) .. ", not " .. tostring(wanted), 0)
    end
end
"""


def recv_command(conn):
    """Step: waits for one whole command."""
    head = conn.take_until(b"\r\n")
    for _ in range(int(head[1:])):
        length = int(conn.take_until(b"\r\n")[1:])
        conn.take(length + 2)


def answers(*replies):
    """Script: one command after the other gets these bytes, then the connection waits."""
    steps = []
    for reply in replies:
        steps += [recv_command, send(reply)]
    return [*steps, stop_reading()]


class RedisCase(Case):
    def scenario_of(self, url, body, options=""):
        return self.scenario(SAME + f"""
local R = inrush.user_class("R", {{ redis = "{url}", {options} }})
R:task("t", {{}}, function(user)
    local redis = user.redis
{body}
end)
""")

    def check(self, url, body, requests, failed=0, options=""):
        """Runs the task once; its requests and how many of them failed."""
        run = self.tool("check", self.scenario_of(url, body, options))
        self.assertIn(f"{requests} request{'s' if requests != 1 else ''}, {failed} failed, "
                      "0 script errors", run.stderr, run)
        return run

    def refused(self, url, *words):
        """The class is not accepted."""
        run = self.tool("check", self.scenario_of(url, ""))
        self.assertUsageError(run, "scenario.lua:", "user class 'R'", *words)

    def load_one(self, url, body, *args, options="", seconds="1s"):
        path = self.scenario_of(url, body, options)
        return self.load("run", path, "-u", 1, "-t", 1, "-d", seconds, *args)


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


class TestPasswords(RedisCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Redis(requirepass="p@ss:w/rd"))

    def test_right(self):
        self.server.ask("ACL", "SETUSER", "someone", "on", ">secret", "~*", "+@all")
        at = f"127.0.0.1:{self.server.port}"
        for url in (f"redis://:p%40ss%3Aw%2Frd@{at}", f"redis://default:p%40ss%3Aw%2Frd@{at}/0",
                    f"redis://someone:secret@{at}/3",
                    f"unix://someone:secret@{self.server.socket_path}"):
            with self.subTest(url):
                self.check(url, 'same(redis:ping(), "PONG")', 1)

    def test_wrong(self):
        run = self.load_one(f"redis://:wrong@127.0.0.1:{self.server.port}/1", "redis:ping()")
        self.assertStatus(run, OK)
        self.assertAllFailed(run, "status AUTH: WRONGPASS")
        self.assertSays(run, "check user and password in the Redis URL")
        self.assertLess(run.json["totals"]["requests"], 50, "it spins")

    def test_none(self):
        run = self.load_one(self.server.url, "redis:ping()",
                            options="wait = inrush.constant(0.01),")
        self.assertAllFailed(run, "status NOAUTH")
        self.assertSays(run, "redis://:password@host")

    def test_the_report_does_not_tell(self):
        url = f"redis://:p%40ss%3Aw%2Frd@127.0.0.1:{self.server.port}/1"
        run = self.load_one(url, "redis:ping()")
        self.assertSays(run, f"redis://127.0.0.1:{self.server.port}/1")
        self.assertNotIn("p%40ss", run.output)
        self.assertNotIn("p%40ss", str(run.json))

    def test_a_database_that_is_not_there(self):
        url = f"redis://:p%40ss%3Aw%2Frd@127.0.0.1:{self.server.port}/99"
        run = self.load_one(url, "redis:ping()")
        self.assertAllFailed(run, "status SELECT 99: ERR DB index is out of range")


class TestUrls(RedisCase):
    def test_mistakes(self):
        for url, words in {
            "rediss://localhost": "TLS",
            "http://localhost": "redis://localhost:6379/0",
            "localhost:6379": "redis://localhost:6379/0",
            "": "redis://localhost:6379/0",
            "redis://": "host",
            "redis://localhost:0": "port",
            "redis://localhost:99999": "port",
            "redis://localhost/x": 'the database \\"x\\"',
            "redis://localhost/0?password=x": "only ?db=NUMBER",
            "redis://name@localhost": ":password@",
            "redis://a:%zz@localhost": "encodes nothing",
            "redis://a:%00@localhost": "encodes nothing",
            "unix://": "path",
            "unix:relative/path": "path",
            "unix:///" + "x" * 120: "longer than",
        }.items():
            with self.subTest(url):
                self.refused(url, words.replace("\\", ""), "redis must be a Redis URL")

    def test_another_type(self):
        path = self.scenario('inrush.user_class("R", { redis = 6379 })')
        self.assertUsageError(self.tool("check", path), "user class 'R'", "redis must be", "6379")

    def test_nobody_there(self):
        with RefusedPort() as port:
            run = self.load_one(f"redis://127.0.0.1:{port.port}", "redis:ping()")
        self.assertAllFailed(run, f"refused connection refused by 127.0.0.1:{port.port}")
        self.assertLess(run.json["totals"]["requests"], 50, "it spins")
        run = self.load_one(f"unix://{self.dir}/none.sock", "redis:ping()")
        self.assertAllFailed(run, "refused no socket at")

    def test_no_such_host(self):
        run = self.load_one("redis://no-such-host.invalid", "redis:ping()")
        self.assertAllFailed(run, "dns")

    def test_every_address_is_tried(self):
        with Redis() as server:  # which listens on 127.0.0.1 alone
            self.check(f"redis://localhost:{server.port}", 'same(redis:ping(), "PONG")', 1)


class TestOddServers(RedisCase):
    """What a server may say or do; the next command must not suffer."""

    def replies(self, *replies, body='redis:get("k")', expect_connections=None):
        """One user's GETs get these replies in turn, each on the connection it is on."""
        server = self.serve(*answers(*replies))
        path = self.scenario_of(f"redis://127.0.0.1:{server.port}", body)
        run = self.tool("check", path)
        if expect_connections:
            self.assertEqual(server.connections, expect_connections, run)
        return run

    def test_loading(self):
        run = self.replies(b"-LOADING Redis is loading the dataset in memory\r\n", b"+PONG\r\n",
                           body='redis:ping() same(redis:ping(), "PONG")', expect_connections=1)
        self.assertSays(run, "status: LOADING Redis is loading the dataset in memory",
                        "2 requests, 1 failed, 0 script errors")

    def test_loading_when_selecting(self):
        server = self.serve_each(
            answers(b"-LOADING Redis is loading the dataset in memory\r\n"),
            answers(b"+OK\r\n", b"+PONG\r\n"))
        run = self.check(f"redis://127.0.0.1:{server.port}/2",
                         'redis:ping() same(redis:ping(), "PONG")', 2, 1)
        self.assertSays(run, "SELECT 2: LOADING")

    def test_moved(self):
        run = self.replies(b"-MOVED 3999 10.0.0.2:6381\r\n", b"-ASK 17 10.0.0.2:6381\r\n",
                           body='same({ redis:get("k") }, { nil, "MOVED 3999 10.0.0.2:6381" })'
                                'redis:get("k")', expect_connections=1)
        self.assertSays(run, "status: MOVED: the key is on another node of the cluster, "
                             "10.0.0.2:6381", "status: ASK:", "Redis URL", "0 script errors")
        self.assertNotIn("3999", run.stderr)

    def test_odd_error_replies(self):
        run = self.replies(b"-\r\n", b"-MOVED\r\n", b"-MOVED \r\n", b"-NOAUTH\r\n",
                           b"-\x1b[2J\x00\x01 bell\x07\r\n", b"-" + b"x" * 5000 + b"\r\n",
                           body='for _ = 1, 6 do same(redis:get("k"), nil) end',
                           expect_connections=1)
        self.assertSays(run, "6 requests, 6 failed, 0 script errors")
        self.assertNotIn("\x1b[2J", run.output)

    def test_not_the_protocol(self):
        for garbage in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0\r\n", b"*abc\r\n",
                        b"$-5\r\n", b":12x\r\n", b"*1\r\n" * 40, b"*-2\r\n", b"\x16\x03\x01\r\n",
                        b"$3\r\nabcdefgh\r\n"):
            with self.subTest(garbage):
                server = self.serve_each(answers(garbage), answers(b"+PONG\r\n"))
                path = self.scenario_of(
                    f"redis://127.0.0.1:{server.port}",
                    'same(redis:get("k"), nil) same(redis:ping(), "PONG")', 'timeout = "1s",')
                run = self.tool("check", path)
                self.assertSays(run, "2 requests, 1 failed, 0 script errors")
                self.assertRegex(run.stderr, "FAIL.*(protocol|timeout):", run)

    def test_more_than_was_asked_for(self):
        for surplus in (b"+PONG\r\n", b"$3\r\nab", b"\r\n", b"-ERR late\r\n"):
            with self.subTest(surplus):
                server = self.serve_each(answers(b"$1\r\nx\r\n" + surplus), answers(b"+PONG\r\n"))
                run = self.check(f"redis://127.0.0.1:{server.port}",
                                 'same(redis:get("k"), nil) same(redis:ping(), "PONG")', 2, 1)
                self.assertSays(run, "protocol: the server sent more than it was asked for")

    def test_bytes_between_commands(self):
        server = self.serve_each([recv_command, send(b"+PONG\r\n"), pause(0.05),
                                  send(b"+UNASKED\r\n"), stop_reading()], answers(b"+PONG\r\n"))
        self.check(f"redis://127.0.0.1:{server.port}", 'same(redis:ping(), "PONG")'
                   'inrush.sleep(0.3) same(redis:ping(), "PONG")', 2)

    def test_connection_lost(self):
        for script, kind, words in (
                ([recv_command, close()], "closed", "without a reply"),
                ([recv_command, reset()], "reset", "without a reply"),
                ([recv_command, send(b"$10\r\nabc"), close()], "closed", "inside the reply"),
                ([recv_command, send(b"*2\r\n$1\r\na\r\n"), pause(0.05), reset()], "reset",
                 "inside the reply"),
                ([recv_command, half_close(), stop_reading()], "closed", "without a reply")):
            with self.subTest(f"{kind} {words}"):
                server = self.serve_each(script, answers(b"+PONG\r\n"))
                run = self.check(f"redis://127.0.0.1:{server.port}",
                                 'same(redis:get("k"), nil) same(redis:ping(), "PONG")', 2, 1)
                self.assertSays(run, f"{kind}: the server ", words)

    def test_closed_while_idle(self):
        server = self.serve_each([recv_command, send(b"+PONG\r\n"), close()], answers(b"+PONG\r\n"))
        self.check(f"redis://127.0.0.1:{server.port}", 'same(redis:ping(), "PONG")'
                   'inrush.sleep(0.2) same(redis:ping(), "PONG")', 2)

    def test_lost_inside_a_pipeline(self):
        server = self.serve_each([recv_command, recv_command, send(b"+A\r\n+B\r\n"), close()],
                                 answers(b"+PONG\r\n"))
        run = self.check(f"redis://127.0.0.1:{server.port}", r"""
            same({ redis:pipeline { { "A" }, { "B" }, { "C" } } },
                { nil, "the server closed the connection without a reply" })
            same(redis:ping(), "PONG")
            """, 2, 1)
        self.assertSays(run, "closed:")

    def test_names_and_addresses(self):
        for listens, host in (("::1", "[::1]"), ("127.0.0.1", "127.1"), ("::1", "localhost"),
                              ("127.0.0.1", "localhost")):
            with self.subTest(host):  # 127.1 is not numeric to us: it is looked up
                server = self.serve(*answers(b"+PONG\r\n"), host=listens)
                self.check(f"redis://{host}:{server.port}", 'same(redis:ping(), "PONG")', 1)

    def test_deep_nesting(self):
        for levels, failed in ((6, 0), (32, 1), (5000, 1)):  # between, hiredis decides
            with self.subTest(levels):
                reply = b"*1\r\n" * levels + b":1\r\n"
                server = self.serve_each(answers(reply, b"+PONG\r\n"), answers(b"+PONG\r\n"))
                run = self.check(f"redis://127.0.0.1:{server.port}",
                                 'redis:get("k") same(redis:ping(), "PONG")', 2, failed)
                if failed:
                    self.assertSays(run, "protocol:")

    def test_a_reply_in_small_pieces(self):
        reply = b"*3\r\n$5\r\nhello\r\n:-12\r\n*1\r\n$-1\r\n"
        for at in range(1, len(reply)):
            server = self.serve(recv_command, split_at(reply, at), stop_reading())
            self.check(f"redis://127.0.0.1:{server.port}",
                       'same(redis:get("k"), { "hello", -12, { false } })', 1)

    def test_a_server_that_does_not_read(self):
        server = self.serve(stop_reading())
        run = self.check(f"redis://127.0.0.1:{server.port}",
                         'redis:set("k", ("x"):rep(2e7), { timeout = 0.3 })', 1, 1)
        self.assertSays(run, "timeout: timed out after 0.3s while sending the command")

    def test_a_server_that_never_answers_the_greeting(self):
        server = self.serve(stop_reading())
        run = self.check(f"redis://:x@127.0.0.1:{server.port}",
                         "redis:ping({ timeout = 0.2 })", 1, 1)
        self.assertSays(run, "timed out after 0.2s while connecting to 127.0.0.1")

    def test_commands_on_the_wire(self):
        got = []

        def note(conn):
            got.append(conn.take(len(wanted[len(got)])))

        wanted = [encode("AUTH", "u", "p") + encode("SELECT", "4"),
                  encode("SET", "k", "v", "EX", "60"), encode("A") + encode("B", "")]
        server = self.serve(note, send(b"+OK\r\n+OK\r\n"), note, send(b"+OK\r\n"), note,
                            send(b"+A\r\n+B\r\n"), stop_reading())
        self.check(f"redis://u:p@127.0.0.1:{server.port}/4",
                   'redis:set("k", "v", "EX", 60) redis:pipeline { { "A" }, { "B", "" } }', 2)
        self.assertEqual(got, wanted)


if __name__ == "__main__":
    unittest.main()
