"""Every legal way of answering over HTTP/1.1 is a success, counted exactly."""

import unittest

from harness import wire
from harness.case import Case, OK, failure_count, series
from harness.wire import answer, recv_request, repeat, response, send

BODY = b'{"status":"healthy"}'


class TestResponses(Case):
    def succeeds(self, data, *args, requests=3):
        """Every request gets these bytes; all succeed on one kept connection."""
        server = self.serve(*answer(data))
        run = self.load("-c", "1", "-n", requests, *args, server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)
        self.assertEqual((server.request_count, server.connections), (requests, 1), run)
        return run

    def test_content_length(self):
        run = self.succeeds(response(BODY))
        self.assertEqual(run.json["totals"]["bytes"], 3 * len(response(BODY)))

    def test_empty_body(self):
        self.succeeds(response(b""))

    def test_chunked(self):
        self.succeeds(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")

    def test_chunked_with_extensions_and_trailers(self):
        self.succeeds(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                      b"A;name=\"v;1\"\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\n\r\n")

    def test_interim_responses_are_skipped(self):
        self.succeeds(b"HTTP/1.1 100 Continue\r\n\r\n"
                      b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
                      + response(BODY))

    def test_an_answer_to_head_has_no_body(self):
        run = self.succeeds(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "-m", "HEAD")
        self.assertEqual([s["type"] for s in run.json["series"]], ["HEAD"])

    def test_no_content_has_no_body(self):
        self.succeeds(b"HTTP/1.1 204 No Content\r\n\r\n")

    def test_not_modified_has_no_body(self):
        self.succeeds(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n")

    def test_a_redirect_is_an_answer(self):
        self.succeeds(response(b"", 302, "Found", ["Location: http://127.0.0.1:1/"]))

    def test_loose_but_legal_heads(self):
        self.succeeds(b"HTTP/1.1 200\nCONTENT-LENGTH:2\nx:\n\nok")

    def test_large_body(self):
        body = bytes(range(256)) * 4096 * 5
        run = self.succeeds(response(body))
        self.assertEqual(run.json["totals"]["bytes"], 3 * len(response(body)))

    def test_until_the_connection_closes(self):
        server = self.serve(recv_request(), send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"))
        run = self.load("-c", "2", "-n", "6", server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, 6, 0)
        self.assertEqual((server.request_count, server.connections), (6, 6))

    def test_connection_close(self):
        server = self.serve(recv_request(),
                            send(response(BODY, headers=["Connection: close"])))
        run = self.load("-c", "1", "-n", "5", server.url)
        self.assertTotals(run, 5, 0)
        self.assertEqual(server.connections, 5)

    def test_http_1_0_closes_unless_it_says_otherwise(self):
        once = self.serve(recv_request(), send(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        run = self.load("-c", "1", "-n", "3", once.url)
        self.assertTotals(run, 3, 0)
        self.assertEqual(once.connections, 3)
        self.succeeds(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")

    def test_status_400_and_above_fails_and_is_counted(self):
        server = self.serve(repeat([recv_request(), send(response(BODY)),
                                    recv_request(), send(response(b"no", 503, "Busy"))]))
        run = self.load("-c", "1", "-n", "10", server.url)
        self.assertTotals(run, 10, 5)
        self.assertEqual(failure_count(run, "503"), 5, run)
        self.assertEqual(server.connections, 1)
        self.assertSays(run, "503")


class TestSplits(Case):
    """The reads may cut a response anywhere."""

    def split_everywhere(self, data, *args, closes=False):
        splits = range(1, len(data))
        n = len(splits)
        if closes:
            server = self.serve(recv_request(),
                                lambda c: wire.split_at(data, splits[(c.number - 1) % n])(c))
        else:
            server = self.serve(
                wire.each(splits, lambda at: [recv_request(), wire.split_at(data, at)]),
                wire.wait_closed())
        run = self.load("-c", "1", "-n", n, *args, server.url)
        self.assertStatus(run, OK)
        self.assertTotals(run, n, 0)
        self.assertEqual(run.json["totals"]["bytes"], n * len(data), run)
        self.assertEqual(server.request_count, n)

    def test_content_length(self):
        self.split_everywhere(response(b"hello"))

    def test_chunked(self):
        self.split_everywhere(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\n")

    def test_interim(self):
        self.split_everywhere(b"HTTP/1.1 100 Continue\r\n\r\n" + response(b"ok"))

    def test_until_close(self):
        self.split_everywhere(b"HTTP/1.1 200 OK\r\n\r\nuntil", closes=True)

    def test_byte_by_byte(self):
        data = response(BODY)
        server = self.serve(repeat([recv_request(), wire.send_slowly(data)]))
        run = self.load("-c", "1", "-n", "3", server.url)
        self.assertTotals(run, 3, 0)


class TestRequests(Case):
    """What goes over the wire is what was asked for."""

    def sent(self, *args, path="", host="127.0.0.1", user=""):
        server = self.serve(*answer(response()), host=host)
        url = server.url.replace("//", "//" + user) + path
        run = self.load("-c", "1", "-n", "1", *args, url)
        self.assertStatus(run, OK)
        self.assertTotals(run, 1, 0)
        return server, server.requests[0]

    def test_a_plain_get(self):
        server, request = self.sent(path="a/b?c=d&e=%20f")
        self.assertEqual((request.method, request.target, request.version),
                         ("GET", "/a/b?c=d&e=%20f", "HTTP/1.1"))
        self.assertEqual(request.header("Host"), f"127.0.0.1:{server.port}")
        self.assertIsNone(request.header("Content-Length"))

    def test_a_fragment_stays_here(self):
        _, request = self.sent(path="a#b")
        self.assertEqual(request.target, "/a")

    def test_headers(self):
        _, request = self.sent("-H", "X-One: 1", "-H", "X-Two:2", "-H", "X-Empty:")
        self.assertEqual([request.header(n) for n in ("X-One", "X-Two", "X-Empty")], ["1", "2", ""])

    def test_host_header_may_be_replaced(self):
        _, request = self.sent("-H", "Host: example.test")
        self.assertEqual([v for k, v in request.headers if k.lower() == "host"], ["example.test"])

    def test_user_and_password_of_the_url(self):
        _, request = self.sent(user="ann:s%40me%zz@")
        self.assertEqual(request.header("Authorization"), "Basic YW5uOnNAbWUleno=")
        _, request = self.sent(user="ann@")
        self.assertEqual(request.header("Authorization"), "Basic YW5uOg==")
        _, request = self.sent("-H", "authorization: Bearer x", user="ann:pw@")
        self.assertEqual([v for k, v in request.headers if k.lower() == "authorization"],
                         ["Bearer x"])

    def test_body(self):
        _, request = self.sent("--body", "a=b")
        self.assertEqual((request.method, request.body), ("POST", b"a=b"))

    def test_json_body(self):
        _, request = self.sent("-m", "PUT", "--json-body", '{"a":1}')
        self.assertEqual((request.method, request.body), ("PUT", b'{"a":1}'))
        self.assertEqual(request.header("Content-Type"), "application/json")

    def test_ipv6(self):
        server, request = self.sent(host="::1")
        self.assertEqual(request.header("Host"), f"[::1]:{server.port}")

    def test_names_are_resolved(self):
        server = self.serve(*answer(response()))
        run = self.load("-c", "1", "-n", "1", f"http://localhost:{server.port}/")
        self.assertTotals(run, 1, 0)
        self.assertEqual(server.requests[0].header("Host"), f"localhost:{server.port}")


class TestScenarioRequests(Case):
    """The same from a scenario, with what only a script can ask for."""

    def test_methods_and_options(self):
        server = self.serve(*answer(response(b'{"token":"t1"}',
                                             headers=["Content-Type: application/json", "X-A: b"])))
        path = self.scenario("""
            local U = inrush.user_class("U", { wait = inrush.constant(60) })
            U:task("all", {}, function(user)
                local http = user.http
                local res = http:get("/get", { query = { q = "a b" }, headers = { ["X-H"] = "1" } })
                assert(res.status == 200 and res:ok(), "status")
                assert(res.body == '{"token":"t1"}', "body")
                assert(res:json().token == "t1", "json")
                assert(res.headers["x-a"] == "b", "headers")
                assert(res.elapsed >= 0, "elapsed")
                http:post("/post", { json = { a = 1 }, name = "posted" })
                http:put("/put", { body = "raw" })
                http:patch("/patch", { form = { k = "v&w" } })
                http:delete("/delete")
                http:head("/quiet", { record = false })
                http:options("/options")
                http:request("PURGE", "/purge")
            end)
            """)
        # One user waits 60 s after its only task; the signal ends the wait.
        host = server.url.replace("//", "//ann:pw@")
        running = self.start("run", path, "--host", host, "-u", "1", "--stop-timeout", "1s")
        self.wait_until(lambda: server.request_count >= 7)
        running.signal()
        run = self.finish(running)
        self.assertEqual(run.json.get("script_errors", []), [], run)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        seen = {r.method: r for r in server.requests}
        self.assertEqual(seen["GET"].header("X-H"), "1")
        self.assertEqual(seen["GET"].header("Authorization"), "Basic YW5uOnB3")
        self.assertIn(seen["GET"].target, ("/get?q=a+b", "/get?q=a%20b"))
        self.assertEqual(seen["POST"].body.replace(b" ", b""), b'{"a":1}')
        self.assertEqual(seen["POST"].header("Content-Type"), "application/json")
        self.assertEqual(seen["PUT"].body, b"raw")
        self.assertEqual(seen["PATCH"].body, b"k=v%26w")
        self.assertEqual(seen["PATCH"].header("Content-Type"), "application/x-www-form-urlencoded")
        self.assertIn("PURGE", seen)
        self.assertIsNotNone(series(run, "posted", "POST"), run)
        self.assertIsNone(series(run, "/quiet", "HEAD"), run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
