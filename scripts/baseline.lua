-- Baseline of a fast-time server: REST, MCP, a gateway, PostgreSQL and Redis
--
-- Six user classes, each measuring one component by itself, so that what the
-- gateway adds can be told from what stands behind it:
--
--   FastTimeRESTUser    every route of the REST API, with a client's pauses
--   FastTimeStressUser  the two cheapest routes, with hardly a pause
--   FastTimeMCPUser     the same server over MCP
--   GatewayMCPUser      the same through the gateway    (optional)
--   PostgresUser        the gateway's database          (optional)
--   RedisUser           the gateway's cache             (optional)
--
-- An optional one that cannot be reached is skipped, and the report says why;
-- with --require-all the run does not start.
--
--   inrush serve &                                    answers for the first three, and for
--                                                     the fourth where its URL says so
--   inrush run baseline                               1,000 users for 3 minutes
--   inrush run baseline --profile stress              2,000 users, started faster
--   inrush run baseline --class FastTimeStressUser    one class alone
--   inrush run baseline --tags convert,timezones      some tasks only
--   inrush show baseline > mine.lua                   a copy to edit
--
-- Settings, from the environment or with --set NAME=VALUE (--host goes before
-- the first):
--
--   BASELINE_FAST_TIME_HOST     http://localhost:8888
--   BASELINE_MCP_URL            http://localhost:8888/http
--   BASELINE_MCP_PROTOCOL       2025-11-25; "auto" finds the newest
--   BASELINE_GATEWAY_URL        http://localhost:8080; http://localhost:8888 is inrush serve
--   BASELINE_GATEWAY_SERVER_ID  9779b6698cbd4b4995ee04a4fab38737
--   BASELINE_JWT_SECRET         my-test-key
--   BASELINE_POSTGRES_HOST      localhost
--   BASELINE_POSTGRES_PORT      5433
--   BASELINE_POSTGRES_USER      postgres
--   BASELINE_POSTGRES_PASSWORD  mysecretpassword
--   BASELINE_POSTGRES_DB        mcp
--   BASELINE_POSTGRES_TABLE     tools, whose rows are counted
--   BASELINE_REDIS_URL          redis://localhost:6379/0

local inrush = require "inrush"
local jwt = require "inrush.jwt"
local mcp = require "inrush.mcp"
local env, pick = inrush.env, inrush.pick

inrush.defaults {
  title = "baseline",
  users = 1000,
  spawn_rate = 100, -- users a second
  duration = "180s",
  timeout = "10s", -- of a whole request
}

inrush.profile("stress", { users = 2000, spawn_rate = 200 })

local FAST_TIME_HOST = env("BASELINE_FAST_TIME_HOST", "http://localhost:8888")
local MOMENT = "2025-01-15T10:30:00Z"

local TIMEZONES = {
  "UTC", "America/New_York", "America/Los_Angeles", "Europe/London",
  "Europe/Paris", "Asia/Tokyo", "Asia/Shanghai", "Australia/Sydney",
  "America/Chicago", "America/Denver", "Europe/Berlin", "Asia/Singapore",
}

local function pick_other(list, than)
  local item
  repeat
    item = pick(list)
  until item ~= than
  return item
end

-- FastTimeRESTUser: every route of the REST API -------------------------------

local rest = inrush.user_class("FastTimeRESTUser", {
  weight = 10,
  wait = inrush.between(0.1, 0.5), -- seconds
  host = FAST_TIME_HOST,
  tags = { "fast-time", "rest" },
})

rest:task("get_current_time", { weight = 10, tags = { "time" } }, function(user)
  user.http:get("/api/v1/time?timezone=" .. pick(TIMEZONES), {
    name = "/api/v1/time",
  }):expect(200)
end)

rest:task("get_time_by_timezone", { weight = 8, tags = { "time" } }, function(user)
  user.http:get("/api/v1/time/" .. pick(TIMEZONES), {
    name = "/api/v1/time/{timezone}",
  }):expect(200)
end)

rest:task("convert_time", { weight = 5, tags = { "convert" } }, function(user)
  local from = pick(TIMEZONES)
  user.http:post("/api/v1/convert", {
    json = {
      time = MOMENT,
      from_timezone = from,
      to_timezone = pick_other(TIMEZONES, from),
    },
  }):expect(200)
end)

