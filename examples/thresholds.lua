-- Thresholds: what must hold, or the exit status is 2 and a pipeline stops.
-- inrush serve --latency 300ms &  inrush run examples/thresholds.lua; echo $?
local inrush = require "inrush"

inrush.defaults { users = 10, duration = "3s" }

inrush.thresholds {
  "failures < 1%", -- of all requests
  "p95 < 200ms", -- of all response times
  "GET /api/v1/time: p99 < 150ms", -- of one series
  "tag read: mean < 100ms", -- of tasks with a tag; "class Visitor: ..." of a class
  "rps > 20 for 2s", -- over any two seconds
  { "failures < 50%", abort = true }, -- else the run ends at once
}

local visitor = inrush.user_class("Visitor", {
  host = "http://localhost:8888",
  wait = inrush.between(0.01, 0.1),
})

visitor:task("look", { tags = { "read" } }, function(user)
  user.http:get("/api/v1/time")
end)
