"""The rest of a one-off's life: several URLs, lists, bodies, templates, how connections end."""

import collections
import json
import os
import re
import signal
import unittest

from harness.case import Case, OK, THRESHOLD
from harness.nginx import Nginx
from harness.wire import answer, response

LOG = "$connection $request_method $request_uri $status $http_connection $http_x_id"


class OneoffCase(Case):
    def nginx(self, **options):
        return self.enterContext(Nginx(access_log=LOG, **options))

    def logged(self, nginx):
        names = ["connection", "method", "target", "status", "closed", "id"]
        return [dict(zip(names, line.split(" "))) for line in nginx.log_lines()]

    def echo(self):
        """A server that keeps what it is sent in .requests."""
        return self.serve(*answer(response(b"ok")))

    def assertSends(self, requests, *args, **options):
        run = self.load("-n", requests, *args, **options)
        self.assertStatus(run, OK)
        self.assertTotals(run, requests, 0)
        return run

    def series(self, run):
        return {(s["type"], s["name"]): s["requests"] for s in run.json["series"]}


class TestSeveralUrls(OneoffCase):
    def test_arguments_take_turns_over_all_workers(self):
        nginx = self.nginx()
        urls = [f"{nginx.origin}/{name}" for name in "abc"]
        run = self.assertSends(300, "-c", "8", "-t", "2", *urls)
        counts = collections.Counter(line["target"] for line in self.logged(nginx))
        self.assertEqual(counts, {"/a": 100, "/b": 100, "/c": 100})
        self.assertEqual(self.series(run), {("GET", f"/{name}"): 100 for name in "abc"})
        self.assertSays(run, "/a and 2 more")

    def test_each_once(self):
        nginx = self.nginx()
        self.assertSends(20, "-c", "4", "-t", "2", *(f"{nginx.origin}/{i}" for i in range(20)))
        self.assertEqual(sorted(int(line["target"][1:]) for line in self.logged(nginx)),
                         list(range(20)))

    def test_several_hosts(self):
        one, two = self.nginx(), self.nginx()
        run = self.assertSends(100, "-c", "4", f"{one.origin}/x", f"{two.origin}/x")
        self.assertEqual(len(one.log_lines()), 50)
        self.assertEqual(len(two.log_lines()), 50)
        self.assertEqual(self.series(run), {("GET", f"127.0.0.1:{port}/x"): 50
                                            for port in (one.port, two.port)})

    def test_a_list(self):
        server = self.serve(*answer(response()))
        path = self.file("urls.txt", f"""\
            # what to ask for

            {server.url}a
              HEAD {server.url}b?x=1   \r
            DELETE\t{server.url}c
            GET {server.url}b?x=2""")
        run = self.assertSends(40, "-c", "1", "--urls-from", path, "--body", "hello")
        self.assertEqual(self.series(run), {("POST", "/a"): 10, ("HEAD", "/b"): 10,
                                            ("DELETE", "/c"): 10, ("GET", "/b"): 10})
        bodies = {request.method: request.body for request in server.requests}
        self.assertEqual(bodies, {"POST": b"hello", "HEAD": b"", "DELETE": b"hello", "GET": b""})

    def test_a_list_behind_arguments_and_from_standard_input(self):
        nginx = self.nginx()
        self.assertSends(30, f"{nginx.origin}/a", "--urls-from", "-",
                         stdin=f"\ufeff{nginx.origin}/b?1\n{nginx.origin}/b?2".encode())
        counts = collections.Counter(line["target"] for line in self.logged(nginx))
        self.assertEqual(counts, {"/a": 10, "/b?1": 10, "/b?2": 10})

    def test_more_than_can_be_told_apart(self):
        nginx = self.nginx()
        lines = "".join(f"{nginx.origin}/{i}\n" for i in range(1000))
        run = self.assertSends(1000, "-t", "1", "--urls-from", "-", stdin=lines.encode())
        self.assertEqual(self.series(run), {("GET", f"127.0.0.1:{nginx.port} (of 1,000 URLs)"): 1000})
        self.assertEqual(len({line["target"] for line in self.logged(nginx)}), 1000)

    def test_bad_lists(self):
        url = "http://127.0.0.1:9/"
        for text, words in {
                "": ["--urls-from: standard input holds no URL"],
                "# nothing\n\n": ["standard input holds no URL"],
                "http://h/a\nGET\n": [":2", "no URL stands behind GET"],
                "http://h/a\nhttp://h/\0b\n": [":2", "a NUL byte"],
                f"{url}\nget {url}\n": ["standard input:2: ", "write GET"],
                f"{url}\n\nftp://x/\n": ["standard input:3: ", "ftp"],
                f"{url}a b\n": ["standard input:1: ", "%20"],
                f"{url}{{{{uuit}}}}\n": ["standard input:1: ", 'did you mean "uuid"?', "^"],
        }.items():
            with self.subTest(text):
                self.assertUsageError(self.tool("--urls-from", "-", stdin=text.encode()), *words)
        self.assertUsageError(self.tool("--urls-from", f"{self.dir}/none"), "--urls-from", "none",
                              "No such file")
        self.assertUsageError(self.tool("--urls-from", "-", "--body-file", "-"),
                              "cannot both be standard input")


