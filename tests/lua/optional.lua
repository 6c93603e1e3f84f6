-- Classes whose probe fails are left out when they are optional.
-- command: run -u 4 -d 300ms
-- prints: Broken: not today
-- prints: Absent: HTTP status 503
-- prints: Present	4
local inrush = require "inrush"
local expect = require "expect"

local function class(name, probe)
  local user_class = inrush.user_class(name, {
    wait = inrush.constant(0.01),
    optional = true,
    probe = probe,
  })
  user_class:task("t", function(user) user.http:get("/" .. name) end)
end

class("Present", function(user) user.http:get("/status/404"):expect(404) end)
class("Absent", function(user) user.http:get("/status/503") end)
class("Broken", function() error("not today", 0) end)

expect.raises(function() inrush.user_class("X", { probe = 1 }) end, "probe must be a function")

inrush.on("test_stop", function(report)
  for _, each in ipairs(report.run.classes) do
    if each.skipped then
      print(each.name .. ": " .. each.skipped)
    else
      print(each.name, each.users)
    end
  end
  expect.equal(#report.series, 1)
  expect.equal(report.series[1].name, "/Present")
end)
