-- The fields of a response, and how long they last.
local inrush = require "inrush"
local expect = require "expect"

local U = inrush.user_class("U", {})

U:task("fields", function(user)
  local res = user.http:get("/text/hello")
  expect.equal(res.status, 200)
  expect.equal(res.body, "hello")
  expect.equal(res.headers["content-length"], "5")
  expect.equal(res.error, nil)
  expect.truthy(res.elapsed > 0 and res.elapsed < 60, "elapsed is in seconds")
  expect.truthy(res.bytes > #res.body, "bytes are those of the whole response")
  local empty = user.http:get("/status/204")
  expect.equal(empty.status, 204)
  expect.equal(empty.body, "")
end)

U:task("headers in any case", function(user)
  local res = user.http:get("/headers")
  expect.equal(res.headers["X-ODD"], "case")
  expect.equal(res.headers["x-odd"], "case")
  expect.equal(res:header("X-Odd"), "case")
  expect.equal(res:header("X-None"), nil)
  expect.equal(res.headers["x-twice"], "one, two")
  local names = {}
  for name in pairs(res.headers) do names[#names + 1] = name end
  table.sort(names)
  expect.equal(names, { "content-length", "content-type", "x-odd", "x-twice" })
  expect.raises(function() res:header(1) end, "res:header takes a name, not number")
end)

U:task("json", function(user)
  local res = user.http:get("/x")
  expect.equal(res:json().target, "/x")
  expect.truthy(res:json() == res:json(), "it is decoded once")
end)

U:task("a body that is not json", function(user)
  local res = user.http:get("/text/hello")
  local value, why = res:json()
  expect.equal(value, {})
  expect.contains(why, "the body is not JSON")
  expect.equal(res:json().token, nil)
  expect.contains(res.error, "the body is not JSON")
end)

U:task("after the next request everything is still there", function(user)
  local res = user.http:get("/text/hello")
  local asked = user.http:get("/x")
  local failed = user.http:get("/status/500")
  user.http:get("/text/other")
  expect.equal(res.status, 200)
  expect.equal(res.body, "hello")
  expect.equal(res.headers["Content-Type"], "text/plain")
  expect.truthy(res.elapsed > 0)
  expect.truthy(res.bytes > 5)
  expect.equal(res.error, nil)
  expect.equal(asked:json().target, "/x")
  expect.equal(asked:header("content-type"), "application/json")
  expect.contains(failed.error, "HTTP status 500")
end)

local kept, kept_text

U:task("keeps a response", function(user)
  kept = user.http:get("/text/hello")
  kept_text = user.http:get("/text/text").body
end)

U:task("which is gone when its task has ended", function(user)
  expect.equal(kept_text, "text")
  for _, field in ipairs { "status", "body", "headers", "elapsed", "bytes" } do
    expect.raises(function() return kept[field] end, "res." .. field .. " is gone",
      "keep what you need")
  end
  expect.raises(function() kept:json() end, "res.body is gone")
  local other = user.http:get("/x")
  expect.equal(other.status, 200)
  expect.raises(function() return kept.status end, "res.status is gone")
  kept = other
end)

U:task("also when it was the last", function(user)
  expect.raises(function() return kept.body end, "res.body is gone")
  user.http:get("/x")
  expect.raises(function() return kept.body end, "res.body is gone")
end)

U:task("no answer", function(user)
  local res = user.http:get("/close")
  expect.equal(res.status, 0)
  expect.equal(res.body, "")
  expect.equal(res:header("any"), nil)
  expect.contains(res.error, "clos")
  expect.equal(res:json(), {})
  expect.truthy(res.elapsed > 0)
  expect.equal(user.http:get("/x").status, 200)
end)

U:task("wrong uses", function(user)
  local res = user.http:get("/x")
  expect.raises(function() res.token = 1 end, "a response cannot be changed", "token")
  expect.raises(function() res.get(res) end, "a response has no 'get'; there are status, body,")
  expect.raises(function() return res.stauts end, "did you mean 'status'?")
  expect.raises(function() return res[1] end, "a response has no 'number'")
  expect.raises(function() res:chek("x", true) end, "did you mean 'check'?")
  expect.raises(function() res.json() end, "call it with a colon")
  expect.equal(res.status, 200)
end)