class TestBodies(OneoffCase):
    BINARY = bytes(range(256)) * 300 + b"{{uuid}} {{"

    def test_a_file_is_sent_byte_for_byte(self):
        server = self.echo()
        path = os.path.join(self.dir, "body")
        with open(path, "wb") as out:
            out.write(self.BINARY)
        self.assertSends(3, server.url, "--body-file", path, "-m", "PUT")
        for request in server.requests:
            self.assertEqual((request.method, request.body), ("PUT", self.BINARY))

    def test_standard_input(self):
        server = self.echo()
        self.assertSends(2, server.url, "--body-file", "-", stdin=self.BINARY)
        self.assertSends(1, server.url, "--body-file", "-", stdin=b"")
        self.assertEqual([(request.method, request.body) for request in server.requests],
                         [("POST", self.BINARY)] * 2 + [("POST", b"")])

    def test_bad_files(self):
        url = "http://127.0.0.1:9/"
        self.assertUsageError(self.tool(url, "--body-file", f"{self.dir}/none"), "--body-file",
                              "none: No such file")
        self.assertUsageError(self.tool(url, "--body-file", self.dir), "is a directory")
        self.assertUsageError(self.tool(url, "--body-file", "/dev/zero"), "larger than 64 MiB")


class TestTemplates(OneoffCase):
    def test_url_header_and_json_body_are_of_one_row(self):
        server = self.echo()
        names = ["Ada", 'say "hi"', "a/b c", "ü,ö"]
        rows = "".join(f'{i},"{name.replace(chr(34), chr(34) * 2)}"\n'
                       for i, name in enumerate(names))
        path = self.file("users.csv", "id,name\n" + rows)
        self.assertSends(40, "-c", "4", "-t", "2",
                         f"{server.url}u/{{{{csv {path} id}}}}?n={{{{csv {path} name}}}}",
                         "-H", f"X-Id: {{{{csv {path} id}}}}",
                         "--json-body", f'{{"name":"{{{{csv {path} name}}}}"}}')
        encoded = ["Ada", "say%20%22hi%22", "a%2Fb%20c", "%C3%BC%2C%C3%B6"]
        seen = collections.Counter()
        for request in server.requests:
            row = int(request.header("x-id"))
            self.assertEqual(request.target, f"/u/{row}?n={encoded[row]}")
            self.assertEqual(json.loads(request.body), {"name": names[row]})
            self.assertEqual(request.header("content-length"), str(len(request.body)))
            seen[row] += 1
        self.assertEqual(seen, {0: 10, 1: 10, 2: 10, 3: 10})

    def test_the_counter_is_of_the_run(self):
        nginx = self.nginx()
        run = self.assertSends(400, "-c", "8", "-t", "2",
                               f"{nginx.origin}/{{{{counter}}}}?{{{{counter 1000 5}}}}")
        targets = [line["target"] for line in self.logged(nginx)]
        self.assertEqual(sorted(targets), sorted(f"/{i + 1}?{1000 + 5 * i}" for i in range(400)))
        self.assertEqual(self.series(run), {("GET", "/{{counter}}"): 400})

    def test_connections_and_workers_have_numbers(self):
        nginx = self.nginx()
        self.assertSends(200, "-c", "6", "-t", "2",
                         f"{nginx.origin}/{{{{worker}}}}/{{{{connection}}}}")
        of_connection = collections.defaultdict(set)
        for line in self.logged(nginx):
            of_connection[line["connection"]].add(line["target"])
        self.assertEqual(sorted(target for targets in of_connection.values() for target in targets),
                         [f"/{1 if i <= 3 else 2}/{i}" for i in range(1, 7)])

    def choices(self, *options):
        nginx = self.nginx()
        url = f"{nginx.origin}/{{{{connection}}}}/{{{{random 1 1000000}}}}{{{{pick a|b}}}}?{{{{uuid}}}}"
        self.assertSends(60, "-c", "3", *options, url)
        of_connection = collections.defaultdict(list)
        for line in self.logged(nginx):
            number, rest = line["target"][1:].split("/")
            of_connection[number].append(rest)
        return of_connection

    def test_a_seed_makes_the_choices_of_every_connection(self):
        first, again = self.choices("--seed", "7"), self.choices("--seed", "7")
        self.assertEqual(set(first), {"1", "2", "3"})
        for number, made in first.items():  # how many each makes is the server's doing
            common = min(len(made), len(again[number]))
            self.assertEqual(made[:common], again[number][:common])
        self.assertNotEqual(self.choices("--seed", "8")["1"][0], first["1"][0])
        made = [text for texts in first.values() for text in texts]
        self.assertEqual(len(set(made)), 60)
        for text in made:
            self.assertRegex(text, r"^\d+[ab]\?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]"
                                   r"[0-9a-f]{3}-[0-9a-f]{12}$")

    def test_braces_can_be_sent(self):
        server = self.echo()
        self.assertSends(1, server.url, "--body", '{{"{{"}}x}} {"a":{"b":{{int 7 7}}}}')
        self.assertEqual(server.requests[0].body, b'{{x}} {"a":{"b":7}}')

    def test_bad_templates(self):
        url = "http://127.0.0.1:9/"
        for args, words in [
                ([url + "{{randm 1 2}}"], ["URL: ", 'did you mean "random"?', "\n" + " " * 25 + "^"]),
                ([url, "--body", "{\n \"a\": {{uuid\n}"], ["body: ", "no }} closes this"]),
                ([url, "-H", "X: {{pick}}"], ["header X: ", "write {{pick A | B | C}}"]),
                ([url + "{{csv none.csv id}}"], ["cannot read none.csv: No such file"]),
                (["http://{{uuid}}/"], ["in the path and the query"]),
                ([url + "{{random 9 1}}"], ["the lowest number stands first"])]:
            with self.subTest(args):
                self.assertUsageError(self.tool(*args), *words)
        path = self.file("users.csv", "id,name\n1,x\n")
        self.assertUsageError(self.tool(f"{url}{{{{csv {path} mail}}}}"), 'no column "mail"',
                              "it has id, name")
        path = self.file("broken.csv", "id,name\n1,x\n2\n")
        self.assertUsageError(self.tool(f"{url}{{{{csv {path} id}}}}"), "broken.csv:3: 1 field")


