-- Baseline of the fast-time server: its REST API as users see it, and under stress
--
-- FastTimeRESTUser calls every route with the waits of a busy client: how fast
-- is each? FastTimeStressUser hammers the two cheapest: how much can it take?
--
--   inrush serve &                                    a target on port 8888
--   inrush run baseline                               1,000 users for 3 minutes
--   inrush run baseline --profile stress              2,000 users, started faster
--   inrush run baseline --class FastTimeStressUser    one class alone
--   inrush run baseline --tags convert,timezones      some tasks only
--   inrush show baseline > mine.lua                   a copy to edit
--
-- The target is BASELINE_FAST_TIME_HOST, from the environment or with --set;
-- --host goes before it.

local inrush = require "inrush"
local pick = inrush.pick

inrush.defaults {
  title = "baseline",
  users = 1000,
  spawn_rate = 100, -- users a second
  duration = "180s",
  timeout = "10s", -- of a whole request
}

inrush.profile("stress", { users = 2000, spawn_rate = 200 })

local FAST_TIME_HOST = inrush.env("BASELINE_FAST_TIME_HOST", "http://localhost:8888")

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
      time = "2025-01-15T10:30:00Z",
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

-- The start: who loads what, after --host and the environment had their say ----

inrush.on("test_start", function(run)
  local rule = ("="):rep(60)
  print(rule)
  print("BASELINE PERFORMANCE TEST")
  print(rule)
  for _, class in ipairs(run.classes) do
    print(("%-20s %5d users  %s"):format(class.name, class.users, class.target))
  end
  print(rule)
end)
