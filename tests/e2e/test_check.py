"""inrush check: each task once, aloud, and an exit status that says whether they work."""

import unittest

from harness.case import Case, NOTHING, OK, THRESHOLD, USAGE
from harness.wire import RefusedPort, answer, response

TWO_CLASSES = """
    local A = inrush.user_class("A", { wait = inrush.constant(600), tags = { "a" } })
    function A.on_start(user) user.http:get("/start") end
    function A.on_stop(user) user.http:get("/stop") end
    A:task("one", { weight = 100 }, function(user) user.http:get("/one"):expect(200) end)
    A:task("two", {}, function(user) user.http:post("/two", { body = "x" }) end)
    A:task("off", { weight = 0 }, function(user) user.http:get("/off") end)
    local B = inrush.user_class("B", {})
    B:task("three", {}, function(user) user.http:get("/three") end)
    """


class TestCheck(Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve(*answer(response(b"{}")))

    def check(self, body, *args):
        return self.tool("check", self.scenario(body), "--host", self.server.url, *args)

    def asked(self):
        return [r.target for r in self.server.requests]

    def test_each_task_once(self):
        run = self.check(TWO_CLASSES)
        self.assertStatus(run, OK)
        self.assertEqual([t for t in self.asked() if t not in ("/start", "/stop")],
                         ["/one", "/two", "/three"])
        self.assertSays(run, "/one", "/two", "/three", "one", "two", "three")
        self.assertSays(run, "3 tasks", "0 failed")

    def test_a_part_of_it(self):
        self.assertStatus(self.check(TWO_CLASSES, "--class", "B"), OK)
        self.assertEqual(self.asked(), ["/three"])
        self.assertStatus(self.check(TWO_CLASSES, "--tags", "a"), OK)
        self.assertNotIn("/three", self.asked()[1:])

    def test_a_failed_request(self):
        run = self.check("""
            local U = inrush.user_class("U", {})
            U:task("good", {}, function(user) user.http:get("/good") end)
            U:task("bad", {}, function(user) user.http:get("/bad"):expect(201) end)
            """)
        self.assertStatus(run, THRESHOLD)
        self.assertSays(run, "/bad", "1 failed", "201")

    def test_a_script_error(self):
        run = self.check("""
            local U = inrush.user_class("U", {})
            U:task("bad", {}, function(user) user.http:get("/x"); local x = nil + 1 end)
            U:task("good", {}, function(user) user.http:get("/good") end)
            """)
        self.assertStatus(run, USAGE)
        self.assertSays(run, "scenario.lua:3", "1 script error")
        self.assertEqual(self.asked(), ["/x", "/good"], "the other task is checked all the same")

    def test_no_server(self):
        with RefusedPort() as port:
            run = self.tool("check", self.scenario(TWO_CLASSES), "--host", port.url)
        self.assertStatus(run, NOTHING)
        self.assertSays(run, "refused")

    def test_a_file_that_does_not_load(self):
        run = self.check("local x = = 1")
        self.assertUsageError(run, "scenario.lua:2")
        self.assertEqual(self.asked(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
