"""Where connections go and where they come from: unix sockets, --connect-to, --bind."""

import socket
import tempfile
import threading
import unittest

from harness import certificates
from harness.case import Case, NOTHING, OK
from harness.nginx import Nginx, free_port
from harness.wire import Server, answer, response

LOG = "$remote_addr $http_host $request_uri $server_port"


class UnixServer(Server):
    """The same on a unix socket; .path."""

    def __init__(self, script, path):
        super().__init__(script)
        self.path = path

    def start(self):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(self.backlog)
        self.stopping.clear()
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,),
                                           daemon=True)
        self._accepting.start()
        return self


class ConnectionCase(Case):
    def nginx(self, **options):
        return self.enterContext(Nginx(access_log=LOG, **options))

    def logged(self, nginx):
        names = ["address", "host", "target", "port"]
        return [dict(zip(names, line.split(" "))) for line in nginx.log_lines()]

    def assertWorks(self, run, requests):
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)


class TestUnixSockets(ConnectionCase):
    def setUp(self):
        super().setUp()
        # A path of a socket is short: not in a long TMPDIR.
        self.sockets = self.enterContext(tempfile.TemporaryDirectory(dir="/tmp"))
        self.path = f"{self.sockets}/s"

    def unix_nginx(self, **options):
        return self.nginx(server=f"listen unix:{self.path};", **options)

    def test_one_off(self):
        nginx = self.unix_nginx()
        runs = [self.load("-c", "4", "-n", "40", f"unix:{self.path}"),
                self.load("-n", "2", f"unix:{self.path}:/a/b?c=d")]
        self.assertWorks(runs[0], 40)
        self.assertWorks(runs[1], 2)
        self.assertEqual([run.json["series"][0]["name"] for run in runs], ["/", "/a/b"])
        self.assertEqual([run.json["url"] for run in runs],
                         [f"unix:{self.path}:/", f"unix:{self.path}:/a/b?c=d"])
        lines = self.logged(nginx)
        self.assertEqual({(line["address"], line["host"]) for line in lines},
                         {("unix:", "localhost")})
        self.assertEqual([line["target"] for line in lines], ["/"] * 40 + ["/a/b?c=d"] * 2)

    def test_scenario(self):
        nginx = self.unix_nginx()
        path = self.scenario(f"""
            local class = inrush.user_class("U", {{ host = "unix:{self.path}" }})
            class:task("get", function(user) user.http:get("/x"):expect(200) end)
        """)
        self.assertStatus(self.tool("check", path), OK)
        self.assertEqual([(line["host"], line["target"]) for line in self.logged(nginx)],
                         [("localhost", "/x")])
        self.assertStatus(self.tool("check", "--host", f"unix:{self.path}:/prefix", path), OK)
        self.assertEqual(self.logged(nginx)[-1]["target"], "/prefix/x")

    def test_connect_to(self):
        nginx = self.unix_nginx()
        run = self.load("-n", "3", "--connect-to", f"unix:{self.path}", "http://a.example:81/x")
        self.assertWorks(run, 3)
        self.assertEqual({(line["address"], line["host"]) for line in self.logged(nginx)},
                         {("unix:", "a.example:81")})

    def test_tls_over_a_socket(self):
        authority = certificates.Authority(self.dir)
        mine = authority.issue("a.example")
        self.nginx(server=f"listen unix:{self.path} ssl; ssl_certificate {mine.cert};"
                          f"ssl_certificate_key {mine.key};")
        run = self.load("-n", "3", "--cacert", authority.cert, "--connect-to", f"unix:{self.path}",
                        "https://a.example/x")
        self.assertWorks(run, 3)

    def test_no_socket_there(self):
        run = self.load("-n", "2", "-c", "1", f"unix:{self.path}")
        self.assertStatus(run, NOTHING)
        self.assertAllFailed(run, f"no socket at {self.path}", requests=2)
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(self.path)  # and does not listen
        self.assertAllFailed(self.load("-n", "2", "-c", "1", f"unix:{self.path}"), "refused",
                             requests=2)

    def test_a_full_queue_is_waited_for(self):
        """A connect to a unix socket fails while the queue is full; it is tried again."""
        server = UnixServer(answer(response(b"x")), self.path)
        server.backlog = 0
        self.enterContext(server)
        run = self.load("-c", "30", "-n", "300", "-t", "1", f"unix:{self.path}")
        self.assertWorks(run, 300)

    def test_mistakes(self):
        for url, *words in (("unix:", "the whole path"), ("unix:x.sock", "the whole path"),
                            ("unix:/" + "x" * 108, "longer than the 107 bytes"),
                            ("unix:/x:/a b", "has a space")):
            self.assertUsageError(self.tool("-n", "1", url), *words)


