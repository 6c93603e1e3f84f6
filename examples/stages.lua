-- Stages: users who climb to 40 in 4 s, stay for 4 s and fall to none in 2 s.
-- inrush serve &  inrush run examples/stages.lua
local inrush = require "inrush"

inrush.defaults {
  stages = {
    { name = "climb", duration = "4s", users = 40 }, -- 10 more each second
    { name = "hold", duration = "4s", users = 40 },
    { name = "fall", duration = "2s", users = 0 },
  },
}

local visitor = inrush.user_class("Visitor", {
  host = "http://localhost:8888",
  wait = inrush.between(0.1, 0.3),
})

visitor:task("time", function(user)
  user.http:get("/api/v1/time")
end)
