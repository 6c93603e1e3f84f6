-- Checks: look into an answer; one that is wrong fails, whatever its status.
-- inrush serve &  inrush check examples/checks.lua
local inrush = require "inrush"

local reader = inrush.user_class("Reader", {
  host = "http://localhost:8888",
  wait = inrush.constant(0.2),
})

-- A check is counted under its name and fails the request when it does not hold.
reader:task("convert", function(user)
  local res = user.http:post("/api/v1/convert", {
    json = {
      time = "2025-01-15T10:30:00Z",
      from_timezone = "America/New_York",
      to_timezone = "Asia/Tokyo",
    },
  })
  local answer = res:json() -- not JSON: the request fails, and this is {}
  res:check("is the same instant", answer.unix == 1736937000)
  res:check("is in Tokyo's time", answer.converted_time == "2025-01-15T19:30:00+09:00")
end)

-- expect names the statuses that are right; here an error is what we want.
reader:task("refuse a zone", function(user)
  user.http:get("/api/v1/time?timezone=Mars/Olympus", { name = "a bad zone" }):expect(400)
end)

-- ok() and fail(why) have the last word.
reader:task("enough zones", function(user)
  local res = user.http:get("/api/v1/timezones")
  local count = res:json().count or 0
  if count < 10 then
    res:fail("fewer than 10 zones")
  end
end)
