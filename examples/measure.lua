-- Measure: several requests timed and counted as one.
-- inrush serve &  inrush check examples/measure.lua
local inrush = require "inrush"

local planner = inrush.user_class("Planner", {
  host = "http://localhost:8888",
  wait = inrush.between(0.1, 0.5),
})

-- "FLOW plan a meeting" is one series of the report. The requests inside are not
-- counted themselves; when one fails, or the function raises, the whole has failed.
planner:task("plan", function(user)
  inrush.measure("FLOW", "plan a meeting", function()
    local zones = user.http:get("/api/v1/timezones"):json().timezones
    local zone = inrush.pick(zones)
    user.http:get("/api/v1/timezones/" .. zone .. "/info")
    inrush.sleep(0.05) -- part of the flow, so part of its time
    user.http:post("/api/v1/convert", {
      json = { time = "2025-01-15T10:30:00Z", from_timezone = "UTC", to_timezone = zone },
    })
  end)
end)
