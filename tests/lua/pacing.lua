-- Pacing: what starts late counts from when it was due, and nothing else does.
-- command: run -u 1 -t 1 -d 2s
-- prints: late: request, measured
local inrush = require "inrush"

local PERIOD = 0.01

local U = inrush.user_class("U", { wait = inrush.pacing(PERIOD) })

local elapsed -- of the request that is to be counted next
local late = {}

inrush.on("request", function(sample)
  if sample.response_time > elapsed + 1e-6 then
    late[#late + 1] = sample.name
  end
end)

local function get(user, name)
  elapsed = user.http:get("/", { name = name }).elapsed
  inrush.sleep(0) -- counts it
end

local turn = 0

U:task("t", function(user)
  turn = turn + 1
  if turn == 2 then
    get(user, "request")
    get(user, "the second of its task")
  elseif turn == 4 then
    local begin = inrush.clock()
    inrush.measure("FLOW", "measured", function() user.http:get("/") end)
    elapsed = inrush.clock() - begin
    inrush.sleep(0)
  else
    inrush.sleep(2.5 * PERIOD) -- the next task is due already
  end
end)

-- The task before was late and made no request.
function U.on_stop(user)
  get(user, "on_stop")
end

inrush.on("worker_stop", function()
  print("late: " .. table.concat(late, ", "))
end)
