"""The case of the live view's tests: runs in a terminal of their own."""

import json
import os

from harness import tool
from harness.case import Case
from harness.terminal import Terminal
from harness.wire import answer, response

SCENARIO = """
    inrush.defaults { stages = {
        { name = "climb", duration = "1s", users = 20 },
        { name = "stay", duration = "10m", users = 20 },
    } }
    local U = inrush.user_class("U", { wait = inrush.constant(0.02) })
    U:task("t", { weight = 20 }, function(user) user.http:get("/t") end)
    U:task("bad", function(user) user.http:get("/t", { name = "/wrong" }):expect(418) end)
    """


class TuiCase(Case):
    def terminal(self, *args, **size):
        self.report = os.path.join(self.dir, "report.json")
        command = [tool.PROGRAM, *args, "--json", self.report]
        return self.enterContext(Terminal(command, env=tool.environment(), **size))

    def scenario_terminal(self, *args, **size):
        self.server = self.serve(*answer(response(b"ok")))
        path = self.scenario(SCENARIO)
        return self.terminal("run", path, "--host", self.server.url, *args, **size)

    def figures(self):
        with open(self.report, encoding="utf-8") as f:
            return json.load(f)