rest:task("list_timezones", { weight = 3, tags = { "timezones" } }, function(user)
  user.http:get("/api/v1/timezones"):expect(200)
end)

rest:task("get_timezone_info", { weight = 2, tags = { "timezones" } }, function(user)
  user.http:get("/api/v1/timezones/" .. pick(TIMEZONES) .. "/info", {
    name = "/api/v1/timezones/{timezone}/info",
  }):expect(200)
end)

rest:task("health_check", { weight = 2, tags = { "health" } }, function(user)
  user.http:get("/health"):expect(200)
end)

rest:task("list_resources", { weight = 1, tags = { "resources" } }, function(user)
  user.http:get("/api/v1/resources"):expect(200)
end)

rest:task("list_prompts", { weight = 1, tags = { "prompts" } }, function(user)
  user.http:get("/api/v1/prompts"):expect(200)
end)

-- FastTimeStressUser: the cheapest routes with hardly a pause ------------------

local stress = inrush.user_class("FastTimeStressUser", {
  weight = 1,
  wait = inrush.between(0.01, 0.05),
  host = FAST_TIME_HOST,
  tags = { "fast-time", "stress" },
})

stress:task("rapid_time_check", { weight = 10 }, function(user)
  user.http:get("/api/v1/time?timezone=UTC", { name = "/api/v1/time [stress]" })
end)

stress:task("rapid_health_check", { weight = 5 }, function(user)
  user.http:get("/health", { name = "/health [stress]" })
end)

-- FastTimeMCPUser: the same server over MCP --------------------------------------

local MCP_URL = env("BASELINE_MCP_URL", "http://localhost:8888/http")
-- A protocol with a handshake, so that it is measured too: "auto" would find
-- that the newest, which has none, is spoken where it is.
local MCP_PROTOCOL = env("BASELINE_MCP_PROTOCOL", "2025-11-25")

local fast_mcp = inrush.user_class("FastTimeMCPUser", {
  weight = 1,
  wait = inrush.between(0.1, 0.5),
  tags = { "fast-time", "mcp" },
  target = MCP_URL,
})

function fast_mcp.on_start(user)
  user.mcp = mcp.client { url = MCP_URL, protocol = MCP_PROTOCOL }
end

function fast_mcp.on_stop(user)
  user.mcp:close()
end

fast_mcp:task("mcp_get_system_time", { weight = 10, tags = { "time" } }, function(user)
  user.mcp:call_tool("get_system_time", { timezone = pick(TIMEZONES) })
end)

fast_mcp:task("mcp_convert_time", { weight = 5, tags = { "convert" } }, function(user)
  local source = pick(TIMEZONES)
  user.mcp:call_tool("convert_time", {
    time = MOMENT,
    source_timezone = source,
    target_timezone = pick_other(TIMEZONES, source),
  })
end)

fast_mcp:task("mcp_list_tools", { weight = 3, tags = { "list" } }, function(user)
  user.mcp:list_tools()
end)

-- GatewayMCPUser: the same through the gateway, if there is one ----------------------

local GATEWAY_URL = env("BASELINE_GATEWAY_URL", "http://localhost:8080")
local GATEWAY_SERVER = env("BASELINE_GATEWAY_SERVER_ID", "9779b6698cbd4b4995ee04a4fab38737")
local GATEWAY_MCP_URL = GATEWAY_URL:gsub("/+$", "") .. "/servers/" .. GATEWAY_SERVER .. "/mcp"

-- One token for all users of a worker, signed anew before it expires.
local token

local function new_token()
  return jwt.source {
    secret = env("BASELINE_JWT_SECRET", "my-test-key"),
    ttl = "24h",
    claims = {
      sub = "admin@example.com",
      username = "admin@example.com",
      iss = "mcpgateway",
      aud = "mcpgateway-api",
      token_use = "session",
      user = {
        email = "admin@example.com",
        full_name = "inrush",
        is_admin = true,
        auth_provider = "local",
      },
    },
  }
end

local function gateway_client()
  token = token or new_token()
  return mcp.client {
    url = GATEWAY_MCP_URL,
    type = "GW-MCP",
    protocol = MCP_PROTOCOL,
    headers = function() return { Authorization = token:bearer() } end,
  }
end

