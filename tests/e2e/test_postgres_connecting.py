"""user.pg: the ways to a server, and TLS on them."""

import os
import shutil
import subprocess
import unittest

from harness.case import OK, series
from harness.postgres import PASSWORD, Postgres
from harness.postgres_case import PgCase, setUpModule


class TestConnecting(PgCase):
    def test_unix_socket(self):
        self.checked('assert(pg:query("SELECT 1"))', url=self.server.socket_url)

    def test_host_name(self):
        self.checked('assert(pg:query("SELECT 1"))',
                     url=self.server.url.replace("127.0.0.1", "localhost"))

    def test_keywords(self):
        path = self.scenario(f"""
            local P = inrush.user_class("P", {{ pg = {{ host = "127.0.0.1", port = {self.server.port},
              user = "load", password = "{PASSWORD}", dbname = "load",
              application_name = "it's \\\\ me" }} }})
            P:task("t", {{}}, function(user)
              local res = user.pg:query("SHOW application_name", {{ rows = true }})
              assert(res.rows[1].application_name == "it's \\\\ me")
            end)
            """)
        self.assertStatus(self.tool("check", path), OK)

    def test_environment(self):
        path = self.scenario("""
            local P = inrush.user_class("P")
            P:task("t", {}, function(user) assert(user.pg:query("SELECT 1")) end)
            """)
        env = {"PGHOST": "127.0.0.1", "PGPORT": str(self.server.port), "PGUSER": "load",
               "PGPASSWORD": PASSWORD, "PGDATABASE": "load"}
        self.assertStatus(self.tool("check", path, env=env), OK)

    def test_connect_is_a_request_of_its_own(self):
        run = self.load_task('pg:query("SELECT 1")',
                             more="function P.on_start(user) assert(user.pg:connect()) end")
        self.assertEqual(series(run, "connect", "PSQL")["requests"], 2, run)
        self.assertIn(f" postgres://127.0.0.1:{self.server.port}\n", run.stdout, "the class's target")
        self.assertEqual(run.json["totals"]["failures"], 0, run)

    def test_a_target_that_cannot_be(self):
        for option, words in {
            '"postgres://u:hush%zz@h/db"': ["not a PostgreSQL address", "postgres://user:password"],
            '{ hots = "x" }': ["unknown pg keyword 'hots'; did you mean 'host'?"],
            '"host=a,b"': ["one connection goes to one host"],
            '"port=99999"': ["a port is a number, 1 to 65535"],
            "5": ["pg must be a PostgreSQL URL or a table of libpq's keywords, not 5"],
            '{ password = {} }': ["pg.password must be a string or a number, not a table"],
        }.items():
            with self.subTest(option):
                path = self.scenario(f"""
                    local P = inrush.user_class("P", {{ pg = {option} }})
                    P:task("t", {{}}, function() end)
                    """)
                run = self.tool("check", path)
                self.assertUsageError(run, "scenario.lua:2", *words)
                self.assertNotIn("hush", run.output)


class TestTls(PgCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secure = cls.enterClassContext(Postgres())
        cls.cert = f"{cls.secure.data}/server.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", f"{cls.secure.data}/server.key", "-out", cls.cert],
            check=True, capture_output=True)
        for name in ("server.key", "server.crt"):
            with open(f"{cls.secure.data}/{name}", encoding="ascii") as text:
                cls.secure.file(name, text.read())
        cls.secure.sql("ALTER SYSTEM SET ssl = on")
        cls.secure.stop()
        cls.secure.start()
        cls.root = "/tmp/" + os.path.basename(cls.secure.directory) + ".crt"
        shutil.copy(cls.cert, cls.root)
        cls.addClassCleanup(os.unlink, cls.root)

    def url(self, **parameters):
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return self.secure.url.replace("127.0.0.1", "localhost") + "?" + query

    IN_USE = """
        local res = assert(pg:query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
          { rows = true }))
        assert(res.rows[1].ssl)
        local large = ("x"):rep(1024 * 1024)
        assert(pg:query("SELECT $1::text AS v", { params = { large }, rows = true })
          .rows[1].v == large)
        """

    def test_required(self):
        self.checked(self.IN_USE, url=self.url(sslmode="require"))

    def test_verified(self):
        self.checked(self.IN_USE, url=self.url(sslmode="verify-full", sslrootcert=self.root))

    def test_not_trusted(self):
        other = self.file("other.crt", "")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=other", "-keyout", "/dev/null", "-out", other], check=True, capture_output=True)
        run = self.load_task('pg:query("SELECT 1")',
                             url=self.url(sslmode="verify-full", sslrootcert=other))
        self.assertAllFailed(run, "tls")
        self.assertAllFailed(run, "certificate verify failed")
        self.assertAllFailed(run, "see sslmode and sslrootcert")

    def test_server_without(self):
        run = self.load_task('pg:query("SELECT 1")', url=self.server.url + "?sslmode=require")
        self.assertAllFailed(run, "tls")
        self.assertAllFailed(run, "server does not support SSL")


if __name__ == "__main__":
    unittest.main(verbosity=2)
