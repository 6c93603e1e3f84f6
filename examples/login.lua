-- Login: what a user learns in on_start is kept in its own table and sent along.
-- inrush serve &  inrush check examples/login.lua
local inrush = require "inrush"

local member = inrush.user_class("Member", {
  host = "http://localhost:8888",
  wait = inrush.between(0.5, 1.5),
})

-- Once for each user, before its first task. A path that is a login elsewhere;
-- the target has none, so its version stands in for the token.
function member.on_start(user)
  local res = user.http:get("/version", { name = "login" })
  user.token = res:json().version
  user.http:set_header("Authorization", "Bearer " .. user.token) -- from now on, always
  user.visits = 0
end

function member.on_stop(user)
  inrush.log(("user %d leaves after %d visits"):format(user.id, user.visits))
end

member:task("visit", function(user)
  user.visits = user.visits + 1
  user.http:get("/api/v1/time")
end)
