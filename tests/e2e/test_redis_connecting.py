"""user.redis: passwords, addresses, and servers that misbehave."""

import unittest

from harness.case import OK
from harness.redis import Redis, encode
from harness.redis_case import RedisCase, answers, recv_command
from harness.wire import RefusedPort, close, half_close, pause, reset, send, split_at, stop_reading


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
    unittest.main(verbosity=2)
