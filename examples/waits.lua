-- Waits: the time between two tasks of a user, five ways.
-- inrush serve &  inrush run examples/waits.lua -u 50 -d 5s
local inrush = require "inrush"

local function class(name, wait)
  local user_class = inrush.user_class(name, { host = "http://localhost:8888", wait = wait })
  user_class:task("look", function(user)
    user.http:get("/health", { name = "/health by " .. name })
  end)
end

class("Between", inrush.between(0.1, 0.5)) -- after a task, seconds at random
class("Constant", inrush.constant(0.3)) -- after a task, always as long

-- A task every 0.3 s, however long it takes: a slow server does not slow the
-- load down, and a task that starts late counts its lateness as response time.
class("Pacing", inrush.pacing(0.3))
class("Throughput", inrush.throughput(4)) -- pacing(1 / 4)

-- Anything else is a function that returns seconds; it has the user, and cannot
-- wait itself. Here: mostly short, sometimes very long.
class("Custom", function()
  return inrush.random(1, 10) == 1 and 2 or 0.05
end)
