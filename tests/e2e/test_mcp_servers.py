"""The mcp module against real servers: handshake, lists, calls, errors, lost sessions."""

import json
import unittest

from harness.case import Case, failures, series
from harness.mcp_servers import Everything, Sdk, Time

SCENARIO = """
    local mcp = require "inrush.mcp"
    local cjson = require "cjson"
    local U = inrush.user_class("U", {})
    function U.on_start(user)
      user.mcp = mcp.client { url = inrush.env("URL"), protocol = inrush.env("PROTOCOL", "auto") }
    end
    function U.on_stop(user) user.mcp:close() end

    local function said(what, result, why)
      print(what, result and cjson.encode(result), tostring(why), why and why.kind)
      return result
    end
    local TOOL, ARGS = inrush.env("TOOL"), cjson.decode(inrush.env("ARGS"))
    """

TASKS = """
    U:task("list", function(user)
      local names = {}
      for i, tool in ipairs(user.mcp:list_tools()) do names[i] = tool.name end
      said("tools", names)
      print("era", user.mcp.era, user.mcp.version, user.mcp.session ~= nil)
    end)
    U:task("call", function(user)
      local result = said("result", user.mcp:call_tool(TOOL, ARGS))
      print("text", result.content[1].type, result.content[1].text)
    end)
    U:task("errors", function(user)
      said("unknown", user.mcp:call_tool("no such tool"))
      said("method", user.mcp:request("no/such"))
    end)
    """


