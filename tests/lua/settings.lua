-- Waits, defaults, profiles, thresholds, variables and arguments.
-- arguments: --set COLOUR=blue --set COLOUR=green --set EMPTY= -- one two
local inrush = require "inrush"
local expect = require "expect"

expect.truthy(inrush.version:find("^%d+%.%d+%.%d+$"))
expect.equal(inrush.env("COLOUR", "red"), "green")
expect.equal(inrush.env("EMPTY", "red"), "")
expect.equal(inrush.env("NO_SUCH_VARIABLE", "red"), "red")
expect.equal(inrush.env("NO_SUCH_VARIABLE"), nil)
expect.equal(inrush.env("TERM"), "xterm")
expect.raises(function() inrush.env() end, "env takes a name first, not nil")
expect.equal(inrush.args, { "one", "two" })

inrush.between(0, 0)
inrush.between(0.1, 3)
for _, wrong in ipairs { -1, "1", 0 / 0, math.huge } do
  expect.raises(function() inrush.constant(wrong) end, "constant(time) takes seconds, 0 or more")
  expect.raises(function() inrush.pacing(wrong) end, "pacing(period) takes seconds")
  expect.raises(function() inrush.between(wrong, 1) end, "between(low, high) takes seconds")
  expect.raises(function() inrush.between(1, wrong) end, "between(low, high) takes seconds")
end
expect.raises(function() inrush.between(1) end, "between(low, high) takes seconds", "nil")
expect.raises(function() inrush.between(2, 1) end, "the second must not be below the first")
for _, wrong in ipairs { 0, -1, "1", 0 / 0, math.huge } do
  expect.raises(function() inrush.throughput(wrong) end, "throughput(rate) takes tasks per second")
end
expect.raises(function() inrush.pacing(0) end, "pacing(period) takes seconds above 0, not 0")

local defaults = inrush.defaults
defaults { users = 3, spawn_rate = 0, duration = "1m30s", stop_timeout = 2.5, timeout = "500ms" }
expect.equal(inrush.scenario.defaults,
  { users = 3, spawn_rate = 0, duration = 90, stop_timeout = 2.5, timeout = 0.5 })
expect.raises(function() defaults { user = 3 } end, "defaults", "'user'", "did you mean 'users'?")
expect.raises(function() defaults { users = 0 } end, "users must be a whole number, at least 1")
expect.raises(function() defaults { users = 2.5 } end, "users must be a whole number")
expect.raises(function() defaults { duration = "ten minutes" } end,
  "duration must be", "ten minutes")
expect.raises(function() defaults { title = 1 } end, "title must be a string, not 1")
expect.raises(function() defaults { 1 } end, "options must have names")

inrush.profile("calm", { users = 1 })
expect.equal(inrush.scenario.profiles.calm, { users = 1 })
expect.raises(function() inrush.profile { users = 1 } end, "profile takes a name first")
expect.raises(function() inrush.profile("x", { user = 1 }) end, "profile 'x'", "'users'")

inrush.thresholds { "p95 < 60s" }
expect.raises(function() inrush.thresholds "p95 < 1s" end, "thresholds takes a list")
expect.raises(function() inrush.thresholds { 1 } end, "thresholds takes expressions")
expect.raises(function() inrush.thresholds { p95 = "< 1s" } end, "found 'p95' beside them")
expect.raises(function() inrush.thresholds { "p95 < 1s", abort = true } end,
  '{ { "p99 < 1s", abort = true } }')
expect.raises(function() inrush.thresholds { "p95 < 200" } end, "unit")
expect.raises(function() inrush.thresholds { "p95 < 1s", "often" } end, "often")

local on = inrush.on
expect.raises(function() on("test_strat", print) end, "'test_strat'", "did you mean 'test_start'?")
expect.raises(function() on(1, print) end, "unknown event '1'; there are")
expect.raises(function() on("request") end, "on('request') takes a function, not nil")

expect.raises(function() return inrush.betwen(1, 2) end, "betwen")

local U = inrush.user_class("U", { wait = inrush.constant(3600) })

U:task("once, without a wait", function(user)
  user.http:get("/")
end)
