"""user.pg when the server refuses, is late, or goes away."""

import os
import socket
import time
import unittest

from harness.case import INTERRUPTED, failure_count, failures, series
from harness.nginx import free_port
from harness.postgres import PASSWORD, Postgres
from harness.postgres_case import PgCase, setUpModule
from harness.wire import send, take_until, wait_closed


class TestFailures(PgCase):
    """Each says what, where and what to do."""

    def fails(self, url, kind, *words, task='pg:query("SELECT 1")', env=None):
        run = self.load_task(task, url=url, env=env)
        self.assertAllFailed(run, kind)
        for word in words:
            self.assertAllFailed(run, word)
        self.assertEqual(len(failures(run)), 1, "equal failures are one line of the report")
        self.assertNotIn(PASSWORD, run.output)
        return run

    def test_wrong_password(self):
        url = self.server.url.replace(PASSWORD, "wrong")
        self.fails(url, "status", 'password authentication failed for user "load" (28P01); '
                   "check user and password")

    def test_no_password(self):
        url = self.server.url.replace(f":{PASSWORD}", "")
        self.fails(url, "status", "wants a password; give one in pg, or set PGPASSWORD",
                   env={"PGPASSFILE": "/nonexistent"})

    def test_missing_database(self):
        self.fails(self.server.url.rpartition("/")[0] + "/nowhere", "status",
                   'database "nowhere" does not exist (3D000); create the database')

    def test_missing_table_fails_alone(self):
        run = self.load_task("""
            pg:query("SELECT COUNT(*) FROM tool", { name = "COUNT tools" })
            pg:query("SELECT 1")
            """)
        count, one = series(run, "COUNT tools", "PSQL"), series(run, "SELECT 1", "PSQL")
        self.assertEqual(count["failures"], count["requests"], run)
        self.assertEqual(one["failures"], 0, run)
        self.assertEqual(failure_count(run, 'relation "tool" does not exist (42P01); create'),
                         count["failures"])

    def test_syntax_error(self):
        self.fails(self.server.url, "status", 'syntax error at or near "SELEC" (42601)',
                   task='pg:query("SELEC 1")')

    def test_hint_of_the_server(self):
        self.fails(self.server.url, "status", 'column "nam" does not exist (42703)',
                   'Perhaps you meant to reference the column "tools.name"',
                   task='pg:query("SELECT nam FROM tools")')

    def test_empty_query(self):
        self.fails(self.server.url, "status", "the query is empty", task='pg:query(" ")')

    def test_refused(self):
        port = free_port()
        self.fails(f"postgres://load@127.0.0.1:{port}/load", "refused",
                   f"connection refused by 127.0.0.1:{port}; start PostgreSQL there")

    def test_no_socket(self):
        self.fails("postgres:///load?host=/nowhere&port=5599", "refused",
                   "no PostgreSQL at the socket /nowhere/.s.PGSQL.5599; start it")

    def test_unknown_host(self):
        self.fails("postgres://load@nowhere.invalid/load", "dns",
                   "cannot find the address of nowhere.invalid")

    def test_another_protocol(self):
        http = self.serve(take_until(b"\0\0"), send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                          wait_closed())
        self.fails(f"postgres://load@127.0.0.1:{http.port}/load?sslmode=disable", "protocol",
                   "does not speak PostgreSQL's protocol")

    def test_errors_are_values(self):
        self.checked("""
            local res, err = pg:query("SELECT nope")
            assert(res == nil and err.kind == "status" and err.sqlstate == "42703")
            assert(tostring(err) == err.message)
            res, err = pg:query("SELECT pg_sleep(30)", { timeout = 0.1 })
            assert(res == nil and err.kind == "timeout" and err.sqlstate == nil)
            """)


class TestDeadline(PgCase):
    def test_slow_query_is_ended_at_the_server(self):
        run = self.load_task('pg:query("SELECT pg_sleep(600) AS late", { timeout = 0.3 })')
        # On a busy machine connecting can take as long.
        self.assertAllFailed(run, "timed out after 0.3s")
        self.wait_until(lambda: self.server.running("AS late") == 0)

    def test_the_timeout_of_the_class(self):
        run = self.load_task('pg:query("SELECT pg_sleep(600)")', options="timeout = 0.2")
        self.assertAllFailed(run, "timed out after 0.2s")

    def test_connecting_counts(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        port = silent.getsockname()[1]
        run = self.load_task('pg:query("SELECT 1")', options="timeout = 0.2",
                             url=f"postgres://load@127.0.0.1:{port}/load")
        self.assertAllFailed(run, f"timed out after 0.2s while connecting to 127.0.0.1:{port}")

    def test_the_end_of_the_run_ends_queries(self):
        running = self.start("run", self.user('pg:query("SELECT pg_sleep(600) AS endless")'),
                             "-u", "3", "-d", "10m", "--stop-timeout", "100ms")
        self.wait_until(lambda: self.server.running("AS endless") == 3, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.wait_until(lambda: self.server.running("AS endless") == 0)


class TestRecovery(PgCase):
    """A server that is stopped and started by the cases, and has few connections."""

    DOWN_S = 1.0
    CONNECTIONS = 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Postgres(connections=cls.CONNECTIONS))

    def sessions(self, more=""):
        return int(self.server.sql(
            f"SELECT count(*) FROM pg_stat_activity WHERE usename = 'load' {more}"))

    def restarted(self, immediate):
        refused = f"{self.dir}/refused"
        path = self.user(f"""
            local res, err = pg:query("SELECT 1", {{ prepare = true }})
            if not res and err.kind == "refused" then io.open("{refused}", "w"):close() end
            """, "wait = inrush.constant(0.001)")
        running = self.start("run", path, "-u", "4", "-r", "1000", "-d", "10m")
        self.wait_until(lambda: self.sessions("AND query = 'SELECT 1'") == 4, running)
        down = time.monotonic()
        self.server.stop(immediate)
        before = running.cpu_seconds()
        time.sleep(self.DOWN_S)
        spent = running.cpu_seconds() - before
        self.assertLess(spent, self.DOWN_S / 2, "it spins while the server is down")
        self.wait_until(lambda: os.path.exists(refused), running)
        self.server.start()
        self.wait_until(lambda: self.sessions("AND query = 'SELECT 1'") == 4, running)
        down = time.monotonic() - down
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        totals = run.json["totals"]
        lost = failure_count(run, "reset") + failure_count(run, "closed")
        self.assertLessEqual(lost, 8, run)
        self.assertGreater(failure_count(run, "refused"), 0, run)
        self.assertEqual(lost + failure_count(run, "refused"), totals["failures"], run)
        # Backoff from 10 ms: about ten attempts a second and connection.
        self.assertLess(totals["failures"], 20 * 4 * down, run)

    def test_restarted(self):
        self.restarted(immediate=False)

    def test_crashed(self):
        self.restarted(immediate=True)

    def test_too_many_connections(self):
        run = self.load_task('pg:query("SELECT 1")', users=self.CONNECTIONS, times=1)
        self.assertGreater(failure_count(run, "(53300); raise the server's max_connections"), 0,
                           run)

    def test_a_session_that_is_ended(self):
        run = self.checked("""
            local res, err = pg:query("SELECT pg_terminate_backend(pg_backend_pid())")
            assert(res == nil and err.kind == "closed" and err.sqlstate == "57P01", tostring(err))
            assert(pg:query("SELECT 1"))
            """)
        self.assertSays(run, "terminating connection due to administrator command (57P01)")


if __name__ == "__main__":
    unittest.main(verbosity=2)