class McpServers(Case):
    def shared(self, kind, *options):
        """A server for all the cases that want such a one: each has sessions of its own."""
        if (kind, *options) not in self.servers:
            self.servers[kind, *options] = self.enterClassContext(kind(*options))
        return self.servers[kind, *options]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = {}

    def check_mcp(self, server, tool, args, body=TASKS, protocol="auto"):
        run = self.tool("check", self.scenario(SCENARIO + body), "--set", f"URL={server.url}",
                        "--set", f"TOOL={tool}", "--set", f"ARGS={json.dumps(args)}",
                        "--set", f"PROTOCOL={protocol}")
        self.assertIn("0 script errors", run.stderr, run)
        return run

    def test_everything(self):
        server = self.shared(Everything)
        run = self.check_mcp(server, "echo", {"message": 'h"\u00e9\n'})
        self.assertIn('"get-sum"', run.stdout, run)
        self.assertIn("era\thandshake\t2025-11-25\ttrue", run.stdout)
        self.assertIn('text\ttext\tEcho: h"\u00e9\n', run.stdout)
        self.assertRegex(run.stdout, r"unknown\tnil\ttool error: .*no such tool not found\ttool")
        self.assertRegex(run.stdout, r"method\tnil\tJSON-RPC -32601: Method not found\trpc")
        self.assertRegex(run.stderr, r"ok +MCP initialize")
        self.assertRegex(run.stderr, r"ok +DELETE /mcp +200")

    def test_time(self):
        server = self.shared(Time)
        run = self.check_mcp(server, "convert_timezone", {
            "time": "2025-01-15T10:30:00Z", "input_timezone": "UTC",
            "output_timezone": "Asia/Tokyo"})
        self.assertIn("era\thandshake", run.stdout, run)
        self.assertRegex(run.stdout, r"text\ttext\t2025-01-15T19:30:00", run)
        self.assertRegex(run.stdout, r"unknown\tnil\tJSON-RPC -32602: .*not found\trpc")
        self.assertRegex(run.stdout, r"method\tnil\tJSON-RPC -32601: .*\trpc")

    def test_sdk_newest(self):
        for legacy, response in (("stateless", "auto"), ("reject", "json"), ("reject", "sse")):
            with self.subTest(legacy=legacy, response=response):
                server = self.shared(Sdk, legacy, response)
                run = self.check_mcp(server, "echo", {"message": "hi"})
                self.assertIn("era\tstateless\t2026-07-28\tfalse", run.stdout, run)
                self.assertIn("text\ttext\thi", run.stdout)
                self.assertRegex(run.stdout, r"unknown\tnil\t.*JSON-RPC -32602: ")
                self.assertRegex(run.stdout, r"method\tnil\t.*JSON-RPC -32601: ")
                self.assertNotIn("initialize", run.stderr)

    def test_sdk_handshake(self):
        server = self.shared(Sdk)
        run = self.check_mcp(server, "echo", {"message": "hi"}, protocol="2025-06-18")
        self.assertIn("era\thandshake\t2025-06-18\tfalse", run.stdout, run)
        self.assertIn("text\ttext\thi", run.stdout)

    def test_sdk_without_a_handshake(self):
        """A server of the newest era alone says so, also to who asks for an older one."""
        server = self.shared(Sdk, "reject")
        run = self.check_mcp(server, "echo", {}, protocol="2025-06-18", body="""
            U:task("t", function(user) said("result", user.mcp:call_tool(TOOL)) end)
            """)
        self.assertRegex(run.stdout, r"result\tnil\tHTTP status 400: JSON-RPC -32022: ", run)

    def test_header_names(self):
        """A tool whose name no header can hold."""
        server = self.shared(Sdk, "reject")
        run = self.check_mcp(server, "tool \u00e9", {})
        self.assertIn("text\ttext\todd name", run.stdout, run)

    def test_is_error(self):
        server = self.shared(Sdk)
        run = self.check_mcp(server, "fail", {}, """
            U:task("t", function(user)
              said("plain", user.mcp:call_tool(TOOL))
              said("allowed", user.mcp:call_tool(TOOL, {}, { allow_error = true }))
            end)
            """)
        self.assertIn("plain\tnil\ttool error: it went wrong\ttool", run.stdout, run)
        self.assertRegex(run.stdout, r'allowed\t\{.*"isError":true')
        self.assertIn("2 requests, 1 failed", run.stderr)

    def test_resources_and_prompts(self):
        body = """
            U:task("t", function(user)
              local resources = said("resources", user.mcp:list_resources())
              said("read", user.mcp:read_resource(resources[1].uri))
              said("templates", user.mcp:list_resource_templates())
              said("prompts", user.mcp:list_prompts())
              said("prompt", user.mcp:get_prompt("simple-prompt"))
              said("ping", user.mcp:ping())
            end)
            """
        server = self.shared(Everything)
        run = self.check_mcp(server, "", {}, body)
        self.assertIn("0 failed", run.stderr, run)
        self.assertRegex(run.stdout, r'read\t\{.*"contents"')
        self.assertRegex(run.stdout, r'prompt\t\{.*"messages"')
        self.assertIn("ping\t{}", run.stdout)

    def lose_session(self, server, tool, args):
        """Somebody else ends the session between two calls."""
        run = self.check_mcp(server, tool, args, """
            U:task("t", function(user)
              said("first", user.mcp:call_tool(TOOL, ARGS))
              local session = user.mcp.session
              user.http:delete(inrush.env("URL"), { record = false,
                headers = { ["Mcp-Session-Id"] = session } })
              said("second", user.mcp:call_tool(TOOL, ARGS))
              print("another", user.mcp.session ~= session)
            end)
            """, protocol="2025-06-18")
        self.assertRegex(run.stdout, r"first\t\{", run)
        self.assertRegex(run.stdout, r"second\t\{", run)
        return run

    def test_everything_loses_a_session(self):
        server = self.shared(Everything)
        run = self.lose_session(server, "echo", {"message": "hi"})
        self.assertIn("another\ttrue", run.stdout, run)
        self.assertRegex(run.stderr, r"FAIL +MCP echo +400 .*session")
        self.assertEqual(len([line for line in run.stderr.splitlines()
                              if "ok    MCP initialize" in line
                              and "not recorded" not in line]), 2, run)
        self.assertIn("5 requests, 1 failed", run.stderr)

    def test_time_loses_a_session(self):
        """It does not look which session a request names."""
        server = self.shared(Time)
        run = self.lose_session(server, "current_time", {})
        self.assertIn("0 failed", run.stderr, run)

    def test_sdk_has_no_session_to_lose(self):
        server = self.shared(Sdk)
        run = self.lose_session(server, "echo", {"message": "hi"})
        self.assertIn("0 failed", run.stderr, run)

    def test_server_restarts(self):
        """A run goes on when the server forgets every session and comes back."""
        path = self.scenario(SCENARIO + """
            U:task("call", function(user)
              local result, why = user.mcp:call_tool(TOOL, ARGS)
              print(result and "served" or "failed: " .. why.message)
              inrush.sleep(0.05)
            end)
            """)
        with Everything() as server:
            running = self.start("run", path, "-u", "4", "-d", "10m", "--set", f"URL={server.url}",
                                 "--set", "TOOL=echo", "--set", 'ARGS={"message":"hi"}', "-t", "1",
                                 "--set", "PROTOCOL=2025-06-18")
            self.wait_until(lambda: running.output_so_far().count("served") > 8, running)
            server.stop()
            before = running.output_so_far().count("served")
            server.start()
            self.wait_until(lambda: running.output_so_far().count("served") > before + 8, running)
            running.signal()
            run = self.finish(running)
        initialized = series(run, "initialize", "MCP")
        self.assertGreaterEqual(initialized["requests"] - initialized["failures"], 8, run)
        self.assertTrue(any("session" in message for message in failures(run)), run)

    def test_baseline_names(self):
        """A run against a server counts calls and handshakes apart."""
        path = self.scenario(SCENARIO + """
            U:task("call", function(user)
              user.mcp:call_tool(TOOL, ARGS)
              user.mcp:call_tool(TOOL, ARGS, { name = "other" })
              user.mcp:list_tools()
              if not user.said then inrush.log("all done") end
              user.said = true
              inrush.sleep(0.01)
            end)
            """)
        server = self.shared(Time)
        run = self.load_until(lambda running: running.output_so_far().count("all done") == 5,
                              "run", path, "-u", "5", "--set", f"URL={server.url}",
                              "--set", "TOOL=current_time", "--set", "ARGS={}",
                              "--set", "PROTOCOL=2025-06-18")
        self.assertEqual({(s["type"], s["name"]) for s in run.json["series"]},
                         {("MCP", "initialize"), ("MCP", "current_time"), ("MCP", "other"),
                          ("MCP", "list_tools")}, run)
        self.assertEqual(series(run, "initialize", "MCP")["requests"], 5)
        self.assertEqual(run.json["totals"]["failures"], 0, run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
