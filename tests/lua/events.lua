-- Events: which are called where, with what.
-- command: run -u 3 -t 2 -r 1000 -d 400ms
-- prints: control: test_start spawning_complete test_stop
-- prints: worker: worker_start request worker_stop
local inrush = require "inrush"
local expect = require "expect"

local seen, known = {}, {}

local function see(event)
  if not known[event] then
    known[event] = true
    seen[#seen + 1] = event
  end
end

inrush.on("test_start", function(run)
  see "test_start"
  expect.equal(inrush.worker, 0)
  expect.equal(run.scenario:match("[^/]*$"), "events.lua")
  expect.equal(run.title, "events")
  expect.equal(run.users, 3)
  expect.equal(run.spawn_rate, 1000)
  expect.equal(run.duration, 0.4)
  expect.equal(run.workers, 2)
  expect.truthy(run.seed >= 0)
  expect.equal(#run.classes, 1)
  expect.equal(run.classes[1].name, "U")
  expect.equal(run.classes[1].users, 3)
  expect.truthy(run.classes[1].target:find("^http://127"))
end)

inrush.on("spawning_complete", function(run)
  see "spawning_complete"
  expect.equal(run.users, 3)
end)

inrush.on("test_stop", function(report)
  see "test_stop"
  expect.equal(report.outcome, "finished")
  expect.equal(report.run.users, 3)
  expect.truthy(report.duration_s >= 0.4 and report.duration_s < 60)
  expect.equal(#report.series, 2)
  local totals, sum = report.totals, 0
  for _, series in ipairs(report.series) do
    sum = sum + series.requests
    expect.equal(series.type, "GET")
  end
  expect.equal(totals.requests, sum)
  expect.equal(totals.failures * 2, sum)
  expect.truthy(totals.rps > 0 and totals.bytes > 0)
  local latency = totals.latency_ms
  for _, name in ipairs { "min", "mean", "stdev", "max", "p50", "p90", "p99", "p99.99" } do
    expect.truthy(latency[name] and latency[name] >= 0, name)
  end
  expect.truthy(latency.min <= latency.p50 and latency.p50 <= latency.max)
  expect.equal(report.series[1].service_ms, nil)
  expect.equal(#report.errors, 1)
  expect.equal(report.errors[1].name, "/status/404")
  expect.equal(report.errors[1].kind, "status")
  expect.equal(report.errors[1].message, "HTTP status 404")
  expect.equal(report.errors[1].count, totals.failures)
  print("control: " .. table.concat(seen, " "))
end)

inrush.on("worker_start", function(...)
  see "worker_start"
  expect.truthy(inrush.worker > 0)
  expect.equal((...), nil)
end)

inrush.on("request", function()
  see "request"
end)

inrush.on("worker_stop", function()
  see "worker_stop"
  print("worker: " .. table.concat(seen, " "))
end)

local U = inrush.user_class("U", { wait = inrush.constant(0.01) })

U:task("t", function(user)
  user.http:get("/x")
  user.http:get("/status/404")
end)
