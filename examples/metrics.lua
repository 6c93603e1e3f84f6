-- Metrics: count and time what the requests alone do not tell.
-- inrush serve &  inrush run examples/metrics.lua
local inrush = require "inrush"

inrush.defaults { users = 10, duration = "3s" }

-- Declared where the file is loaded, or where they are first used.
local conversions = inrush.counter("conversions")
local afternoons = inrush.rate("in the afternoon")
local size = inrush.trend("list of zones", { unit = "bytes" })

local reader = inrush.user_class("Reader", {
  host = "http://localhost:8888",
  wait = inrush.between(0.01, 0.1),
})

reader:task("convert", { weight = 5 }, function(user)
  local res = user.http:post("/api/v1/convert", {
    json = {
      time = string.format("2025-01-15T%02d:30:00Z", inrush.random(0, 23)),
      from_timezone = "UTC",
      to_timezone = "Asia/Tokyo",
    },
  })
  local hour = (res:json().converted_time or ""):match("T(%d%d)")
  conversions:add()
  afternoons:add(tonumber(hour or 0) >= 12)
end)

reader:task("zones", function(user)
  local res = user.http:get("/api/v1/timezones")
  size:add(res.bytes)
  inrush.gauge("zones known"):set(res:json().count or 0)
end)

inrush.thresholds {
  "metric conversions.rate > 10/s",
  'metric "in the afternoon".share > 20%',
  'metric "list of zones".p99 < 100k',
}
