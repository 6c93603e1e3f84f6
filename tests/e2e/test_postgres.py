"""user.pg: what is asked of a server, what comes back, and how it is counted."""

import socket
import threading
import unittest

from harness.case import USAGE, series
from harness.postgres_case import PgCase, setUpModule


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
            refused("the whole pipeline's", pg.pipeline, pg, { { "SELECT 1", record = false } })
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
                upstream = socket.create_connection(("127.0.0.1", self.server.port))
                threading.Thread(target=relay, args=(client, upstream, False), daemon=True).start()
                threading.Thread(target=relay, args=(upstream, client, True), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1], lambda: sum(counts)

    def bytes_of(self, task):
        """(what the report says, what came through) for one run of the task."""
        port, received = self.serve_counted()
        url = self.server.url.replace(str(self.server.port), str(port))
        run = self.load_task(task, url=url, users=1, times=1, more="""
            function P.on_start(user) user.pg:connect{ record = false } end
            """)
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
        self.server.sql("CREATE TABLE IF NOT EXISTS accounts (id int UNIQUE); "
                   "ALTER TABLE accounts OWNER TO load; TRUNCATE accounts")

    def rows(self):
        return self.server.sql("SELECT string_agg(id::text, ',' ORDER BY id) FROM accounts")

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
