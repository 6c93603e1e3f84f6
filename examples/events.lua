-- Events: look at settings before the run, and print a summary of your own after it.
-- inrush serve &  inrush run examples/events.lua --set TEAM=blue -d 3s
local inrush = require "inrush"

inrush.defaults { users = 10, duration = "5s" }

local team = inrush.env("TEAM", "red") -- --set TEAM=blue, or the environment's

-- Before the first user, once. An error here ends the run before it begins.
inrush.on("test_start", function(run)
  if team ~= "red" and team ~= "blue" then
    error("TEAM must be red or blue, not " .. team)
  end
  print(("team %s starts %d users on %d workers"):format(team, run.users, run.workers))
end)

-- After each request, in the worker that made it. Workers share nothing: this
-- counts the slow ones of one worker.
local slow = 0
inrush.on("request", function(sample)
  if sample.response_time > 0.1 then
    slow = slow + 1
  end
end)
inrush.on("worker_stop", function()
  inrush.log(("worker %d saw %d slow requests"):format(inrush.worker, slow))
end)

-- After the last user, once, with everything that was measured.
inrush.on("test_stop", function(report)
  print(("%-20s %10s %10s"):format("series", "requests", "p95 ms"))
  for _, series in ipairs(report.series) do
    print(("%-20s %10d %10.3f"):format(series.name, series.requests, series.latency_ms.p95))
  end
  for _, problem in ipairs(report.errors) do
    print(("%d times: %s"):format(problem.count, problem.message))
  end
end)

local player = inrush.user_class("Player", {
  host = "http://localhost:8888",
  wait = inrush.between(0.01, 0.05),
})

player:task("look", function(user)
  user.http:get("/api/v1/time", { headers = { ["X-Team"] = team } })
end)

player:task("list", function(user)
  user.http:get("/api/v1/timezones", { headers = { ["X-Team"] = team } })
end)
