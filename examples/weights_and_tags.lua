-- Weights: how users share classes and tasks; --tags and --class pick some of them.
-- inrush serve &  inrush run examples/weights_and_tags.lua --tags read
local inrush = require "inrush"

inrush.defaults { users = 20, duration = "5s" }

local function class(name, share)
  share.host = "http://localhost:8888"
  share.wait = inrush.constant(0.1)
  return inrush.user_class(name, share)
end

-- Of 20 users: one Admin, always; of the other 19, three in four are Visitors.
local visitor = class("Visitor", { weight = 3 })
local planner = class("Planner", { weight = 1 })
local admin = class("Admin", { fixed_count = 1 })

-- A Visitor looks at the time in 9 of 10 tasks.
visitor:task("look", { weight = 9, tags = { "read" } }, function(user)
  user.http:get("/api/v1/time")
end)

visitor:task("list", { weight = 1, tags = { "read", "large" } }, function(user)
  user.http:get("/api/v1/timezones")
end)

planner:task("convert", { tags = { "write" } }, function(user)
  user.http:post("/api/v1/convert", {
    json = { time = "2025-01-15 10:30:00", from_timezone = "UTC", to_timezone = "Europe/Paris" },
  })
end)

admin:task("health", { tags = { "read" } }, function(user)
  user.http:get("/health")
end)
