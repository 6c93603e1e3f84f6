"""user.pg against a private PostgreSQL."""

import os
import shutil
import socket
import subprocess
import threading
import time
import unittest

from harness.case import Case, INTERRUPTED, OK, USAGE, failure_count, failures, series
from harness.nginx import free_port
from harness.postgres import PASSWORD, Postgres
from harness.wire import send, take_until, wait_closed

server = None


def setUpModule():
    global server  # pylint: disable=global-statement
    server = unittest.enterModuleContext(Postgres())


class PgCase(Case):
    def user(self, task, options="", url=None, more=""):
        """A scenario of one class P, whose one task has user and pg."""
        return self.scenario(f"""
            local cjson = require "cjson"
            local P = inrush.user_class("P", {{ pg = "{url or server.url}", {options} }})
            P:task("t", {{}}, function(user)
              local pg = user.pg
              {task}
            end)
            {more}
            """)

    def checked(self, task, **options):
        """Runs the task once; its assertions hold."""
        run = self.tool("check", self.user(task, **options))
        self.assertSays(run, "0 script errors")
        return run

    def load_task(self, task, *args, options="", url=None, env=None):
        """Runs the task for a moment with two users."""
        options = options or "wait = inrush.constant(0.01)"
        return self.load("run", self.user(task, options, url), "-u", "2", "-r", "100", "-d", "1s",
                         *args, env=env)


