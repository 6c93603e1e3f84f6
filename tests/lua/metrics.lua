-- Custom metrics: declared and lazy ones, and what a mistake says.
local inrush = require "inrush"
local expect = require "expect"

local logins = inrush.counter("logins")
local size = inrush.trend("payload", { unit = "bytes" })

-- Nothing records in the control state, where no users run.
if inrush.worker == 0 then
  expect.raises(function() logins:add() end, "a counter records where users run")
end

local A = inrush.user_class("A")

A:task("the same name is the same metric", function()
  expect.equal(inrush.counter("logins"), logins)
  expect.equal(inrush.trend("payload"), size)
  expect.equal(inrush.gauge("queue"), inrush.gauge("queue"))
end)

A:task("each kind records", function()
  logins:add()
  logins:add(2.5)
  logins:add(0)
  inrush.gauge("queue"):set(-3)
  inrush.rate("hits"):add(true)
  inrush.rate("hits"):add(false)
  size:add(0)
  size:add(3.6e9)
end)

A:task("a wrong value is refused", function()
  expect.raises(function() logins:add(-1) end, "a counter's add takes a number, 0 or more, not -1")
  expect.raises(function() logins:add("x") end, "not string")
  expect.raises(function() size:add(0 / 0) end, "not nan")
  expect.raises(function() size:add(nil) end, "a trend's add takes a number, 0 or more, not nil")
  expect.raises(function() inrush.gauge("queue"):set(math.huge) end,
    "a gauge's set takes a number, not inf")
  expect.raises(function() inrush.rate("hits"):add(1) end,
    "a rate's add takes true or false, not 1")
  expect.raises(function() size:add(3.7e9) end,
    "more than a trend in bytes can hold, which is 3.6e+09")
end)

A:task("a wrong method is refused", function()
  expect.raises(function() logins:set(1) end, "a counter has no set; it has add")
  expect.raises(function() inrush.gauge("queue"):add(1) end, "a gauge has no add; it has set")
  expect.raises(function() logins.add(1) end, "call it with a colon: metric:add(value)")
end)

A:task("a wrong declaration is refused", function()
  expect.raises(function() inrush.counter() end, "counter takes a name first, not nil")
  expect.raises(function() inrush.gauge("") end, "gauge takes a name first, not ''")
  expect.raises(function() inrush.gauge("logins") end,
    "'logins' is a counter already and cannot be a gauge too")
  expect.raises(function() inrush.trend("payload", { unit = "s" }) end,
    "trend 'payload' has the unit 'bytes' already, not 's'")
  expect.raises(function() inrush.trend("t", { unti = "ms" }) end,
    "trend 't': unknown option 'unti'; did you mean 'unit'?")
  expect.raises(function() inrush.countr("x") end, "did you mean 'counter'?")
end)
