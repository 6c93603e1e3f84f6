"""The whole baseline: six classes against the embedded target, PostgreSQL and Redis."""

import unittest

from harness.case import Case, OK, USAGE
from harness.nginx import free_port
from harness.postgres import PASSWORD, Postgres
from harness.redis import Redis
from harness.target import Target

MCP = ("initialize", "get_system_time", "convert_time", "list_tools")

# The reference's 22 series, and the two handshakes.
SERIES = {
    ("GET", "/api/v1/time"),
    ("GET", "/api/v1/time/{timezone}"),
    ("POST", "/api/v1/convert"),
    ("GET", "/api/v1/timezones"),
    ("GET", "/api/v1/timezones/{timezone}/info"),
    ("GET", "/health"),
    ("GET", "/api/v1/resources"),
    ("GET", "/api/v1/prompts"),
    ("GET", "/api/v1/time [stress]"),
    ("GET", "/health [stress]"),
    *(("MCP", name) for name in MCP),
    *(("GW-MCP", name) for name in MCP),
    ("PSQL", "SELECT 1"),
    ("PSQL", "COUNT tools"),
    ("REDIS", "PING"),
    ("REDIS", "SET"),
    ("REDIS", "GET"),
    ("REDIS", "INFO stats"),
}

# A share of 1/60 of the tasks must turn up in a short run.
LONG_ENOUGH = "6s"


class TestSixClasses(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls.enterClassContext(Target())
        cls.postgres = cls.enterClassContext(Postgres())
        cls.redis = cls.enterClassContext(Redis())

    def environment(self, postgres_port=None, redis_url=None):
        return {
            "BASELINE_FAST_TIME_HOST": self.target.url,
            "BASELINE_MCP_URL": f"{self.target.url}/http",
            "BASELINE_GATEWAY_URL": self.target.url,
            "BASELINE_POSTGRES_HOST": "127.0.0.1",
            "BASELINE_POSTGRES_PORT": str(postgres_port or self.postgres.port),
            "BASELINE_POSTGRES_USER": "load",
            "BASELINE_POSTGRES_PASSWORD": PASSWORD,
            "BASELINE_POSTGRES_DB": "load",
            "BASELINE_REDIS_URL": redis_url or self.redis.url,
        }

    def test_everything_up(self):
        run = self.load("run", "baseline", "-u", "60", "-d", LONG_ENOUGH, "--require-all",
                        env=self.environment())
        self.assertStatus(run, OK)
        self.assertEqual({(s["type"], s["name"]) for s in run.json["series"]}, SERIES, run)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        self.assertEqual(run.json["script_errors"], [], run)
        self.assertEqual(run.json["skipped"], [])
        self.assertEqual({c["name"]: c["users"] for c in run.json["classes"]}, {
            "FastTimeRESTUser": 40, "FastTimeStressUser": 4, "FastTimeMCPUser": 4,
            "GatewayMCPUser": 4, "PostgresUser": 4, "RedisUser": 4}, run)
        counts = {(s["type"], s["name"]): s["requests"] for s in run.json["series"]}
        self.assertEqual(counts["MCP", "initialize"], 4, "one handshake a user")
        self.assertEqual(counts["GW-MCP", "initialize"], 4)
        self.assertEqual(counts["REDIS", "SET"], counts["REDIS", "GET"])

    def test_what_is_down_is_skipped_and_said(self):
        env = self.environment(free_port(), f"redis://:hidden@127.0.0.1:{free_port()}/0")
        env["BASELINE_POSTGRES_PASSWORD"] = "hidden"
        run = self.load("run", "baseline", "-u", "30", "-d", "1s", env=env)
        self.assertStatus(run, OK)
        self.assertEqual(run.json["totals"]["failures"], 0, run)
        skipped = {s["class"]: s["reason"] for s in run.json["skipped"]}
        self.assertEqual(set(skipped), {"PostgresUser", "RedisUser"}, run)
        for name, reason in skipped.items():
            self.assertIn("refused", reason)
            self.assertIn(f"'{name}' is skipped", run.stderr)
            self.assertIn(f"Skipped {name}", run.output)
        self.assertEqual({c["name"]: c["users"] for c in run.json["classes"] if c["users"]}, {
            "FastTimeRESTUser": 23, "FastTimeStressUser": 3, "FastTimeMCPUser": 2,
            "GatewayMCPUser": 2}, run)
        self.assertNotIn("hidden", run.output + run.stderr)

    def test_require_all(self):
        env = self.environment(postgres_port=free_port())
        run = self.tool("run", "baseline", "-u", "30", "-d", "1s", "--require-all", env=env)
        self.assertStatus(run, USAGE)
        self.assertIn("user class 'PostgresUser' cannot run", run.stderr)
        self.assertIn("--require-all", run.stderr)

    def test_check_runs_every_task(self):
        run = self.tool("check", "baseline", env=self.environment())
        self.assertStatus(run, OK)
        self.assertIn("21 tasks", run.stderr)
        self.assertIn("0 failed, 0 script errors", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
