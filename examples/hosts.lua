-- Hosts: classes with targets of their own, and one user that talks to several.
-- inrush serve &  inrush check examples/hosts.lua
local inrush = require "inrush"

-- From --set API=URL or the environment; else the target of `inrush serve`. A
-- path in the host goes before every target of the class.
local API = inrush.env("API", "http://localhost:8888/api/v1")
local STATUS = inrush.env("STATUS", "http://127.0.0.1:8888")

local reader = inrush.user_class("Reader", { host = API, wait = inrush.between(0.1, 0.3) })

reader:task("look", function(user)
  user.http:get("/time") -- {API}/time
end)

-- A whole URL goes where it says. Each user keeps a connection to each host.
reader:task("look at two", function(user)
  user.http:get("/timezones")
  user.http:get(STATUS .. "/version", { name = "/version of STATUS" })
end)

local watcher = inrush.user_class("Watcher", {
  fixed_count = 1,
  host = STATUS,
  wait = inrush.constant(1),
})

watcher:task("health", function(user)
  user.http:get("/health")
end)
