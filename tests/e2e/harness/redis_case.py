"""The test case of user.redis, and scripts of servers that play Redis."""

from harness.case import Case
from harness.wire import send, stop_reading

# Lua that the cases' tasks use: same(got, wanted) compares deeply.
SAME = """
local function same(got, wanted, where)
    where = where or "value"
    if type(got) ~= type(wanted) then
        error(where .. ": " .. type(got) .. " " .. tostring(got) .. ", not " .. tostring(wanted), 0)
    elseif type(got) == "table" then
        for k, v in pairs(wanted) do same(got[k], v, where .. "." .. tostring(k)) end
        for k in pairs(got) do same(wanted[k] ~= nil, true, where .. "." .. tostring(k)) end
    elseif got ~= wanted then
        error(where .. ": " .. tostring(got):sub(1, 200) .. ", not " .. tostring(wanted), 0)
    end
end
"""


def recv_command(conn):
    """Step: waits for one whole command."""
    head = conn.take_until(b"\r\n")
    for _ in range(int(head[1:])):
        length = int(conn.take_until(b"\r\n")[1:])
        conn.take(length + 2)


def answers(*replies):
    """Script: one command after the other gets these bytes, then the connection waits."""
    steps = []
    for reply in replies:
        steps += [recv_command, send(reply)]
    return [*steps, stop_reading()]


class RedisCase(Case):
    def scenario_of(self, url, body, options=""):
        return self.scenario(SAME + f"""
local R = inrush.user_class("R", {{ redis = "{url}", {options} }})
R:task("t", {{}}, function(user)
    local redis = user.redis
{body}
end)
""")

    def check(self, url, body, requests, failed=0, options=""):
        """Runs the task once; its requests and how many of them failed."""
        run = self.tool("check", self.scenario_of(url, body, options))
        self.assertIn(f"{requests} request{'s' if requests != 1 else ''}, {failed} failed, "
                      "0 script errors", run.stderr, run)
        return run

    def refused(self, url, *words):
        """The class is not accepted."""
        run = self.tool("check", self.scenario_of(url, ""))
        self.assertUsageError(run, "scenario.lua:", "user class 'R'", *words)

    def load_one(self, url, body, *args, options="", seconds="1s"):
        path = self.scenario_of(url, body, options)
        return self.load("run", path, "-u", 1, "-t", 1, "-d", seconds, *args)
