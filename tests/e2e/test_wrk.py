"""wrk scripts: every hook and every name they have, and what goes wrong in them."""

import re
import unittest

from harness import wire
from harness.case import NOTHING, OK, THRESHOLD, USAGE, failure_count
from harness.tool import ROOT
from harness.wire import answer, pause, recv_request, repeat, response, send
from harness.target import Target
from harness.wrk import HELLO, WrkCase

NO_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"  # to HEAD


class TestTheTable(WrkCase):
    def requests(self, text, *args, n=1, url_path=""):
        server = self.serve(*answer(HELLO))
        run = self.run_script(text, server.url.rstrip("/") + url_path, *args, n=n)
        self.assertStatus(run, OK)
        return server, run

    def test_what_the_url_says(self):
        server, run = self.requests(
            "print(wrk.scheme, wrk.host, wrk.port, type(wrk.port), wrk.method, wrk.path, wrk.body)",
            url_path="/a/b?c=d")
        line = f"http\t127.0.0.1\t{server.port}\tstring\tGET\t/a/b?c=d\tnil"
        self.assertEqual(run.stdout.splitlines()[:2], [line, line], "the main state and a thread")
        self.assertEqual(server.requests[0].head,
                         f"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())

    def test_a_static_request_is_made_of_the_table(self):
        server, _ = self.requests("""\
            wrk.method = "PUT"
            wrk.path = "/x"
            wrk.body = "a=b"
            wrk.headers["Content-Type"] = "text/plain"
            wrk.headers["X-Number"] = 7
            """)
        request = server.requests[0]
        self.assertEqual((request.method, request.target, request.body), ("PUT", "/x", b"a=b"))
        self.assertEqual(sorted(request.headers), sorted([
            ("Host", f"127.0.0.1:{server.port}"), ("Content-Type", "text/plain"),
            ("X-Number", "7"), ("Content-Length", "3")]))

    def test_headers_and_more_of_the_command_line(self):
        server, _ = self.requests("", "-H", "A:b", "-H", "host: other", "-m", "POST",
                                  "--json-body", "{}")
        request = server.requests[0]
        self.assertEqual(sorted(request.headers), [("A", "b"), ("Content-Length", "2"),
                                                   ("Content-Type", "application/json"),
                                                   ("host", "other")])
        self.assertEqual((request.method, request.body), ("POST", b"{}"))

    def test_format_takes_what_is_nil_from_the_table(self):
        server, _ = self.requests("""\
            local n = 0
            local made = {
              function() return wrk.format() end,
              function() return wrk.format("POST", "/p", { A = "b" }, "body") end,
              function() return wrk.format(nil, "/h", { ["content-length"] = "9", Host = "h" }) end,
              function() wrk.path = "/later" return wrk.format() end,
            }
            function request()
              n = n + 1
              return made[n]()
            end
            """, n=4)
        host = ("Host", f"127.0.0.1:{server.port}")
        self.assertEqual([(r.method, r.target, sorted(r.headers), r.body) for r in server.requests], [
            ("GET", "/", [host], b""),
            ("POST", "/p", [("A", "b"), ("Content-Length", "4"), host], b"body"),
            ("GET", "/h", [("Host", "h")], b""),
            ("GET", "/later", [host], b"")])

    def test_format_before_init_has_a_host_too(self):
        server, _ = self.requests("""\
            local made = wrk.format("GET", "/early")
            function request() return made end
            """)
        self.assertEqual(server.requests[0].header("Host"), f"127.0.0.1:{server.port}")

    def test_credentials_of_the_url(self):
        server = self.serve(*answer(HELLO))
        self.run_script("", server.url.replace("//", "//me:secret@"), n=1)
        self.assertEqual(server.requests[0].header("Authorization"), "Basic bWU6c2VjcmV0")


class TestHooks(WrkCase):
    def test_setup_once_for_each_thread_in_the_main_state(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("""\
            local threads = {}
            function setup(thread)
              threads[#threads + 1] = thread
              thread:set("id", #threads)
            end
            function init(args) print("init", id, #args) end
            function done(summary)
              for i, thread in ipairs(threads) do print("done", i, thread:get("id")) end
            end
            """, server.url, "--wrk-output", "--", "one", "two", n=4, threads=2, connections=2,
            json=False)
        self.assertStatus(run, OK)
        self.assertEqual(run.stdout.splitlines()[:2], ["init\t1\t2", "init\t2\t2"])
        self.assertEqual(run.stdout.splitlines()[-2:], ["done\t1\t1", "done\t2\t2"])

    def test_values_are_copied_between_states(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("""\
            local value = { 1, "two", { three = true, [4] = 4.5 }, [false] = "no" }
            local kept
            function setup(thread)
              kept = thread
              thread:set("value", value)
              thread:set("none", nil)
              value[2] = "changed"
            end
            function init()
              print(value[1], value[2], value[3].three, value[3][4], value[false], none)
              answer = value
              nothing = nil
            end
            function done()
              local got = kept:get("answer")
              print(got[2], got[3][4], kept:get("nothing"), kept:get("never"))
            end
            """.replace("local value", "value"), server.url, n=1, json=False)
        self.assertStatus(run, OK)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], "1\ttwo\ttrue\t4.5\tno\tnil")
        self.assertEqual(lines[-1], "two\t4.5\tnil\tnil")

    def test_init_sees_the_arguments(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("function init(args) print(args[0], args[1], args[2], args[3]) end",
                              server.url, "--", "a", "-b", n=1)
        self.assertEqual(run.stdout.splitlines()[0], f"{server.url}\ta\t-b\tnil")

    def test_init_may_call_wrks_own(self):
        server = self.serve(*answer(HELLO))
        self.run_script("init = function(args) wrk.init(args) wrk.path = '/i' end", server.url, n=1)
        self.assertEqual(server.requests[0].target, "/i")

    def test_request_and_wrk_request(self):
        server = self.serve(*answer(HELLO))
        self.run_script("""\
            local n = 0
            function request()
              n = n + 1
              if n % 2 == 0 then return wrk.request() end
              return wrk.format("GET", "/" .. n)
            end
            """, server.url, n=4)
        self.assertEqual([r.target for r in server.requests], ["/1", "/", "/3", "/"])

    def test_response_sees_status_headers_and_body(self):
        server = self.serve(recv_request(), send(HELLO), recv_request(),
                            send(b"HTTP/1.1 404 Gone\r\nX-Fold: a\r\n  b\r\nContent-Length: 3\r\n"
                                 b"\r\n\0\xffx"), recv_request(),
                            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), wire.wait_closed())
        run = self.run_script("""\
            function response(status, headers, body)
              local names = {}
              for name, value in pairs(headers) do names[#names + 1] = name .. "=" .. value end
              table.sort(names)
              print(status, table.concat(names, ","), #body, body:gsub("%W", "."))
            end
            """, server.url)
        self.assertEqual(run.stdout.splitlines()[:3], [
            "200\tContent-Length=5,Set-Cookie=b=2,X-Token=t1\t5\thello\t0",
            "404\tContent-Length=3,X-Fold=a b\t3\t..x\t2",
            "200\tTransfer-Encoding=chunked\t5\tabcde\t0"])
        self.assertTotals(run, 3, 1)

    def test_headers_that_a_script_keeps_are_its_own(self):
        heads = [response(b"x", headers=[f"X-Id: {i}"]) for i in (1, 1, 2)]
        server = self.serve(*[step for head in heads for step in (recv_request(), send(head))],
                            wire.wait_closed())
        run = self.run_script("""\
            local kept = {}
            function response(status, headers, body)
              kept[#kept + 1] = headers
              headers["X-Id"] = headers["X-Id"] .. "!"
              if #kept == 3 then
                print(kept[1]["X-Id"], kept[2]["X-Id"], kept[3]["X-Id"], kept[1] == kept[2])
              end
            end
            """, server.url)
        self.assertEqual(run.stdout.splitlines()[0], "1!\t1!\t2!\tfalse")

    def test_a_token_from_a_response(self):
        server = self.serve(*answer(HELLO))
        self.run_script("""\
            local token
            local path = "/authenticate"
            request = function() return wrk.format("GET", path) end
            response = function(status, headers, body)
              if not token and status == 200 then
                token = headers["X-Token"]
                path = "/resource"
                wrk.headers["X-Token"] = token
              end
            end
            """, server.url)
        self.assertEqual([(r.target, r.header("X-Token")) for r in server.requests],
                         [("/authenticate", None), ("/resource", "t1"), ("/resource", "t1")])

    def test_delay_before_each_request(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("function delay() return 40 end", server.url, n=3)
        self.assertGreaterEqual(run.json["duration_s"], 0.12)
        self.assertTotals(run, 3, 0)

    def test_a_thread_may_stop_itself(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("""\
            local count = 0
            function response()
              count = count + 1
              if count == 5 then wrk.thread:stop() end
            end
            """, server.url, "-d", "60s", n=0, threads=2, connections=2)
        self.assertStatus(run, OK)
        self.assertTotals(run, 10, 0)

    def test_setup_may_stop_a_thread(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("""\
            local n = 0
            function setup(thread)
              n = n + 1
              if n == 1 then thread:stop() end
            end
            """, server.url, n=4, threads=2, connections=2)
        self.assertTotals(run, 2, 0)
        self.assertEqual(server.connections, 1)

    def test_each_thread_has_its_address(self):
        first, second = self.serve(*answer(HELLO)), self.serve(*answer(HELLO))
        run = self.run_script(f"""\
            local addrs = wrk.lookup("127.0.0.1", "{first.port}")
            addrs[2] = wrk.lookup("localhost", {second.port})[1]
            for _, addr in ipairs(wrk.lookup("localhost", "{second.port}")) do
              if wrk.connect(addr) then addrs[2] = addr end
            end
            local n = 0
            function setup(thread)
              n = n + 1
              thread.addr = addrs[n]
            end
            function init() print(wrk.thread.addr) end
            """, "http://inrush.invalid/", n=6, threads=2, connections=2)
        self.assertTotals(run, 6, 0)
        self.assertEqual((first.request_count, second.request_count), (3, 3))
        self.assertEqual(first.requests[0].header("Host"), "inrush.invalid")
        self.assertIn(f"127.0.0.1:{first.port}\n127.0.0.1:{second.port}\n", run.stdout)

    def test_addresses_that_accept(self):
        server = self.serve(*answer(HELLO))
        dead = wire.Server(answer(HELLO)).start()
        dead.stop()
        run = self.run_script(f"""\
            print(wrk.connect(wrk.lookup("127.0.0.1", {server.port})[1]),
                  wrk.connect(wrk.lookup("127.0.0.1", {dead.port})[1]), #wrk.addrs)
            """, server.url, n=1)
        self.assertEqual(run.stdout.splitlines()[0], "true\tfalse\t1")

    def test_done_has_everything(self):
        busy = response(b"", 503, "Busy")
        server = self.serve(repeat([recv_request(), send(HELLO), recv_request(), send(busy)], 10))
        run = self.run_script("""\
            function done(summary, latency, requests)
              local e = summary.errors
              print(summary.requests, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout)
              print(summary.duration > latency.max, latency.min > 0, latency.min <= latency.mean,
                    latency.mean <= latency.max, latency.stdev >= 0)
              print(latency:percentile(0) == latency.min, latency:percentile(100) == latency.max,
                    latency:percentile(50) <= latency:percentile(99.9))
              local count, last = 0, 0
              for i = 1, #latency do
                local value, n = latency(i)
                assert(value > last and n > 0)
                last, count = value, count + n
              end
              print(count, latency(#latency + 1))
              local again = latency(1)
              print(again == latency.min, requests.min <= requests.max, #requests > 0)
            end
            """, server.url, n=20, json=False)
        self.assertStatus(run, OK)
        self.assertEqual(run.stdout.splitlines()[-5:], [
            f"20\t{10 * (len(HELLO) + len(busy))}\t0\t0\t0\t10\t0",
            "true\ttrue\ttrue\ttrue\ttrue", "true\ttrue\ttrue", "20\t0\t0", "true\ttrue\ttrue"])


class TestPipelining(WrkCase):
    THREE = """\
        local bytes = wrk.format("GET", "/1") .. wrk.format("HEAD", "/2")
            .. wrk.format("POST", "/3", nil, "body")
        local n = 0
        function request() return bytes end
        function response(status, headers, body) n = n + 1 print(n, status, body) end
        """
    ANSWERS = HELLO + NO_BODY + (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 b"2\r\nho\r\n0\r\n\r\n")
    SEEN = ["1\t200\thello", "2\t200\t", "3\t201\tho"]

    def test_answers_in_one_read(self):
        server = self.serve(recv_request(), recv_request(), recv_request(), send(self.ANSWERS),
                            wire.wait_closed())
        run = self.run_script(self.THREE, server.url)
        self.assertTotals(run, 3, 0)
        self.assertEqual([r.target for r in server.requests], ["/1", "/2", "/3"])
        self.assertEqual(run.stdout.splitlines()[:3], self.SEEN)
        self.assertEqual(run.json["totals"]["bytes"], len(self.ANSWERS))

    def test_answers_split_everywhere(self):
        splits = range(1, len(self.ANSWERS))
        server = self.serve(wire.each(splits, lambda at: [
            recv_request(), recv_request(), recv_request(), wire.split_at(self.ANSWERS, at)]),
            wire.wait_closed())
        run = self.run_script(self.THREE, server.url, n=3 * len(splits))
        self.assertTotals(run, 3 * len(splits), 0)
        self.assertEqual(run.json["totals"]["bytes"], len(splits) * len(self.ANSWERS))
        self.assertEqual(server.connections, 1)
        self.assertEqual([line.split("\t", 1)[1] for line in run.stdout.splitlines()
                          if re.match(r"\d+\t", line)],
                         [line.split("\t", 1)[1] for line in self.SEEN] * len(splits))

    def test_answers_that_are_missing_are_failures(self):
        server = self.serve(recv_request(), recv_request(), recv_request(), send(HELLO))
        run = self.run_script(self.THREE, server.url, n=3)
        self.assertTotals(run, 3, 2)
        self.assertEqual(failure_count(run, "closed"), 2)
        self.assertEqual(run.json["totals"]["bytes"], len(HELLO))

    def test_each_may_be_timed_to_the_last_answer(self):
        """-B: as wrk measures, though every answer is counted for itself."""
        for rate in ((), ("-R", "1000")):
            server = self.serve(recv_request(), recv_request(), recv_request(), send(HELLO),
                                pause(0.3), send(response(b"", 500, "Oops") + HELLO),
                                wire.wait_closed())
            run = self.run_script(self.THREE.replace('"HEAD"', '"GET"'), server.url, "-B", *rate)
            self.assertTotals(run, 3, 1)
            self.assertGreaterEqual(run.json["totals"]["latency_ms"]["min"], 299, run)
            self.assertEqual(run.json["totals"]["bytes"],
                             2 * len(HELLO) + len(response(b"", 500, "Oops")))

    def test_a_batch_that_breaks_off_is_timed_to_its_end(self):
        server = self.serve(recv_request(), recv_request(), recv_request(), send(HELLO), pause(0.3))
        run = self.run_script(self.THREE, server.url, "--batch_latency")
        self.assertTotals(run, 3, 2)
        self.assertEqual(failure_count(run, "closed"), 2)
        self.assertGreaterEqual(run.json["totals"]["latency_ms"]["min"], 299, run)

    def test_a_rate_is_that_of_requests(self):
        """Three at once take the places of three arrivals; -n is exact."""
        for closed in ((), ("--closed",)):
            server = self.serve(*answer(HELLO))
            run = self.run_script("""\
                local bytes = wrk.format("GET", "/"):rep(3)
                function request() return bytes end
                """, server.url, "-R", "100", *closed, n=10)
            self.assertStatus(run, OK)
            self.assertTotals(run, 10, 0)
            arrivals = run.json["arrivals"]
            self.assertEqual((arrivals["due"], arrivals["started"], arrivals["dropped"]),
                             (10, 10, 0), run.json)
            self.assertGreaterEqual(run.json["duration_s"], 0.09)  # the last batch is due then

    def test_a_chunked_body_of_ours(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script(r"""
            local bytes = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" ..
              "3\r\nabc\r\n0\r\n\r\n"
            function request() return bytes .. wrk.format("GET", "/next") end
            """, server.url, n=2)
        self.assertTotals(run, 2, 0)
        self.assertEqual([(r.target, r.body) for r in server.requests],
                         [("/c", b"abc"), ("/next", b"")])


class TestErrors(WrkCase):
    def test_the_file_does_not_load(self):
        self.fails("local x = nil\nx.y = 1\n", "script.lua:2:", "attempt to index local 'x'")
        self.fails("function request(\n", "script.lua:2:")

    def test_there_is_no_such_file(self):
        run = self.tool("-s", "/nonexistent.lua", "http://127.0.0.1:1/")
        self.assertUsageError(run, "cannot read /nonexistent.lua")

    def test_hooks_before_the_run(self):
        self.fails("function setup(t)\n error('no') end", "script.lua:2: no", "traceback")
        self.fails("function init(t)\n error('no') end", "script.lua:2: no", "traceback")
        self.fails("function setup(t)\n t:set('f', print) end", "script.lua:2:",
                   "a function cannot be copied")
        self.fails("function setup(t)\n local a = {} a.a = a t:set('a', a) end", "script.lua:2:",
                   "holds itself")
        self.fails("function setup(t)\n t.id = 1 end", "script.lua:2:", "thread:set('id', value)")
        self.fails("function setup(t)\n t.addr = 'here' end", "script.lua:2:", "wrk.lookup")
        self.fails("wrk.lookup('inrush.invalid', 80)", "script.lua:1:", "cannot resolve")

    def test_hooks_in_the_run(self):
        self.fails("local function f() error('no') end\nfunction request() f() end",
                   "script.lua:1: no", "script.lua:2:")
        self.fails("local function f() error('no') end\nfunction response() f() end",
                   "script.lua:1: no", "script.lua:2:")
        self.fails("function delay()\n return nil + 1 end", "script.lua:2:", "arithmetic")
        self.fails("function delay() return 'soon' end", "script.lua:1: delay()", "milliseconds")
        self.fails("function response() error({}) end", "script.lua:1:", "table")
        self.fails("function response() os.exit(0) end", "script.lua:1:", "thread:stop()")

    def test_the_run_ends_at_once_and_what_was_measured_is_told(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("local n = 0\nfunction response() n = n + 1\n"
                              "if n == 3 then error('three') end end", server.url, "-d", "60s", n=0)
        self.assertStatus(run, USAGE)
        self.assertTotals(run, 3, 0)
        self.assertLess(run.seconds, 30)

    def test_what_request_returns(self):
        self.fails("\nfunction request() end", "script.lua:2: request() returned nothing")
        self.fails("function request() return {} end", "script.lua:1:", "returned table")
        self.fails("function request() return '' end", "script.lua:1:", "it is empty")
        self.fails("function request() return 'GET /' end", "script.lua:1:", 'request line "GET /"')
        self.fails(r"function request() return 'GET / HTTP/1.1\r\nHost\r\n\r\n' end",
                   "script.lua:1:", 'without a colon: "host"')
        self.fails(r"function request() return 'POST / HTTP/1.1\r\n\r\n{}' end", "script.lua:1:",
                   "Content-Length may be missing")
        self.fails("function request() return wrk.format(nil, nil, {A = {}}) end",
                   "script.lua:1:", "header 'a' is a table value")

    def test_what_the_table_makes(self):
        self.fails("wrk.path = '/a b'", "script.lua", 'a space in the request\'s target: "/a b"')
        self.fails("wrk.method = {}", "script.lua", "the method is a table value")
        self.fails("wrk.headers = nil", "script.lua", "headers")

    def test_done(self):
        run = self.fails("function done(s, l)\n print(l.medium) end", "script.lua:2:", "'medium'",
                         json=False)
        self.assertSays(run, "3 requests in")  # the result is there all the same

    def test_a_hook_that_is_misspelt(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("\nfunction reponse() end\nfunction helper() end", server.url)
        self.assertStatus(run, OK)
        self.assertSays(run, "script.lua:2: 'reponse'", "did you mean 'response'?")
        self.assertNotIn("helper", run.stderr)

    def test_a_request_that_is_no_function(self):
        server = self.serve(*answer(HELLO))
        run = self.run_script("request = 'GET / HTTP/1.1'", server.url)
        self.assertSays(run, "script.lua: 'request' is a string", "function request()")

    def test_out_of_memory(self):
        self.fails("local s = ('x'):rep(2147483647)", "script.lua: not enough memory")

    def test_the_wrong_kind_of_file(self):
        self.fails('local inrush = require "inrush"', "script.lua:1:", "inrush run ")
        for text in ("function request() end", "wrk.method = 'POST'"):
            run = self.tool("run", self.script(text))
            self.assertUsageError(run, "is a wrk script", "inrush -s ")

    def test_the_exit_status_is_the_scripts(self):
        server = self.serve(*answer(HELLO))
        self.assertStatus(self.run_script("os.exit(2)", server.url, json=False), 2)
        self.assertStatus(self.run_script("function init() os.exit(true) end", server.url,
                                          json=False), 0)
        run = self.run_script("function done(s) os.exit(s.requests) end", server.url)
        self.assertStatus(run, 3)
        self.assertTotals(run, 3, 0)  # the reports are written before

    def test_words_without_a_script(self):
        self.assertUsageError(self.tool("http://127.0.0.1:1/", "--", "x"), "-s, --script")


class TestWhatWrkGetsWrong(WrkCase):
    def test_a_server_that_hangs_is_timeouts(self):
        server = self.serve(wire.stop_reading())
        run = self.run_script("function done(s) print(s.requests, s.errors.timeout) end",
                              server.url, "--timeout", "100ms", n=2, json=False)
        self.assertStatus(run, NOTHING)
        self.assertEqual(run.stdout.splitlines()[-1], "0\t2")
        self.assertIn("Socket errors: connect 0, read 0, write 0, timeout 2", run.stdout)
        self.assertNotIn("nan", run.stdout)

    def test_head_works(self):
        server = self.serve(repeat([recv_request(), send(NO_BODY)]))
        run = self.run_script("wrk.method = 'HEAD'", server.url)
        self.assertTotals(run, 3, 0)
        run = self.run_script("function request() return wrk.format('HEAD') end", server.url)
        self.assertTotals(run, 3, 0)

    def test_a_server_that_dies_is_not_spun_on(self):
        server = self.serve(repeat([recv_request(), pause(0.002), send(HELLO)]))
        script = self.script("function done(s) print(s.errors.connect + s.errors.read > 0) end")
        running = self.start_raw("-s", script, "-t", "1", "-c", "2", "-d", "1500ms", server.url)
        self.wait_until(lambda: server.request_count >= 4, running)
        server.stop()
        run = self.finish(running)
        self.assertEqual(run.stdout.splitlines()[-1], "true")
        self.assertLess(run.cpu_s, 0.5)

    def test_statuses_are_counted_and_may_fail_the_run(self):
        server = self.serve(*answer(response(b"", 500, "Oops")))
        run = self.run_script("", server.url, "--wrk-output", "--threshold", "failures < 1%")
        self.assertStatus(run, THRESHOLD)
        self.assertIn("  Non-2xx or 3xx responses: 3\n", run.stdout)
        self.assertSays(run, "HTTP status 500", "failures < 1%")


class TestExamples(WrkCase):
    def test_each_runs_as_its_header_says(self):
        with Target() as target:
            for example in sorted((ROOT / "examples" / "wrk").glob("*.lua")):
                with self.subTest(example.name):
                    first, second = example.read_text(encoding="utf-8").splitlines()[:2]
                    self.assertRegex(first, r"^-- [A-Z].*\.$")
                    self.assertRegex(second, "^-- inrush serve &  inrush -s examples/wrk/"
                                     + example.name)
                    run = self.run_script(example.read_text(encoding="utf-8"), target.url, n=30,
                                          connections=2, threads=2)
                    self.assertStatus(run, OK)
                    self.assertTotals(run, 30, 0)


if __name__ == "__main__":
    unittest.main()