class TestQueries(PgCase):
    def test_result(self):
        self.checked("""
            local res = assert(pg:query("SELECT 1"))
            assert(res.command == "SELECT" and res.count == 1 and res.rows == nil)
            res = pg:query("CREATE TEMP TABLE t (a int)")
            assert(res.command == "CREATE TABLE" and res.count == 0)
            res = pg:query("INSERT INTO t VALUES (1), (2)")
            assert(res.command == "INSERT" and res.count == 2)
            assert(pg:query("UPDATE t SET a = a + 1").count == 2)
            res = pg:query("SELECT a, a * 2 AS b FROM t ORDER BY a", { rows = true })
            assert(cjson.encode(res.columns) == '["a","b"]')
            assert(#res.rows == 2 and res.rows[2].a == 3 and res.rows[2].b == 6)
            assert(#pg:query("SELECT 1 WHERE false", { rows = true }).rows == 0)
            -- of several statements, the last result
            assert(pg:query("SELECT 1 AS a; SELECT 2 AS a", { rows = true }).rows[1].a == 2)
            """)

    def test_values_come_as_lua_values(self):
        self.checked("""
            local row = pg:query([[SELECT true AS t, false AS f, 7::smallint AS s, -1::bigint AS b,
              9007199254740993 AS big, 1.5::float8 AS d, 'NaN'::float8 AS nan, 2.50 AS num,
              'a' AS text, NULL AS null, '\\x0001ff'::bytea AS bytes, '[1]'::json AS json]],
              { rows = true }).rows[1]
            assert(row.t == true and row.f == false and row.s == 7 and row.b == -1)
            assert(row.big == "9007199254740993", "a number would be another one")
            assert(row.d == 1.5 and row.nan ~= row.nan and row.num == "2.50")
            assert(row.text == "a" and row.null == nil and row.bytes == "\\0\\1\\255")
            assert(cjson.decode(row.json)[1] == 1)
            """)

    def test_params(self):
        self.checked(r"""
            local function echo(value, kind)
              local res = assert(pg:query("SELECT $1::" .. kind .. " AS v",
                { params = { n = 1, value }, rows = true }))
              return res.rows[1].v
            end
            assert(echo(42, "int") == 42 and echo(-0.5, "float8") == -0.5)
            assert(echo(2^40, "bigint") == 2^40 and echo(1/0, "float8") == 1/0)
            assert(echo("it's", "text") == "it's" and echo("", "text") == "")
            assert(echo(true, "bool") == true and echo(false, "bool") == false)
            assert(echo(nil, "text") == nil and echo(cjson.null, "int") == nil)
            assert(echo({ bytea = "\0\255'\\" }, "bytea") == "\0\255'\\")
            local row = pg:query("SELECT $1::int AS a, $2::text AS b, $3::int AS c",
              { params = { n = 3, 1, nil, 3 }, rows = true }).rows[1]
            assert(row.a == 1 and row.b == nil and row.c == 3)
            """)

    def test_params_that_cannot_be(self):
        run = self.checked(r"""
            local function refused(why, value)
              local ok, err = pcall(pg.query, pg, "SELECT $1::text", { params = { value } })
              assert(not ok and err:find(why, 1, true), tostring(err))
            end
            refused("has a zero byte, which no text may have", "a\0b")
            refused("is a table; encode it", { 1 })
            refused("parameter 1 cannot be a function", print)
            assert(pg:query("SELECT 1"), "and nothing is broken by it")
            """)
        self.assertSays(run, "1 request")

    def test_mistakes_in_a_call(self):
        self.checked("""
            local function refused(why, ...)
              local ok, err = pcall(...)
              assert(not ok and tostring(err):find(why, 1, true), tostring(err))
            end
            refused("did you mean 'prepare'?", pg.query, pg, "SELECT 1", { prepared = true })
            refused("query takes SQL first, not nil", pg.query, pg, nil)
            refused("options must be a table, not number", pg.query, pg, "SELECT 1", 5)
            refused("call it with a colon: user.pg:query", pg.query, "SELECT 1")
            refused("'timeout' must be above 0", pg.query, pg, "SELECT 1", { timeout = 0 })
            refused("zero byte", pg.query, pg, "SELECT\\0 1")
            refused("'params' must be a list", pg.query, pg, "SELECT 1", { params = 1 })
            refused("pipeline takes a list", pg.pipeline, pg, {})
            refused("statement 2 of a pipeline must be SQL", pg.pipeline, pg, { "SELECT 1", 2 })
            refused("belong to a statement", pg.pipeline, pg, { "SELECT 1", params = { 1 } })
            refused("the whole pipeline's", pg.pipeline, pg, { { "SELECT 1", rows = true } })
            refused("transaction takes a function", pg.transaction, pg)
            """)

    def test_series_is_named_by_name_or_sql(self):
        run = self.load_task("""
            pg:query("SELECT 1")
            pg:query("SELECT 2", { name = "two" })
            pg:query("SELECT 3", { record = false })
            pg:query("SELECT\\n   a,   b\\n FROM (SELECT 1 AS a, 'äöüäöüäöüäöü' AS b) AS somewhere")
            """)
        names = {s["name"] for s in run.json["series"]}
        self.assertEqual(names, {"SELECT 1", "two",
                                 "SELECT a, b FROM (SELECT 1 AS a, 'äöüäöüäöüäöü' ..."})
        self.assertEqual({s["type"] for s in run.json["series"]}, {"PSQL"})
        self.assertEqual(run.json["totals"]["failures"], 0, run)

    def test_prepared_once_per_connection(self):
        self.checked("""
            local function prepared()
              return pg:query("SELECT count(*) AS n FROM pg_prepared_statements",
                { rows = true }).rows[1].n
            end
            for i = 1, 5 do
              local res = assert(pg:query("SELECT $1::int AS n",
                { params = { i }, prepare = true, rows = true }))
              assert(res.rows[1].n == i)
            end
            assert(prepared() == 1)
            pg:query("SELECT 2", { prepare = true })
            assert(prepared() == 2)
            pg:disconnect()
            assert(pg:query("SELECT 2", { prepare = true }))
            assert(prepared() == 1)
            -- what cannot be prepared is refused each time
            for _ = 1, 2 do
              local _, err = pg:query("SELECT nope", { prepare = true })
              assert(err.sqlstate == "42703")
            end
            -- one that was taken away is prepared again after one failure
            pg:query("DEALLOCATE ALL")
            assert(pg:query("SELECT 2", { prepare = true }) == nil)
            assert(pg:query("SELECT 2", { prepare = true }))
            """)

    def test_pipeline(self):
        self.checked("""
            local res = assert(pg:pipeline{
              "SELECT 1 AS a",
              { "SELECT $1::text AS b", params = { "x" } },
              { "SELECT $1::int AS c", params = { 3 }, prepare = true },
              { "SELECT $1::int AS c", params = { 4 }, prepare = true },
              rows = true, name = "four",
            })
            assert(#res == 4 and res[1].rows[1].a == 1 and res[2].rows[1].b == "x")
            assert(res[3].rows[1].c == 3 and res[4].rows[1].c == 4)

            pg:query("CREATE TEMP TABLE t (a int)")
            local none, err = pg:pipeline{
              "INSERT INTO t VALUES (1)", "SELECT nope",
              { "SELECT $1::bool", params = { true }, prepare = true },
            }
            assert(none == nil and err.index == 2 and err.sqlstate == "42703", tostring(err))
            assert(pg:query("SELECT * FROM t").count == 0, "it is one transaction")
            res = assert(pg:pipeline{ { "SELECT $1::bool", params = { true }, prepare = true } })
            assert(res[1].count == 1)
            """)

    def test_large_values_both_ways(self):
        self.checked("""
            local large = ("x"):rep(8 * 1024 * 1024)
            local res = assert(pg:query("SELECT $1::text AS v, length($1) AS n",
              { params = { large }, rows = true }))
            assert(res.rows[1].n == #large and res.rows[1].v == large)
            local many = {}
            for i = 1, 500 do
              many[i] = { "SELECT repeat('y', 20000) AS v, $1::text", params = { large:sub(1, 5000) } }
            end
            many.rows = true
            res = assert(pg:pipeline(many))
            assert(#res == 500 and #res[500].rows[1].v == 20000)
            res = assert(pg:query("SELECT * FROM generate_series(1, 100000) AS i", { rows = true }))
            assert(#res.rows == 100000 and res.rows[100000].i == 100000)
            """)

    def test_copy_is_refused(self):
        run = self.checked("""
            for _, sql in ipairs { "COPY tools FROM STDIN", "COPY tools TO STDOUT" } do
              local res, err = pg:query(sql)
              assert(res == nil and err.message:find("COPY is not possible", 1, true))
            end
            assert(pg:query("SELECT 1"))
            """)
        self.assertSays(run, "COPY is not possible here; use INSERT or SELECT")

    def test_fail_judges_a_result(self):
        run = self.load_task("""
            local res = pg:query("SELECT count(*) AS n FROM tools", { rows = true, name = "count" })
            if res.rows[1].n ~= 4 then pg:fail("not four tools") end
            """)
        self.assertAllFailed(run, "not four tools")
        self.assertAllFailed(run, "check")

    def test_measure(self):
        run = self.load_task("""
            inrush.measure("PSQL", "both", function()
              pg:query("SELECT 1")
              pg:query("SELECT nope")
            end)
            """)
        self.assertEqual([s["name"] for s in run.json["series"]], ["both"])
        self.assertAllFailed(run, "42703")


