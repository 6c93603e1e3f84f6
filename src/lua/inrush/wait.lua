--- How long a user waits after each task, as a class's option `wait` says it.
-- @module inrush.wait

local options = require "inrush.options"

local wait = {}

local fail, shown = options.fail, options.shown

--- kind "between" (low to high seconds after each task) or "pacing" (a task every
-- low seconds); read by script/bind.c.
-- @type Wait
local Wait = {}
Wait.__index = Wait

local function seconds(value, what)
  if type(value) ~= "number" or value ~= value or value < 0 or value == math.huge then
    fail(3, "%s takes seconds, 0 or more, not %s", what, shown(value))
  end
  return value
end

local RATE_MOST = 1e9 -- per second, so that a period is at least a nanosecond

local function new(kind, low, high)
  return setmetatable({ kind = kind, low = low, high = high }, Wait)
end

--- Wait a random time between two, in seconds, after each task.
function wait.between(low, high)
  low, high = seconds(low, "between(low, high)"), seconds(high, "between(low, high)")
  if high < low then
    fail(2, "between(%g, %g): the second must not be below the first", low, high)
  end
  return new("between", low, high)
end

--- Wait the same time, in seconds, after each task.
function wait.constant(time)
  time = seconds(time, "constant(time)")
  return new("between", time, time)
end

--- Start a task every `period` seconds, however long the task takes; when it
-- takes longer, the next one is due already and its response time says so.
function wait.pacing(period)
  period = seconds(period, "pacing(period)")
  if period < 1 / RATE_MOST then
    fail(2, "pacing(period) takes seconds above 0, not %s; without a wait the next task begins "
      .. "when the last has ended", shown(period))
  end
  return new("pacing", period, period)
end

--- Start `rate` tasks per second and user: pacing(1 / rate).
function wait.throughput(rate)
  if type(rate) ~= "number" or not (rate > 0 and rate <= RATE_MOST) then
    fail(2, "throughput(rate) takes tasks per second, above 0 and at most %g, not %s", RATE_MOST,
      shown(rate))
  end
  return new("pacing", 1 / rate, 1 / rate)
end

--- Whether a class's option may be this value: a wait, or a function of the user
-- that returns seconds.
function wait.is_wait(value)
  return getmetatable(value) == Wait or type(value) == "function"
end

return wait
