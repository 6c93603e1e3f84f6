-- A scenario for inrush. Try it:   inrush serve &
--                                   inrush check FILE     each task once, aloud
--                                   inrush run FILE       the load
local inrush = require "inrush"

-- What a run is unless the command line says otherwise (-u, -r, -d).
inrush.defaults { users = 10, spawn_rate = 5, duration = "10s" }

-- A kind of user: what it does, how often, how long it waits in between.
local shopper = inrush.user_class("Shopper", {
  host = inrush.env("HOST", "http://localhost:8888"),  -- --host URL wins
  wait = inrush.between(0.1, 0.5),                     -- seconds after each task
})

-- Runs once for each user, before its tasks; fields you set on user stay.
function shopper.on_start(user)
  user.zone = inrush.pick { "UTC", "Europe/Paris", "Asia/Tokyo" }
end

-- Tasks are picked at random by weight.
shopper:task("look", { weight = 3, tags = { "read" } }, function(user)
  user.http:get("/api/v1/time", { query = { timezone = user.zone } }):expect(200)
end)

shopper:task("convert", { weight = 1, tags = { "write" } }, function(user)
  local res = user.http:post("/api/v1/convert", {
    json = { time = "2025-01-15T10:30:00Z", from_timezone = "UTC", to_timezone = user.zone },
  })
  res:check("has converted_time", res:json().converted_time ~= nil)
end)

-- A run that does not hold these ends with exit status 2.
inrush.thresholds { "failures < 1%", "p95 < 500ms" }