class TestBytes(PgCase):
    """The bytes of a request are those that the server sent for it."""

    def serve_counted(self):
        """A port in front of the server, and a function that tells how much came back."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        counts = []

        def relay(source, sink, count):
            try:
                while data := source.recv(65536):
                    counts[-1] += len(data) if count else 0
                    sink.sendall(data)
            except OSError:
                pass
            sink.close()

        def accept():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                counts.append(0)
                upstream = socket.create_connection(("127.0.0.1", server.port))
                threading.Thread(target=relay, args=(client, upstream, False), daemon=True).start()
                threading.Thread(target=relay, args=(upstream, client, True), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1], lambda: sum(counts)

    def bytes_of(self, task):
        """(what the report says, what came through) for one run of the task."""
        port, received = self.serve_counted()
        url = server.url.replace(str(server.port), str(port))
        path = self.user(task, "wait = inrush.constant(60)", url,
                         more="function P.on_start(user) user.pg:connect{ record = false } end")
        running = self.start("run", path, "-u", "1", "-d", "10m")
        self.wait_until(lambda: "1 user" in running.output_so_far() and received() > 0, running)
        time.sleep(0.5)
        running.signal()
        run = self.finish(running)
        return run.json["totals"]["bytes"], received()

    def test_bytes(self):
        _, connecting = self.bytes_of("pg:connect{ record = false }")
        for task in [
            'pg:query("SELECT 1")',
            'pg:query("SELECT 1; SELECT 2")',
            'pg:query("SELECT name, NULL FROM tools WHERE name > $1", { params = { "a" } })',
            'for _ = 1, 3 do pg:query("SELECT $1::int", { params = { 1 }, prepare = true }) end',
            'pg:query("UPDATE tools SET name = name", { prepare = true })',
            'pg:pipeline{ "SELECT 1", { "SELECT 2", prepare = true }, "DELETE FROM tools WHERE false" }',
            'pg:query("SELECT nope")',
            'pg:query("SELECT nope", { prepare = true })',
            'pg:query("SELECT * FROM tols", { params = { 1 } })',
        ]:
            with self.subTest(task):
                told, received = self.bytes_of(task)
                self.assertEqual(told, received - connecting)


class TestTransactions(PgCase):
    def setUp(self):
        super().setUp()
        server.sql("CREATE TABLE IF NOT EXISTS accounts (id int UNIQUE); "
                   "ALTER TABLE accounts OWNER TO load; TRUNCATE accounts")

    def rows(self):
        return server.sql("SELECT string_agg(id::text, ',' ORDER BY id) FROM accounts")

    def test_commit(self):
        self.checked("""
            local a, b = pg:transaction(function(tx)
              assert(pg:transaction_status() == "open")
              assert(tx:query("INSERT INTO accounts VALUES ($1)", { params = { 1 } }).count == 1)
              assert(#tx:pipeline{ "INSERT INTO accounts VALUES (2)", "SELECT 1" } == 2)
              return "a", "b"
            end)
            assert(a == "a" and b == "b" and pg:transaction_status() == "none")
            assert(pg:transaction(function() end) == true)
            """)
        self.assertEqual(self.rows(), "1,2")

    def test_a_failed_query_rolls_back(self):
        self.checked("""
            local reached = false
            local res, err = pg:transaction(function(tx)
              tx:query("INSERT INTO accounts VALUES (1)")
              tx:query("INSERT INTO accounts VALUES (1)")
              reached = true
            end)
            assert(res == nil and err.sqlstate == "23505" and not reached)
            assert(err.detail:find("already exists", 1, true))
            -- also when the script did not look
            res, err = pg:transaction(function(tx)
              tx:query("INSERT INTO accounts VALUES (2)")
              pg:query("SELECT nope")
            end)
            assert(res == nil and tostring(err):find("rolled back", 1, true))
            res = pg:transaction(function(tx)
              pcall(tx.query, tx, "SELECT nope")
              local ok, again = pcall(tx.query, tx, "SELECT 1")
              assert(not ok and again.sqlstate == "42703", "it does not go on")
            end)
            assert(res == nil and pg:transaction_status() == "none")
            """)
        self.assertEqual(self.rows(), "")

    def test_an_error_of_the_script_rolls_back_and_is_raised(self):
        run = self.tool("check", self.user("""
            pg:transaction(function(tx)
              tx:query("INSERT INTO accounts VALUES (1)")
              error("of my own")
            end)
            """))
        self.assertStatus(run, USAGE)
        self.assertSays(run, "scenario.lua:9: of my own", "ROLLBACK")
        self.assertEqual(self.rows(), "")

    def test_series(self):
        run = self.load_task("""
            pg:transaction(function(tx) tx:query("SELECT 1") end)
            pg:transaction(function(tx) tx:query("SELECT nope") end)
            pg:transaction(function(tx) tx:query("SELECT 2") end,
              { record = false, isolation = "serializable" })
            """)
        names = {s["name"] for s in run.json["series"]}
        self.assertEqual(names, {"BEGIN", "COMMIT", "ROLLBACK", "SELECT 1", "SELECT 2",
                                 "SELECT nope"})
        self.assertGreaterEqual(series(run, "SELECT nope", "PSQL")["requests"],
                                series(run, "ROLLBACK", "PSQL")["requests"])

    def test_isolation(self):
        self.checked("""
            pg:transaction(function(tx)
              local res = tx:query("SHOW transaction_isolation", { rows = true })
              assert(res.rows[1].transaction_isolation == "serializable")
            end, { isolation = "serializable" })
            local ok, err = pcall(pg.transaction, pg, function() end, { isolation = "serialisable" })
            assert(not ok and err:find("did you mean 'serializable'?", 1, true), err)
            """)

    def test_a_lost_connection_is_not_committed(self):
        self.checked("""
            local res, err = pg:transaction(function(tx)
              tx:query("INSERT INTO accounts VALUES (1)")
              pg:query("SELECT pg_terminate_backend(pg_backend_pid())")
              pg:query("INSERT INTO accounts VALUES (2)") -- on its own
            end)
            assert(res == nil and tostring(err):find("connection was lost", 1, true), tostring(err))
            """)
        self.assertEqual(self.rows(), "2")


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
        url = server.url.replace(PASSWORD, "wrong")
        self.fails(url, "status", 'password authentication failed for user "load" (28P01); '
                   "check user and password")

    def test_no_password(self):
        url = server.url.replace(f":{PASSWORD}", "")
        self.fails(url, "status", "wants a password; give one in pg, or set PGPASSWORD",
                   env={"PGPASSFILE": "/nonexistent"})

    def test_missing_database(self):
        self.fails(server.url.rpartition("/")[0] + "/nowhere", "status",
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
        self.fails(server.url, "status", 'syntax error at or near "SELEC" (42601)',
                   task='pg:query("SELEC 1")')

    def test_hint_of_the_server(self):
        self.fails(server.url, "status", 'column "nam" does not exist (42703)',
                   'Perhaps you meant to reference the column "tools.name"',
                   task='pg:query("SELECT nam FROM tools")')

    def test_empty_query(self):
        self.fails(server.url, "status", "the query is empty", task='pg:query(" ")')

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

    def test_too_many_connections(self):
        with Postgres(connections=5) as small:
            path = self.user('pg:query("SELECT pg_sleep(0.2)")', "wait = inrush.constant(0.01)",
                             small.url)
            run = self.load("run", path, "-u", "8", "-r", "100", "-d", "2s")
        self.assertGreater(failure_count(run, "(53300); raise the server's max_connections"), 0,
                           run)

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
        running = self.start("run", self.user(
            'pg:query("SELECT pg_sleep(600) AS late", { timeout = 0.3 })'),
            "-u", "1", "-d", "10m")
        self.wait_until(lambda: "failed (" in running.output_so_far(), running)
        running.signal()
        run = self.finish(running)
        # On a busy machine connecting can take as long.
        self.assertAllFailed(run, "timed out after 0.3s")
        self.wait_until(lambda: server.running("AS late") == 0)

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
                             "-u", "3", "-r", "100", "-d", "10m")
        self.wait_until(lambda: server.running("AS endless") == 3, running)
        running.signal()
        run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        self.wait_until(lambda: server.running("AS endless") == 0)


class TestRecovery(PgCase):
    DOWN_S = 1.0

    def restarted(self, immediate):
        with Postgres() as mine:
            path = self.user('pg:query("SELECT 1", { prepare = true })',
                             "wait = inrush.constant(0.001)", mine.url)
            running = self.start("run", path, "-u", "4", "-r", "1000", "-d", "10m")
            self.wait_until(lambda: mine.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'load'") == "4", running)
            mine.stop(immediate)
            before = running.cpu_seconds()
            time.sleep(self.DOWN_S)
            spent = running.cpu_seconds() - before
            self.assertLess(spent, self.DOWN_S / 2, "it spins while the server is down")
            mine.start()
            self.wait_until(lambda: mine.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'load' "
                "AND query = 'SELECT 1'") == "4", running)
            running.signal()
            run = self.finish(running)
        self.assertStatus(run, INTERRUPTED)
        totals = run.json["totals"]
        lost = failure_count(run, "reset") + failure_count(run, "closed")
        self.assertLessEqual(lost, 8, run)
        self.assertGreater(failure_count(run, "refused"), 0, run)
        self.assertEqual(lost + failure_count(run, "refused"), totals["failures"], run)
        # Backoff from 10 ms: about ten attempts a second and connection.
        self.assertLess(totals["failures"], 100 * 4, run)

    def test_restarted(self):
        self.restarted(immediate=False)

    def test_crashed(self):
        self.restarted(immediate=True)

    def test_a_session_that_is_ended(self):
        run = self.checked("""
            local res, err = pg:query("SELECT pg_terminate_backend(pg_backend_pid())")
            assert(res == nil and err.kind == "closed" and err.sqlstate == "57P01", tostring(err))
            assert(pg:query("SELECT 1"))
            """)
        self.assertSays(run, "terminating connection due to administrator command (57P01)")


class TestConnecting(PgCase):
    def test_unix_socket(self):
        self.checked('assert(pg:query("SELECT 1"))', url=server.socket_url)

    def test_host_name(self):
        self.checked('assert(pg:query("SELECT 1"))',
                     url=server.url.replace("127.0.0.1", "localhost"))

    def test_keywords(self):
        path = self.scenario(f"""
            local P = inrush.user_class("P", {{ pg = {{ host = "127.0.0.1", port = {server.port},
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
        env = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "load",
               "PGPASSWORD": PASSWORD, "PGDATABASE": "load"}
        self.assertStatus(self.tool("check", path, env=env), OK)

    def test_connect_is_a_request_of_its_own(self):
        path = self.user('pg:query("SELECT 1")', "wait = inrush.constant(0.01)",
                         more="function P.on_start(user) assert(user.pg:connect()) end")
        run = self.load("run", path, "-u", "3", "-r", "100", "-d", "1s")
        self.assertEqual(series(run, "connect", "PSQL")["requests"], 3, run)
        self.assertIn(f" postgres://127.0.0.1:{server.port}\n", run.stdout, "the class's target")
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
        run = self.load_task('pg:query("SELECT 1")', url=server.url + "?sslmode=require")
        self.assertAllFailed(run, "tls")
        self.assertAllFailed(run, "server does not support SSL")


if __name__ == "__main__":
    unittest.main(verbosity=2)