local gateway = inrush.user_class("GatewayMCPUser", {
  weight = 1,
  wait = inrush.between(0.1, 0.5),
  tags = { "gateway", "mcp" },
  target = GATEWAY_MCP_URL,
  optional = true,
  probe = function()
    local client = gateway_client()
    client:list_tools()
    client:close()
  end,
})

function gateway.on_start(user)
  user.mcp = gateway_client()
end

function gateway.on_stop(user)
  user.mcp:close()
end

-- A result without a text is a failure here, as in the reference.
local function want_text(client, result, what)
  if result and not (result.content and result.content[1] and result.content[1].text) then
    client:fail("Invalid response: missing " .. what)
  end
end

gateway:task("gw_get_system_time", { weight = 10, tags = { "time" } }, function(user)
  local result = user.mcp:call_tool("fast-time-get-system-time", {
    timezone = pick(TIMEZONES),
  }, { name = "get_system_time" })
  want_text(user.mcp, result, "time content")
end)

gateway:task("gw_convert_time", { weight = 5, tags = { "convert" } }, function(user)
  local source = pick(TIMEZONES)
  local result = user.mcp:call_tool("fast-time-convert-time", {
    time = MOMENT,
    source_timezone = source,
    target_timezone = pick_other(TIMEZONES, source),
  }, { name = "convert_time" })
  want_text(user.mcp, result, "converted time")
end)

gateway:task("gw_list_tools", { weight = 3, tags = { "list" } }, function(user)
  local tools = user.mcp:list_tools()
  if tools and #tools == 0 then
    user.mcp:fail("Invalid response: no tools returned")
  end
end)

-- PostgresUser: the database, without HTTP -----------------------------------------

local TABLE = env("BASELINE_POSTGRES_TABLE", "tools")

local postgres_at = {
  host = env("BASELINE_POSTGRES_HOST", "localhost"),
  port = env("BASELINE_POSTGRES_PORT", "5433"),
  user = env("BASELINE_POSTGRES_USER", "postgres"),
  password = env("BASELINE_POSTGRES_PASSWORD", "mysecretpassword"),
  dbname = env("BASELINE_POSTGRES_DB", "mcp"),
}

local postgres = inrush.user_class("PostgresUser", {
  weight = 1,
  wait = inrush.between(0.1, 0.3),
  tags = { "postgres", "read" },
  pg = postgres_at,
  target = ("postgres://%s:%s/%s"):format(postgres_at.host, postgres_at.port, postgres_at.dbname),
  optional = true,
  probe = function(user) user.pg:connect() end,
})

-- Connecting is not a query's to pay for.
function postgres.on_start(user)
  user.pg:connect { record = false }
end

postgres:task("simple_select", { weight = 10 }, function(user)
  user.pg:query("SELECT 1", { name = "SELECT 1" })
end)

postgres:task("count_tools", { weight = 5 }, function(user)
  user.pg:query("SELECT COUNT(*) FROM " .. TABLE, { name = "COUNT tools" })
end)

-- RedisUser: the cache, without HTTP --------------------------------------------------

local REDIS_URL = env("BASELINE_REDIS_URL", "redis://localhost:6379/0")

local redis = inrush.user_class("RedisUser", {
  weight = 1,
  wait = inrush.between(0.05, 0.2),
  tags = { "redis" },
  redis = REDIS_URL,
  optional = true,
  probe = function(user) user.redis:ping() end,
})

function redis.on_start(user)
  user.redis:ping { record = false }
end

redis:task("ping", { weight = 10, tags = { "read" } }, function(user)
  user.redis:ping()
end)

redis:task("set_get", { weight = 8, tags = { "write" } }, function(user)
  local key = "loadtest:" .. inrush.random(1, 1000)
  if user.redis:set(key, "value_" .. inrush.clock(), "EX", 60) then
    user.redis:get(key)
  end
end)

redis:task("info", { weight = 3, tags = { "read" } }, function(user)
  user.redis:info("stats", { name = "INFO stats" })
end)

-- The start: who loads what, after --host and the environment had their say ----

inrush.on("test_start", function(run)
  local rule = ("="):rep(60)
  print(rule)
  print("BASELINE PERFORMANCE TEST")
  print(rule)
  for _, class in ipairs(run.classes) do
    local what = class.skipped and "skipped: " .. class.skipped or class.target
    print(("%-20s %5d users  %s"):format(class.name, class.users, what))
  end
  print(rule)
end)
