-- inrush.measure: one request made of several.
local inrush = require "inrush"
local expect = require "expect"

local counted = {}
inrush.on("request", function(sample)
  counted[#counted + 1] = sample
end)

local U = inrush.user_class("U", {})

local function take()
  inrush.sleep(0)
  local samples = counted
  counted = {}
  return samples
end

U:task("counts as one", function(user)
  local a, b = inrush.measure("FLOW", "two pages", function(arg)
    user.http:get("/one")
    inrush.sleep(0.02)
    user.http:get("/two")
    return arg, "b"
  end, "a")
  expect.equal({ a, b }, { "a", "b" })
  local samples = take()
  expect.equal(#samples, 1)
  expect.equal(samples[1].type, "FLOW")
  expect.equal(samples[1].name, "two pages")
  expect.equal(samples[1].error, nil)
  expect.truthy(samples[1].response_time >= 0.02, "its time is that of the whole")
  expect.truthy(samples[1].bytes > 100, "its bytes are those of the requests inside")
end)

U:task("requests around it count themselves", function(user)
  user.http:get("/before")
  inrush.measure("FLOW", "inside", function() user.http:get("/inside") end)
  user.http:get("/after")
  local names = {}
  for i, sample in ipairs(take()) do names[i] = sample.name end
  expect.equal(names, { "/before", "inside", "/after" })
end)

U:task("a failed request inside fails it", function(user)
  inrush.measure("FLOW", "f", function()
    user.http:get("/fine")
    user.http:get("/status/503")
    user.http:get("/status/404")
    user.http:get("/fine")
  end)
  local samples = take()
  expect.equal(samples[1].error, "HTTP status 503")
  expect.equal(samples[1].error_kind, "status")
end)

U:task("unless it was made good", function(user)
  inrush.measure("FLOW", "f", function()
    user.http:get("/status/404"):expect(404)
    user.http:get("/status/500"):ok()
  end)
  expect.equal(take()[1].error, nil)
end)

U:task("a check inside fails it", function(user)
  inrush.measure("FLOW", "f", function()
    user.http:get("/x"):check("is blue", false)
  end)
  expect.equal(take()[1].error, "check failed: is blue")
end)

U:task("an error is its failure, and returned", function(user)
  user.http:get("/x")
  local value, why = inrush.measure("FLOW", "f", function() error("no luck") end)
  expect.equal(value, nil)
  expect.contains(why, "measure.lua:", "no luck")
  local samples = take()
  expect.contains(samples[2].error, "no luck")
  expect.equal(samples[2].error_kind, "script")
  local _, object = inrush.measure("FLOW", "f", function() error({ code = 7 }) end)
  expect.equal(object.code, 7)
  expect.equal(take()[1].error_kind, "script")
end)

U:task("one inside another", function(user)
  inrush.measure("FLOW", "outer", function()
    inrush.measure("FLOW", "inner", function() user.http:get("/status/500") end)
  end)
  local samples = take()
  expect.equal(#samples, 1)
  expect.equal(samples[1].name, "outer")
  expect.equal(samples[1].error, "HTTP status 500")
  local function nest(depth)
    return inrush.measure("FLOW", "n", function()
      return depth == 0 or nest(depth - 1)
    end)
  end
  expect.equal(nest(3), true)
  expect.equal(take()[1].error, nil)
  nest(4)
  expect.contains(take()[1].error, "measure can be nested 4 deep")
end)

U:task("wrong calls", function(user)
  user.http:get("/x")
  expect.raises(function() inrush.measure("FLOW", "f") end, "takes a function third, not nil")
  expect.raises(function() inrush.measure("FLOW", print) end, "takes a function third")
  expect.raises(function() inrush.measure(nil, "f", print) end, "takes two strings first")
end)
