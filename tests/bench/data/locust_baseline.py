"""The six classes of scripts/baseline.lua once more, for Locust, so that both tools can load the
same servers: the other side of baseline_vs_locust. Targets come from the same variables."""

import os
import random
import time

import jwt
import psycopg
import redis
import requests
from locust import HttpUser, User, between, task

ZONES = ["UTC", "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Paris",
         "Asia/Tokyo", "Asia/Shanghai", "Australia/Sydney", "America/Chicago", "America/Denver",
         "Europe/Berlin", "Asia/Singapore"]
MOMENT = "2025-01-15T10:30:00Z"


def setting(name):
    return os.environ["BASELINE_" + name]


def two_zones():
    return random.sample(ZONES, 2)


class FastTimeRESTUser(HttpUser):
    weight = 10
    wait_time = between(0.1, 0.5)
    host = setting("FAST_TIME_HOST")

    @task(10)
    def get_current_time(self):
        self.client.get(f"/api/v1/time?timezone={random.choice(ZONES)}", name="/api/v1/time")

    @task(8)
    def get_time_by_timezone(self):
        self.client.get(f"/api/v1/time/{random.choice(ZONES)}", name="/api/v1/time/{timezone}")

    @task(5)
    def convert_time(self):
        source, target = two_zones()
        self.client.post("/api/v1/convert", json={"time": MOMENT, "from_timezone": source,
                                                  "to_timezone": target})

    @task(3)
    def list_timezones(self):
        self.client.get("/api/v1/timezones")

    @task(2)
    def get_timezone_info(self):
        self.client.get(f"/api/v1/timezones/{random.choice(ZONES)}/info",
                        name="/api/v1/timezones/{timezone}/info")

    @task(2)
    def health_check(self):
        self.client.get("/health")

    @task(1)
    def list_resources(self):
        self.client.get("/api/v1/resources")

    @task(1)
    def list_prompts(self):
        self.client.get("/api/v1/prompts")


class FastTimeStressUser(HttpUser):
    weight = 1
    wait_time = between(0.01, 0.05)
    host = setting("FAST_TIME_HOST")

    @task(10)
    def rapid_time_check(self):
        self.client.get("/api/v1/time?timezone=UTC", name="/api/v1/time [stress]")

    @task(5)
    def rapid_health_check(self):
        self.client.get("/health", name="/health [stress]")


class Measured(User):
    """A user whose requests Locust does not know: timed and fired by hand."""
    abstract = True
    type = ""

    def timed(self, name, operation):
        begun = time.perf_counter()
        failure = None
        try:
            return operation()
        except Exception as error:  # whatever a driver raises is the request's failure
            failure = error
            return None
        finally:
            # Locust 2.12 wants a context here.
            self.environment.events.request.fire(
                request_type=self.type, name=name, response_length=0, exception=failure,
                response_time=1000 * (time.perf_counter() - begun), context={})


class MCPUser(Measured):
    abstract = True
    wait_time = between(0.1, 0.5)
    tools = {}

    def on_start(self):
        self.session = requests.Session()
        self.session.headers["Accept"] = "application/json, text/event-stream"
        self.session.headers.update(self.headers())
        self.ids = 0
        self.timed("initialize", lambda: self.rpc("initialize", {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "locust", "version": "2.12"}}))
        self.session.post(self.url(), timeout=10,
                          json={"jsonrpc": "2.0", "method": "notifications/initialized"})

    def headers(self):
        return {}

    def url(self):
        return setting("MCP_URL")

    def rpc(self, method, params):
        self.ids += 1
        answer = self.session.post(self.url(), timeout=10, json={
            "jsonrpc": "2.0", "id": self.ids, "method": method, "params": params})
        answer.raise_for_status()
        if "Mcp-Session-Id" in answer.headers:
            self.session.headers["Mcp-Session-Id"] = answer.headers["Mcp-Session-Id"]
        document = answer.json()
        if "error" in document:
            raise RuntimeError(document["error"])
        return document["result"]

    def call(self, tool, arguments):
        self.timed(tool, lambda: self.rpc("tools/call", {"name": self.tools.get(tool, tool),
                                                         "arguments": arguments}))

    @task(10)
    def get_system_time(self):
        self.call("get_system_time", {"timezone": random.choice(ZONES)})

    @task(5)
    def convert_time(self):
        source, target = two_zones()
        self.call("convert_time", {"time": MOMENT, "source_timezone": source,
                                   "target_timezone": target})

    @task(3)
    def list_tools(self):
        self.timed("list_tools", lambda: self.rpc("tools/list", {}))


class FastTimeMCPUser(MCPUser):
    weight = 1
    type = "MCP"


class GatewayMCPUser(MCPUser):
    weight = 1
    type = "GW-MCP"
    tools = {"get_system_time": "fast-time-get-system-time",
             "convert_time": "fast-time-convert-time"}

    def headers(self):
        now = int(time.time())
        token = jwt.encode({"username": "admin@example.com", "sub": "admin@example.com",
                            "iat": now, "exp": now + 3600, "jti": str(random.random()),
                            "iss": "mcpgateway", "aud": "mcpgateway-api",
                            "token_use": "session"}, setting("JWT_SECRET"), algorithm="HS256")
        return {"Authorization": f"Bearer {token}"}

    def url(self):
        return f"{setting('GATEWAY_URL')}/servers/{setting('GATEWAY_SERVER_ID')}/mcp"


class PostgresUser(Measured):
    weight = 1
    type = "PSQL"
    wait_time = between(0.1, 0.3)

    def on_start(self):
        self.connection = psycopg.connect(
            host=setting("POSTGRES_HOST"), port=setting("POSTGRES_PORT"),
            user=setting("POSTGRES_USER"), password=setting("POSTGRES_PASSWORD"),
            dbname=setting("POSTGRES_DB"), autocommit=True)

    def on_stop(self):
        self.connection.close()

    @task(10)
    def simple_select(self):
        self.timed("SELECT 1", lambda: self.connection.execute("SELECT 1").fetchone())

    @task(5)
    def count_tools(self):
        self.timed("COUNT tools",
                   lambda: self.connection.execute("SELECT COUNT(*) FROM tools").fetchone())


class RedisUser(Measured):
    weight = 1
    type = "REDIS"
    wait_time = between(0.05, 0.2)

    def on_start(self):
        self.redis = redis.from_url(setting("REDIS_URL"))

    @task(10)
    def ping(self):
        self.timed("PING", self.redis.ping)

    @task(8)
    def set_get(self):
        key = f"loadtest:{random.randint(1, 1000)}"
        if self.timed("SET", lambda: self.redis.set(key, "value", ex=60)):
            self.timed("GET", lambda: self.redis.get(key))

    @task(3)
    def info(self):
        self.timed("INFO stats", lambda: self.redis.info("stats"))
