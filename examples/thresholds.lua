-- Thresholds: what must hold, or the exit status is 2 and a pipeline stops.
-- inrush serve --latency 300ms &  inrush run examples/thresholds.lua; echo $?
local inrush = require "inrush"

inrush.defaults { users = 10, duration = "3s" }

inrush.thresholds {
  "failures < 1%", -- of all requests
  "p95 < 200ms", -- of all response times
  "GET /api/v1/time: p99 < 150ms", -- of one series
  "requests > 100",
}

local visitor = inrush.user_class("Visitor", {
  host = "http://localhost:8888",
  wait = inrush.between(0.01, 0.1),
})

visitor:task("look", function(user)
  user.http:get("/api/v1/time")
end)
