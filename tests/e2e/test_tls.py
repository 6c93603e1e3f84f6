"""TLS: what is verified, shown, offered and resumed, against nginx; what can go wrong in a
handshake and after it, against servers that do it; and every wrong option."""

import os
import ssl
import subprocess
import unittest

from harness import certificates
from harness.case import Case, NOTHING, OK
from harness.nginx import Nginx
from harness.wire import (PeerGone, answer, close, pause, recv_request, repeat, reset, response,
                          send, stop_reading, take_until, wait_closed)

LOG = ("$ssl_protocol $ssl_cipher $ssl_session_reused $ssl_server_name $remote_addr $http_host "
       "$ssl_client_verify $ssl_alpn_protocol")


class TlsCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.authority = None

    def setUp(self):
        super().setUp()
        self.authority = certificates.Authority(self.dir)

    def nginx(self, certificate=None, directives="", protocols="TLSv1.2 TLSv1.3", **options):
        """A TLS server; its certificate is for localhost and 127.0.0.1 unless given."""
        certificate = certificate or self.authority.issue("localhost", "127.0.0.1")
        return self.enterContext(Nginx(
            access_log=LOG, listen="ssl",
            server=f"ssl_certificate {certificate.cert}; ssl_certificate_key {certificate.key};"
                   f"ssl_protocols {protocols};{directives}", **options))

    def logged(self, nginx):
        """Of each request: a dictionary by the names of LOG."""
        names = ["protocol", "cipher", "reused", "sni", "address", "host", "client", "alpn"]
        self.wait_until(lambda: os.path.exists(f"{nginx.prefix}/access.log"))
        return [dict(zip(names, line.split(" "))) for line in nginx.log_lines()]

    def trusting(self, *args, **options):
        return self.load("--cacert", self.authority.cert, *args, **options)

    def assertWorks(self, run, requests):
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)

    def assertTlsFails(self, run, *words, kind="tls"):
        self.assertStatus(run, NOTHING)
        self.assertEqual({error["kind"] for error in run.json["errors"]}, {kind}, run)
        self.assertSays(run, *words)


class TestVerifying(TlsCase):
    def test_a_trusted_authority(self):
        nginx = self.nginx()
        run = self.trusting("-c", "3", "-n", "30", f"https://localhost:{nginx.port}/x")
        self.assertWorks(run, 30)
        lines = self.logged(nginx)
        self.assertEqual(len(lines), 30)
        self.assertEqual({line["protocol"] for line in lines}, {"TLSv1.3"})
        self.assertEqual({line["sni"] for line in lines}, {"localhost"})
        self.assertEqual({line["host"] for line in lines}, {f"localhost:{nginx.port}"})
        self.assertEqual({line["alpn"] for line in lines}, {"http/1.1"})
        connections = run.json["connections"]
        self.assertEqual(connections["handshake_ms"]["count"], 3, run)
        self.assertEqual(connections["connect_ms"]["count"], 3, run)

    def test_an_address_in_the_certificate(self):
        nginx = self.nginx()
        run = self.trusting("-n", "5", f"https://127.0.0.1:{nginx.port}/")
        self.assertWorks(run, 5)
        self.assertEqual({line["sni"] for line in self.logged(nginx)}, {"-"})

    def test_an_unknown_authority(self):
        nginx = self.nginx()
        run = self.load("-n", "2", "-c", "1", f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, f"TLS with localhost:{nginx.port}: certificate verify failed",
                            "unable to get local issuer", "--cacert FILE trusts it")

    def test_a_self_signed_certificate(self):
        alone = certificates.self_signed(self.dir, "localhost")
        nginx = self.nginx(alone)
        url = f"https://localhost:{nginx.port}/"
        run = self.load("-n", "2", "-c", "1", url)
        self.assertTlsFails(run, "certificate verify failed: self-signed certificate",
                            "--insecure does not look")
        self.assertWorks(self.load("-n", "2", "--cacert", alone.cert, url), 2)

    def test_the_servers_own_certificate_is_trusted(self):
        """Without the authority that signed it; the name counts all the same."""
        own = self.authority.issue("localhost")
        nginx = self.nginx(own)
        run = self.load("-n", "2", "--cacert", own.cert, f"https://localhost:{nginx.port}/")
        self.assertWorks(run, 2)
        run = self.load("-n", "1", "--cacert", own.cert, f"https://127.0.0.1:{nginx.port}/")
        self.assertTlsFails(run, "it is for localhost, not 127.0.0.1")

    def test_insecure_takes_any(self):
        nginx = self.nginx(self.authority.issue("other.example", expired=True))
        self.assertWorks(self.load("-n", "2", "-k", f"https://localhost:{nginx.port}/"), 2)

    def test_another_host(self):
        nginx = self.nginx(self.authority.issue("a.example", "b.example", "192.0.2.1"))
        run = self.trusting("-n", "2", "-c", "1", f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, "it is for a.example, b.example, 192.0.2.1, not localhost",
                            "--sni NAME asks for another")
        run = self.trusting("-n", "2", "-c", "1", f"https://127.0.0.1:{nginx.port}/")
        self.assertTlsFails(run, "not 127.0.0.1")

    def test_sni_names_what_is_asked_for_and_verified(self):
        nginx = self.nginx(self.authority.issue("a.example"))
        run = self.trusting("-n", "2", "--sni", "a.example", f"https://localhost:{nginx.port}/")
        self.assertWorks(run, 2)
        self.assertEqual({(line["sni"], line["host"]) for line in self.logged(nginx)},
                         {("a.example", f"localhost:{nginx.port}")})
        run = self.trusting("-n", "1", "--sni", "b.example", f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, "it is for a.example, not b.example")

    def test_an_expired_certificate(self):
        nginx = self.nginx(self.authority.issue("localhost", expired=True))
        run = self.trusting("-n", "1", f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, "certificate has expired (2020-02-01)")

    def test_connect_to_keeps_the_name(self):
        nginx = self.nginx(self.authority.issue("shop.example"))
        run = self.trusting("-n", "2", "--connect-to", f"shop.example:443:127.0.0.1:{nginx.port}",
                            "https://shop.example/")
        self.assertWorks(run, 2)
        self.assertEqual({(line["sni"], line["host"]) for line in self.logged(nginx)},
                         {("shop.example", "shop.example")})


