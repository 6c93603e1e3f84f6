-- Arrivals: 20 visitors a second, however slow the server is; at most 10 at once.
-- inrush serve --latency 300ms &  inrush run examples/arrivals.lua
local inrush = require "inrush"

inrush.defaults { warmup = "2s", duration = "10s" }

local visitor = inrush.user_class("Visitor", {
  host = "http://localhost:8888",
  arrivals = { rate = "20/s", spread = "poisson" }, -- "even": one every 50 ms
  max_users = 10, -- 20/s and 0.3 s each: about 6 are at work
})

visitor:task("look", function(user)
  user.http:get("/api/v1/time")
end)
