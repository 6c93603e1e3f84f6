-- Where a script may wait, and what it is told where it may not.
local inrush = require "inrush"
local expect = require "expect"

local at_load = {}
for name, wait in pairs {
  sleep = function() inrush.sleep(1) end,
  measure = function() inrush.measure("T", "n", function() end) end,
} do
  local _, message = pcall(wait)
  at_load[name] = message
end

local U = inrush.user_class("U", { wait = inrush.constant(0) })

U:task("not while the file is loaded", function(user)
  expect.contains(at_load.sleep, "waiting.lua:", "inrush.sleep works only inside a task")
  expect.contains(at_load.measure, "waiting.lua:", "inrush.measure works only inside a task")
  user.http:get("/")
end)

-- Nothing may be under way when the script catches the error and goes on: this
-- once ended the program.
U:task("not in what Lua calls back", function(user)
  expect.raises(function()
    table.sort({ 3, 2, 1 }, function() return user.http:get("/") end)
  end, "user.http cannot wait inside a function that Lua itself calls back")
  expect.raises(function()
    string.gsub("abc", ".", function() inrush.sleep(0) end)
  end, "inrush.sleep cannot wait inside")
  expect.equal(user.http:get("/"):json().number, 2) -- the second of this user
end)

U:task("not in a coroutine of its own", function(user)
  local co = coroutine.wrap(function()
    local res = user.http:get("/")
    return res
  end)
  expect.raises(co, "user.http cannot be used inside a coroutine of the script's own")
  expect.equal(user.http:get("/"):json().number, 3)
end)

U:task("but with a coroutine of its own between", function(user)
  local numbers = coroutine.wrap(function()
    for i = 1, 3 do coroutine.yield(i) end
  end)
  for i = 1, 3 do
    expect.equal(numbers(), i)
    expect.equal(user.http:get("/").status, 200)
  end
end)

U:task("in pcall, metamethods and iterators", function(user)
  local ok, res = pcall(user.http.get, user.http, "/")
  expect.truthy(ok and res.status == 200)
  local lazy = setmetatable({}, { __index = function() return user.http:get("/").status end })
  expect.equal(lazy.status, 200)
  local n = 0
  for status in function() if n < 2 then return user.http:get("/").status end end do
    n = n + 1
    expect.equal(status, 200)
  end
end)

U:task("an error goes through pcall with its value", function(user)
  local ok, value = pcall(function()
    user.http:get("/")
    error({ code = 7 })
  end)
  expect.equal(ok, false)
  expect.equal(value.code, 7)
end)

-- A call in a return leaves no line of its own.
U:task("after return", function(user)
  local ok, message = pcall(function() return user.http:get("/", { naem = 1 }) end)
  expect.equal(ok, false)
  expect.contains(message, "waiting.lua:", "unknown request option 'naem'")
  user.http:get("/")
  return user.http:get("/")
end)

U:task("sleep", function(user)
  local before = inrush.clock()
  inrush.sleep(0.02)
  expect.truthy(inrush.clock() - before >= 0.02, "it sleeps as long as it should")
  inrush.sleep(0)
  expect.raises(function() inrush.sleep(-1) end, "sleep(seconds) takes a number")
  expect.raises(function() inrush.sleep("soon") end, "sleep(seconds) takes a number")
  expect.raises(function() inrush.sleep(0 / 0) end, "sleep(seconds) takes a number")
  expect.raises(function() inrush.sleep() end, "sleep(seconds) takes a number")
  user.http:get("/")
end)

local kept

U:task("keeps its client", function(user)
  user.http:get("/")
  kept = user.http
end)

local V = inrush.user_class("V", {})

V:task("a client serves its own user only", function(user)
  user.http:get("/")
  expect.raises(function() kept:get("/") end, "this user is gone")
end)

U:task("a sleep after long work is not shorter", function()
  local core = require "inrush.core"
  local busy = core.clock() + 0.15
  while core.clock() < busy do end
  local begun = core.clock()
  inrush.sleep(0.1)
  expect.truthy(core.clock() - begun >= 0.0999, "as long as asked")
end)