class TestConnections(OneoffCase):
    def test_without_keep_alive(self):
        nginx = self.nginx()
        run = self.assertSends(60, "-c", "4", "--no-keepalive", f"{nginx.origin}/x")
        lines = self.logged(nginx)
        self.assertEqual(len({line["connection"] for line in lines}), 60)
        self.assertEqual({line["closed"] for line in lines}, {"close"})
        generator = run.json["generator"]
        self.assertEqual((generator["connects"], generator["reconnects"]), (60, 0))

    def test_requests_per_connection(self):
        nginx = self.nginx()
        run = self.assertSends(100, "-c", "4", "--requests-per-connection", "5", nginx.url)
        lines = self.logged(nginx)
        per_connection = collections.Counter(line["connection"] for line in lines)
        self.assertLessEqual(max(per_connection.values()), 5)
        self.assertLessEqual(len(per_connection), 24)  # the last of each may be short
        self.assertEqual(sum(line["closed"] == "close" for line in lines),
                         sum(n == 5 for n in per_connection.values()))
        self.assertEqual(run.json["generator"]["reconnects"], 0)
        self.assertEqual(run.json["generator"]["connects"], len(per_connection))

    def test_a_lost_connection_counts_from_one_again(self):
        script = [*answer(response(b"", headers=["Connection: close"]))]
        server = self.serve(*script)
        run = self.load("-n", "9", "-c", "1", "--requests-per-connection", "3", server.url)
        self.assertTotals(run, 9, 0)
        self.assertEqual({request.header("connection") for request in server.requests}, {None})
        self.assertEqual(run.json["generator"]["reconnects"], 8)

    def test_templates_say_that_the_connection_closes(self):
        server = self.echo()
        self.assertSends(10, "-c", "2", "--no-keepalive", server.url + "{{counter}}",
                         "--body", "{{uuid}}")
        for request in server.requests:
            self.assertEqual(request.header("connection"), "close")
            self.assertEqual(len(request.body), 36)

    def test_a_header_of_ones_own_contradicts(self):
        for option in (["--no-keepalive"], ["--requests-per-connection", "3"]):
            run = self.tool(*option, "-H", "connection: keep-alive", "http://127.0.0.1:9/")
            self.assertUsageError(run, option[0], "leave out the header")


