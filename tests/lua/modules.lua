-- Libraries: cjson, modules beside the scenario, LuaJIT's own; print.
-- prints: a line	of print	nil	true
-- prints: inrush: a line of log
local inrush = require "inrush"
local cjson = require "cjson"
local safe = require "cjson.safe"
local expect = require "expect"

expect.equal(cjson.decode("[1, {\"a\": null}]"), { 1, { a = cjson.null } })
expect.equal(safe.decode("{"), nil)
expect.equal(bit.band(6, 3), 2)
expect.equal(require("inrush"), inrush)
expect.raises(function() require "no_such_module" end, "no_such_module", "in inrush")
expect.truthy(require "ffi")

expect.truthy(inrush.clock() <= inrush.clock())

-- The file is loaded twice here: for the control state and for the worker.
print("a line", "of print", nil, true)
inrush.log("a line of log")
expect.equal(inrush.worker == 0 or inrush.worker == 1, true)

local U = inrush.user_class("U", {})

U:task("tostring of print's arguments", function(user)
  print(setmetatable({}, { __tostring = function() return "a table" end }))
  expect.raises(function()
    print(setmetatable({}, { __tostring = function() return {} end }))
  end, "'tostring' must return a string")
  user.http:get("/")
end)