class TestConnectTo(ConnectionCase):
    def test_rules(self):
        first, second = self.nginx(), self.nginx()
        for rule in (f"a.example:80:127.0.0.1:{first.port}", f"::127.0.0.1:{first.port}",
                     f"A.EXAMPLE::localhost:{first.port}", f":80:localhost:{first.port}"):
            run = self.load("-n", "2", "--connect-to", rule, "--connect-to",
                            f"::127.0.0.1:{second.port}", "http://a.example/x")
            self.assertWorks(run, 2)
        self.assertEqual([line["host"] for line in self.logged(first)], ["a.example"] * 8)
        run = self.load("-n", "2", "--connect-to", f"b.example::127.0.0.1:{first.port}",
                        "--connect-to", f"a.example::127.0.0.1:{second.port}", "http://a.example/")
        self.assertWorks(run, 2)
        self.assertEqual(len(self.logged(second)), 2)

    def test_what_no_rule_is_for_goes_its_way(self):
        nginx = self.nginx()
        run = self.load("-n", "2", "--connect-to", "b.example:80:127.0.0.1:1",
                        "--connect-to", f"localhost:{nginx.port}::", nginx.url)
        self.assertWorks(run, 2)

    def test_only_the_port(self):
        nginx = self.nginx()
        run = self.load("-n", "2", "--connect-to", f":::{nginx.port}", "http://127.0.0.1:1/")
        self.assertWorks(run, 2)

    def test_scenario(self):
        nginx = self.nginx()
        path = self.scenario("""
            local class = inrush.user_class("U", { host = "http://a.example" })
            class:task("get", function(user) user.http:get("/x"):expect(200) end)
        """)
        self.assertStatus(self.tool("check", "--connect-to", f"::127.0.0.1:{nginx.port}", path), OK)
        self.assertEqual([line["host"] for line in self.logged(nginx)], ["a.example"])

    def test_failures_name_the_other_end(self):
        port = free_port()
        run = self.load("-n", "1", "--connect-to", f"::127.0.0.1:{port}", "http://a.example/")
        self.assertAllFailed(run, f"connection refused by 127.0.0.1:{port}")

    def test_mistakes(self):
        for rule, *words in (("x", "fewer than four parts"), ("a:80:b", "fewer than four parts"),
                             ("a:80:b:81:82", "more than four parts"), ("a:x:b:81", "a port"),
                             ("a:80:[::1:81", "unclosed"), ("unix:x", "the whole path")):
            self.assertUsageError(self.tool("-n", "1", "--connect-to", rule, "http://h/"),
                                  "--connect-to", *words)


class TestBind(ConnectionCase):
    def test_sources_in_turn(self):
        nginx = self.nginx()
        run = self.load("-c", "6", "-n", "60", "-t", "2", "--bind", "127.0.0.2,127.0.0.3,127.0.0.4",
                        "--no-keepalive", nginx.url)
        self.assertWorks(run, 60)
        lines = self.logged(nginx)
        for last in (2, 3, 4):
            address = f"127.0.0.{last}"
            self.assertEqual(sum(line["address"] == address for line in lines), 20, address)

    def test_scenario(self):
        nginx = self.nginx()
        path = self.scenario(f"""
            local class = inrush.user_class("U", {{ host = "{nginx.origin}" }})
            class:task("get", function(user) user.http:get("/x"):expect(200) end)
        """)
        self.assertStatus(self.tool("check", "--bind", "127.0.0.9", path), OK)
        self.assertEqual([line["address"] for line in self.logged(nginx)], ["127.0.0.9"])

    def test_sources_of_the_targets_kind(self):
        """localhost is ::1 and 127.0.0.1: only the second can be reached from an IPv4 address."""
        nginx = self.nginx(server="listen [::1]:{port};".replace("{port}", str(free_port())))
        run = self.load("-n", "2", "--bind", "127.0.0.2", f"http://localhost:{nginx.port}/")
        self.assertWorks(run, 2)
        self.assertEqual({line["address"] for line in self.logged(nginx)}, {"127.0.0.2"})
        run = self.load("-n", "1", "--bind", "::1", nginx.url)
        self.assertAllFailed(run, "--bind gives no IPv4 address")

    def test_mistakes(self):
        for address, *words in (("192.0.2.1", "cannot connect from 192.0.2.1: this machine has no"),
                                ("127.0.0.1,x", "\"x\" is not an address"),
                                ("localhost", "is not an address")):
            self.assertUsageError(self.tool("-n", "1", "--bind", address, "http://h/"),
                                  "--bind", *words)


if __name__ == "__main__":
    unittest.main()
