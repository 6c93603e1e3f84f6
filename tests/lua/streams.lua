-- Answers that stream, and requests in the background.
local inrush = require "inrush"
local expect = require "expect"

local counted = {}
inrush.on("request", function(sample)
  counted[#counted + 1] = sample.name
end)

local U = inrush.user_class("U", {})

U:task("each event as it comes", function(user)
  local seen = {}
  local res = user.http:get("/events/3", { events = function(data, kind, id, retry)
    seen[#seen + 1] = { data, kind, id, retry }
  end })
  expect.equal(res.status, 200)
  expect.equal(seen, {
    { "", "", "", 0.25 }, { "1", "tick", "1" }, { "2", "tick", "2" }, { "3", "tick", "3" },
  })
  expect.contains(res.body, "data: 3")
end)

U:task("a stream that stays open is over when enough was seen", function(user)
  local seen = 0
  local began = inrush.clock()
  local res = user.http:get("/open/5", { events = function(data)
    seen = seen + 1
    return data == "2"
  end })
  expect.equal(res.status, 200)
  expect.equal(res.error, nil)
  expect.equal(seen, 3)
  expect.truthy(inrush.clock() - began < 10, "it did not wait for the end")
  expect.truthy(res.elapsed <= inrush.clock() - began, "nor is that in its time")
  expect.equal(user.http:get("/text/hello").body, "hello")
end)

U:task("what is no stream has no events", function(user)
  local called = false
  local res = user.http:get("/text/data:", { events = function() called = true end })
  expect.equal(res.body, "data:")
  expect.equal(called, false)
  user.http:get("/events/1")
end)

U:task("in the background", function(user)
  inrush.sleep(0)
  counted = {}
  local before = user.http:get("/count"):json().requests
  expect.equal(user.http:post("/slow/0.05", { body = "x", background = true }), nil)
  expect.equal(user.http:get("/status/404", { background = true }), nil)
  local deadline = inrush.clock() + 20
  local now
  repeat
    now = user.http:get("/count", { record = false }):json().requests
  until now >= before + 3 or inrush.clock() > deadline
  expect.truthy(now >= before + 3, "they arrived")
  inrush.sleep(0)
  expect.equal(counted, { "/count" })
end)

U:task("from a function for events", function(user)
  local before = user.http:get("/count"):json().requests
  user.http:get("/events/1", { events = function()
    user.http:get("/text/aside", { background = true })
  end })
  local deadline = inrush.clock() + 20
  local now
  repeat
    now = user.http:get("/count", { record = false }):json().requests
  until now >= before + 3 or inrush.clock() > deadline
  expect.truthy(now >= before + 3, "they arrived")
end)

U:task("more than are good for anybody", function(user)
  expect.raises(function()
    for _ = 1, 17 do
      user.http:get("/slow/5", { background = true })
    end
  end, "more than 16 requests in the background")
end)

U:task("wrong options", function(user)
  expect.raises(function() user.http:get("/x", { events = true }) end,
    "'events' must be a function")
  expect.raises(function() user.http:get("/x", { background = 1 }) end,
    "'background' must be true or false")
  expect.raises(function() user.http:get("/x", { type = 1 }) end, "'type' must be a string")
end)
