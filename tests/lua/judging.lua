-- What makes a request fail, and who has the last word: expect, ok, fail, check.
local inrush = require "inrush"
local expect = require "expect"

local last -- the last request counted

inrush.on("request", function(sample)
  last = sample
end)

local U = inrush.user_class("U", {})

-- Counts the user's last request and returns why it failed, or nil.
local function verdict()
  inrush.sleep(0)
  return last.error, last.error_kind
end

U:task("the status alone", function(user)
  for status, failed in pairs { [200] = false, [204] = false, [302] = false, [399] = false,
                                [400] = true, [404] = true, [503] = true } do
    local res = user.http:get("/status/" .. status)
    expect.equal(res.error, failed and "HTTP status " .. status or nil)
    expect.equal(verdict(), failed and "HTTP status " .. status or nil)
    expect.equal(last.status, status)
  end
end)

U:task("expect", function(user)
  user.http:get("/status/404"):expect(404)
  expect.equal(verdict(), nil)
  user.http:get("/status/404"):expect(200, 404)
  expect.equal(verdict(), nil)
  user.http:get("/status/202"):expect(200)
  expect.equal({ verdict() }, { "HTTP status 202, expected 200", "status" })
  user.http:get("/status/500"):expect(200, 201, 204)
  expect.equal(verdict(), "HTTP status 500, expected 200 or 201 or 204")
  local res = user.http:get("/x")
  expect.truthy(res:expect(200) == res, "it returns the response")
end)

U:task("expect as an option", function(user)
  user.http:get("/status/404", { expect = 404 })
  expect.equal(verdict(), nil)
  user.http:get("/status/202", { expect = { 200, 201 } })
  expect.equal({ verdict() }, { "HTTP status 202, expected 200 or 201", "status" })
  user.http:get("/status/500")
  expect.equal(verdict(), "HTTP status 500") -- the one before is forgotten
end)

U:task("ok", function(user)
  local res = user.http:get("/status/500")
  expect.truthy(res:ok() == res)
  expect.equal(res.error, nil)
  expect.equal(verdict(), nil)
  user.http:get("/close"):ok()
  expect.truthy(verdict(), "without an answer it cannot be made good")
end)

U:task("fail", function(user)
  local res = user.http:get("/x")
  expect.truthy(res:fail("too few") == res)
  expect.equal(res.error, "too few")
  expect.equal({ verdict() }, { "too few", "check" })
  user.http:get("/status/500"):fail("says more")
  expect.equal(verdict(), "says more")
  user.http:get("/x"):fail("no"):ok()
  expect.equal(verdict(), nil)
  user.http:get("/x"):fail(("x"):rep(10000))
  expect.truthy(#verdict() <= 400)
end)

U:task("check", function(user)
  local res = user.http:get("/x")
  expect.equal(res:check("is fine", res.status == 200), true)
  expect.equal(res:check("is nothing", nil), false)
  expect.equal(res:check("is bad", false), false)
  expect.equal({ verdict() }, { "check failed: is nothing", "check" })
  user.http:get("/x"):check("is fine", 0)
  expect.equal(verdict(), nil)
end)

U:task("wrong calls", function(user)
  local res = user.http:get("/x")
  expect.raises(function() res:expect() end, "res:expect takes one status or more")
  expect.raises(function() res:expect("fine") end, "res:expect takes statuses, not string")
  expect.raises(function() res:fail() end, "res:fail takes the reason as a string, not nil")
  expect.raises(function() res:check("name") end, "res:check takes a name and a condition")
  expect.raises(function() res:check(true) end, "res:check takes a name and a condition")
  expect.raises(function() res.expect(200) end, "call it with a colon")
  expect.raises(function() res.fail("why") end, "call it with a colon")
  expect.equal(verdict(), nil)
end)

local kept

U:task("too late after the next request", function(user)
  local res = user.http:get("/x")
  kept = user.http:get("/y")
  for _, method in ipairs { "expect", "ok", "fail", "check" } do
    expect.raises(function() res[method](res, 200) end, "res:" .. method .. " comes too late")
  end
end)

U:task("too late after the task", function(user)
  expect.raises(function() kept:expect(200) end, "comes too late")
  user.http:get("/x")
  expect.raises(function() kept:expect(200) end, "comes too late")
end)

U:task("an error does not lose the request before it", function(user)
  local ok = pcall(function()
    user.http:get("/before")
    error("broken")
  end)
  expect.equal(ok, false)
  expect.equal(verdict(), nil)
  expect.equal(last.name, "/before")
end)

U:task("what the handler is told", function(user)
  user.http:get("/text/hello", { name = "hello" })
  inrush.sleep(0)
  expect.equal(last.type, "GET")
  expect.equal(last.name, "hello")
  expect.equal(last.status, 200)
  expect.equal(last.error, nil)
  expect.equal(last.error_kind, nil)
  expect.truthy(last.bytes > 5)
  expect.truthy(last.response_time > 0 and last.response_time < 60)
  user.http:get("/close")
  inrush.sleep(0)
  expect.equal(last.status, 0)
  expect.truthy(last.error_kind)
end)