class TestOffering(TlsCase):
    def test_versions(self):
        nginx = self.nginx()
        url = f"https://localhost:{nginx.port}/"
        self.assertWorks(self.trusting("-n", "1", "--tls-max", "1.2", url), 1)
        self.assertWorks(self.trusting("-n", "1", "--tls-min", "1.3", url), 1)
        self.assertEqual([line["protocol"] for line in self.logged(nginx)],
                         ["TLSv1.2", "TLSv1.3"])

    def test_a_server_of_older_versions(self):
        nginx = self.nginx(protocols="TLSv1.2")
        run = self.trusting("-n", "1", "--tls-min", "1.3", f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, "the server refused TLS with alert 70, protocol version",
                            "--tls-min")

    def test_ciphers(self):
        nginx = self.nginx()
        url = f"https://localhost:{nginx.port}/"
        for ciphers in ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_CHACHA20_POLY1305_SHA256",
                        "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"):
            self.assertWorks(self.trusting("-n", "1", "--ciphers", ciphers, url), 1)
        self.assertEqual([(line["protocol"], line["cipher"]) for line in self.logged(nginx)],
                         [("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
                          ("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"),
                          ("TLSv1.3", "TLS_AES_128_GCM_SHA256")])

    def test_no_cipher_in_common(self):
        nginx = self.nginx(protocols="TLSv1.2",
                           directives="ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384;")
        run = self.trusting("-n", "1", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256",
                            f"https://localhost:{nginx.port}/")
        self.assertTlsFails(run, "alert 40, handshake failure", "--ciphers")

    def test_sessions_are_resumed(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version):
                nginx = self.nginx(protocols=version)
                run = self.trusting("-n", "40", "-c", "2", "-t", "2", "--no-keepalive",
                                    f"https://localhost:{nginx.port}/")
                self.assertWorks(run, 40)
                reused = sum(line["reused"] == "r" for line in self.logged(nginx))
                connections = run.json["connections"]
                self.assertEqual(connections["resumed"], reused, run)
                self.assertEqual(connections["handshake_ms"]["count"], 40, run)
                # The first of each worker cannot, all the others can.
                self.assertEqual(reused, 38, run)

    def test_no_session_is_resumed(self):
        nginx = self.nginx()
        run = self.trusting("-n", "10", "-c", "1", "--no-keepalive", "--no-tls-resume",
                            f"https://localhost:{nginx.port}/")
        self.assertWorks(run, 10)
        self.assertEqual(run.json["connections"]["resumed"], 0, run)
        self.assertEqual({line["reused"] for line in self.logged(nginx)}, {"."})


class TestClientCertificates(TlsCase):
    def test_a_certificate_is_shown(self):
        nginx = self.nginx(directives=f"ssl_client_certificate {self.authority.cert};"
                                      "ssl_verify_client on;")
        mine = self.authority.issue("client")
        url = f"https://localhost:{nginx.port}/"
        run = self.trusting("-n", "2", "--cert", mine.cert, "--key", mine.key, url)
        self.assertWorks(run, 2)
        both = self.file("both.pem", self.read(mine.cert) + self.read(mine.key))
        self.assertWorks(self.trusting("-n", "2", "--cert", both, url), 2)
        self.assertEqual({line["client"] for line in self.logged(nginx)}, {"SUCCESS"})
        run = self.trusting("-n", "2", url)  # nginx says it in HTTP
        self.assertAllFailed(run, "status", requests=2)

    def test_a_certificate_is_missing(self):
        """In TLS 1.3 the server's refusal comes when the client believes to be connected."""
        context = server_context(self.authority.issue("localhost"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.cert)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context.maximum_version = version
                server = self.serve(start_tls(context), recv_request(), send(response()))
                run = self.trusting("-n", "1", f"https://localhost:{server.port}/")
                self.assertTlsFails(run, "--cert")
                if version == ssl.TLSVersion.TLSv1_3:
                    self.assertSays(run, "alert 116, certificate required")

    @staticmethod
    def read(path):
        with open(path, encoding="ascii") as text:
            return text.read()


def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    return context


def start_tls(context):
    """A step: from here on the connection is encrypted."""
    def step(conn):
        try:
            conn.sock = context.wrap_socket(conn.sock, server_side=True)
        except OSError as e:
            raise PeerGone from e
    return step


def close_notify():
    """A step: ends TLS in order."""
    def step(conn):
        try:
            conn.sock = conn.sock.unwrap()
        except OSError as e:
            raise PeerGone from e
    return step


def hello():
    """A step: the client's first record."""
    def step(conn):
        head = conn.take(5)
        conn.take(int.from_bytes(head[3:5], "big"))
    return step


def alert(number):
    return b"\x15\x03\x03\x00\x02\x02" + bytes([number])


class TestBrokenHandshakes(TlsCase):
    def fails(self, kind, *steps, says=(), args=()):
        server = self.serve(hello(), *steps)
        run = self.load("-k", "-c", "1", "-n", "2", *args, f"https://localhost:{server.port}/")
        self.assertTlsFails(run, *says, kind=kind)
        self.assertTotals(run, 2, 2)
        self.assertEqual(server.connections, 2, run)

    def test_closed(self):
        self.fails("closed", close(), says=["closed the connection during the TLS handshake"])

    def test_closed_inside_the_answer(self):
        self.fails("closed", send(b"\x16\x03\x03\x00\x7a\x02\x00"), close(),
                   says=["closed the connection during the TLS handshake"])

    def test_reset(self):
        self.fails("reset", reset(), says=["reset the connection during the TLS handshake"])

    def test_alerts(self):
        self.fails("tls", send(alert(40)), wait_closed(), says=["alert 40, handshake failure"])
        self.fails("tls", send(alert(112)), wait_closed(), says=["alert 112", "--sni"])
        self.fails("tls", send(alert(80)), wait_closed(), says=["alert 80, internal error"])
        self.fails("tls", send(alert(120)), wait_closed(),
                   says=["alert 120, no application protocol", "does not speak http/1.1"])

    def test_a_server_without_tls(self):
        server = self.serve(take_until(b"\x03"), send(response(b"?", 400, "Bad Request")),
                            wait_closed())
        run = self.load("-k", "-n", "1", f"https://localhost:{server.port}/")
        self.assertTlsFails(run, "the server does not answer in TLS; is it an http:// server?")

    def test_garbage(self):
        self.fails("tls", send(b"\x16\x03\x03\x00\x04abcd"), wait_closed(), says=["TLS failed"])

    def test_silence(self):
        self.fails("timeout", stop_reading(), args=["--timeout", "100ms"],
                   says=["timed out after 0.1s while agreeing on TLS with localhost:"])

    def test_a_client_without_tls(self):
        """nginx says what is wrong in the clear."""
        nginx = self.nginx()
        run = self.load("-n", "1", f"http://localhost:{nginx.port}/")
        self.assertAllFailed(run, "status", requests=1)


class TestAfterTheHandshake(TlsCase):
    def setUp(self):
        super().setUp()
        self.context = server_context(self.authority.issue("localhost"))

    def load_from(self, *steps, args=("-n", "2", "-c", "1")):
        server = self.serve(start_tls(self.context), *steps)
        return self.trusting(*args, f"https://localhost:{server.port}/")

    def test_a_body_that_ends_with_the_connection(self):
        body = [recv_request(), send(b"HTTP/1.1 200 OK\r\n\r\nhello")]
        self.assertWorks(self.load_from(*body, close_notify()), 2)
        # Without the farewell, who cut it off?
        run = self.load_from(*body, close())
        self.assertTlsFails(run, "without a TLS close_notify, inside the response body",
                            kind="closed")

    def test_closed_before_the_answer(self):
        self.assertTlsFails(self.load_from(recv_request(), close()),
                            "without a TLS close_notify, without an answer", kind="closed")
        self.assertTlsFails(self.load_from(recv_request(), close_notify()), kind="closed")

    def test_reset_before_the_answer(self):
        self.assertTlsFails(self.load_from(recv_request(), reset()),
                            "the server reset the connection without an answer", kind="reset")

    def test_bytes_that_are_no_tls(self):
        def say_it_plainly(conn):
            os.write(conn.sock.fileno(), b"HTTP/1.1 200 OK\r\n\r\n")
        self.assertTlsFails(self.load_from(recv_request(), say_it_plainly, wait_closed()),
                            "TLS failed")

    def test_answer_and_end_together(self):
        """One read brings the answer and close_notify: the next request connects anew."""
        run = self.load_from(recv_request(), send(response(b"hello")), close_notify(),
                             args=("-n", "5", "-c", "1", "-t", "1"))
        # The next may be under way before the end is read.
        self.assertLessEqual({error["kind"] for error in run.json["errors"]}, {"closed"}, run)
        self.assertLess(run.json["totals"]["failures"], 5, run)

    def test_a_large_answer(self):
        body = os.urandom(3_000_000)
        run = self.load_from(*answer(response(body)), args=("-n", "4", "-c", "1"))
        self.assertWorks(run, 4)
        self.assertEqual(run.json["totals"]["bytes"], 4 * len(response(body)), run)

    def test_an_answer_in_many_records(self):
        def byte_by_byte(conn):
            for byte in response(b"hello"):
                conn.send(bytes([byte]))
        self.assertWorks(self.load_from(repeat([recv_request(), byte_by_byte]),
                                        args=("-n", "10", "-c", "2")), 10)

    def test_a_large_request(self):
        body = self.file("body", "x" * 2_000_000)
        server = self.serve(start_tls(self.context), repeat([recv_request(), pause(0.01),
                                                             send(response(b"thanks"))]))
        run = self.trusting("-n", "3", "-c", "1", "--body-file", body, "-m", "POST",
                            f"https://localhost:{server.port}/")
        self.assertWorks(run, 3)
        self.assertEqual({len(request.body) for request in server.requests}, {2_000_000})


class TestScenarios(TlsCase):
    def test_a_class_says_whom_it_trusts(self):
        nginx = self.nginx()
        path = self.scenario(f"""
            local trusting = inrush.user_class("Trusting", {{ fixed_count = 1,
              host = "https://localhost:{nginx.port}", tls = {{ cacert = "{self.authority.cert}" }} }})
            trusting:task("get", function(user) user.http:get("/trusting"):expect(200) end)
            local careless = inrush.user_class("Careless", {{ fixed_count = 1,
              host = "https://localhost:{nginx.port}", tls = {{ insecure = true }} }})
            careless:task("get", function(user) user.http:get("/careless"):expect(200) end)
            local other = inrush.user_class("Other", {{ fixed_count = 1,
              host = "https://localhost:{nginx.port}" }})
            other:task("get", function(user) user.http:get("/other") end)
        """)
        run = self.load("run", path, "-u", "3", "-d", "300ms")
        failed = {s["name"]: s["failures"] == s["requests"] for s in run.json["series"]}
        self.assertEqual(failed, {"/trusting": False, "/careless": False, "/other": True}, run)
        run = self.tool("check", "-k", path)  # the command line says more
        self.assertStatus(run, OK)

    def test_an_absolute_url(self):
        nginx = self.nginx()
        path = self.scenario(f"""
            local class = inrush.user_class("U", {{ }})
            class:task("get", function(user)
              user.http:get("https://localhost:{nginx.port}/x"):expect(200)
            end)
        """)
        run = self.tool("check", "--cacert", self.authority.cert, path)
        self.assertStatus(run, OK)
        self.assertStatus(self.tool("check", path), NOTHING)

    def test_tcp(self):
        context = server_context(self.authority.issue("localhost"))
        server = self.serve(start_tls(context), repeat([take_until(b"\n"), send(b"pong\n")]))
        path = self.scenario(f"""
            local class = inrush.user_class("U", {{ tcp = "tls://localhost:{server.port}",
              tls = {{ cacert = "{self.authority.cert}" }} }})
            class:task("ping", function(user)
              for _ = 1, 3 do
                assert(user.tcp:exchange("ping\\n", {{ delimiter = "\\n" }}) == "pong")
              end
            end)
            local other = inrush.user_class("Other", {{ tcp = "tls://localhost:{server.port}" }})
            other:task("ping", function(user)
              local answer, why = user.tcp:exchange("ping\\n", {{ delimiter = "\\n" }})
              print(answer, why)
            end)
        """)
        self.assertStatus(self.tool("check", path, "--class", "U"), OK)
        self.assertSays(self.tool("check", path, "--class", "Other"),
                        f"TLS with localhost:{server.port}: certificate verify failed")

    def test_mistakes(self):
        for tls, *words in (
                ('{ cacrt = "x" }', "user class 'U': tls: unknown option 'cacrt'",
                 "did you mean 'cacert'"),
                ("{ insecure = 1 }", "insecure must be true or false"),
                ('"x"', "tls must be a table"),
                ('{ cacert = "/nowhere" }', "user class 'U': tls.cacert /nowhere: No such file"),
                ('{ key = "/nowhere" }', "tls.key /nowhere: there is no cert to it"),
                ('{ sni = "127.0.0.1" }', "tls.sni 127.0.0.1: it is not a host name")):
            path = self.scenario(f"""
                local class = inrush.user_class("U", {{ host = "https://h", tls = {tls} }})
                class:task("t", function(user) end)
            """)
            self.assertUsageError(self.tool("run", path, "-d", "1s"), *words)


class TestMistakes(TlsCase):
    def test_options(self):
        mine = self.authority.issue("client")
        other = self.authority.issue("client")
        locked = os.path.join(self.dir, "locked.key")
        subprocess.run(["openssl", "pkey", "-in", mine.key, "-aes256", "-passout", "pass:secret",
                        "-out", locked], check=True, capture_output=True)
        empty = self.file("empty.pem", "")
        for args, *words in (
                (["--cacert", "/nowhere"], "--cacert /nowhere: No such file or directory"),
                (["--cacert", self.dir], "--cacert", "directory"),
                (["--cacert", empty], "it holds no certificate in PEM form"),
                (["--cert", "/nowhere"], "--cert /nowhere: No such file or directory"),
                (["--cert", empty], "--cert", "it holds no certificate in PEM form"),
                (["--cert", mine.cert], "it holds no private key; name the key's file too"),
                (["--cert", mine.cert, "--key", "/nowhere"], "--key /nowhere: No such file"),
                (["--cert", mine.cert, "--key", mine.cert], "it holds no private key in PEM form"),
                (["--cert", mine.cert, "--key", other.key],
                 "the key is not that of the certificate"),
                (["--cert", mine.cert, "--key", locked], "the key is encrypted", "openssl pkey"),
                (["--key", mine.key], "--key needs --cert"),
                (["--sni", "127.0.0.1"], "--sni 127.0.0.1: it is not a host name"),
                (["--sni", "a b"], "it is not a host name"),
                (["--tls-min", "1.4"], "--tls-min", "1.3"),
                (["--tls-min", "1.3", "--tls-max", "1.2"], "no version of TLS is left",
                 "the lowest is 1.3, the highest 1.2"),
                (["--ciphers", "ECDHE-RSA-AES128-GCM-SHA256:ROT13"], "no cipher \"ROT13\""),
                (["--ciphers", "TLS_AES_512_GCM"], "no cipher \"TLS_AES_512_GCM\""),
                (["--ciphers", ":"], "names no cipher"),
                (["--ciphers", "HIGH:!ALL"], "leaves no cipher"),
                (["--ciphers", "TLS_AES_128_GCM_SHA256", "--tls-max", "1.2"],
                 "--ciphers has none for TLS 1.2"),
                (["--ciphers", "ECDHE-RSA-AES128-GCM-SHA256", "--tls-min", "1.3"],
                 "--ciphers has none for TLS 1.3")):
            with self.subTest(args=args):
                self.assertUsageError(self.tool("-n", "1", *args, "https://localhost:1/"), *words)


if __name__ == "__main__":
    unittest.main()
