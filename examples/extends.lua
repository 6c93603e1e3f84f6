-- Extends: a class starts from another's options, tasks and hooks.
-- inrush serve &  inrush check examples/extends.lua
local inrush = require "inrush"

-- Abstract: never run itself, only extended.
local client = inrush.user_class("Client", {
  abstract = true,
  host = "http://localhost:8888",
  wait = inrush.between(0.1, 0.3),
  headers = { Accept = "application/json", ["User-Agent"] = "example" },
})

function client.on_start(user)
  user.zone = "UTC"
end

client:task("look", { weight = 3 }, function(user)
  user.http:get("/api/v1/time", { query = { timezone = user.zone } })
end)

-- Has all of Client, and one task more.
local reader = inrush.user_class("Reader", { extends = client, weight = 4 })

reader:task("list", function(user)
  user.http:get("/api/v1/timezones")
end)

-- Another zone, more headers, and its own "look" instead of the inherited one.
local traveller = inrush.user_class("Traveller", {
  extends = client,
  headers = { ["Accept-Language"] = "ja" },
})

function traveller.on_start(user)
  client.on_start(user) -- runs only because it is called
  user.zone = "Asia/Tokyo"
end

traveller:task("look", function(user)
  user.http:get("/api/v1/timezones/" .. user.zone .. "/info")
end)