class TestUntilInterrupted(OneoffCase):
    def interrupted(self, number, *options):
        nginx = self.nginx()
        running = self.start("--repeat-until-interrupted", "-c", "2", *options, nginx.url)
        self.wait_until(lambda: nginx.requests() > 100, running)
        running.signal(number)
        return self.finish(running)

    def test_a_signal_is_the_normal_end(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                run = self.interrupted(number)
                self.assertStatus(run, OK)
                self.assertGreater(run.json["totals"]["requests"], 100)

    def test_thresholds_are_judged(self):
        self.assertStatus(self.interrupted(signal.SIGINT, "--threshold", "requests < 1"), THRESHOLD)

    def test_no_other_end(self):
        for option in ("-d", "5s"), ("-n", "5"):
            self.assertUsageError(self.tool("--repeat-until-interrupted", *option, "localhost"),
                                  "exclude each other")


class TestFigures(OneoffCase):
    def test_first_byte_connections_and_statuses_of_every_series(self):
        server = self.echo()
        nginx = self.nginx()
        run = self.assertSends(40, "-c", "2", server.url + "a", f"{nginx.origin}/b")
        for series in run.json["series"]:
            self.assertEqual(series["statuses"], {"200": 20}, run)
            self.assertEqual(series["first_byte_ms"]["count"], 20, run)
            self.assertLessEqual(series["first_byte_ms"]["p50"], series["latency_ms"]["p50"], run)
        self.assertEqual(run.json["connections"]["connect_ms"]["count"], 4, run)
        self.assertRegex(run.stdout, r"(?m)^Connections\n  4 opened\n")
        self.assertRegex(run.stdout, r"(?m)^  connect +4 ")
        self.assertRegex(run.stdout, r"(?m)^  sent to first byte +40 ")

    def test_the_report_of_one_url(self):
        nginx = self.nginx()
        run = self.assertSends(40, "-c", "2", nginx.url)
        self.assertTrue(re.search(r"(?m)^  Connections +2 opened$", run.stdout), run)
        self.assertRegex(run.stdout, r"(?m)^  sent to first byte +40 ")


if __name__ == "__main__":
    unittest.main()
