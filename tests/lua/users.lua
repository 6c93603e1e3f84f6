-- The user's table and its life: on_start, tasks, on_stop.
local inrush = require "inrush"
local expect = require "expect"

local journal = {}

local U = inrush.user_class("U", {})

function U.on_start(user)
  user.token = user.http:get("/login"):json().target
  user.visits = 0
  journal[#journal + 1] = "start"
end

function U.on_stop(user)
  user.http:get("/logout")
  journal = { "stop " .. user.visits }
end

local first

U:task("on_start came first", function(user)
  expect.equal(journal, { "start" })
  expect.equal(user.token, "/login")
  expect.equal(user.class, "U")
  expect.equal(user.id, 1)
  expect.equal(user.no_such_field, nil)
  user.visits = user.visits + 1
  user.http:get("/a")
  first = user
end)

U:task("its state is kept from task to task", function(user)
  expect.truthy(user == first)
  expect.equal(user.visits, 1)
  user.visits = user.visits + 1
end)

U:task("and after an error", function(user)
  pcall(error, "caught")
  expect.equal(user.visits, 2)
end)

local V = inrush.user_class("V", {})

function V.on_start(user)
  U.on_start(user)
end

V:task("on_stop came last, and another user is another", function(user)
  expect.equal(user.class, "V")
  expect.equal(user.id, 2)
  expect.equal(first.visits, 2)
  expect.equal(journal, { "stop 2", "start" })
end)
